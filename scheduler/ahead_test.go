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

const crowdWorkers = 16

func (c *crowd) scheduler() *scheduler.Scheduler {
	return c.bench.scheduler(func(f *scheduler.Config) { f.Workers, f.Pages = crowdWorkers, 1 }, "left", "right")
}

// A worker whose run ends has its next network at hand where runs end fast: it does
// not stand still while the store is asked. No more are in work than there are
// workers, nor of a service more than it may have.
func TestClaimsAhead(t *testing.T) {
	for name, of := range map[string]struct {
		services []string
		networks int     // of each
		workers  float64 // that may have work
	}{
		"one service":  {[]string{"left"}, 400, float64(scheduler.Slots(crowdWorkers))},
		"two services": {[]string{"left", "right"}, 400, crowdWorkers},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, of.networks, of.services...)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error)
				go func() { done <- c.scheduler().Run(ctx) }()
				time.Sleep(2500 * time.Millisecond) // two ticks: how fast runs end is known then
				asked, claims := c.asked(), c.store.claims.Load()
				time.Sleep(3 * time.Second)
				asked, claims = c.asked()-asked, c.store.claims.Load()-claims
				if most := int(of.workers * 3 / 0.195); asked < most*95/100 { // 195 ms each, if no worker ever waits
					t.Errorf("%d networks in 3 s, want nearly %d", asked, most)
				}
				if claims > int64(asked)/2 {
					t.Errorf("%d claims for %d networks", claims, asked)
				}
				cancel()
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				if c.most[""] > crowdWorkers || c.most["left"] > scheduler.Slots(crowdWorkers) || c.most["right"] > scheduler.Slots(crowdWorkers) {
					t.Errorf("in work at once: %v", c.most)
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
// so that another instance can have it; and nothing is claimed ahead then. At a stop
// it is given back at once, however long the runs take.
func TestWhatWaitsIsGivenBack(t *testing.T) {
	for _, stops := range []bool{false, true} {
		t.Run(fmt.Sprint("stops ", stops), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, 300, "left", "right")
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s := c.scheduler()
				done := make(chan error)
				go func() { done <- s.Run(ctx) }()
				time.Sleep(2500 * time.Millisecond)
				c.mu.Lock()
				c.delay = time.Minute
				c.mu.Unlock()
				time.Sleep(400 * time.Millisecond) // until no worker will soon be free
				if n := c.held(); n <= crowdWorkers {
					t.Errorf("%d networks are held: none waits", n)
				}
				if stops {
					cancel()
				}
				time.Sleep(3 * time.Second)
				if n := s.Running(); n != crowdWorkers && !stops || n > crowdWorkers {
					t.Errorf("%d networks in hand of %d workers that have work for a minute", n, crowdWorkers)
				}
				if n := c.held(); n != s.Running() {
					t.Errorf("%d networks are held, %d in hand", n, s.Running())
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

// held is how many networks somebody has.
func (c *crowd) held() (n int) {
	c.t.Helper()
	all, err := c.store.Networks(context.Background(), store.Filter{})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, one := range all {
		if one.Owner != "" {
			n++
		}
	}
	return n
}
