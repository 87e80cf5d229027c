package executor_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/lastfm"
	"collector/fault"
	"collector/simulate"
	"collector/state"
)

// Last.fm's errors come by number, inside a 200 too: a limit is waited for, an
// outage is tried again, and a key that is no more needs its owner.
func TestLastFMsErrorsByNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, sized{lastfm.New(), 20}, 90, "")
		fail := func(status, code int) {
			body := fmt.Sprintf(`{"error":%d,"message":"said","links":[]}`, code)
			w.sim.AddFault(simulate.Fault{Kind: simulate.Status, Status: status, Body: body, Times: 1})
		}
		for _, c := range []struct {
			status, code int
			kind         fault.Kind
		}{{200, 29, fault.RateLimited}, {200, 16, fault.Temporary}, {500, 8, fault.Temporary}, {200, 11, fault.Temporary}} {
			fail(c.status, c.code)
			if out := w.run(); fault.KindOf(out.Err) != c.kind {
				t.Errorf("error %d in a %d is %v", c.code, c.status, out.Err)
			}
		}
		w.history()
		w.complete("after the errors")
		if err := w.sim.Revoke(w.account.Key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Hour)
		for range 2 {
			w.run()
		}
		if n := w.network(); n.Condition != state.NeedsSignIn || !strings.Contains(n.NextStep, "api/accounts") {
			t.Errorf("%s after the key was taken back: %s", n.Condition, n.NextStep)
		}
	})
}

// Loves taken back between two pages hide nothing of a backfill.
func TestLastFMGoesBackForWhatMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, size := range []int{3, 10} {
			w := newWired(t, sized{lastfm.New(), size}, 80, "")
			if err := w.sim.AddChurn(simulate.Churn{Account: w.account.Key, First: 2, Every: 2, Unlike: 1, Times: 12}); err != nil {
				t.Fatal(err)
			}
			w.history()
			w.complete(fmt.Sprintf("%d a page", size))
		}
	})
}
