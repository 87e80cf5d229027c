package api_test

import (
	"testing"
	"time"

	"collector/control"
	"collector/state"
)

// TestWhatRunsWhereIsTheOperators: that a network is read now is told to whom it belongs, by
// which machine to the operator alone.
func TestWhatRunsWhereIsTheOperators(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		got, err := w.store.Claim(t.Context(), state.Claim{Owner: "host-1", Now: noon.Add(2 * time.Hour), Until: noon.Add(3 * time.Hour), Network: "anna-github"})
		if err != nil || len(got) != 1 {
			t.Fatalf("claimed %v: %v", got, err)
		}
		for who, shown := range map[string]bool{"anna": false, "watcher": false, "operator": true} {
			var e control.Explained
			w.ok(who, "GET", "/api/explain?network=github/anna-hub", "", &e)
			if !e.Running || (e.Owner == "host-1") != shown || (e.LeaseUntil != nil) != shown || e.ID != "remote-anna's" || !e.Known {
				t.Errorf("%s: %+v", who, e)
			}
		}
	})
}
