package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"collector/control"
)

// TestRemove: a user ends collecting, and purges, what is his own, and nothing of another.
func TestRemove(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		before := w.bobs()
		w.refused("reader", "POST", "/api/accounts/remove", `{"network":"github/anna-hub"}`, http.StatusForbidden, "change nothing")
		w.refused("figures", "POST", "/api/accounts/remove", `{"network":"github/anna-hub"}`, http.StatusForbidden, "")
		w.refused("anna", "POST", "/api/accounts/remove", `{"network":"github/bob-hub","user":"bob","purge":true}`, http.StatusForbidden, "other users")
		w.refused("anna", "POST", "/api/accounts/remove", `{"network":"github/bob-hub"}`, http.StatusNotFound, "no network")
		w.refused("anna", "POST", "/api/accounts/remove", `{"network":"github/bob-hub","purge":true}`, http.StatusNotFound, "no network")
		w.refused("anna", "POST", "/api/accounts/remove", `{}`, http.StatusUnprocessableEntity, "network")

		var got control.Removed
		w.ok("anna", "POST", "/api/accounts/remove", `{"network":"github/anna-hub","purge":true,"dryRun":true}`, &got)
		if got.Items != 3 || got.Network != "github/anna-hub" || got.Deleted != (control.Deleted{}) {
			t.Errorf("only looked at: %+v", got)
		}
		w.ok("anna", "POST", "/api/accounts/remove", `{"network":"github/anna-hub"}`, &got)
		if got.Deleted.Items != 0 || got.Deleted.Accounts > 1 || len(got.Copies) != 0 {
			t.Errorf("removed: %+v", got)
		}
		w.ok("anna", "POST", "/api/accounts/remove", `{"network":"github/anna-hub","purge":true}`, &got)
		if got.Deleted.Items != 3 || len(got.Copies) != 1 || strings.Contains(got.Copies[0], secret) {
			t.Errorf("purged: %+v", got)
		}
		if len(w.kept.purged) == 0 || w.kept.purged[len(w.kept.purged)-1] != "anna github/anna-hub" {
			t.Errorf("messages purged: %v", w.kept.purged)
		}
		for _, of := range w.kept.purged {
			if !strings.HasPrefix(of, "anna ") {
				t.Errorf("messages of %s were purged", of)
			}
		}
		if after := w.bobs(); after != before {
			t.Errorf("bob's things are no longer the same:\n%s\n%s", before, after)
		}
		w.ok("operator", "POST", "/api/accounts/remove", `{"network":"github/bob-hub","purge":true}`, &got)
		if got.User != "bob" || got.Deleted.Items != 3 || fmt.Sprint(got.Copies) != "[a backup in /"+secret+"]" {
			t.Errorf("the operator's: %+v", got)
		}
	})
}
