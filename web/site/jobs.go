package site

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	plain "collector/control/words"
	"collector/queue"
	"collector/web/page"
	"collector/web/page/words"
)

const (
	mostJobs   = 50   // of one page
	mostCounts = 500  // jobs that are counted where a text is looked for; more are "more than"
	mostLooked = 5000 // jobs of a store that a page looks at, the newest first
	lookedOnce = 500  // of these while they are counted
	mostData   = 2000 // bytes of what a job holds that are shown
)

// jobStates are the states of jobs as people read them.
var jobStates = []page.Option{
	{Value: "", Text: "All states"},
	{Value: string(queue.Ready), Text: "due"},
	{Value: string(queue.Scheduled), Text: "later"},
	{Value: retrying, Text: "later, after a failure"},
	{Value: string(queue.Running), Text: "running"},
	{Value: string(queue.Dead), Text: "failed for good"},
	{Value: string(queue.Done), Text: "done, kept"},
}

// retrying are the jobs that are due later and have failed before.
const retrying = "retrying"

// jobMatch is which jobs are meant: what the form says, and how a text that is looked for
// was taken. It is kept in the address of the page, so that a button does what was shown.
type jobMatch struct{ queue, state, find, as string }

// The ways to take a text.
const (
	asID    = "id"
	asKind  = "kind"
	asError = "error" // a part of the last error
)

func matchOf(q url.Values) jobMatch {
	return jobMatch{q.Get("queue"), q.Get("state"), strings.TrimSpace(q.Get("find")), q.Get("as")}
}

// String is the match as an address, and a form, repeat it.
func (m jobMatch) String() string {
	q := url.Values{}
	for k, v := range map[string]string{"queue": m.queue, "state": m.state, "find": m.find, "as": m.as} {
		if v != "" {
			q.Set(k, v)
		}
	}
	return q.Encode()
}

// taken decides how a text is taken: as an id, as a kind if one of the newest or the oldest
// jobs has it, or as a part of an error.
func (m jobMatch) taken(ctx context.Context, all []queue.Store) (jobMatch, error) {
	if m.find == "" || m.as != "" {
		return m, nil
	}
	m.as = asError
	for _, jobs := range all {
		switch _, err := jobs.Job(ctx, m.find); {
		case err == nil:
			m.as = asID
			return m, nil
		case !errors.Is(err, queue.ErrNotFound):
			return m, err
		}
		for _, newest := range []bool{true, false} {
			list, next, err := jobs.Jobs(ctx, queue.Filter{Kind: m.find}, queue.Page{Limit: 1, Newest: newest, Look: mostLooked})
			if err != nil {
				return m, err
			}
			if len(list) > 0 {
				m.as = asKind
			}
			if len(list) > 0 || next == "" {
				break
			}
		}
	}
	return m, nil
}

func (m jobMatch) filter() (queue.Filter, error) {
	f := queue.Filter{Queue: m.queue, State: queue.State(m.state)}
	if m.state == retrying {
		f.State, f.MinAttempts = queue.Scheduled, 1
	}
	known := false
	for _, s := range jobStates {
		known = known || s.Value == m.state
	}
	if !known {
		return f, wrong("choose one of the list", "there is no such state of jobs")
	}
	switch {
	case m.find == "":
	case m.as == asID:
		f.ID = m.find
	case m.as == asKind:
		f.Kind = m.find
	case m.as == asError:
		f.Error = m.find
	default:
		return f, wrong("look for it once more, on the page of workers", "the form does not say what is looked for")
	}
	return f, nil
}

// jobsPart lists the jobs that match what the address asks for.
func (v *visit) jobsPart(all []queue.Store, stats []queue.Stats) (page.Jobs, error) {
	q := v.r.URL.Query()
	m, err := matchOf(q).taken(v.ctx(), all)
	if err != nil {
		return page.Jobs{}, err
	}
	f, err := m.filter()
	if err != nil {
		return page.Jobs{}, err
	}
	p := page.Jobs{States: optionsWith(jobStates, m.state), Find: m.find, Query: m.String(), CanChange: true}
	queues := []page.Option{{Text: "All queues"}}
	for _, s := range stats {
		queues = append(queues, page.Option{Value: s.Queue, Text: s.Queue})
	}
	p.Queues = optionsWith(queues, m.queue)
	show := q.Get("data") == "show"
	if !show {
		p.ShowData = page.Path("/workers?" + matching(m, url.Values{"data": {"show"}}) + "#jobs")
	}
	after, trail := q.Get("after"), q["trail"]
	list, next, err := jobsAfter(v.ctx(), all, f, after)
	if err != nil {
		return page.Jobs{}, err
	}
	for _, j := range list {
		p.List = append(p.List, jobRow(j, v.now, show))
	}
	count, err := countJobs(v.ctx(), all, f, stats)
	if err != nil {
		return page.Jobs{}, err
	}
	p.Match, p.More, p.Part = count.n, count.more, count.part
	if next != "" {
		p.Pager.Next = m.on(next, longerTrail(trail, after))
		p.Looked = mostLooked
		if m.as == asError {
			kind := m
			kind.as = asKind
			p.AsKind = kind.on("", nil)
		}
	}
	if after != "" {
		before := ""
		if n := len(trail); n > 0 {
			before, trail = trail[n-1], trail[:n-1]
		}
		p.Pager.Previous = m.on(before, trail)
	}
	if len(list) > 0 && (p.Pager.Next != "" || p.Pager.Previous != "") {
		p.Pager.Shown = plain.Many(len(list), "job", "jobs")
		if p.Match > 0 {
			p.Pager.Shown += " of " + p.MatchWords()
		}
	}
	return p, nil
}

// matching is a match with more, as an address has it.
func matching(m jobMatch, more url.Values) string {
	return strings.Trim(m.String()+"&"+more.Encode(), "&")
}

// on is a page of the list: after is where it begins, "" for the first one, and trail is where
// those before it begin.
func (m jobMatch) on(after string, trail []string) page.Path {
	place := url.Values{}
	if after != "" {
		place.Set("after", after)
		place["trail"] = trail
	}
	return page.Path("/workers?" + matching(m, place) + "#jobs")
}

// longerTrail is a trail with one place more; the first page is none.
func longerTrail(trail []string, place string) []string {
	if place == "" {
		return nil
	}
	trail = append(slices.Clone(trail), place)
	for bytes := len(strings.Join(trail, "")); bytes > mostTrail; {
		bytes -= len(trail[0])
		trail = trail[1:]
	}
	return trail
}

// jobsAfter reads one page of jobs, the newest of each store first. Where it ends is the
// number of a store and the store's own cursor.
func jobsAfter(ctx context.Context, all []queue.Store, f queue.Filter, after string) (out []queue.Job, next string, err error) {
	begin, cursor, _ := strings.Cut(after, ":")
	first, err := strconv.Atoi(begin)
	if after == "" {
		first, err = 0, nil
	}
	if err != nil || first < 0 {
		return nil, "", wrong("go back to the first page: /workers", "the place that the list is to go on from is none")
	}
	for i := first; i < len(all); i++ {
		list, more, err := all[i].Jobs(ctx, f, queue.Page{Cursor: cursor, Limit: mostJobs - len(out), Newest: true, Look: mostLooked})
		if err != nil {
			return nil, "", err
		}
		out, cursor = append(out, list...), ""
		if more != "" {
			return out, fmt.Sprint(i, ":", more), nil
		}
		if len(out) == mostJobs && i+1 < len(all) {
			return out, fmt.Sprint(i+1, ":"), nil
		}
	}
	return out, "", nil
}

// jobCount is how many jobs match.
type jobCount struct {
	n    int
	more bool // than n
	part bool // not all were looked at
}

// countJobs says how many match: of the stores' own counts where no text is looked for, or
// else as many as a bounded look shows.
func countJobs(ctx context.Context, all []queue.Store, f queue.Filter, stats []queue.Stats) (c jobCount, err error) {
	if f.ID == "" && f.Kind == "" && f.Error == "" && f.MinAttempts == 0 {
		for _, s := range stats {
			if f.Queue != "" && s.Queue != f.Queue {
				continue
			}
			for state, count := range map[queue.State]int64{queue.Ready: s.Ready, queue.Scheduled: s.Scheduled, queue.Running: s.Running, queue.Dead: s.Dead, queue.Done: s.Done} {
				if f.State == "" || f.State == state {
					c.n += int(count)
				}
			}
		}
		return c, nil
	}
	for i, jobs := range all {
		p := queue.Page{Limit: mostJobs, Newest: true, Look: lookedOnce}
		for looks := 1; ; looks++ {
			list, next, err := jobs.Jobs(ctx, f, p)
			if err != nil {
				return c, err
			}
			c.n += len(list)
			if c.n > mostCounts || c.n == mostCounts && (next != "" || i+1 < len(all)) {
				return jobCount{n: mostCounts, more: true}, nil
			}
			if next == "" {
				break
			}
			if looks == mostLooked/lookedOnce {
				c.part = true
				break
			}
			p.Cursor = next
		}
	}
	return c, nil
}

// jobRow is one job; what it holds may be private and is shown only where that is asked for.
func jobRow(j queue.Job, now time.Time, show bool) page.Job {
	row := page.Job{ID: j.ID, Kind: j.Kind, Error: j.LastError, Priority: j.Priority, Attempt: words.Number(j.Attempts)}
	if j.MaxAttempts > 0 {
		row.Attempt += " of " + words.Number(j.MaxAttempts)
	}
	switch j.State {
	case queue.Running:
		row.Next = words.Plain("running, begun ").And(words.Since(j.Started, now))
	case queue.Dead:
		row.Next = words.Plain("none: failed for good ").And(words.Since(j.Finished, now))
	case queue.Done:
		row.Next = words.Plain("none: done ").And(words.Since(j.Finished, now))
	default:
		row.Next = words.Will(j.Due, now)
	}
	if show {
		row.Data = strings.ToValidUTF8(string(j.Data[:min(len(j.Data), mostData)]), "�")
		if len(j.Data) > mostData {
			row.Data += "… (" + words.Size(int64(len(j.Data))) + ")"
		}
	}
	return row
}
