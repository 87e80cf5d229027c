package scheduler_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/scheduler"
	"collector/state"
	"collector/store"
)

// counting counts what a store is asked by the loop.
type counting struct {
	store.Store
	asked atomic.Int64
}

func (c *counting) Wakes(ctx context.Context, m state.Mode) (map[string]time.Time, error) {
	c.asked.Add(1)
	return c.Store.Wakes(ctx, m)
}

func (c *counting) Claim(ctx context.Context, want state.Claim) ([]state.Claimed, error) {
	c.asked.Add(1)
	return c.Store.Claim(ctx, want)
}

// With nothing to do, with networks that nobody here can read, and with every
// interval forgotten, the loop asks the store once a second and mode, and asks
// the services for nothing that is not due.
//
// Defect 6: a setting that is missing makes the loop spin without a pause.
func TestIdleLoopRests(t *testing.T) {
	for name, c := range map[string]struct {
		add    []string // networks of the service "quick"
		change func(*scheduler.Config)
	}{
		"nothing is connected": {nil, nil},
		"all is read":          {[]string{"a", "b"}, nil},
		"nothing is set": {[]string{"a", "b"}, func(c *scheduler.Config) {
			c.BackoffMin, c.BackoffMax, c.Pages = 0, 0, 1
			c.Poll = func(string) (time.Duration, time.Duration) { return 0, 0 }
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				counted := &counting{Store: b.store}
				b.store = counted
				b.add("unread", "x")
				b.add("quick", c.add...)
				const minutes = 10
				ctx, cancel := context.WithTimeout(t.Context(), minutes*time.Minute)
				defer cancel()
				if err := b.scheduler(c.change, "quick").Run(ctx); err != nil {
					t.Fatal(err)
				}
				calls := 0
				for _, at := range b.calls {
					calls += len(at)
				}
				// A round a second and one for each run that has ended, each with a
				// question for both modes and at most two claims.
				if most := int64(4 * (60*minutes + calls + 2)); counted.asked.Load() > most {
					t.Errorf("the store was asked %d times in %d minutes with %d calls, want at most %d", counted.asked.Load(), minutes, calls, most)
				}
				if n := b.network("unread-x"); n.Epoch != 0 || len(b.calls["x"]) != 0 {
					t.Errorf("a network of a service that is not offered was claimed %d times", n.Epoch)
				}
				if c.change == nil && calls > 3*len(c.add)+2*len(c.add) {
					t.Errorf("%d calls", calls)
				}
			})
		})
	}
}
