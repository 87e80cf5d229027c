package scheduler_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"collector/state"
)

// Promise R13: a due time that no right clock wrote counts as past, also where
// nothing else of its service is due, and where it is not known who wrote it.
func TestFarDueIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("list", "a")
		now := time.Now()
		held, err := b.store.Claim(t.Context(), state.Claim{
			Mode: state.Initial, Owner: "other", Now: now, Until: now.Add(time.Minute), N: 1, Services: map[string]int{"list": 1},
		})
		if err != nil || len(held) != 1 {
			t.Fatalf("claiming: %d, %v", len(held), err)
		}
		far := now.Add(12 * 365 * 24 * time.Hour)
		if err := b.store.Release(t.Context(), held[0].Lease, state.Progress{Mode: state.Normal, LastRunAt: now, PollAt: far, ScheduledTo: far}); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		s := b.scheduler(nil, "list")
		go func() { done <- s.Run(ctx) }()
		time.Sleep(time.Minute)
		if b.asked() == 0 {
			n, err := b.store.Network(t.Context(), "list-a")
			t.Errorf("not read within a minute: due %v, %v", n.WakeAt, err)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
