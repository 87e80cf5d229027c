package scheduler_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/fetch"
	"collector/scheduler"
	"collector/state"
	"collector/store"
)

// distant is a store that takes its time for a claim.
type distant struct {
	store.Store
	takes  time.Duration
	claims atomic.Int64
}

func (d *distant) Claim(ctx context.Context, c state.Claim) ([]state.Claimed, error) {
	d.claims.Add(1)
	time.Sleep(d.takes)
	return d.Store.Claim(ctx, c)
}

// crowd are many networks of two services, and how many are in work.
type crowd struct {
	*bench
	store *distant
	now   map[string]int
	most  map[string]int // in work at once, "" in all
}

func newCrowd(t *testing.T, n int, services ...string) *crowd {
	b := newBench(t)
	b.delay = 150 * time.Millisecond
	for _, service := range services {
		for i := range n {
			b.add(service, fmt.Sprint(service[:1], i))
		}
	}
	c := &crowd{bench: b, store: &distant{Store: b.store, takes: 20 * time.Millisecond}, now: map[string]int{}, most: map[string]int{}}
	b.store = c.store
	b.answer = func(ctx context.Context, call fetch.Call) (connectors.Reply, error) {
		service := map[byte]string{'l': "left", 'r': "right"}[call.Request.URL[len("https://list.example/")]]
		c.count(service, 1)
		defer c.count(service, -1)
		time.Sleep(time.Duration(call.Request.URL[len(call.Request.URL)-2]-'0') * 10 * time.Millisecond) // by the last digit of its name
		return b.do(ctx, call)
	}
	return c
}

func (c *crowd) count(service string, by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, of := range []string{service, ""} {
		c.now[of] += by
		c.most[of] = max(c.most[of], c.now[of])
	}
}

func (c *crowd) asked() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls)
}

const crowdWorkers = 32

func (c *crowd) scheduler() *scheduler.Scheduler {
	return c.bench.scheduler(func(f *scheduler.Config) { f.Workers, f.Pages = crowdWorkers, 1 }, "left", "right")
}

// A worker whose run ends has its next network at hand where runs end fast: it does
// not stand still while the store is asked. No more are in work than there are
// workers, nor of a service more than it may have.
func TestClaimsAhead(t *testing.T) {
	for name, of := range map[string]struct {
		services []string
		workers  float64 // that may have work
		each     int64   // networks a claim, at least
	}{
		"one service":  {[]string{"left"}, float64(scheduler.Slots(crowdWorkers)), 4},
		"two services": {[]string{"left", "right"}, crowdWorkers, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, 1000, of.services...)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error)
				go func() { done <- c.scheduler().Run(ctx) }()
				time.Sleep(2500 * time.Millisecond) // two ticks: how fast runs end is known then
				asked, claims := c.asked(), c.store.claims.Load()
				time.Sleep(5 * time.Second)
				asked, claims = c.asked()-asked, c.store.claims.Load()-claims
				if most := int(of.workers * 5 / 0.195); asked < most*95/100 { // 195 ms each, if no worker ever waits
					t.Errorf("%d networks in 5 s, want nearly %d", asked, most)
				}
				if claims > int64(asked)/of.each {
					t.Errorf("%d claims for %d networks", claims, asked)
				}
				if c.most[""] > crowdWorkers || c.most["left"] > scheduler.Slots(crowdWorkers) || c.most["right"] > scheduler.Slots(crowdWorkers) {
					t.Errorf("in work at once: %v", c.most)
				}
				cancel()
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				c.nothingIsHeld()
			})
		})
	}
}

// nothingIsHeld says that every lease was given back, that what was not begun counts
// as no crash, and that it is due.
func (c *crowd) nothingIsHeld() {
	c.t.Helper()
	ns, err := c.store.Networks(context.Background(), store.Filter{})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, n := range ns {
		begun := len(c.calls[n.Account]) > 0
		if n.Owner != "" || n.Crashes != 0 || !begun && n.WakeAt.After(time.Now()) {
			c.t.Errorf("%s (begun: %v) is held by %q, %d crashes, due at %v", n.Name(), begun, n.Owner, n.Crashes, n.WakeAt)
		}
	}
}

// What was claimed ahead is given back where the runs before it take long after all,
// so that another instance can have it; and nothing is claimed ahead then.
func TestWhatWaitsIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 400, "left", "right")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s := c.scheduler()
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(2500 * time.Millisecond)
		if n := s.Running(); n <= crowdWorkers {
			t.Fatalf("%d networks in hand of %d workers: none is claimed ahead", n, crowdWorkers)
		}
		c.mu.Lock()
		c.delay = time.Minute
		c.mu.Unlock()
		time.Sleep(3 * time.Second)
		if n := s.Running(); n != crowdWorkers {
			t.Errorf("%d networks in hand of %d workers that have all work for a minute", n, crowdWorkers)
		}
		ns, err := c.store.Networks(context.Background(), store.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		held := 0
		for _, n := range ns {
			if n.Owner != "" {
				held++
			}
		}
		if held != crowdWorkers {
			t.Errorf("%d networks are held", held)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		c.nothingIsHeld()
	})
}
