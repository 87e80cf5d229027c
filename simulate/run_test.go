package simulate

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// serve starts a Sim on loopback.
func serve(t *testing.T, o Options) *Running {
	t.Helper()
	r, err := Serve(t.Context(), New(o), Listen{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// fetch gets an address over a socket.
func fetch(t *testing.T, url, token string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{
		Timeout:       20 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 4<<20))
	return answer{res.StatusCode, res.Header, string(b), err}
}

func TestServeIsOnLoopbackAndWalks(t *testing.T) {
	r := serve(t, Options{Seed: 11})
	a := add(t, r.Sim, Spec{Service: GitHub, Name: "mira", Likes: 130})
	for name, origin := range r.URLs {
		host, _, err := net.SplitHostPort(strings.TrimPrefix(origin, "http://"))
		if err != nil || host != "127.0.0.1" {
			t.Errorf("%s listens on %s", name, origin)
		}
	}
	got := map[string]time.Time{}
	for url := r.URLs[GitHub] + "/user/starred?per_page=100&direction=asc"; url != ""; {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+a.Tokens[0])
		r.Header.Set("Accept", timd)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range stars(t, answer{status: res.StatusCode, body: string(body)}) {
			got[fmt.Sprint(st.Repo.ID)] = st.At
		}
		url = links(res.Header)["next"]
	}
	if d := r.Compare(a.Key, got); !d.OK() || len(got) != 130 {
		t.Errorf("%d collected: %s", len(got), d)
	}
	if v := r.Violations(); len(v) > 0 {
		t.Error(v)
	}
}

// TestFaultsOverSockets: what needs a connection to go wrong.
func TestFaultsOverSockets(t *testing.T) {
	for _, c := range []struct {
		f    Fault
		want func(a answer) bool
	}{
		{Fault{Kind: Reset}, func(a answer) bool { return a.err != nil && strings.Contains(a.err.Error(), "EOF") }},
		{Fault{Kind: Cut}, func(a answer) bool { return a.err != nil && a.body != "" }},
		{Fault{Kind: EndlessHeaders}, func(a answer) bool { return a.err != nil && strings.Contains(a.err.Error(), "header") }},
		{Fault{Kind: EndlessBody}, func(a answer) bool { return len(a.body) == 4<<20 }},
		{Fault{Kind: Bomb, Bytes: 32 << 20}, func(a answer) bool { return len(a.body) == 4<<20 && strings.Trim(a.body, "0") == "" }},
		{Fault{Kind: Drip, Wait: time.Microsecond}, func(a answer) bool { return a.err == nil && json.Valid([]byte(a.body)) }},
	} {
		r := serve(t, Options{Seed: 11})
		a := add(t, r.Sim, Spec{Service: GitHub, Name: "mira", Likes: 1})
		r.AddFault(c.f)
		if got := fetch(t, r.URLs[GitHub]+"/user/starred", a.Tokens[0]); !c.want(got) {
			t.Errorf("%s: status %d, %v, %d bytes", c.f.Kind, got.status, got.err, len(got.body))
		}
		r.Close()
	}
}

func TestBombUnpacks(t *testing.T) {
	z, err := gzip.NewReader(bytes.NewReader(bomb(1 << 20)))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, z); n != 1<<20 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// TestForeignServerListens: what follows a foreign link is caught.
func TestForeignServerListens(t *testing.T) {
	r := serve(t, Options{Seed: 11})
	a := add(t, r.Sim, Spec{Service: GitHub, Name: "mira", Likes: 1})
	r.AddFault(Fault{Kind: Redirect, Times: 1})
	to := fetch(t, r.URLs[GitHub]+"/user/starred", a.Tokens[0]).header.Get("Location")
	if got := fetch(t, to, a.Tokens[0]); got.status != 404 {
		t.Errorf("%+v", got)
	}
	if got := kinds(r.Sim); got != Origin {
		t.Errorf("%q: %v", got, r.Violations())
	}
}

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
		"/like": `{"account":"github/nobody"}`, "/accounts": `{"service":"myspace"}`, "/faults": `{"knid":"limit"}`, "/unlike": `{"account":"github/mira","id":"1"}`,
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

func TestServeNamesTheTakenPort(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, err = Serve(t.Context(), New(Options{}), Listen{Mastodon: ln.Addr().(*net.TCPAddr).Port})
	if err == nil || !strings.Contains(err.Error(), "mastodon") {
		t.Error(err)
	}
}
