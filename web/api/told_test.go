package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"collector/store/memory"
	"collector/web"
)

// TestStoreIsNotTold: where the store is, which its errors say, is for the operator.
func TestStoreIsNotTold(t *testing.T) {
	w := newWorld(t, memory.New())
	w.panel.Store = broken{w.store}
	if a := w.get("operator", "/api/status"); a.status != http.StatusServiceUnavailable || !strings.Contains(string(a.body), "@host") {
		t.Errorf("the operator: %d %s", a.status, a.body)
	}
	for _, path := range []string{"/api/status", "/api/networks", "/api/changes"} {
		w.refused("anna", "GET", path, "", http.StatusServiceUnavailable, "the store does not answer")
		if a := w.get("anna", path); strings.Contains(string(a.body), "@host") {
			t.Errorf("%s tells anna where the store is: %s", path, a.body)
		}
	}
}

// TestMistakesAreSaid: an answer to what is not as described says what is wrong, and at
// most twenty times.
func TestMistakesAreSaid(t *testing.T) {
	w := newWorld(t, memory.New())
	w.refused("anna", "POST", "/api/pause", "", http.StatusBadRequest, "request body is required")
	a := w.ask("anna", "POST", "/api/pause", `{"networks":[`+strings.Repeat("1,", 30_000)+`1]}`)
	var p web.Problem
	w.must(json.Unmarshal(a.body, &p))
	if a.status != http.StatusUnprocessableEntity || len(p.Errors) != 20 {
		t.Errorf("30,000 mistakes: %d with %d of them, %d bytes", a.status, len(p.Errors), len(a.body))
	}
	w.refused("anna", "POST", "/api/pause", `{"networks":["github/`+strings.Repeat("x", 1000)+`"]}`, http.StatusUnprocessableEntity, "body.networks[0]")
	w.refused("anna", "GET", "/api/items?network=github/anna-hub&id="+strings.Repeat("x", 4001), "", http.StatusUnprocessableEntity, "query.id")
}
