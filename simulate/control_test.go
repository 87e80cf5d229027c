package simulate

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// control sends a command to the control API.
func control(t *testing.T, r *Running, method, path, body string, into any) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.Control+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatal(path, err)
	}
	return res.StatusCode
}

// TestControl drives a Sim from outside: everything that a test of another
// process needs.
func TestControl(t *testing.T) {
	r := serve(t, Options{Seed: 11})
	var a Account
	if got := control(t, r, "POST", "/accounts", `{"service":"github","name":"mira","likes":5}`, &a); got != 200 || a.Key != "github/mira" || len(a.Tokens) != 1 {
		t.Fatalf("%d %+v", got, a)
	}
	var ids []string
	var id string
	var rest struct{}
	control(t, r, "POST", "/like", `{"account":"github/mira","n":2}`, &ids)
	control(t, r, "POST", "/unlike", `{"account":"github/mira","id":"`+ids[0]+`"}`, &id)
	var likes, former []Like
	control(t, r, "GET", "/likes?account=github/mira", "", &likes)
	control(t, r, "GET", "/former?account=github/mira", "", &former)
	if len(likes) != 6 || len(former) != 1 || former[0].ID != ids[0] || id != ids[0] {
		t.Errorf("%d likes, former %+v", len(likes), former)
	}
	control(t, r, "POST", "/relike", `{"account":"github/mira","id":"`+ids[0]+`"}`, &id)
	control(t, r, "GET", "/likes?account=github/mira", "", &likes)
	if len(likes) != 7 || likes[6].ID != ids[0] {
		t.Errorf("%+v", likes)
	}
	control(t, r, "POST", "/faults", `{"kind":"limit","wait":60000000000,"times":1}`, &rest)
	control(t, r, "POST", "/cap", `{"account":"github/mira","n":2}`, &rest)
	for range 3 {
		fetch(t, r.URLs[GitHub]+"/user/starred", a.Tokens[0])
	}
	var now time.Time
	control(t, r, "POST", "/advance", `{"by":61000000000}`, &now)
	if d := time.Until(now); d < 50*time.Second {
		t.Errorf("the services' clock is %s ahead", d)
	}
	if got := fetch(t, r.URLs[GitHub]+"/user/starred", a.Tokens[0]).status; got != 200 {
		t.Errorf("after the limit: %d", got)
	}
	var seen []Violation
	control(t, r, "GET", "/violations", "", &seen)
	if len(seen) != 4 || seen[0].Kind != Early || seen[1].Kind != Capped || seen[2].Kind != Early || seen[3].Kind != Capped {
		t.Errorf("%v", seen)
	}
	var requests []Request
	control(t, r, "GET", "/requests?account=github/mira", "", &requests)
	if len(requests) != 4 || requests[0].Status != 429 || requests[3].Status != 200 || requests[3].Credential != "github/mira#1" {
		t.Errorf("%v", requests)
	}
	var d Diff
	control(t, r, "POST", "/compare", `{"account":"github/mira","got":{"7":"2026-01-01T00:00:00Z"}}`, &d)
	if len(d.Missing) != 7 || len(d.Invented) != 1 {
		t.Errorf("%s", d)
	}
	var windows []Window
	control(t, r, "GET", "/windows?prefix=github/core", "", &windows)
	if len(windows) != 1 || windows[0].Used != 1 {
		t.Errorf("%+v", windows)
	}
	var bad struct{ Error string }
	for path, body := range map[string]string{
		"/like": `{"account":"github/nobody"}`, "/accounts": `{"service":"myspace"}`, "/faults": `{"kind":"lmit"}`, "/unlike": `{"account":"github/mira","id":"1"}`,
	} {
		bad.Error = ""
		if got := control(t, r, "POST", path, body, &bad); got != 400 || bad.Error == "" {
			t.Errorf("%s %s: %d %q", path, body, got, bad.Error)
		}
	}
	for _, path := range []string{"/revoke", "/restore", "/expire", "/issue", "/vanish", "/latency", "/churn"} {
		var any any
		if got := control(t, r, "POST", path, `{"account":"github/mira"}`, &any); got != 200 {
			t.Errorf("%s: %d %v", path, got, any)
		}
	}
	for _, path := range []string{"/faults", "/churn"} {
		if got := control(t, r, "DELETE", path, "", &rest); got != 200 {
			t.Errorf("DELETE %s: %d", path, got)
		}
	}
}
