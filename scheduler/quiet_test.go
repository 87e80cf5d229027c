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

// TestQuietClaimsNothing, neither what is due nor what becomes due; what is in work goes on to its
// end, nothing waits in its hands, and once it is quiet no more all goes on.
func TestQuietClaimsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.delay = 3500 * time.Millisecond
		b.add("list", "a", "b")
		var quiet atomic.Bool
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		s := b.scheduler(func(c *scheduler.Config) { c.Quiet, c.Pages = quiet.Load, 10 }, "list")
		go func() { done <- s.Run(ctx) }()
		time.Sleep(2300 * time.Millisecond)
		if s.Working() != 2 {
			t.Errorf("%d in work, want both", s.Working())
		}
		quiet.Store(true)
		b.add("list", "c")
		time.Sleep(10 * time.Minute)
		if s.Running() != 0 || s.Working() != 0 {
			t.Errorf("%d in hand, %d in work, after ten minutes", s.Running(), s.Working())
		}
		for _, name := range []string{"a", "b"} { // unlike at a stop, the run is not cut short
			if n, err := b.store.Network(t.Context(), "list-"+name); err != nil || n.Items != 3 || n.Owner != "" {
				t.Errorf("%s: %d items, owner %q, %v: want all of them", name, n.Items, n.Owner, err)
			}
		}
		if n, err := b.store.Network(t.Context(), "list-c"); err != nil || n.Items != 0 || n.Owner != "" {
			t.Errorf("c: %d items, owner %q, %v: it was claimed", n.Items, n.Owner, err)
		}
		if age := time.Since(s.Turned()); age > 2*time.Second {
			t.Errorf("its loop came round %v ago", age)
		}
		quiet.Store(false)
		time.Sleep(30 * time.Second)
		if n, err := b.store.Network(t.Context(), "list-c"); err != nil || n.Items != 3 || n.Mode != state.Normal {
			t.Errorf("c: %d items, %s, %v: want all, 30 s after it was quiet no more", n.Items, n.Mode, err)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
