package scheduler_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"collector/scheduler"
	"collector/state"
	"collector/store"
)

// Promise R13: a machine that stood still for longer than a lease goes on where
// it was. Nobody else took the network over, and the renewals of this process,
// which come too late for the call in hand, must not hold it for ever.
func TestLateRenewalHoldsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.delay = 1700 * time.Millisecond
		b.add("quick", "a")
		b.add("slow", "h") // keeps this process renewing
		b.hang["h"] = true
		b.store = &late{b.store, time.Now().Add(1200 * time.Millisecond)}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		s := b.scheduler(func(c *scheduler.Config) { c.Lease, c.Pages, c.Grace = 1500*time.Millisecond, 10, time.Second }, "quick", "slow")
		if err := s.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if n := b.network("quick-a"); n.Items != 3 || n.Mode != state.Normal || n.Crashes > 0 {
			t.Errorf("after 30 s %d of 3 items, mode %s, %d crashes counted, due %v", n.Items, n.Mode, n.Crashes, n.WakeAt)
		}
	})
}

// late cannot be written by renewals until a time.
type late struct {
	store.Store
	until time.Time
}

func (l *late) Renew(ctx context.Context, owner string, until time.Time) error {
	if time.Now().Before(l.until) {
		return state.ErrUnavailable
	}
	return l.Store.Renew(ctx, owner, until)
}
