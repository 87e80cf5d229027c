package queuetest

import (
	"strings"
	"time"

	"collector/queue"
)

var leases = []promise{
	{"ALeaseIsOverExactlyAtItsEnd", leaseEnd},
	{"ARenewedLeaseHolds", renewed},
	{"OnlyClaimsThatStandAreRenewed", renewedStanding},
	{"AnOutcomeAfterTheLeaseStandsUntilTheRescue", afterTheLease},
	{"LostOwnersUseUpAttempts", lostOwners},
	{"ARescueIsBounded", boundedRescue},
	{"WhatWasKeptGoesWhenItsTimeIsOver", keptGoes},
}

func (k *kit) rescue(now time.Time, limit int) []queue.Job {
	k.Helper()
	got, err := k.s.Rescue(k.ctx, now, limit)
	k.must(err)
	return got
}

func leaseEnd(k *kit) {
	k.add(at(0), job("a"))
	a := k.one(at(0))
	if got := k.rescue(at(time.Minute-ms), 10); len(got) != 0 {
		k.Fatalf("rescued %q too early", names(got))
	}
	same(k, "before the end", k.look("a"), a)
	got := k.rescue(at(time.Minute), 10)
	if len(got) != 1 {
		k.Fatalf("%d rescued at the end of the lease", len(got))
	}
	if r := got[0]; r.Owner != "anna" || r.State != queue.Ready || r.ID != "a" || string(r.Data) != `"a"` {
		k.Errorf("rescued as %+v", r)
	}
	now := k.look("a")
	if now.State != queue.Ready || now.Owner != "" || now.Token != "" || !now.LeaseUntil.IsZero() || now.Attempts != 1 ||
		!now.Due.Equal(at(time.Minute)) || now.LastError != queue.LeaseEnded(a) || !strings.Contains(now.LastError, "anna") {
		k.Errorf("it became %+v", now)
	}
	if again := k.one(at(time.Minute)); !again.Redelivered() || again.Attempts != 2 {
		k.Errorf("claimed again as %+v", again)
	}
	if got := k.rescue(at(time.Minute), 10); len(got) != 0 {
		k.Errorf("rescued %q under a new lease", names(got))
	}
}

func renewed(k *kit) {
	k.add(at(0), job("a"), job("b"))
	got := k.claim(asking(2, at(0)))
	stood, err := k.s.Renew(k.ctx, []queue.Ref{got[0].Ref()}, at(2*time.Minute))
	k.must(err)
	same(k, "renewed", stood, []bool{true})
	same(k, "rescued", names(k.rescue(at(2*time.Minute-ms), 10)), []string{"b"})
	same(k, "rescued then", names(k.rescue(at(2*time.Minute), 10)), []string{"a"})
}

func renewedStanding(k *kit) {
	k.add(at(0), job("a"), job("b"), job("c"), job("d"))
	got := k.claim(asking(4, at(0)))
	k.done(at(0), got[0])
	k.finish(at(0), queue.Outcome{Ref: got[1].Ref(), Verb: queue.Retry, Due: at(0)})
	b := k.one(at(0))
	stood, err := k.s.Renew(k.ctx, []queue.Ref{
		got[0].Ref(), got[1].Ref(), got[2].Ref(), {ID: "d", Token: "x"}, {ID: "x", Token: got[3].Token}, b.Ref(),
	}, at(time.Hour))
	k.must(err)
	same(k, "stood", stood, []bool{false, false, true, false, false, true})
	if d := k.look("d"); !d.LeaseUntil.Equal(at(time.Minute)) {
		k.Errorf("a wrong token moved the lease to %v", d.LeaseUntil)
	}
	if c := k.look("c"); !c.LeaseUntil.Equal(at(time.Hour)) {
		k.Errorf("the lease ends at %v", c.LeaseUntil)
	}
	if stood, err = k.s.Renew(k.ctx, nil, at(time.Hour)); err != nil || len(stood) != 0 {
		k.Errorf("no claims: %v, %v", stood, err)
	}
}

func afterTheLease(k *kit) {
	k.add(at(0), job("a"), job("b"))
	got := k.claim(asking(2, at(0)))
	k.done(at(time.Hour), got[0])
	stood, err := k.s.Renew(k.ctx, []queue.Ref{got[1].Ref()}, at(2*time.Hour))
	k.must(err)
	same(k, "renewed late", stood, []bool{true})
	same(k, "rescued", names(k.rescue(at(2*time.Hour-ms), 10)), []string{})
}

// lostOwners has a job that ends its owner each time.
func lostOwners(k *kit) {
	k.add(at(0), with(job("bad"), func(j *queue.Job) { j.MaxAttempts = 3 }), with(job("endless"), func(j *queue.Job) { j.Priority = -1 }))
	now := at(0)
	for i := range 3 {
		if got := k.claim(asking(2, now)); len(got) != 2 || got[0].Attempts != i+1 {
			k.Fatalf("attempt %d: %+v", i+1, got)
		}
		now = now.Add(time.Minute)
		if got := k.rescue(now, 10); len(got) != 2 {
			k.Fatalf("rescued %q", names(got))
		}
	}
	bad := k.look("bad")
	if bad.State != queue.Dead || !bad.Finished.Equal(now) || !strings.Contains(bad.LastError, "anna") {
		k.Errorf("after three owners: %+v", bad)
	}
	same(k, "what has no limit", k.look("endless").State, queue.Ready)
	if s := k.stats(queue.DefaultQueue); s.Rescued != 6 || s.Buried != 1 || s.Dead != 1 || s.Ready != 1 {
		k.Errorf("counts %+v", s)
	}
}

func boundedRescue(k *kit) {
	for i := range 7 {
		k.add(at(0), job(string(rune('a'+i))))
	}
	k.claim(asking(7, at(0)))
	var sizes []int
	for range 4 {
		sizes = append(sizes, len(k.rescue(at(time.Hour), 3)))
	}
	same(k, "rescued", sizes, []int{3, 3, 1, 0})
}

func keptGoes(k *kit) {
	for _, id := range []string{"a", "b", "c"} {
		k.add(at(0), with(job(id), func(j *queue.Job) { j.Keep = time.Second }))
	}
	for range 3 {
		k.done(at(0), k.one(at(0)))
	}
	k.rescue(at(time.Second-ms), 10)
	if s := k.stats(queue.DefaultQueue); s.Done != 3 {
		k.Errorf("before the time: %+v", s)
	}
	k.rescue(at(time.Second), 2)
	if s := k.stats(queue.DefaultQueue); s.Done != 1 {
		k.Errorf("two at a time: %+v", s)
	}
	k.rescue(at(time.Second), 2)
	if s := k.stats(queue.DefaultQueue); s.Done != 0 || s.Completed != 3 {
		k.Errorf("at the end: %+v", s)
	}
	k.gone("a")
}
