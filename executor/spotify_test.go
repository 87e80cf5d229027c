package executor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/spotify"
	"collector/fault"
	"collector/simulate"
	"collector/state"
)

// Spotify's limits of nearly a day are kept to the second, and its tokens, which are
// replaced with each refresh, are never used twice.
func TestSpotifysDayLongLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, spotify.New(), 260, "")
		w.sim.AddFault(simulate.Fault{Kind: simulate.Limit, Path: "me/tracks", From: 3, Times: 1, Wait: 79_892 * time.Second})
		w.until("limited", func() bool { return w.network().Condition == state.Limited })
		began := time.Now()
		n := w.network()
		if wait := n.ScheduledTo.Sub(began); wait < 79_892*time.Second || wait > 79_892*time.Second+time.Minute || n.Failures > 0 {
			t.Errorf("waits %v, %d failures: %s", wait, n.Failures, n.Reason)
		}
		w.history()
		w.complete("after the limit")
		for range 5 { // the limit says nothing
			w.sim.AddFault(simulate.Fault{Kind: simulate.Limit, Path: "me/tracks", Times: 1, Retry: "none", Wait: 30 * time.Second})
			time.Sleep(6 * time.Hour)
			if out := w.run(); fault.KindOf(out.Err) != fault.RateLimited {
				t.Errorf("%v", out.Err)
			}
			if _, err := w.sim.Like(w.account.Key, 70); err != nil {
				t.Fatal(err)
			}
			w.polled()
		}
		w.complete("after limits without a time")
		if err := w.sim.Revoke(w.account.Key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Hour)
		w.run()
		if n := w.network(); n.Condition != state.NeedsSignIn {
			t.Errorf("%s after the sign-in ended", n.Condition)
		}
	})
}
