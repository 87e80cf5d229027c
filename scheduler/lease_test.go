package scheduler_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fetch"
	"collector/limit"
	"collector/scheduler"
	"collector/state"
	"collector/store"
)

// Promise R3: a worker whose lease could not be renewed notices it before its
// next call, and sends nothing.
func TestNoCallAfterTheLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("quick", "a")
		b.store = &stuck{b.store}
		lease := time.Second
		b.delay = 700 * time.Millisecond // the second call ends after the lease
		ctx, cancel := context.WithTimeout(t.Context(), 1900*time.Millisecond)
		defer cancel()
		began := time.Now()
		var sent []time.Duration // calls of the first claim
		do := func(ctx context.Context, c fetch.Call) (connectors.Reply, error) {
			if err := c.Before(); err != nil {
				return connectors.Reply{}, err
			}
			if b.network("quick-a").Epoch == 1 {
				sent = append(sent, time.Since(began))
			}
			return b.do(ctx, c)
		}
		c := b.scheduler(func(c *scheduler.Config) { c.Lease = lease }, "quick").Config
		// Another process owns the loop's claims from the second epoch on, so this
		// one is told to work on the first only.
		s := scheduler.New(c, &once{Store: b.store}, limit.New(b.store, "me", time.Now), []connectors.Connector{list{"quick"}},
			&executor.Executor{Store: b.store, Do: do, Now: time.Now, Pages: 10, Version: "1"})
		if err := s.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if len(sent) != 2 || sent[1] >= lease {
			t.Errorf("calls at %v, want two before %v", sent, lease)
		}
	})
}

// once gives one claim.
type once struct {
	store.Store
	given bool
}

func (o *once) Claim(ctx context.Context, c state.Claim) ([]state.Claimed, error) {
	if o.given {
		return nil, nil
	}
	got, err := o.Store.Claim(ctx, c)
	o.given = len(got) > 0
	return got, err
}
