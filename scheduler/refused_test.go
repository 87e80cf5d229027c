package scheduler_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/state"
	"collector/store"
)

// refusing is a store that can be read and not written.
type refusing struct {
	store.Store
	on atomic.Bool
}

func (r *refusing) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	if r.on.Load() {
		return state.Committed{}, fmt.Errorf("no space: %w", state.ErrUnavailable)
	}
	return r.Store.Commit(ctx, l, p)
}

// Promise R14: while the store refuses, services are asked once in a while, not
// all the time; and once it does not, all is collected within half a minute.
func TestRefusingStoreRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		full := &refusing{Store: b.store}
		b.store = full
		full.on.Store(true)
		b.add("list", "a", "b")
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		s := b.scheduler(nil, "list")
		go func() { done <- s.Run(ctx) }()
		time.Sleep(time.Minute)
		if n := b.asked(); n < 4 || n > 2*2*13 { // a page and the one after it, every five seconds
			t.Errorf("%d calls for two networks in a minute in which nothing could be stored", n)
		}
		full.on.Store(false)
		time.Sleep(30 * time.Second)
		for _, name := range []string{"a", "b"} {
			if n, err := b.store.Network(t.Context(), "list-"+name); err != nil || n.Items != 3 || n.Failures != 0 {
				t.Errorf("%s: %d items, %d failures, %v", name, n.Items, n.Failures, err)
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
