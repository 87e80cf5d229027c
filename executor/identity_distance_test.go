package executor_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/connectors/pinboard"
	"collector/executor"
	"collector/fetch"
	"collector/state"
)

// TestAskingWhoKeepsItsDistance: connecting asks whose the credential is and then for
// the first page. At a service that allows one call in three seconds both are calls of
// one account.
func TestAskingWhoKeepsItsDistance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pinboard.New()
		w := newWired(t, c, 3, "")
		cred, err := auth.ParseCredential(w.account.Tokens[0])
		if err != nil {
			t.Fatal(err)
		}
		do := func(ctx context.Context, call fetch.Call) (connectors.Reply, error) {
			call.Trial = &cred
			return w.client.Do(ctx, call)
		}
		n := state.Network{User: "me", Service: "pinboard", Provider: "pinboard", Progress: state.Progress{Mode: state.Initial}}
		began := time.Now()
		id, err := executor.Identify(t.Context(), do, c, n)
		if err != nil {
			t.Fatal(err)
		}
		n.RemoteID = id.ID
		if _, err := executor.Preview(t.Context(), do, c, n); err != nil {
			t.Fatal(err)
		}
		if v := w.sim.Violations(); len(v) > 0 || w.sim.Refused() > 0 {
			t.Errorf("%d refused, %v", w.sim.Refused(), v)
		}
		if took := time.Since(began); took < 3*time.Second {
			t.Errorf("two calls in %v", took)
		}
	})
}
