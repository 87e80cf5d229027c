package scheduler_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/limit"
	"collector/scheduler"
	"collector/state"
	"collector/store"
)

// lateLease is a lease of somebody who is gone; it would hold for a long time.
const lateLease = 10 * time.Minute

func (b *bench) heldBy(owner string) {
	now := time.Now()
	got, err := b.store.Claim(b.t.Context(), state.Claim{
		Mode: state.Initial, Owner: owner, Now: now, Until: now.Add(lateLease), N: 10, Services: map[string]int{"quick": 10},
	})
	if err != nil || len(got) != 1 {
		b.t.Fatalf("claimed %d for %s: %v", len(got), owner, err)
	}
}

// told is Config.Left of who is told of those who come through a channel.
func told(left <-chan string) func() []string {
	return func() []string {
		select {
		case id := <-left:
			return []string{id}
		default:
			return nil
		}
	}
}

// asked is a store that counts how often it is asked for the dead.
type asked struct {
	store.Store
	times atomic.Int64
}

func (a *asked) FreeDead(ctx context.Context, now time.Time) ([]string, error) {
	a.times.Add(1)
	return a.Store.FreeDead(ctx, now)
}

// Promise R22: networks of an instance that left are taken over at once, by those who
// are told of it; whom the store knows to be dead is looked for by the one whose duty
// it is.
func TestNetworksOfWhoLeftAreTakenOverAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("quick", "n")
		b.heldBy("dead")
		dead := &asked{Store: b.store}
		b.store = dead
		var duty atomic.Bool
		left, stir := make(chan string, 1), make(chan struct{}, 1)
		s := b.scheduler(func(c *scheduler.Config) {
			c.Duty, c.Stir = duty.Load, stir
			c.Left = told(left)
		}, "quick")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(5300 * time.Millisecond) // between two looks of the scheduler
		if n := b.network("quick-n"); n.Owner != "dead" || dead.times.Load() != 0 {
			t.Errorf("the owner is %q; asked for the dead %d times, by one whose duty it is not", n.Owner, dead.times.Load())
		}
		left <- "dead"
		stir <- struct{}{}
		synctest.Wait()
		if n := b.network("quick-n"); n.Owner != "me" {
			t.Errorf("not taken over at once: owner %q", n.Owner)
		}
		duty.Store(true)
		time.Sleep(2 * time.Second)
		if dead.times.Load() == 0 {
			t.Error("not asked for the dead, which is its duty")
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// away is a store whose quotas cannot be read for a while.
type away struct {
	store.Store
	gone atomic.Bool
}

func (a *away) Owing(ctx context.Context, processes []string) ([]string, error) {
	if a.gone.Load() {
		return nil, state.ErrUnavailable
	}
	return a.Store.Owing(ctx, processes)
}

// What a dead instance had reserved is free once the store can be written, also where
// it was away when the death was seen: nobody is told of it a second time.
func TestQuotaOfTheDeadIsFreedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.must(b.store.UpdateQuotas(t.Context(), []string{"quick/core"}, func(rows []*limit.Row) error {
			rows[0].Lent = []limit.Batch{{ID: "1", Proc: "dead", Left: 10}}
			return nil
		}))
		st := &away{Store: b.store}
		st.gone.Store(true)
		b.store = st
		left := make(chan string, 1)
		left <- "dead"
		s := b.scheduler(func(c *scheduler.Config) {
			c.Duty = func() bool { return false }
			c.Left = told(left)
		}, "quick")
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		time.AfterFunc(2500*time.Millisecond, func() { st.gone.Store(false) })
		b.must(s.Run(ctx))
		rows, err := b.store.Quotas(t.Context(), "quick/")
		if err != nil || len(rows) != 1 || len(rows[0].Lent) != 0 {
			t.Errorf("%+v, %v: the dead one's batch is lent still", rows, err)
		}
	})
}

// slowBook is a store that takes long to tell what the dead have outstanding.
type slowBook struct {
	store.Store
	takes time.Duration
	asked atomic.Int64
}

func (s *slowBook) Owing(ctx context.Context, processes []string) ([]string, error) {
	s.asked.Add(int64(len(processes)))
	time.Sleep(s.takes)
	return s.Store.Owing(ctx, processes)
}

// Promise R22: freeing what a dead instance had reserved of many quotas holds up neither
// what is due nor what the next one that dies had in hand.
func TestFreeingQuotaHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		st := &slowBook{Store: b.store, takes: 20 * time.Second}
		b.store = st
		b.add("quick", "n")
		b.heldBy("second")
		left := make(chan string, 2)
		stir := make(chan struct{}, 1)
		s := b.scheduler(func(c *scheduler.Config) {
			c.Duty, c.Stir = func() bool { return false }, stir
			c.Left = told(left)
		}, "quick")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		left <- "first"
		stir <- struct{}{}
		time.Sleep(1300 * time.Millisecond)
		left <- "second"
		stir <- struct{}{}
		time.Sleep(700 * time.Millisecond)
		if n := b.network("quick-n"); n.Owner == "second" || n.Items == 0 {
			t.Errorf("what the second one had in hand is %q's, with %d items, while quota of the first one is freed", n.Owner, n.Items)
		}
		if err := <-done; err != nil || st.asked.Load() != 2 {
			t.Errorf("%v; quota was freed of %d instances, want 2", err, st.asked.Load())
		}
	})
}

// An instance of a part claims networks of its users only, also where only others
// have something due.
func TestPartClaimsItsUsersOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		part := state.Shard{Index: 1, Of: 2}
		mine, others := 0, 0
		for i := range 20 {
			user := fmt.Sprint("user", i)
			id := "quick-" + user
			b.must(b.store.AddAccount(t.Context(), state.Account{ID: id, User: user, Provider: "quick", Name: user}))
			b.must(b.store.AddNetworks(t.Context(), []state.Network{{ID: id, AccountID: id, User: user, Service: "quick", Provider: "quick", Account: user, CreatedAt: time.Now()}}))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := b.scheduler(func(c *scheduler.Config) { c.Shard, c.Once = part, true }, "quick").Run(ctx); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			user := fmt.Sprint("user", i)
			n := b.network("quick-" + user)
			if part.Has(user) != (n.Items == 3) {
				t.Errorf("%s is in the part: %v, and has %d items", user, part.Has(user), n.Items)
			}
			if part.Has(user) {
				mine++
			} else {
				others++
			}
		}
		if mine == 0 || others == 0 || ctx.Err() != nil {
			t.Errorf("%d of the part, %d others, %v: the test shows nothing", mine, others, ctx.Err())
		}
	})
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}
