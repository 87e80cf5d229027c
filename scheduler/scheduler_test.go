package scheduler_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fault"
	"collector/fetch"
	"collector/item"
	"collector/limit"
	"collector/scheduler"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// list is an invented service of three pages; a network's account says how it
// behaves.
type list struct{ name string }

func (l list) Info() connectors.Info {
	return connectors.Info{Name: l.name, Provider: l.name, Hosts: []string{"list.example"}, PageSize: 10, Order: connectors.ByLikeTime}
}

func (l list) Request(q connectors.Query) (connectors.Request, error) {
	return connectors.Request{URL: "https://list.example/" + q.Account.Name + "?" + string(q.Cursor)}, nil
}

func (l list) Parse(q connectors.Query, r connectors.Reply) (connectors.Page, error) {
	if q.Account.Name == "panics" {
		panic("broken connector")
	}
	var p connectors.Page
	if err := json.Unmarshal(r.Body, &p.Next); err != nil {
		return p, fault.New(fault.Malformed, "odd body: %w", err)
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if q.Cursor != "" {
		at = at.Add(-time.Duration(q.Cursor[0]) * time.Minute)
	}
	p.Items = []item.Item{{ID: "i" + string(q.Cursor), URL: "https://list.example/i", LikedAt: at, LikedFrom: item.FromAPI}}
	return p, nil
}

// bench is a scheduler over a memory store in virtual time.
type bench struct {
	t     *testing.T
	store store.Store
	mu    sync.Mutex
	calls map[string][]time.Time // account -> when it was asked
	hang  map[string]bool
	delay time.Duration
	// answer is asked instead of do, where a test has a service of its own.
	answer func(context.Context, fetch.Call) (connectors.Reply, error)
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, store: memory.New(), calls: map[string][]time.Time{}, hang: map[string]bool{}, delay: 100 * time.Millisecond}
}

func (b *bench) add(service string, names ...string) {
	var all []state.Network
	for _, name := range names {
		id := service + "-" + name
		if err := b.store.AddAccount(b.t.Context(), state.Account{ID: id, User: "me", Provider: service, Name: name}); err != nil {
			b.t.Error(err)
		}
		all = append(all, state.Network{ID: id, AccountID: id, User: "me", Service: service, Provider: service, Account: name, CreatedAt: time.Now()})
	}
	if err := b.store.AddNetworks(b.t.Context(), all); err != nil {
		b.t.Error(err)
	}
}

func (b *bench) do(ctx context.Context, c fetch.Call) (connectors.Reply, error) {
	name, page, _ := strings.Cut(strings.TrimPrefix(c.Request.URL, "https://list.example/"), "?")
	b.mu.Lock()
	b.calls[name] = append(b.calls[name], time.Now())
	hang, delay := b.hang[name], b.delay
	b.mu.Unlock()
	if err := c.Before(); err != nil {
		return connectors.Reply{}, err
	}
	if hang {
		delay = time.Minute
	}
	timer := time.NewTimer(max(1, delay)) // of no time several at once end the race detector
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return connectors.Reply{}, fault.New(fault.Temporary, "cut off: %w", context.Cause(ctx))
	}
	if hang {
		return connectors.Reply{}, fault.New(fault.Temporary, "no answer in a minute")
	}
	next := map[string]string{"": "2", "2": "3", "3": ""}[page]
	body, _ := json.Marshal(next)
	reply := connectors.Reply{Status: 200, Body: body}
	return reply, c.Use(reply)
}

func (b *bench) scheduler(change func(*scheduler.Config), services ...string) *scheduler.Scheduler {
	c := scheduler.Config{
		Modes: []state.Mode{state.Normal, state.Initial}, Owner: "me", Lease: 30 * time.Second, Grace: 20 * time.Second,
		Workers: 8, Pages: 2, BackoffMin: time.Minute, BackoffMax: time.Hour, Version: "1",
		Poll: func(string) (time.Duration, time.Duration) { return 10 * time.Minute, time.Hour },
		Log:  slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now,
	}
	if change != nil {
		change(&c)
	}
	var cs []connectors.Connector
	for _, s := range services {
		cs = append(cs, list{s})
	}
	do := b.do
	if b.answer != nil {
		do = b.answer
	}
	e := &executor.Executor{Store: b.store, Do: do, Now: c.Now, Pages: c.Pages, Version: "1"}
	return scheduler.New(c, b.store, limit.New(b.store, "me", time.Now), cs, e)
}

func (b *bench) network(id string) state.Network {
	n, err := b.store.Network(context.Background(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// Promise R12: a network that hangs and one whose connector panics delay nobody
// else.
// Defect 10: one slow network blocks all others.
func TestSlowNetworkBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.hang["hangs"] = true
		b.add("slow", "hangs", "hangs2")
		b.hang["hangs2"] = true
		b.add("quick", "panics")
		for i := range 40 {
			b.add("quick", fmt.Sprint("n", i))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := b.scheduler(nil, "slow", "quick").Run(ctx); err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			n := b.network(fmt.Sprint("quick-n", i))
			if n.Mode != state.Normal || n.Items != 3 {
				t.Errorf("%s: %s, %d items: %s", n.Name(), n.Mode, n.Items, n.Reason)
			}
		}
		if n := b.network("quick-panics"); n.Condition != state.Failing || n.Fault != "bug" {
			t.Errorf("the panic: %+v", n.Progress)
		}
	})
}

// One service may not take all workers.
func TestServicesShareTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		for i := range 100 {
			name := fmt.Sprint("h", i)
			b.hang[name] = true
			b.add("slow", name)
		}
		b.add("quick", "a")
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if err := b.scheduler(nil, "slow", "quick").Run(ctx); err != nil {
			t.Fatal(err)
		}
		if n := b.network("quick-a"); n.Items != 3 {
			t.Errorf("%d items after 5 s behind 100 hanging networks", n.Items)
		}
	})
}

// Promise R2: after the stop nothing new is claimed, the page in hand is
// finished, and no lease is left.
// Defect 15: no signal handling.
func TestStopReleasesEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.delay = 3 * time.Second
		b.hang["hangs"] = true
		b.add("quick", "a", "b", "c", "hangs")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		begun := time.Now()
		if err := b.scheduler(nil, "quick").Run(ctx); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(begun); d > 21*time.Second {
			t.Errorf("stopping took %v", d)
		}
		ns, err := b.store.Networks(t.Context(), store.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range ns {
			if n.Owner != "" || n.WakeAt.After(time.Now()) {
				t.Errorf("%s is held by %q until %v", n.Name(), n.Owner, n.WakeAt)
			}
			if n.Account != "hangs" && n.Items != 1 {
				t.Errorf("%s: the page in hand was dropped: %d items", n.Name(), n.Items)
			}
			if n.Failures > 0 {
				t.Errorf("%s: the stop counts as a failure", n.Name())
			}
		}
	})
}

// A pass collects what was due when it began, backfills to their end, and ends.
func TestOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("quick", "a", "b", "c")
		for range 2 {
			if err := b.scheduler(func(c *scheduler.Config) { c.Once = true }, "quick").Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"a", "b", "c"} {
			if n := b.network("quick-" + name); n.Mode != state.Normal || len(b.calls[name]) != 3 {
				t.Errorf("%s: %s after %d calls", name, n.Mode, len(b.calls[name]))
			}
		}
	})
}

// Each mode is a loop of its own: a limited or polling network is never taken
// by the process of the other mode.
func TestModesAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("quick", "a")
		run := func(m state.Mode, d time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			if err := b.scheduler(func(c *scheduler.Config) { c.Modes = []state.Mode{m} }, "quick").Run(ctx); err != nil {
				t.Fatal(err)
			}
		}
		run(state.Normal, time.Minute)
		if len(b.calls["a"]) != 0 {
			t.Error("mode normal ran a backfill")
		}
		run(state.Initial, time.Minute)
		if n := b.network("quick-a"); n.Mode != state.Normal {
			t.Fatalf("not collected: %+v", n.Progress)
		}
		before := len(b.calls["a"])
		run(state.Initial, 24*time.Hour)
		if len(b.calls["a"]) != before {
			t.Error("mode initial polled")
		}
		run(state.Normal, 3*time.Hour)
		if n := len(b.calls["a"]) - before; n < 2 || n > 36 { // the floor alone
			t.Errorf("%d polls in three hours", n)
		}
	})
}

// Promise R12: a network that ends the process again and again rests, while
// those that were merely in work at the time go on.
func TestPoisonRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("quick", "poison")
		for range 6 { // claimed, and the process was gone
			claimed, err := b.store.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "dead", Now: time.Now(), Until: time.Now().Add(time.Second), N: 1, Services: map[string]int{"quick": 1}})
			if err != nil || len(claimed) != 1 {
				t.Fatal(len(claimed), err)
			}
			time.Sleep(2 * time.Second)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := b.scheduler(nil, "quick").Run(ctx); err != nil {
			t.Fatal(err)
		}
		n := b.network("quick-poison")
		if len(b.calls["poison"]) != 0 || n.Condition == state.OK || !strings.Contains(n.LastError, "ended 6 times") {
			t.Errorf("%d calls, %+v", len(b.calls["poison"]), n.Progress)
		}
		if !n.ScheduledTo.After(time.Now()) {
			t.Error("it is not tried again by itself")
		}
	})
}

// A wish of a person goes first and is served once.
func TestWishIsServedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("quick", "a")
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		time.AfterFunc(10*time.Second, func() {
			if err := b.store.WishSync(context.Background(), "quick-a", false, time.Now()); err != nil {
				t.Error(err)
			}
		})
		if err := b.scheduler(nil, "quick").Run(ctx); err != nil {
			t.Fatal(err)
		}
		if n := len(b.calls["a"]); n != 5 {
			t.Errorf("%d calls: 3 of the backfill and 2 of one poll are due", n)
		}
	})
}

// Work goes on under one lease for longer than its length, and a worker whose
// lease could not be renewed sends nothing more.
func TestLeasesAreRenewed(t *testing.T) {
	for _, renews := range []bool{true, false} {
		t.Run(fmt.Sprint("renewed ", renews), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.delay = 800 * time.Millisecond
				b.add("quick", "a")
				if !renews {
					b.store = &stuck{b.store}
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				s := b.scheduler(func(c *scheduler.Config) { c.Lease, c.Pages = time.Second, 10 }, "quick")
				if err := s.Run(ctx); err != nil {
					t.Fatal(err)
				}
				if n := b.network("quick-a"); renews && (n.Epoch != 1 || n.Items != 3) || !renews && n.Epoch < 2 {
					t.Errorf("epoch %d, %d items", n.Epoch, n.Items)
				}
			})
		})
	}
}

type stuck struct{ store.Store }

func (stuck) Renew(context.Context, string, time.Time) error { return state.ErrUnavailable }
