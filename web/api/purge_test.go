package api_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"collector/control"
	"collector/grant"
	"collector/store/memory"
	"collector/upkeep"
)

// TestUsers: the operator alone deletes, cleans and sees users; what is purged is let in no more.
func TestUsers(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		before := w.bobs()
		for _, who := range []string{"anna", "bob", "browser", "reader", "watcher", "figures"} {
			w.refused(who, "POST", "/api/users/purge", `{"user":"anna"}`, http.StatusForbidden, "for the operator alone")
			w.refused(who, "POST", "/api/users/clean", `{"inactive":2592000}`, http.StatusForbidden, "for the operator alone")
			w.refused(who, "POST", "/api/users/seen", `{"users":["anna"]}`, http.StatusForbidden, "for the operator alone")
		}
		if len(w.kept.purged) > 0 {
			t.Errorf("done for others: %v", w.kept.purged)
		}
		var clean control.Cleaning
		w.ok("operator", "POST", "/api/users/clean", `{"inactive":2592000,"dryRun":true}`, &clean)
		w.ok("operator", "POST", "/api/users/clean", `{}`, &clean)
		if clean.Inactive != 1 || clean.Users[0].Networks[0] != "github/anna-hub" || !slices.Equal(w.kept.purged, []string{"720h0m0s true", "0s false"}) {
			t.Errorf("%+v, %v", clean, w.kept.purged)
		}
		w.must(w.store.SetMeta(t.Context(), "upkeep watch", `{"since":"2026-11-01T12:00:00Z","last":"2026-11-22T00:00:00Z"}`)) // it is noted who is there
		w.ok("operator", "POST", "/api/users/seen", `{"users":["anna","carla"]}`, &struct{}{})
		for user, seen := range map[string]bool{"anna": true, "carla": true, "bob": false} {
			if at, err := upkeep.Seen(t.Context(), w.store, user); err != nil || at.Equal(noon) != seen {
				t.Errorf("%s was seen at %s, %v", user, at, err)
			}
		}
		w.refused("operator", "POST", "/api/users/seen", `{"users":[]}`, http.StatusUnprocessableEntity, "")
		w.refused("operator", "POST", "/api/users/purge", `{"user":""}`, http.StatusUnprocessableEntity, "")
		w.refused("operator", "POST", "/api/users/purge", `{}`, http.StatusUnprocessableEntity, "")
		w.refused("operator", "POST", "/api/users/purge", `{"user":"nobody"}`, http.StatusNotFound, "there is nothing of a user")

		var gone control.PurgedUser
		w.ok("operator", "POST", "/api/users/purge", `{"user":"anna"}`, &gone)
		if gone.Grants != 2 || gone.Deleted.Items != 5 {
			t.Errorf("%+v", gone)
		}
		if left, err := grant.All(t.Context(), w.kept.grants, "anna"); err != nil || len(left) > 0 {
			t.Errorf("anna is let in: %v %v", left, err)
		}
		if after := w.bobs(); after != before {
			t.Errorf("bob's things are no longer the same:\n%s\n%s", before, after)
		}
		w.panel.Simulated = true
		w.refused("operator", "POST", "/api/users/clean", `{"inactive":2592000}`, http.StatusForbidden, "made up")
	})
}

// TestCleaningTakesItsTime: there may be many users to look at, so it has the time of what is slow.
func TestCleaningTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, memory.New())
		var until time.Time
		w.panel.Beside.CleanUsers = func(ctx context.Context, _ time.Duration, _ bool) (control.Cleaning, error) {
			until, _ = ctx.Deadline()
			return control.Cleaning{At: noon, Users: []control.Idle{}}, nil
		}
		began := time.Now()
		a := w.ask("operator", "POST", "/api/users/clean", `{"inactive":2592000}`)
		if got := until.Sub(began); a.status != http.StatusOK || got != 50*time.Second {
			t.Errorf("%d %s, within %s", a.status, a.body, got)
		}
	})
}
