package executor_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/pinboard"
	"collector/state"
)

// Pinboard allows one call in 3 seconds and its list once in 5 minutes: the whole
// history is read at that pace without one call too early, and a poll without news
// costs one cheap call.
func TestPinboardsPaceIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, sized{pinboard.New(), 20}, 95, "")
		began := time.Now()
		w.history()
		w.complete("after the backfill")
		lists := func() (n int) {
			for _, r := range w.sim.Requests(w.account.Key) {
				if strings.HasSuffix(r.Path, "/posts/all") {
					n++
				}
			}
			return n
		}
		if took, n := time.Since(began), lists(); n > 7 || took < time.Duration(n-1)*5*time.Minute || took > time.Duration(n)*6*time.Minute {
			t.Errorf("%d calls for the list of 95 bookmarks took %v", n, took)
		}
		w.polled() // the second of the newest bookmark is looked at once more
		before := lists()
		for range 5 {
			w.polled()
		}
		if n := lists(); n != before {
			t.Errorf("%d calls for the list although nothing had changed", n-before)
		}
		if _, err := w.sim.Like(w.account.Key, 45); err != nil {
			t.Fatal(err)
		}
		w.polled()
		w.complete("after 45 new bookmarks in one second")
	})
}

// A removal leaves no trace in what is new: it shows as a change without news, and
// the whole list is read again.
func TestPinboardsOtherChangesAreSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, pinboard.New(), 30, "")
		w.history()
		w.polled()
		if n := w.network(); n.Doubt != "" || n.SweepDue {
			t.Fatalf("doubts a list that nobody changed: %q", n.Doubt)
		}
		time.Sleep(25 * time.Hour) // a sweep that polls ask for comes once a day
		if _, err := w.sim.Unlike(w.account.Key, ""); err != nil {
			t.Fatal(err)
		}
		w.polled()
		if n := w.network(); !strings.Contains(n.Doubt, "no new bookmark") || !n.SweepDue && n.Sweep == nil && n.SweptAt.IsZero() {
			t.Errorf("a removal was not noticed: %q", n.Doubt)
		}
		w.until("swept", func() bool { return !w.network().SweptAt.IsZero() })
		w.complete("after the sweep")
		if n := w.network(); n.Doubt != "" || n.Condition != state.OK {
			t.Errorf("%s %q after the sweep", n.Condition, n.Doubt)
		}
	})
}

// A token that was reset is refused, and the user told where the new one is.
func TestPinboardsResetTokenNeedsTheUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, pinboard.New(), 3, "")
		w.history()
		if err := w.sim.Revoke(w.account.Key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Hour)
		for range 2 {
			w.run()
		}
		n := w.network()
		secret := w.account.Tokens[0]
		if n.Condition != state.NeedsSignIn || !strings.Contains(n.NextStep, "settings/password") || strings.Contains(n.Reason+n.LastError, secret) {
			t.Errorf("%s: %s, %s, %s", n.Condition, n.Reason, n.LastError, n.NextStep)
		}
	})
}
