package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/scheduler"
	"collector/state"
)

// Promise R9: where the disk is nearly full nothing more is asked for, what is
// in work ends with the page in hand, and once there is room all goes on.
func TestNoRoomPausesCollecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.delay = 3500 * time.Millisecond
		b.add("list", "a", "b")
		var full atomic.Bool
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		s := b.scheduler(func(c *scheduler.Config) { c.Room = b.room(&full) }, "list")
		go func() { done <- s.Run(ctx) }()
		time.Sleep(2300 * time.Millisecond) // both are in work: their first page is on its way, and no look at the disk is
		full.Store(true)
		b.add("list", "c")
		time.Sleep(10 * time.Minute)
		if n := b.asked(); n != 2 || s.Running() != 0 {
			t.Errorf("%d pages were asked for, %d networks in work, want the two that were on their way and nothing in work", n, s.Running())
		}
		for _, name := range []string{"a", "b"} {
			n, err := b.store.Network(t.Context(), "list-"+name)
			if err != nil || n.Items != 1 || n.Owner != "" || n.Reason != "interrupted: the disk is nearly full" {
				t.Errorf("%s: %d items, owner %q, %q, %v: want the page in hand stored and the lease given back", name, n.Items, n.Owner, n.Reason, err)
			}
		}
		full.Store(false)
		time.Sleep(30 * time.Second)
		for _, name := range []string{"a", "b", "c"} {
			if n, err := b.store.Network(t.Context(), "list-"+name); err != nil || n.Items != 3 || n.Mode != state.Normal {
				t.Errorf("%s: %d items, %s, %v: want all, 30 s after there was room", name, n.Items, n.Mode, err)
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Workers that become free again and again leave time to look at the disk.
func TestRoomIsLookedAtUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for i := range 300 {
			b.add("list", fmt.Sprint("a", i))
		}
		var full atomic.Bool
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		s := b.scheduler(func(c *scheduler.Config) { c.Room = b.room(&full) }, "list")
		go func() { done <- s.Run(ctx) }()
		time.Sleep(3 * time.Second)
		full.Store(true)
		time.Sleep(3 * time.Second)
		at := b.asked()
		time.Sleep(time.Minute)
		if n := b.asked(); n != at || n < 20 || n > 800 || s.Running() != 0 {
			t.Errorf("%d calls after 3 s of a full disk, %d after a minute; %d networks in work", at, n, s.Running())
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A single pass does not wait for somebody to make room.
func TestOnceWithoutRoomSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("list", "a")
		var full atomic.Bool
		full.Store(true)
		s := b.scheduler(func(c *scheduler.Config) { c.Once, c.Room = true, b.room(&full) }, "list")
		if err := s.Run(t.Context()); !errors.Is(err, state.ErrUnavailable) || b.asked() != 0 {
			t.Errorf("%v after %d calls", err, b.asked())
		}
	})
}

func (b *bench) room(full *atomic.Bool) func() error {
	return func() error {
		if full.Load() {
			return errors.New("full")
		}
		return nil
	}
}

// asked counts the calls to all.
func (b *bench) asked() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, calls := range b.calls {
		n += len(calls)
	}
	return n
}
