package queuetest

import (
	"context"
	"errors"
	"time"

	"collector/queue"
)

var handed = []promise{
	{"WhatIsAddedClaimedIsHeld", addedClaimed},
	{"WhatIsAddedClaimedIsRescued", addedClaimedRescued},
	{"AddedClaimedAgainByOneCallIsAddedOnce", addedClaimedAgain},
	{"WhatPassedIsCounted", passed},
	{"APauseIsSeen", pauseSeen},
}

func (k *kit) addClaimed(c queue.Claim, mark string, jobs ...queue.Job) []queue.Ref {
	k.Helper()
	refs, err := k.s.AddClaimed(k.ctx, c, mark, jobs)
	k.must(err)
	if len(refs) != len(jobs) {
		k.Fatalf("%d claims of %d jobs", len(refs), len(jobs))
	}
	return refs
}

func addedClaimed(k *kit) {
	given := with(job("a"), func(j *queue.Job) { j.Priority, j.MaxAttempts = 3, 2 })
	refs := k.addClaimed(asking(0, at(ms)), queue.NewToken(), given, job("b"))
	want, err := queue.Held(given, asking(0, at(ms)), refs[0].Token)
	k.must(err)
	same(k, "what was added", k.look("a"), want)
	if want.State != queue.Running || want.Owner != "anna" || want.Attempts != 1 || want.Deliveries != 1 || !want.LeaseUntil.Equal(at(time.Minute+ms)) {
		k.Errorf("held as %+v", want)
	}
	k.none(at(time.Hour))
	k.counted(k.s, queue.DefaultQueue, func(s queue.Stats) bool { return s.Added == 2 && s.Running == 2 && s.Ready == 0 })
	stood, err := k.s.Renew(k.ctx, refs, at(time.Hour))
	k.must(err)
	same(k, "renewed", stood, []bool{true, true})
	k.done(at(ms), queue.Job{ID: "a", Token: refs[0].Token})
	k.gone("a")
	if !k.finish(at(ms), queue.Outcome{Ref: refs[1], Verb: queue.Retry, Due: at(ms), Error: "again"}) {
		k.Errorf("the claim of b does not stand")
	}
	if b := k.one(at(ms)); b.ID != "b" || b.Attempts != 2 || !b.Redelivered() {
		k.Errorf("given back and claimed again: %+v", b)
	}
	k.counted(k.s, queue.DefaultQueue, func(s queue.Stats) bool { return s.Completed == 1 && s.Retried == 1 && s.Running == 1 })
	k.must(k.s.Pause(k.ctx, queue.DefaultQueue, true))
	if refs := k.addClaimed(asking(0, at(ms)), queue.NewToken(), job("c")); refs[0].Token == "" {
		k.Errorf("a pause kept out what is in hand")
	}
	_, err = k.s.AddClaimed(k.ctx, asking(0, at(ms)), queue.NewToken(), []queue.Job{job("d"), {ID: "bad"}})
	if !errors.Is(err, queue.ErrInvalid) {
		k.Errorf("a job without a kind: %v, want ErrInvalid", err)
	}
	k.gone("d")
	ended, cancel := context.WithCancel(k.ctx)
	cancel()
	if _, err := k.s.AddClaimed(ended, asking(0, at(ms)), queue.NewToken(), []queue.Job{job("d")}); !errors.Is(err, context.Canceled) {
		k.Errorf("after the context ended: %v", err)
	}
	k.gone("d")
}

func addedClaimedRescued(k *kit) {
	refs := k.addClaimed(asking(0, at(0)), queue.NewToken(), job("a"), with(job("b"), func(j *queue.Job) { j.MaxAttempts = 1 }))
	if got := k.rescue(at(time.Minute-ms), 9); len(got) != 0 {
		k.Errorf("rescued %q a millisecond too early", names(got))
	}
	if got := k.rescue(at(time.Minute), 9); len(got) != 2 {
		k.Errorf("rescued %q", names(got))
	}
	same(k, "the one of one attempt", k.look("b").State, queue.Dead)
	a := k.one(at(time.Minute))
	if a.ID != "a" || !a.Redelivered() || a.Ref() == refs[0] {
		k.Errorf("claimed after the rescue: %+v", a)
	}
	if k.finish(at(time.Minute), queue.Outcome{Ref: refs[0], Verb: queue.Complete}) {
		k.Errorf("a claim stands that was rescued")
	}
	k.done(at(time.Minute), a)
}

func addedClaimedAgain(k *kit) {
	mark := queue.NewToken()
	c := asking(0, at(0))
	k.add(at(0), job("b"))
	first := k.addClaimed(c, mark, job("a"), job("b"))
	if first[0].Token == "" || first[1] != (queue.Ref{}) {
		k.Fatalf("held under %+v, want the first alone", first)
	}
	same(k, "the same call again", k.addClaimed(c, mark, job("a"), job("b"), job("c"))[:2], first)
	same(k, "another call", k.addClaimed(c, queue.NewToken(), job("a"), job("c")), []queue.Ref{{}, {}})
	k.counted(k.s, queue.DefaultQueue, func(s queue.Stats) bool { return s.Added == 3 && s.Running == 2 && s.Ready == 1 })
	k.rescue(at(time.Minute), 9)
	if again := k.addClaimed(c, mark, job("a")); again[0] != (queue.Ref{}) {
		k.Errorf("held under %+v after the rescue", again)
	}
}

func passed(k *kit) {
	k.add(at(0), job("a"))
	for range 2 {
		k.must(k.s.Passed(k.ctx, map[string]int64{queue.DefaultQueue: 3, "new": 2}))
	}
	k.counted(k.s, queue.DefaultQueue, func(s queue.Stats) bool { return s.Added == 7 && s.Completed == 6 && s.Ready == 1 })
	k.counted(k.s, "new", func(s queue.Stats) bool { return s.Added == 4 && s.Completed == 4 && s.Ready+s.Running == 0 })
	ended, cancel := context.WithCancel(k.ctx)
	cancel()
	if err := k.s.Passed(ended, map[string]int64{"new": 1}); !errors.Is(err, context.Canceled) {
		k.Errorf("after the context ended: %v", err)
	}
}

func pauseSeen(k *kit) {
	seen := func(s queue.Store, name string, want bool) {
		k.Helper()
		got, err := s.Paused(k.ctx, name)
		k.must(err)
		if got != want {
			k.Errorf("%s is paused: %v", name, got)
		}
	}
	seen(k.s, queue.DefaultQueue, false)
	k.must(k.Other.Pause(k.ctx, queue.DefaultQueue, true))
	seen(k.s, queue.DefaultQueue, true)
	seen(k.s, "another", false)
	k.must(k.Other.Pause(k.ctx, queue.DefaultQueue, false))
	seen(k.s, queue.DefaultQueue, false)
	ended, cancel := context.WithCancel(k.ctx)
	cancel()
	if _, err := k.s.Paused(ended, queue.DefaultQueue); !errors.Is(err, context.Canceled) {
		k.Errorf("after the context ended: %v", err)
	}
}
