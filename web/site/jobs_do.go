package site

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"collector/control"
	plain "collector/control/words"
	"collector/queue"
	"collector/web/page"
	"collector/web/page/words"
)

// jobDeed is what can be done to jobs, and to those in which states.
type jobDeed struct {
	states  []queue.State
	did     string // "are due now"
	ask     string // "Delete %s?"; "" asks nothing
	means   string // what it means
	leave   string // the way back
	removes bool
}

var jobDeeds = map[page.Deed]jobDeed{
	page.RunNow: {states: []queue.State{queue.Dead, queue.Scheduled}, did: "due now, with all attempts"},
	page.Cancel: {states: []queue.State{queue.Ready, queue.Scheduled}, did: "cancelled", ask: "Cancel", means: "Those of them that wait are taken out of their queue, and what they were to do is not done. Those that run or have failed for good stay.", leave: "Let them wait", removes: true},
	page.Delete: {states: []queue.State{queue.Ready, queue.Scheduled, queue.Dead, queue.Done}, did: "deleted", ask: "Delete", means: "What they were to do is not done. Those that run stay.", leave: "Leave them", removes: true},
}

// changeJobs does something to the jobs that a form names, or to all that match.
func (v *visit) changeJobs() error {
	if err := v.operator(); err != nil {
		return err
	}
	form := v.r.PostForm
	do, ids, all := page.Deed(form.Get("do")), form["job"], form.Get("which") == "all"
	for _, one := range []page.Deed{page.RunNow, page.Cancel} { // the buttons of one job
		if id := form.Get(string(one)); id != "" {
			do, ids, all = one, []string{id}, false
		}
	}
	deed, ok := jobDeeds[do]
	if !ok {
		return wrong("go back and use a button", "this cannot be done to jobs")
	}
	if !all && len(ids) == 0 {
		return wrong("go back and choose jobs, or all that match", "no job was chosen")
	}
	asked, err := url.ParseQuery(form.Get("match"))
	if err != nil {
		return wrong("go back and read the page again", "the form does not say which jobs match")
	}
	m := matchOf(asked)
	until, err := v.meant()
	if err != nil {
		return err
	}
	return v.withJobs(false, func(jobs []queue.Store) error { return v.doOrAsk(jobs, deed, do, ids, all, m, until) })
}

// meant is the moment up to which jobs are meant that match: when somebody was asked about them,
// or else now. What comes after that is not meant.
func (v *visit) meant() (time.Time, error) {
	text := v.r.PostForm.Get("asked")
	if text == "" {
		return v.now, nil
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms < 0 || ms > v.now.UnixMilli() {
		return time.Time{}, wrong("go back and read the page again", "the form does not say when it was made")
	}
	return time.UnixMilli(ms), nil
}

// doOrAsk does it, or asks first where it cannot be undone.
func (v *visit) doOrAsk(jobs []queue.Store, deed jobDeed, do page.Deed, ids []string, all bool, m jobMatch, until time.Time) error {
	f, err := m.filter()
	if err != nil {
		return err
	}
	f.AddedBefore = until.Add(time.Millisecond)
	if deed.ask != "" && v.r.PostForm.Get("sure") != "yes" {
		return v.askOfJobs(jobs, f, do, ids, all, m)
	}
	n, err := v.doToJobs(jobs, deed, f, ids, all)
	if err != nil {
		return fmt.Errorf("after %s: %w", plain.Many(n, "job", "jobs"), err)
	}
	is := " are "
	if n == 1 {
		is = " is "
	}
	return v.leadOn(page.Path("/workers?"+m.String()+"#jobs"), done(plain.Many(n, "job", "jobs")+is+deed.did+"."))
}

// doToJobs changes jobs in all stores, and returns how many.
func (v *visit) doToJobs(stores []queue.Store, deed jobDeed, f queue.Filter, ids []string, all bool) (total int, err error) {
	filters := []queue.Filter{f}
	if !all {
		filters = nil
		for _, id := range ids {
			filters = append(filters, queue.Filter{ID: id})
		}
	}
	for _, jobs := range stores {
		for _, f := range filters {
			wanted := f.State
			for _, state := range deed.states {
				if wanted != "" && wanted != state {
					continue
				}
				f.State = state
				n, err := control.InBatches(func(limit int) (int, error) {
					if deed.removes {
						return jobs.Remove(v.ctx(), f, limit)
					}
					return jobs.Requeue(v.ctx(), v.now, v.now, f, limit)
				})
				if total += n; err != nil {
					return total, err
				}
			}
		}
	}
	return total, nil
}

// askOfJobs asks before jobs are removed, with their number.
func (v *visit) askOfJobs(stores []queue.Store, f queue.Filter, do page.Deed, ids []string, all bool, m jobMatch) error {
	deed := jobDeeds[do]
	number := plain.Many(len(ids), "job", "jobs")
	hidden := []page.Hidden{{Name: "match", Value: m.String()}}
	if all {
		hidden = append(hidden, page.Hidden{Name: "which", Value: "all"}, page.Hidden{Name: "asked", Value: strconv.FormatInt(v.now.UnixMilli(), 10)})
		stats, err := control.JobStats(v.ctx(), stores)
		if err != nil {
			return err
		}
		count, err := countJobs(v.ctx(), stores, f, stats)
		if err != nil {
			return err
		}
		number = plain.Many(count.n, "job", "jobs")
		switch {
		case count.more:
			number = "more than " + number
		case count.part && count.n == 0:
			number = "all jobs that match"
		case count.part:
			number = "at least " + number
		}
	} else {
		for _, id := range ids {
			hidden = append(hidden, page.Hidden{Name: "job", Value: id})
		}
	}
	frame, err := v.frame(deed.ask+"?", page.OnWorkers)
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, page.Confirm{
		Frame: frame, Heading: deed.ask + " " + number + "?", Text: words.Plain(deed.means), To: "/jobs", Do: do, Hidden: hidden,
		Button: deed.ask + " " + number, Back: page.Link{Text: deed.leave, To: page.Path("/workers?" + m.String() + "#jobs")},
	})
}
