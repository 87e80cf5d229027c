package scheduler_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/fault"
	"collector/fetch"
	"collector/limit"
	"collector/scheduler"
	"collector/state"
)

// An account without a token is asked for once, pauses, and says why and what
// to do; with a new token it goes on.
//
// Defect 11: an account without a token is tried for ever, and nobody is told.
func TestMissingTokenPausesAndSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("quick", "a")
		tries, signedIn := 0, false
		do := func(ctx context.Context, c fetch.Call) (connectors.Reply, error) {
			if tries++; !signedIn {
				return connectors.Reply{}, &fault.Error{
					Kind: fault.Unauthorized, Revoked: true, Whose: "you",
					Reason: "the account has no credential", Next: "collector connect quick",
				}
			}
			return b.do(ctx, c)
		}
		run := func(d time.Duration) state.Network {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			c := b.scheduler(nil, "quick").Config
			s := scheduler.New(c, b.store, limit.New(b.store, "me", time.Now), []connectors.Connector{list{"quick"}},
				&executor.Executor{Store: b.store, Do: do, Now: time.Now, Pages: 10, Version: "1"})
			if err := s.Run(ctx); err != nil {
				t.Fatal(err)
			}
			return b.network("quick-a")
		}
		n := run(24 * time.Hour)
		if tries != 1 {
			t.Errorf("%d tries in a day", tries)
		}
		if n.Condition != state.NeedsSignIn || n.Reason == "" || n.NextStep != "collector connect quick" || n.Whose != "you" {
			t.Errorf("condition %q, reason %q, whose %q, next %q", n.Condition, n.Reason, n.Whose, n.NextStep)
		}
		signedIn = true
		if err := b.store.Reconnected(t.Context(), "quick-a", time.Now()); err != nil {
			t.Fatal(err)
		}
		if n = run(time.Minute); n.Condition != state.OK || n.Items != 3 {
			t.Errorf("after signing in: %q, %d items", n.Condition, n.Items)
		}
	})
}
