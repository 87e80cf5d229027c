package scheduler_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/scheduler"
)

// Promise R13: what was put off while the clock stood in 2038 is read soon after
// it is right again, also where nothing else of its service is due.
func TestFarDueIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("list", "a")
		var wrong atomic.Int64
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		s := b.scheduler(func(c *scheduler.Config) {
			c.Now = func() time.Time { return time.Now().Add(time.Duration(wrong.Load())) }
		}, "list")
		go func() { done <- s.Run(ctx) }()
		time.Sleep(time.Minute)
		wrong.Store(int64(12 * 365 * 24 * time.Hour))
		time.Sleep(time.Minute)
		wrong.Store(0)
		asked := b.asked()
		time.Sleep(time.Minute)
		if b.asked() == asked {
			n, err := b.store.Network(t.Context(), "list-a")
			t.Errorf("not read within a minute: due %v, %v", n.WakeAt, err)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
