package executor_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/subsonic"
	"collector/fault"
	"collector/simulate"
	"collector/state"
)

// A music server gives everything at once: each poll reads all of it.
func TestSubsonicIsReadWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, subsonic.New(), 120, "https://music.example")
		w.history()
		w.complete("after the first reading")
		if _, err := w.sim.Like(w.account.Key, 30); err != nil {
			t.Fatal(err)
		}
		w.polled()
		w.complete("after 30 new stars")
		for _, r := range w.sim.Requests(w.account.Key) {
			for _, secret := range w.sim.Secrets() {
				if strings.Contains(r.String(), secret) {
					t.Fatalf("the password is in the address of %s", r.Path)
				}
			}
		}
	})
}

// Errors come inside a 200, by number: what is said there is no empty list.
func TestSubsonicsErrorsInside200(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, subsonic.New(), 20, "https://music.example")
		w.history()
		failed := `{"subsonic-response":{"status":"failed","version":"1.16.1","error":{"code":0,"message":"Database is locked"}}}`
		w.sim.AddFault(simulate.Fault{Kind: simulate.Status, Status: 200, Body: failed, Times: 1})
		if out := w.run(); fault.KindOf(out.Err) != fault.Malformed || !strings.Contains(out.Err.Error(), "Database is locked") {
			t.Errorf("error 0 is %v", out.Err)
		}
		w.polled()
		w.complete("after an error")
		if err := w.sim.Revoke(w.account.Key); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Hour)
		for range 2 {
			w.run()
		}
		if n := w.network(); n.Condition != state.NeedsSignIn || !strings.Contains(n.NextStep, "collector connect subsonic") {
			t.Errorf("%s after the password was changed: %s", n.Condition, n.NextStep)
		}
	})
}
