package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/grant"
	"collector/store/memory"
)

// TestWhoIsLetIn over the address of a daemon: who shows what is good, until it is revoked,
// and then at once nobody; over the socket its owner (S5).
func TestWhoIsLetIn(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	out, stop := background(t, map[string]string{"COLLECTOR_MODE": "initial"}, "--listen=127.0.0.1:0")
	defer stop()
	at := listening(t, out)
	status := func(c http.RoundTripper, path string) int {
		r, err := (&http.Client{Transport: c}).Get(at + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		return r.StatusCode
	}
	made := func(args ...string) (secret, id string) {
		o := program{}.run(t, append([]string{"tokens", "add"}, args...)...).must(t)
		return strings.TrimSpace(o.out), o.err[strings.LastIndex(o.err, " ")+1 : len(o.err)-1]
	}
	reader, readerID := made("reader")
	figures, _ := made("prometheus", "--all-users", "--scopes=metrics")
	feed, feedID := made("feed", "--feed=raft")
	for _, c := range []struct {
		who  http.RoundTripper
		path string
		want int
	}{
		{http.DefaultTransport, "/api/status", http.StatusUnauthorized},
		{bearer("wrong"), "/api/status", http.StatusUnauthorized},
		{bearer(feed), "/api/status", http.StatusUnauthorized},
		{bearer(figures), "/api/status", http.StatusForbidden},
		{bearer(reader), "/api/status", http.StatusOK},
		{bearer(reader), "/api/config", http.StatusForbidden},
		{http.DefaultTransport, "/feed/" + feed + ".atom", http.StatusOK},
		{http.DefaultTransport, "/feed/" + reader + ".atom", http.StatusNotFound},
	} {
		if got := status(c.who, c.path); got != c.want {
			t.Errorf("%T %s: %d, want %d", c.who, c.path, got, c.want)
		}
	}
	program{}.run(t, "tokens", "revoke", readerID, feedID).must(t)
	if got := status(bearer(reader), "/api/status"); got != http.StatusUnauthorized {
		t.Errorf("a token that was revoked: %d", got)
	}
	if got := status(http.DefaultTransport, "/feed/"+feed+".atom"); got != http.StatusNotFound {
		t.Errorf("a feed that was revoked: %d", got)
	}
	if strings.Contains(out.String(), feed) || strings.Contains(out.String(), reader) {
		t.Error("the log holds a secret")
	}
}

// TestThePagesTellWhoWatches: anybody whether it lives and is ready and nothing else, and the
// figures to who has the scope for them, also without an address of their own.
func TestThePagesTellWhoWatches(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	out, stop := background(t, map[string]string{"COLLECTOR_MODE": "initial"}, "--listen=127.0.0.1:0")
	defer stop()
	at := strings.TrimPrefix(listening(t, out), "http://")
	awaitPage(t, at, "/healthz", "alive\n")
	if body := awaitPage(t, at, "/readyz", "ready\n"); body != "ready\n" && body != "not ready\n" {
		t.Errorf("a stranger is told %q", body)
	}
	made := func(args ...string) string {
		return strings.TrimSpace(program{}.run(t, append([]string{"tokens", "add"}, args...)...).must(t).out)
	}
	for _, c := range []struct {
		who  http.RoundTripper
		want int
		says string
	}{
		{http.DefaultTransport, http.StatusUnauthorized, "nobody is signed in"},
		{bearer(made("reader")), http.StatusForbidden, "--scopes metrics"},
		{bearer(made("all", "--all-users", "--scopes=read,write,admin")), http.StatusForbidden, "--scopes metrics"},
		{bearer(made("prometheus", "--all-users", "--scopes=metrics")), http.StatusOK, "collector_build_info{"},
		{over("collector.db.sock").Transport, http.StatusOK, "collector_build_info{"},
	} {
		r, err := (&http.Client{Transport: c.who}).Get("http://" + at + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if body, err := io.ReadAll(r.Body); err != nil || r.StatusCode != c.want || !strings.Contains(string(body), c.says) {
			t.Errorf("%T gets %d %.200s %v", c.who, r.StatusCode, body, err)
		}
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		r, err := http.NewRequest(http.MethodGet, "http://"+at+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "evil.example"
		if reply, err := http.DefaultClient.Do(r); err != nil || reply.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s by another name: %v %v", path, reply, err)
		} else {
			reply.Body.Close()
		}
	}
}

// TestTokensOfAStoreInMemory let in as long as it lasts: they are those of the door.
func TestTokensOfAStoreInMemory(t *testing.T) {
	inFolder(t)
	a := newApp(nil, nil, io.Discard, io.Discard)
	root := a.root()
	root.SetArgs([]string{"config", "check", "--store=memory:"})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := memory.New()
	d, err := a.openDoor(t.Context(), st, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	routes, err := a.routes(st, d, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	session, _, err := d.grants.Make(t.Context(), a.now(), grant.Operator(), grant.Ask{Kind: grant.Login, Scopes: grant.Scopes()})
	if err == nil {
		session, _, err = d.grants.Enter(t.Context(), a.now(), netip.Addr{}, session, "a browser")
	}
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body, token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		} else {
			r.AddCookie(&http.Cookie{Name: "collector", Value: session})
		}
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, r)
		return w
	}
	var made struct{ ID, Token string }
	if w := ask("POST", "/api/tokens/add", `{"name":"a script","scopes":["read"]}`, ""); json.Unmarshal(w.Body.Bytes(), &made) != nil || made.Token == "" {
		t.Fatalf("made: %d %s", w.Code, w.Body)
	}
	if w := ask("GET", "/api/status", "", made.Token); w.Code != http.StatusOK {
		t.Errorf("with the token: %d %s", w.Code, w.Body)
	}
	if w := ask("GET", "/api/tokens", "", ""); !strings.Contains(w.Body.String(), made.ID) || !strings.Contains(w.Body.String(), `"session"`) {
		t.Errorf("listed: %s", w.Body)
	}
	if w := ask("POST", "/api/tokens/revoke", `{"id":"`+made.ID+`"}`, ""); w.Code != http.StatusOK {
		t.Errorf("ended: %d %s", w.Code, w.Body)
	}
	if w := ask("GET", "/api/status", "", made.Token); w.Code != http.StatusUnauthorized {
		t.Errorf("with a token that was ended: %d %s", w.Code, w.Body)
	}
}

// entered lets a browser in by the link that a demo printed, and returns it, where the pages are and
// what it is shown first.
func entered(t *testing.T, out *stream) (browser *http.Client, host string, r *http.Response) {
	t.Helper()
	link, err := url.Parse(regexp.MustCompile(`http://127\.0\.0\.1:\d+/\?login=\S+`).FindString(out.String()))
	if err != nil || link.Host == "" {
		t.Fatalf("no link: %v\n%s", err, out)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser = &http.Client{Jar: jar}
	if r, err := browser.Get(link.String()); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("the door: %v %v", r, err)
	} else {
		r.Body.Close()
	}
	at := url.URL{Scheme: "http", Host: link.Host, Path: "/login"}
	r, err = browser.Post(at.String(), "application/x-www-form-urlencoded", strings.NewReader(link.RawQuery))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Body.Close() })
	return browser, link.Host, r
}

// TestDemoOfAClusterHasPages: one of its instances shows all of them, which leads, and lives.
func TestDemoOfAClusterHasPages(t *testing.T) {
	inFolder(t)
	out, stop := background(t, map[string]string{"TMPDIR": t.TempDir(), "COLLECTOR_LISTEN": "127.0.0.1:0"}, "demo", "--instances=3", "--items=60", "--accounts=2")
	defer stop()
	out.await(t, "Web pages:", time.Minute)
	browser, host, _ := entered(t, out)
	late := time.After(30 * time.Second)
	for {
		r, err := browser.Get("http://" + host + "/workers")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		page := string(body)
		if err == nil && strings.Count(page, ">instance-") >= 3 && strings.Count(page, "</svg>leader</span>") == 1 {
			return
		}
		select {
		case <-time.After(200 * time.Millisecond): // until it has joined, and given a sign of life
		case <-late:
			t.Fatalf("the page of workers does not show three instances and who leads: %s %v\n%s", r.Status, err, page)
		}
	}
}

// TestDemoShowsItsPages: the link that the demo prints leads to made-up likes, which say so.
func TestDemoShowsItsPages(t *testing.T) {
	inFolder(t)
	out, stop := background(t, map[string]string{"TMPDIR": t.TempDir(), "COLLECTOR_LISTEN": "127.0.0.1:0"}, "demo", "--items=60", "--accounts=2")
	defer stop()
	out.await(t, "first item searchable", time.Minute)
	browser, host, r := entered(t, out)
	page, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK || !strings.Contains(string(page), "simulated like") || !strings.Contains(string(page), "[simulated]") {
		t.Errorf("%s %v\n%s", r.Status, err, page)
	}
	// The newest like was collected, so a run has started, and this process knows how late.
	if r, err = browser.Get("http://" + host + "/workers"); err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if page, err = io.ReadAll(r.Body); err != nil || !regexp.MustCompile(`Half of \d+ runs? started within`).Match(page) || !strings.Contains(string(page), "the process alone that shows this page") {
		t.Errorf("the page of workers does not tell how late runs start: %s %v\n%s", r.Status, err, page)
	}
	// A feed that is made here holds the likes that the pages show.
	form, err := http.NewRequest(http.MethodPost, "http://"+host+"/feeds", strings.NewReader("do=make"))
	if err != nil {
		t.Fatal(err)
	}
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	form.Header.Set("Origin", "http://"+host)
	if r, err = browser.Do(form); err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if page, err = io.ReadAll(r.Body); err != nil {
		t.Fatal(err)
	}
	if r, err = http.Get(regexp.MustCompile(`http://[^<>" ]+/feed/[^<>" ]+\.atom`).FindString(string(page))); err != nil {
		t.Fatalf("%v\n%s", err, page)
	}
	defer r.Body.Close()
	if page, err = io.ReadAll(r.Body); err != nil || !strings.Contains(string(page), "<entry>") {
		t.Errorf("the demo's feed: %s %v\n%s", r.Status, err, page)
	}
	// It has called services, and knows when it used how much of what they allow.
	get := func(path string, into any) {
		t.Helper()
		r, err := browser.Get("http://" + host + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if err := json.NewDecoder(r.Body).Decode(into); err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v", path, r.Status, err)
		}
	}
	// What the demo sets is not told as the default.
	var set struct{ Settings []control.Setting }
	get("/api/config", &set)
	for _, want := range []string{"store", "disk_floor", "backoff_min", "backoff_max", "services.github.poll_min", "services.github.poll_max"} {
		if i := slices.IndexFunc(set.Settings, func(s control.Setting) bool { return s.Key == want }); i < 0 || set.Settings[i].Origin != "demo" {
			t.Errorf("%s is not told to be the demo's: %+v", want, set.Settings)
		}
	}
	if i := slices.IndexFunc(set.Settings, func(s control.Setting) bool { return s.Key == "services.github.poll_max" }); i < 0 || set.Settings[i].Value != "20s" {
		t.Errorf("polls are told to be as far apart as in earnest: %+v", set.Settings)
	}
	if i := slices.IndexFunc(set.Settings, func(s control.Setting) bool { return s.Key == "lease" }); i < 0 || set.Settings[i].Origin != "default" {
		t.Errorf("what the demo leaves alone is told to be its own: %+v", set.Settings)
	}
	out.await(t, `"msg":"run"`, time.Minute)
	var list struct{ Networks []control.Network }
	get("/api/networks", &list)
	seen, traced := false, false
	for _, n := range list.Networks {
		var e control.Explained
		get("/api/explain?"+url.Values{"network": {n.Network}, "user": {n.User}}.Encode(), &e)
		traced = traced || e.LastRan != nil && e.LastRan.Calls > 0 && e.LastRan.Steps[0].By != ""
		for _, q := range e.Quotas {
			seen = seen || !q.Rolling && len(q.Windows) > 0 && len(q.Windows[len(q.Windows)-1].Uses) > 0
		}
	}
	if !traced {
		t.Errorf("of no run of %d lists it is known what it did", len(list.Networks))
	}
	if !seen {
		t.Errorf("of no quota of %d lists it is known when it was used", len(list.Networks))
	}
}
