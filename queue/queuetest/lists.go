package queuetest

import (
	"fmt"
	"slices"
	"time"

	"collector/queue"
)

var lists = []promise{
	{"PagesHoldEachOnce", pages},
	{"FiltersMatch", filters},
	{"ALookHasABound", bounded},
	{"RequeuedByFilter", requeued},
	{"RequeuedForLater", requeuedLater},
	{"OnlyTheDeadAndTheScheduledAreRequeued", requeuedStates},
	{"RemovedByFilter", removed},
}

// all reads every page.
func (k *kit) all(f queue.Filter, p queue.Page) []string {
	k.Helper()
	var out []string
	for range 100 {
		jobs, next, err := k.s.Jobs(k.ctx, f, p)
		k.must(err)
		if p.Limit > 0 && len(jobs) > p.Limit {
			k.Fatalf("%d jobs on a page of %d", len(jobs), p.Limit)
		}
		out = append(out, names(jobs)...)
		if next == "" {
			return out
		}
		p.Cursor = next
	}
	k.Fatal("the pages have no end")
	return nil
}

func pages(k *kit) {
	var want []string
	for i := range 25 {
		id := fmt.Sprintf("%02d", i)
		want = append(want, id)
		k.add(at(0), job(id))
	}
	back := slices.Clone(want)
	slices.Reverse(back)
	for _, limit := range []int{0, -1, 1, 7, 25, 26, queue.MaxPage + 1} {
		same(k, fmt.Sprint("pages of ", limit), k.all(queue.Filter{}, queue.Page{Limit: limit}), want)
		same(k, fmt.Sprint("newest first, pages of ", limit), k.all(queue.Filter{}, queue.Page{Limit: limit, Newest: true}), back)
	}
	// Jobs that come and go, the one of the cursor among them, move no other.
	first, next, err := k.s.Jobs(k.ctx, queue.Filter{}, queue.Page{Limit: 5})
	k.must(err)
	for _, id := range []string{"04", "10"} {
		_, err := k.s.Remove(k.ctx, queue.Filter{ID: id}, 1)
		k.must(err)
	}
	k.add(at(0), job("001"), job("101"))
	rest := k.all(queue.Filter{}, queue.Page{Limit: 5, Cursor: next})
	gone := slices.DeleteFunc(slices.Clone(want), func(id string) bool { return id == "10" })
	gone = slices.Insert(gone, slices.Index(gone, "11"), "101")
	same(k, "both parts", append(names(first), rest...), gone)
	same(k, "with a filter", k.all(queue.Filter{Kind: "none"}, queue.Page{Limit: 3}), []string{})
}

// zoo has a job of each state, with other fields too.
func (k *kit) zoo() {
	k.Helper()
	put := func(id, name, kind string, due, added time.Duration) {
		k.add(at(added), queue.Job{ID: id, Queue: name, Kind: kind, Due: at(due), Keep: time.Hour})
	}
	put("dead1", "q", "mail", 0, 0)
	put("dead2", "q", "pay", 0, ms)
	put("done", "q", "mail", 0, 2*ms)
	put("runs", "q", "mail", 0, 3*ms)
	c := asking(4, at(3*ms))
	c.Queue = "q"
	got := k.claim(c)
	k.finish(at(0), queue.Outcome{Ref: got[0].Ref(), Verb: queue.Bury, Error: "550 no such user (x.y)"})
	k.finish(at(0), queue.Outcome{Ref: got[1].Ref(), Verb: queue.Bury, Error: "550 no such xay 100%"})
	k.finish(at(0), queue.Outcome{Ref: got[2].Ref(), Verb: queue.Complete})
	put("ready", "q", "pay", 0, 4*ms)
	put("later", "r", "mail", time.Hour, 5*ms)
	put("dead3", "r", "mail", 0, 6*ms)
	c.Queue, c.Owner, c.Now = "r", "bert", at(6*ms)
	k.finish(at(0), queue.Outcome{Ref: k.claim(c)[0].Ref(), Verb: queue.Bury})
}

func filters(k *kit) {
	k.zoo()
	for _, c := range []struct {
		f    queue.Filter
		want []string
	}{
		{queue.Filter{}, []string{"dead1", "dead2", "dead3", "done", "later", "ready", "runs"}},
		{queue.Filter{ID: "done"}, []string{"done"}},
		{queue.Filter{ID: "none"}, []string{}},
		{queue.Filter{ID: "done", Kind: "pay"}, []string{}},
		{queue.Filter{Queue: "r"}, []string{"dead3", "later"}},
		{queue.Filter{Kind: "pay"}, []string{"dead2", "ready"}},
		{queue.Filter{State: queue.Dead}, []string{"dead1", "dead2", "dead3"}},
		{queue.Filter{State: queue.Scheduled}, []string{"later"}},
		{queue.Filter{State: queue.Ready}, []string{"ready"}},
		{queue.Filter{State: queue.Running}, []string{"runs"}},
		{queue.Filter{State: queue.Done}, []string{"done"}},
		{queue.Filter{State: "else"}, []string{}},
		{queue.Filter{Owner: "anna"}, []string{"runs"}},
		{queue.Filter{Owner: "bert"}, []string{}},
		{queue.Filter{Error: "550"}, []string{"dead1", "dead2"}},
		{queue.Filter{Error: "(x.y)"}, []string{"dead1"}},
		{queue.Filter{Error: "x.y"}, []string{"dead1"}},
		{queue.Filter{Error: "100%"}, []string{"dead2"}},
		{queue.Filter{Error: "NO SUCH"}, []string{}},
		{queue.Filter{MinAttempts: 1}, []string{"dead1", "dead2", "dead3", "done", "runs"}},
		{queue.Filter{MinAttempts: 2}, []string{}},
		{queue.Filter{AddedFrom: at(4 * ms)}, []string{"dead3", "later", "ready"}},
		{queue.Filter{AddedBefore: at(ms)}, []string{"dead1"}},
		{queue.Filter{AddedFrom: at(ms), AddedBefore: at(2 * ms)}, []string{"dead2"}},
		{queue.Filter{Queue: "q", State: queue.Dead, Kind: "mail"}, []string{"dead1"}},
	} {
		same(k, fmt.Sprintf("%+v", c.f), k.all(c.f, queue.Page{}), c.want)
		same(k, fmt.Sprintf("%+v by pages", c.f), k.all(c.f, queue.Page{Limit: 2}), c.want)
		back := slices.Clone(c.want)
		slices.Reverse(back)
		for _, look := range []int{1, 3, 6, 7} {
			same(k, fmt.Sprintf("%+v by looks at %d", c.f, look), k.all(c.f, queue.Page{Limit: 2, Look: look}), c.want)
			same(k, fmt.Sprintf("%+v by looks at %d, newest first", c.f, look), k.all(c.f, queue.Page{Limit: 2, Look: look, Newest: true}), back)
		}
	}
}

// bounded: a call that finds little ends where its look does, and the next one goes on.
func bounded(k *kit) {
	for i := range 25 {
		j := job(fmt.Sprintf("%02d", i))
		j.Queue = "q"
		if i == 9 || i == 10 {
			j.Kind = "rare" // the last of one look and the first of the next
		}
		k.add(at(0), j)
	}
	for _, c := range []struct {
		f    queue.Filter
		p    queue.Page
		want [][]string
	}{
		{queue.Filter{Kind: "none"}, queue.Page{Look: 10}, [][]string{{}, {}, {}}},
		{queue.Filter{Error: "none"}, queue.Page{Look: 10, Newest: true}, [][]string{{}, {}, {}}},
		{queue.Filter{Queue: "none"}, queue.Page{Look: 24}, [][]string{{}, {}}},
		{queue.Filter{Kind: "none"}, queue.Page{Look: 25}, [][]string{{}}},
		{queue.Filter{Kind: "rare"}, queue.Page{Look: 10}, [][]string{{"09"}, {"10"}, {}}},
		{queue.Filter{Kind: "rare"}, queue.Page{Look: 15, Newest: true}, [][]string{{"10"}, {"09"}}},
		{queue.Filter{Kind: "rare"}, queue.Page{Look: 11, Limit: 1}, [][]string{{"09"}, {"10"}, {}}},
		{queue.Filter{Kind: "rare", Queue: "q", State: queue.Ready}, queue.Page{Look: 25}, [][]string{{"09", "10"}}},
		{queue.Filter{ID: "20"}, queue.Page{Look: 1}, [][]string{{"20"}}},
	} {
		var got [][]string
		for p := c.p; len(got) < 10; {
			jobs, next, err := k.s.Jobs(k.ctx, c.f, p)
			k.must(err)
			got = append(got, names(jobs))
			if p.Cursor = next; next == "" {
				break
			}
		}
		same(k, fmt.Sprintf("%+v by %+v", c.f, c.p), got, c.want)
	}
}

func requeued(k *kit) {
	k.zoo()
	requeue := func(f queue.Filter, limit, want int) {
		k.Helper()
		n, err := k.s.Requeue(k.ctx, at(time.Minute), time.Time{}, f, limit)
		k.must(err)
		same(k, fmt.Sprintf("requeued of %+v", f), n, want)
	}
	requeue(queue.Filter{Error: "user"}, 10, 1)
	got := k.look("dead1")
	if got.State != queue.Ready || got.Attempts != 0 || got.LastError != "" || !got.Finished.IsZero() || !got.Due.Equal(at(time.Minute)) || got.Deliveries != 1 {
		k.Errorf("re-queued as %+v", got)
	}
	c := asking(1, at(time.Minute))
	c.Queue, c.Kinds = "q", []string{"mail"}
	if again := k.claim(c); len(again) != 1 || again[0].ID != "dead1" || again[0].Attempts != 1 || !again[0].Redelivered() {
		k.Errorf("claimed again as %+v", again)
	}
	requeue(queue.Filter{}, 1, 1)
	requeue(queue.Filter{}, 0, 0)
	requeue(queue.Filter{}, 10, 1)
	requeue(queue.Filter{}, 10, 0)
	if q, r := k.stats("q"), k.stats("r"); q.Requeued+r.Requeued != 3 || q.Dead+r.Dead != 0 {
		k.Errorf("counts %+v, %+v", q, r)
	}
}

func requeuedLater(k *kit) {
	k.zoo()
	n, err := k.s.Requeue(k.ctx, at(time.Minute), at(time.Hour), queue.Filter{Queue: "q"}, 10)
	k.must(err)
	same(k, "re-queued", n, 2)
	if got := k.look("dead1"); got.State != queue.Scheduled || !got.Due.Equal(at(time.Hour)) || got.Attempts != 0 {
		k.Errorf("waits as %+v", got)
	}
	c := asking(9, at(time.Hour-ms))
	c.Queue = "q"
	same(k, "claimed too early", names(k.claim(c)), []string{"ready"})
	c.Now = at(time.Hour)
	same(k, "claimed in time", names(k.claim(c)), []string{"dead1", "dead2"})
}

func requeuedStates(k *kit) {
	k.zoo()
	for _, state := range []queue.State{queue.Ready, queue.Running, queue.Done, "else"} {
		n, err := k.s.Requeue(k.ctx, at(time.Minute), time.Time{}, queue.Filter{State: state}, 10)
		k.must(err)
		same(k, "requeued of "+string(state), n, 0)
	}
	n, err := k.s.Requeue(k.ctx, at(time.Minute), time.Time{}, queue.Filter{State: queue.Scheduled}, 10)
	k.must(err)
	same(k, "requeued of the scheduled", n, 1)
	if got := k.look("later"); got.State != queue.Ready || !got.Due.Equal(at(time.Minute)) {
		k.Errorf("it is %+v", got)
	}
	same(k, "what runs", k.look("runs").State, queue.Running)
}

func removed(k *kit) {
	k.zoo()
	remove := func(f queue.Filter, limit, want int) {
		k.Helper()
		n, err := k.s.Remove(k.ctx, f, limit)
		k.must(err)
		same(k, fmt.Sprintf("removed of %+v", f), n, want)
	}
	remove(queue.Filter{ID: "ready"}, 10, 1)
	remove(queue.Filter{ID: "ready"}, 10, 0)
	remove(queue.Filter{ID: "runs"}, 10, 0)
	remove(queue.Filter{State: queue.Dead}, 2, 2)
	remove(queue.Filter{}, 0, 0)
	remove(queue.Filter{}, 10, 3)
	remove(queue.Filter{}, 10, 0)
	same(k, "left", k.all(queue.Filter{}, queue.Page{}), []string{"runs"})
	q, r := k.stats("q"), k.stats("r")
	if q.Scheduled+q.Ready+q.Dead+q.Done != 0 || q.Running != 1 || r.Scheduled+r.Ready+r.Running+r.Dead+r.Done != 0 {
		k.Errorf("counts %+v, %+v", q, r)
	}
}
