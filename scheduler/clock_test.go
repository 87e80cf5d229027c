package scheduler_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/scheduler"
	"collector/state"
)

// Promise R13: what was polled while the clock was ahead, by less than any wait
// that a service may ask for, is polled soon after the clock is right again: while
// the daemon runs, and where it was ended meanwhile.
func TestAheadForAWhile(t *testing.T) {
	for _, wrongBy := range []time.Duration{time.Hour, 24 * time.Hour, 39 * 24 * time.Hour} {
		for name, restarts := range map[string]bool{"in a run": false, "over a restart": true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { aheadForAWhile(t, wrongBy, restarts) })
			})
		}
	}
}

func aheadForAWhile(t *testing.T, wrongBy time.Duration, restarts bool) {
	b := newBench(t)
	b.add("list", "a")
	var wrong atomic.Int64
	clock := func(c *scheduler.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(wrong.Load())) }
	}
	start := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- b.scheduler(clock, "list").Run(ctx) }()
		return func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	stop := start()
	time.Sleep(time.Minute)
	wrong.Store(int64(wrongBy))
	time.Sleep(2 * time.Hour)
	if restarts {
		stop()
	}
	polled := b.asked()
	if n := b.network("list-a"); n.LastRunAt.Before(time.Now().Add(wrongBy / 2)) {
		t.Fatalf("nothing was polled while the clock was ahead: %+v", n.Progress)
	}
	wrong.Store(0)
	if restarts {
		stop = start()
	}
	time.Sleep(time.Minute)
	if b.asked() == polled {
		t.Errorf("ahead by %v: not read within a minute, due %v", wrongBy, b.network("list-a").WakeAt)
	}
	polled = b.asked()
	time.Sleep(3 * time.Hour)
	if got := b.asked() - polled; got < 2 || got > 3*18 {
		t.Errorf("%d calls in three hours, at most a poll of three pages in ten minutes is due", got)
	}
	stop()
	n := b.network("list-a")
	for what, at := range map[string]time.Time{"last run": n.LastRunAt, "last success": n.LastOKAt, "rhythm": n.RateAt} {
		if at.After(time.Now()) {
			t.Errorf("%s is told to be %v from now", what, time.Until(at))
		}
	}
}

// Promises R5 and R13: what waits for a time that a right clock wrote waits for it
// although the clock is ahead in between. Where it is behind, what it waits for
// seems to be written ahead of time; then it is the ledger that keeps it waiting.
func TestAnnouncedWaitOutlivesAJump(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("list", "a")
		due := time.Now().Add(5 * time.Hour)
		got, err := b.store.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "x", Now: time.Now(), Until: time.Now().Add(time.Minute), N: 1, Services: map[string]int{"list": 1}})
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		if err := b.store.Release(t.Context(), got[0].Lease, state.Progress{Mode: state.Initial, Condition: state.Limited, LastRunAt: time.Now(), ScheduledTo: due}); err != nil {
			t.Fatal(err)
		}
		var wrong atomic.Int64
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		s := b.scheduler(func(c *scheduler.Config) {
			c.Now = func() time.Time { return time.Now().Add(time.Duration(wrong.Load())) }
		}, "list")
		go func() { done <- s.Run(ctx) }()
		for _, by := range []time.Duration{time.Hour, 0, 4 * time.Hour, 0} {
			wrong.Store(int64(by))
			time.Sleep(10 * time.Minute)
		}
		if b.asked() > 0 {
			t.Error("asked before the time that was announced")
		}
		time.Sleep(time.Until(due) + time.Minute)
		if b.asked() == 0 {
			t.Error("not asked at the time that was announced")
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
