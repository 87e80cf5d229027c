package site

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"collector/control"
	plain "collector/control/words"
	"collector/grant"
	"collector/state"
	"collector/store"
	"collector/web/page"
)

const (
	mostEvents = 50  // lines of one page
	mostRuns   = 200 // networks whose runs are looked at
	mostLooks  = 16  // readings of the log for one page
	recentFor  = 10 * time.Minute
)

// activity shows what happened.
func (s *site) activity() []route {
	return []route{{"GET /activity", grant.Read, (*visit).seeActivity}}
}

// keptFor says how far back a list of a kind reaches: changes to a time, runs by their number.
func keptFor(kind string, runs bool) string {
	const ran = " while they are among the last 20 runs of their list."
	days := "Kept for " + plain.Many(int(control.ChangesKept/(24*time.Hour)), "day", "days")
	switch {
	case kind == "wait" || kind == "fail":
		return "Kept" + ran
	case kind == "" && runs:
		return days + "; waits and failures" + ran
	}
	return days + "."
}

// activityKinds are what the activity can be narrowed to.
var activityKinds = []page.Option{
	{Value: "", Text: "Everything"},
	{Value: "new", Text: "New likes"},
	{Value: "changed", Text: "Changed likes"},
	{Value: "gone", Text: "Likes that are gone"},
	{Value: "wait", Text: "Waits"},
	{Value: "fail", Text: "Failures"},
}

// wantedChanges says which changes are of an account and a kind; "" is any.
func wantedChanges(account, kind string) func(store.ChangeCount) bool {
	return func(ch store.ChangeCount) bool {
		if account != "" && ch.Network != account {
			return false
		}
		switch kind {
		case "new":
			return ch.Added > 0
		case "changed":
			return ch.Changed > 0
		case "gone":
			return ch.Removed > 0
		}
		return !ofRuns(kind)
	}
}

// ofRuns says whether a kind is of what the log of changes does not have: how runs ended.
func ofRuns(kind string) bool { return kind == "wait" || kind == "fail" }

// datedEvent is a line with its time.
type datedEvent struct {
	at time.Time
	page.Event
}

func (v *visit) seeActivity() error {
	q := v.r.URL.Query()
	account, kind := q.Get("account"), q.Get("kind")
	if !slices.ContainsFunc(activityKinds, func(o page.Option) bool { return o.Value == kind }) {
		return wrong("choose one of the list", "there is no such kind of activity")
	}
	before, err := logNumber(q.Get("before"))
	if err != nil {
		return err
	}
	f, err := v.frame("Activity", page.OnActivity)
	if err != nil {
		return err
	}
	last, err := v.Panel.Store.LastChange(v.ctx()) // before the list: what comes meanwhile is told by the stream
	if err != nil {
		return err
	}
	own, err := v.Panel.Store.Networks(v.ctx(), store.Filter{User: v.whose(), Limit: mostRuns + 1})
	if err != nil {
		return err
	}
	few := own
	if len(own) > mostRuns {
		few = nil
	}
	p := page.Activity{Frame: f, Lead: "What was collected and what failed, newest first.", Kept: keptFor(kind, before == 0 && few != nil), Accounts: chosenAccount(own, account), Kinds: optionsWith(activityKinds, kind), Narrowed: account != "" || kind != "" || before > 0}
	switch {
	case before > 0:
		p.Lead = "What was collected earlier, newest first. Waits and failures are on the first page, of the last 20 runs of each list."
	case few == nil && own != nil:
		p.Lead = "What was collected, newest first. There are too many accounts to list their failures here: see Accounts."
	}
	upTo := last
	if before > 0 {
		upTo = min(last, before-1)
	}
	lines, older, err := v.happened(upTo, wantedChanges(account, kind), ofRuns(kind))
	if err != nil {
		return err
	}
	if before == 0 {
		lines = withRuns(lines, v.troubledRuns(few, account, kind), older > 0)
		if !ofRuns(kind) || len(own) <= mostRuns { // else nothing is shown, and nothing will come
			p.Stream = streamPath("activity", account, kind, last)
		}
		p.Recent = recentEvents(lines, older > 0, v.now)
	}
	for _, l := range lines {
		p.Events = append(p.Events, l.Event)
	}
	if older > 0 {
		p.Older = page.Path("/activity?" + url.Values{"account": {account}, "kind": {kind}, "before": {strconv.FormatInt(older, 10)}}.Encode())
	}
	return v.show(http.StatusOK, p)
}

// logNumber reads a number of the log that an address holds; "" is 0.
func logNumber(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, wrong("go back to the newest: /activity", "the number that the list is to begin before is none")
	}
	return n, nil
}

func streamPath(of, account, kind string, since int64) page.Path {
	return page.Path("/stream?" + url.Values{"of": {of}, "account": {account}, "kind": {kind}, "since": {strconv.FormatInt(since, 10)}}.Encode())
}

// optionsWith marks one of the options.
func optionsWith(list []page.Option, value string) []page.Option {
	list = slices.Clone(list)
	for i := range list {
		list[i].Chosen = list[i].Value == value
	}
	return list
}

// chosenAccount lists accounts to choose from, and that which is chosen.
func chosenAccount(own []state.Network, account string) []page.Option {
	list := []page.Option{{Text: "All accounts"}}
	for _, n := range own {
		name := n.Name()
		if list[len(list)-1].Value != name { // two users may have it
			list = append(list, page.Option{Value: name, Text: name})
		}
	}
	if !slices.ContainsFunc(list, func(o page.Option) bool { return o.Value == account }) {
		list = append(list, page.Option{Value: account, Text: account})
	}
	return optionsWith(list, account)
}

// happened are the changes up to a number, newest first, and the number before which there
// are older ones; 0: there are none.
func (v *visit) happened(upTo int64, wants func(store.ChangeCount) bool, none bool) (out []datedEvent, older int64, err error) {
	if none {
		return nil, 0, nil
	}
	list, older, err := newestChanges(v.ctx(), v.Panel.Store, v.whose(), upTo, wants)
	for _, ch := range list {
		out = append(out, datedEvent{ch.At, v.eventOf(ch, v.now, v.whose() == "")})
	}
	return out, older, err
}

// What a reading of the log holds at most: the first one about a page, since most often all
// changes there are wanted; those after it more.
const (
	firstBatch = mostEvents + mostEvents/4 // a few are not wanted
	laterBatch = 500
)

// newestChanges reads a log backwards from a number on until it has enough changes.
func newestChanges(ctx context.Context, log store.Items, user string, upTo int64, wants func(store.ChangeCount) bool) (out []store.ChangeCount, older int64, err error) {
	batch, before := firstBatch, upTo+1
	for range mostLooks {
		if before <= 1 {
			return out, 0, nil
		}
		list, err := log.NewestChanges(ctx, user, before, batch)
		if err != nil {
			return nil, 0, err
		}
		for _, ch := range list {
			if !wants(ch) {
				continue
			}
			if len(out) == mostEvents {
				return out, out[mostEvents-1].Seq, nil
			}
			out = append(out, ch)
		}
		if len(list) < batch {
			return out, 0, nil
		}
		before, batch = list[len(list)-1].Seq, min(laterBatch, batch*4)
	}
	return out, before, nil
}

// troubledRuns are the waits and failures among the last runs of networks, newest first.
func (v *visit) troubledRuns(of []state.Network, account, kind string) (out []datedEvent) {
	if kind != "" && !ofRuns(kind) {
		return nil
	}
	for _, n := range of {
		if account != "" && n.Name() != account {
			continue
		}
		for _, r := range n.Runs {
			waited := r.Fault == waitedFault
			if r.Fault == "" || kind == "wait" && !waited || kind == "fail" && waited {
				continue
			}
			out = append(out, datedEvent{r.At, v.eventOfRun(n, r, v.now, v.whose() == "")})
		}
	}
	newestFirst(out)
	if len(out) > mostEvents {
		out = out[:mostEvents]
	}
	return out
}

// withRuns puts runs between changes by their times. Where there are older changes than
// those on the page, older runs are left out.
func withRuns(lines, runs []datedEvent, older bool) []datedEvent {
	if older && len(lines) > 0 {
		oldest := lines[len(lines)-1].at
		runs = slices.DeleteFunc(runs, func(r datedEvent) bool { return r.at.Before(oldest) })
	}
	lines = append(lines, runs...)
	newestFirst(lines)
	return lines
}

func newestFirst(list []datedEvent) {
	slices.SortStableFunc(list, func(x, y datedEvent) int { return y.at.Compare(x.at) })
}

// recentEvents says how much happened just now, where the page knows all of it.
func recentEvents(lines []datedEvent, older bool, now time.Time) string {
	n := 0
	for _, l := range lines {
		if now.Sub(l.at) <= recentFor {
			n++
		}
	}
	if n == len(lines) && older {
		return ""
	}
	return plain.Many(n, "event", "events") + " in the last 10 min"
}
