package queuetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/queue"
)

var claims = []promise{
	{"DueExactly", dueExactly},
	{"ByPriorityThenDueThenID", order},
	{"OrderAcrossClaims", orderAcrossClaims},
	{"AClaimIsOneQueueAndItsKinds", queueAndKinds},
	{"ClaimedAsTold", claimedAsTold},
	{"NoMoreThanAsked", noMoreThanAsked},
	{"NextDueIsTheEarliest", nextDue},
	{"FarDueJobsDoNotHideReadyOnes", farDue},
	{"ClaimableIsWhatAClaimGives", claimable},
}

func dueExactly(k *kit) {
	k.add(at(0), with(job("a"), func(j *queue.Job) { j.Due = at(time.Second) }))
	k.none(at(time.Second - ms))
	k.none(at(time.Second - time.Nanosecond))
	same(k, "claimed", names(k.claim(asking(1, at(time.Second)))), []string{"a"})
	k.none(at(time.Hour))
}

func order(k *kit) {
	put := func(id string, priority int, due time.Duration) queue.Job {
		return with(job(id), func(j *queue.Job) { j.Priority, j.Due = priority, at(due) })
	}
	k.add(at(0),
		put("g", -1, 0), put("e", 0, 2*ms), put("f", 0, 3*ms), put("d", 0, ms), put("b", 9, 5*ms), put("c", 0, 0),
		put("a", 10, 9*ms), put("later", 99, 11*ms), put("B", 9, 5*ms))
	got := k.claim(asking(100, at(10*ms)))
	same(k, "order", names(got), []string{"a", "B", "b", "c", "d", "e", "f", "g"})
}

// orderAcrossClaims also shows that what came in meanwhile takes its place.
func orderAcrossClaims(k *kit) {
	for i := range 5 {
		k.add(at(0), job(fmt.Sprint("n", i)))
	}
	same(k, "first", names(k.claim(asking(2, at(0)))), []string{"n0", "n1"})
	k.add(at(0), with(job("urgent"), func(j *queue.Job) { j.Priority = 1 }), with(job("idle"), func(j *queue.Job) { j.Priority = -1 }))
	same(k, "next", names(k.claim(asking(2, at(0)))), []string{"urgent", "n2"})
	same(k, "last", names(k.claim(asking(9, at(0)))), []string{"n3", "n4", "idle"})
}

func queueAndKinds(k *kit) {
	put := func(id, queueName, kind string) queue.Job { return queue.Job{ID: id, Queue: queueName, Kind: kind} }
	k.add(at(0), put("1", "q", "a"), put("2", "q", "b"), put("3", "other", "a"), put("4", "q", "c"), put("5", "q", "a"))
	ask := func(name string, kinds ...string) []string {
		c := asking(9, at(0))
		c.Queue, c.Kinds = name, kinds
		return names(k.claim(c))
	}
	same(k, "a queue that is not there", ask("none"), []string{})
	same(k, "a kind that is not there", ask("q", "x"), []string{})
	same(k, "two kinds", ask("q", "a", "c"), []string{"1", "4", "5"})
	same(k, "any kind", ask("q"), []string{"2"})
	same(k, "the other queue", ask("other", "a", "b"), []string{"3"})
}

func claimedAsTold(k *kit) {
	k.add(at(0), with(job("a"), func(j *queue.Job) { j.Priority, j.MaxAttempts, j.Keep = 4, 2, time.Second }), job("b"))
	got := k.claim(asking(2, at(5*ms)))
	if len(got) != 2 {
		k.Fatalf("claimed %q", names(got))
	}
	for _, j := range got {
		if j.State != queue.Running || j.Owner != "anna" || j.Token == "" || !j.LeaseUntil.Equal(at(time.Minute+5*ms)) ||
			!j.Started.Equal(at(5*ms)) || j.Attempts != 1 || j.Deliveries != 1 || string(j.Data) != `"`+j.ID+`"` {
			k.Errorf("claimed as %+v", j)
		}
		same(k, "as it is shown", k.look(j.ID), j)
	}
	if got[0].Priority != 4 || got[0].MaxAttempts != 2 || got[0].Keep != time.Second {
		k.Errorf("claimed as %+v", got[0])
	}
	k.finish(at(6*ms), queue.Outcome{Ref: got[0].Ref(), Verb: queue.Retry, Due: at(6 * ms)})
	if again := k.one(at(6 * ms)); again.Token == got[0].Token || again.ID != "a" || again.Attempts != 2 || !again.Redelivered() {
		k.Errorf("the second claim: %+v", again)
	}
}

func noMoreThanAsked(k *kit) {
	for i := range 300 {
		k.add(at(0), job(fmt.Sprintf("%03d", i)))
	}
	for _, n := range []int{-1, 0} {
		if got := k.claim(asking(n, at(0))); len(got) != 0 {
			k.Errorf("asked for %d, got %d", n, len(got))
		}
	}
	if got := k.claim(asking(250, at(0))); len(got) != 250 || got[249].ID != "249" {
		k.Errorf("asked for 250, got %d", len(got))
	}
	if got := k.claim(asking(250, at(0))); len(got) != 50 {
		k.Errorf("asked for the rest of 50, got %d", len(got))
	}
}

func nextDue(k *kit) {
	next := func(queues ...string) string {
		k.Helper()
		t, err := k.s.NextDue(k.ctx, queues)
		k.must(err)
		if t.IsZero() {
			return "none"
		}
		return t.Sub(at(0)).String()
	}
	same(k, "of nothing", next("q", "r"), "none")
	put := func(id, name string, due time.Duration) {
		k.add(at(0), queue.Job{ID: id, Kind: "work", Queue: name, Due: at(due)})
	}
	put("a", "q", time.Minute)
	put("b", "q", time.Second)
	put("c", "r", time.Hour)
	put("ready", "s", 0)
	same(k, "of q", next("q"), "1s")
	same(k, "of r", next("r"), "1h0m0s")
	same(k, "of all", next("r", "q", "s"), "1s")
	same(k, "of what is ready", next("s"), "none")
	same(k, "of no queue", next(), "none")
	k.must(k.s.Pause(k.ctx, "q", true))
	same(k, "while q is paused", next("q", "r"), "1h0m0s")
	k.must(k.s.Pause(k.ctx, "q", false))
	c := asking(1, at(time.Second))
	c.Queue = "q"
	k.claim(c)
	same(k, "after the claim", next("q", "r"), "1m0s")
}

// farDue puts many jobs of a high priority into the future.
func farDue(k *kit) {
	var far []queue.Job
	for i := range 500 {
		far = append(far, with(job(fmt.Sprintf("far%03d", i)), func(j *queue.Job) { j.Priority, j.Due = 9, at(time.Hour) }))
	}
	k.add(at(0), far...)
	k.add(at(0), job("now"))
	same(k, "claimed", names(k.claim(asking(10, at(0)))), []string{"now"})
	if got := k.claim(asking(1000, at(time.Hour))); len(got) != 500 {
		k.Errorf("%d claimed once they are due", len(got))
	}
}

func claimable(k *kit) {
	check := func(what string, now time.Time, want string, queues ...string) {
		k.Helper()
		got, err := k.Other.Claimable(k.ctx, now, queues)
		k.must(err)
		slices.Sort(got)
		same(k, what, strings.Join(got, " "), want)
	}
	check("of nothing", at(0), "", "q", "r")
	put := func(id, name string, due time.Duration) {
		k.add(at(0), queue.Job{ID: id, Kind: "work", Queue: name, Due: at(due)})
	}
	put("ready", "ready", 0)
	put("ready too", "ready", 0)
	put("soon", "soon", time.Second)
	put("late", "late", time.Hour)
	put("both", "both", 0)
	put("both too", "both", time.Hour)
	put("not asked", "not asked", 0)
	all := []string{"late", "ready", "soon", "both", "none", "it's \"quoted\""}
	check("at once", at(0), "both ready", all...)
	check("just before it is due", at(time.Second-ms), "both ready", all...)
	check("when it is due", at(time.Second), "both ready soon", all...)
	check("when all are due", at(time.Hour), "both late ready soon", all...)
	check("of one", at(time.Hour), "late", "late")
	check("of no queue", at(time.Hour), "")
	put("quoted", all[5], 0)
	check("of a strange name", at(0), all[5], all[5])
	k.must(k.s.Pause(k.ctx, "ready", true))
	k.must(k.s.Pause(k.ctx, "late", true))
	check("while two are paused", at(time.Hour), "both soon", all[:5]...)
	k.must(k.s.Pause(k.ctx, "ready", false))
	claim := func(name string, n int, now time.Time) []queue.Job {
		c := asking(n, now)
		c.Queue = name
		return k.claim(c)
	}
	claim("ready", 1, at(0))
	check("after a part was claimed", at(0), "both ready", all[:5]...)
	claim("ready", 1, at(0))
	soon := claim("soon", 1, at(time.Second))
	check("after all was claimed", at(time.Minute-ms), "both", all[:5]...)
	k.finish(at(time.Minute), queue.Outcome{Ref: soon[0].Ref(), Verb: queue.Bury})
	check("beside one that is dead", at(time.Minute), "both", all[:5]...)
	many := slices.Clone(all[:5])
	for i := range 1500 {
		many = append(many, fmt.Sprint("none ", i))
	}
	put("last", "none 1499", 0)
	check("of many", at(0), "both none 1499", many...)
	next, err := k.s.NextDue(k.ctx, many)
	k.must(err)
	same(k, "the next due of many", next, at(time.Hour))
}
