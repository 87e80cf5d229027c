package executor_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/youtube"
	"collector/fault"
	"collector/simulate"
	"collector/state"
)

// Google's quota is used up by somebody else: a 403 without any time. It is asked
// for again when the day ends in California, and not a moment before.
func TestYouTubesDayEndsInCalifornia(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, youtube.New(), 70, "")
		zone, err := time.LoadLocation("America/Los_Angeles")
		if err != nil {
			t.Fatal(err)
		}
		w.history()
		y, m, d := time.Now().In(zone).Date()
		midnight := time.Date(y, m, d+1, 0, 0, 0, 0, zone)
		w.sim.AddFault(simulate.Fault{
			Kind: simulate.Status, Status: 403, Until: midnight, Path: "playlistItems",
			Body: `{"error":{"code":403,"message":"said","errors":[{"message":"said","domain":"youtube.quota","reason":"quotaExceeded"}]}}`,
		})
		out := w.run()
		if f := fault.As(out.Err); f == nil || f.Kind != fault.RateLimited {
			t.Fatalf("%v", out.Err)
		}
		n := w.network()
		if late := n.ScheduledTo.Sub(midnight); late < 0 || late > time.Minute || n.Failures > 0 || !strings.Contains(n.Reason, "day's quota") {
			t.Errorf("asked for again %v after midnight in California, %d failures: %s", late, n.Failures, n.Reason)
		}
		w.polled()
		w.complete("the day after")
		if struck := w.sim.Struck(simulate.Status); struck != 1 {
			t.Errorf("%d calls were refused", struck)
		}
	})
}

// An access token lives an hour; what it is refreshed with ends by itself only where
// the project is in testing, and then the user signs in again.
func TestYouTubesTokensAreRefreshed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, youtube.New(), 130, "")
		w.history()
		for range 4 {
			time.Sleep(3 * time.Hour)
			if _, err := w.sim.Like(w.account.Key, 60); err != nil {
				t.Fatal(err)
			}
			w.polled()
		}
		w.complete("after half a day")
		if err := w.sim.Revoke(w.account.Key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Hour)
		w.run()
		if n := w.network(); n.Condition != state.NeedsSignIn || !strings.Contains(n.NextStep, "collector connect youtube") {
			t.Errorf("%s after the sign-in ended: %s", n.Condition, n.NextStep)
		}
	})
}
