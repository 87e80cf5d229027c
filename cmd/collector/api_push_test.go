package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"collector/push/pushtest"
)

// bookmarkServer plays a bookmark service; from the call on that has the number of limit it asks for
// fewer calls, and refuses tokens from that of refuse on. 0: never.
type bookmarkServer struct {
	*httptest.Server
	kept             *pushtest.Server
	n, limit, refuse atomic.Int64
}

func newBookmarkServer(t *testing.T, to string) *bookmarkServer {
	t.Helper()
	k, l := &pushtest.Karakeep{}, &pushtest.Linkding{}
	b := &bookmarkServer{kept: &k.Server}
	handler := http.Handler(k)
	if to == "linkding" {
		b.kept, handler = &l.Server, l
	}
	b.kept.Token = canary
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := b.n.Add(1)
		switch {
		case b.limit.Load() > 0 && n >= b.limit.Load():
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
		case b.refuse.Load() > 0 && n >= b.refuse.Load():
			w.WriteHeader(http.StatusUnauthorized)
		default:
			handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(b.Close)
	return b
}

// TestBothWaysPush to the byte, and to the same end: each way has a store and a bookmark service of
// its own. The token is in nothing that is printed, and in no file.
func TestBothWaysPush(t *testing.T) {
	for _, to := range []string{"karakeep", "linkding"} {
		t.Run(to, func(t *testing.T) { bothWaysPush(t, to) })
	}
}

func bothWaysPush(t *testing.T, to string) {
	type step struct {
		typed
		limit, refuse int64 // of bookmarkServer, counted from this step
		gone          bool  // nobody answers any more
	}
	lines := []step{
		{typed: typing(canary, "--url URL --token-stdin --dry-run")},
		{typed: typing(canary, "--url URL --token-stdin --dry-run --json")},
		{typed: typing(canary, "--url URL --token-stdin"), refuse: 15},
		{typed: typing(canary, "--url URL --token-stdin")},
		{typed: typing(canary, "--url URL --token-stdin --json")},
		{typed: typing(canary, "--url URL --token-stdin --again --quiet in:github")},
		{typed: typing(canary, "--url URL --token-stdin --user anna --json")},
		{typed: typing(canary, "--url URL --token-stdin --user anna --private")},
		{typed: typing("", "--url URL --token-file theirs")},
		{typed: typing("wrong", "--url URL --token-stdin")},
		{typed: typing("two words", "--url URL --token-stdin")},
		{typed: typing(`{"identifier":"a","appPassword":"b"}`, "--url URL --token-stdin")},
		{typed: typing(canary, "--url URL/elsewhere --token-stdin")},
		{typed: typing(canary, "--url URL/?page=2 --token-stdin")},
		{typed: typing(canary, "--url https://10.0.0.1/ --token-stdin")},
		{typed: typing(canary, "--url http://links.example --token-stdin")},
		{typed: typing(canary, "--url URL --token-stdin lang:")},
		{typed: typing(canary, "--url URL --token-stdin --per-second=0")},
		{typed: typing(canary, "--url URL --token-stdin --per-second=NaN")},
		{typed: typing(canary, "--url URL")},
		{typed: typing(canary, "--token-stdin")},
		{typed: typing(canary, "--url URL --token-stdin --again --json"), limit: 15},
		{typed: typing(canary, "--url URL --token-stdin")},
		{typed: typing(canary, "--url URL --token-stdin"), gone: true},
	}
	var want []outcome
	for _, way := range []string{"store", "socket", "address"} {
		inFolder(t)
		seeded(t, func(s *seeder) {
			items := things(30)
			items[3].URL = "https://example.org/refuse-me"
			s.network("me", "github", "", "octocat", items, normal())
			s.network("anna", "github", "", "anna", things(2), normal())
		})
		server := newBookmarkServer(t, to)
		t.Setenv("COLLECTOR_ALLOW_PRIVATE", server.Listener.Addr().String())
		write(t, "theirs", canary+"\n")
		address, _ := served(t, nil)
		token := tokenFile(t, "--all-users", "--scopes=read,write,admin")
		more := map[string][]string{"store": {"--api=off"}, "socket": {"--api=unix:collector.db.sock"}, "address": {"--api=" + address, "--api-token-file=" + token}}[way]
		var got []outcome
		for _, s := range lines {
			server.n.Store(0)
			server.limit.Store(s.limit)
			server.refuse.Store(s.refuse)
			if s.gone {
				server.Close()
			}
			args := []string{"push", to}
			if !slices.ContainsFunc(s.args, func(a string) bool { return strings.HasPrefix(a, "--per-second") }) {
				args = append(args, "--per-second=10000")
			}
			for _, a := range s.args {
				args = append(args, strings.ReplaceAll(a, "URL", server.URL))
			}
			o := program{now: atNoon, stdin: s.stdin}.run(t, append(args, more...)...)
			if strings.Contains(o.out+o.err, canary) {
				t.Errorf("%v tells the token: %s%s", args, o.out, o.err)
			}
			o.out, o.err = strings.ReplaceAll(o.out, server.Listener.Addr().String(), "SERVER"), strings.ReplaceAll(o.err, server.Listener.Addr().String(), "SERVER")
			got = append(got, o)
		}
		if err := os.Remove("theirs"); err != nil {
			t.Fatal(err)
		}
		holdsNoToken(t)
		kept := outcome{}
		for _, b := range server.kept.Kept() {
			kept.out += b.URL + "\n"
		}
		if server.kept.Touched != 0 {
			t.Errorf("%d bookmarks were touched over the %s", server.kept.Touched, way)
		}
		got = append(got, kept)
		if want == nil {
			want = got
		}
		for i, o := range got {
			if o != want[i] {
				t.Errorf("%d over the %s:\n%d %s--- %s\nand at the store:\n%d %s--- %s", i, way, o.code, o.out, o.err, want[i].code, want[i].out, want[i].err)
			}
		}
	}
	for i, says := range map[int]string{0: "30 likes looked at: 30 to be added", 2: "does not take the token", 3: "refuse", 21: "", 22: "asked for fewer calls"} {
		if !strings.Contains(want[i].err, says) {
			t.Errorf("%d: %+v", i, want[i])
		}
	}
	if o := want[2]; o.code != exitSignIn || !strings.Contains(o.err, "looked at: ") {
		t.Errorf("what was done before the end is not told: %+v", o)
	}
	if o := want[21]; o.code != exitTemporary || !strings.Contains(o.out, `"looked"`) || !strings.Contains(o.err, "fewer calls") {
		t.Errorf("what was done before a limit is not told: %+v", o)
	}
	if n := strings.Count(want[len(want)-1].out, "\n"); n != 29 {
		t.Errorf("%d bookmarks", n)
	}
}

// holdsNoToken looks into all files of the present folder.
func holdsNoToken(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), canary) {
			t.Errorf("%s holds the token", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestAPushElsewhereSaysHowFarItIs, as one here does.
func TestAPushElsewhereSaysHowFarItIs(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) { s.network("me", "github", "", "octocat", things(30), normal()) })
	server := newBookmarkServer(t, "karakeep")
	t.Setenv("COLLECTOR_ALLOW_PRIVATE", server.Listener.Addr().String())
	served(t, nil)
	for _, way := range []string{"--api=off", "--api=socket"} {
		var looks atomic.Int64 // each look at the clock is six seconds later
		p := program{stdin: canary, now: func() time.Time { return noon.Add(time.Duration(looks.Add(6)) * time.Second) }}
		if o := p.run(t, "push", "karakeep", "--url", server.URL, "--token-stdin", "--per-second=10000", "--dry-run", way); !strings.Contains(o.err, "  10 likes looked at, 10 added\n") {
			t.Errorf("%s: %d %s", way, o.code, o.err)
		}
	}
}

// TestAPushEndsWithWhoeverAsked: once the command is gone nothing more is sent, and the next one
// goes on where it was.
func TestAPushEndsWithWhoeverAsked(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) { s.network("me", "github", "", "octocat", things(40), normal()) })
	server := newBookmarkServer(t, "karakeep")
	t.Setenv("COLLECTOR_ALLOW_PRIVATE", server.Listener.Addr().String())
	_, stop := served(t, nil)
	ctx, leave := context.WithCancel(t.Context())
	inner := server.Config.Handler
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := server.n.Load(); n >= 30 && n < 1000 && r.Method == http.MethodGet { // of a call with a body it is not seen that it ended
			leave()
			<-r.Context().Done() // whoever called has gone: the collector, since the command has
		}
		inner.ServeHTTP(w, r)
	})
	p := program{now: atNoon, stdin: canary}
	line := []string{"push", "karakeep", "--url", server.URL, "--token-stdin", "--per-second=10000", "--api=socket"}
	if o := p.runContext(ctx, t, line...); o.code != exitInterrupted {
		t.Errorf("%d %s", o.code, o.err)
	}
	there := len(server.kept.Kept())
	if there == 0 || there >= 30 {
		t.Errorf("%d bookmarks when the command was gone", there)
	}
	server.n.Store(1000)
	if o := p.run(t, line...).must(t); !strings.Contains(o.err, "added") || len(server.kept.Kept()) != 40 {
		t.Errorf("the next one: %s, %d there", o.err, len(server.kept.Kept()))
	}
	if server.kept.Touched != 0 {
		t.Errorf("%d bookmarks were touched", server.kept.Touched)
	}
	stop()
}

// TestPushingForOneself: a token of a user pushes his likes, without naming him, and nobody else's;
// one that may only look pushes nothing.
func TestPushingForOneself(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		s.network("me", "github", "", "octocat", things(3), normal())
		s.network("anna", "github", "", "anna", things(2), normal())
	})
	server := newBookmarkServer(t, "linkding")
	t.Setenv("COLLECTOR_ALLOW_PRIVATE", server.Listener.Addr().String())
	address, _ := served(t, nil)
	p := program{now: atNoon, stdin: canary, env: map[string]string{"COLLECTOR_API": address, "COLLECTOR_API_TOKEN_FILE": tokenFile(t, "--user=anna", "--scopes=read,write")}}
	line := []string{"push", "linkding", "--url", server.URL, "--token-stdin", "--per-second=10000"}
	if o := p.run(t, append(line, "--user=me")...); o.code != exitPermanent || !strings.Contains(o.err, "nothing of other users") {
		t.Errorf("for another: %d %s", o.code, o.err)
	}
	if o := p.run(t, line...).must(t); !strings.Contains(o.err, "2 likes looked at: 2 added") || len(server.kept.Kept()) != 2 {
		t.Errorf("for oneself: %s", o.err)
	}
	p.env["COLLECTOR_API_TOKEN_FILE"] = tokenFile(t, "--user=anna", "--scopes=read")
	if o := p.run(t, line...); o.code != exitPermanent || !strings.Contains(o.err, "change nothing") {
		t.Errorf("who may only look: %d %s", o.code, o.err)
	}
}
