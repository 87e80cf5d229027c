package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/broker"
	"collector/queue"
	"collector/store"
	"collector/store/sqlite"
)

// shownOnce are the texts of tokens, feeds, sessions and login links, and the secrets of webhooks.
var shownOnce = regexp.MustCompile(`\b(ck_|cf_|cs_|cl_|whsec_)[A-Za-z0-9_/+=-]{20,}`)

// served lets a collector at noon answer for a store until the test ends, or it is stopped.
func served(t *testing.T, env []string, args ...string) (address string, stop func()) {
	t.Helper()
	return servedAt(t, atNoon, env, args...)
}

// servedAt is served by another clock.
func servedAt(t *testing.T, now func() time.Time, env []string, args ...string) (address string, stop func()) {
	t.Helper()
	a := newApp(env, nil, io.Discard, io.Discard)
	a.now, a.host = now, "testhost"
	a.free = func(string) (uint64, error) { return 1 << 40, nil }
	root := a.root()
	root.SetArgs(append([]string{"config", "check", "--listen=127.0.0.1:0"}, args...))
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	log, ended := newStream(), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- a.withNewStore(ctx, "testhost-1-served", func(ctx context.Context, st store.Store) error {
			cl, err := a.newClient(ctx, st, "testhost-1-served", nil)
			if err != nil {
				return err
			}
			defer cl.close(ctx, time.Second)
			_, end, err := a.offerWeb(ctx, st, collecting{}, cl, slog.New(slog.NewJSONHandler(log, nil)))
			if err == nil {
				<-ctx.Done()
				end()
			}
			return err
		})
	}()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if found := shownOnce.FindString(log.String()); found != "" {
				t.Errorf("the log holds %s", found)
			}
		}
	}
	t.Cleanup(stop)
	return listening(t, log), stop
}

// tokenFile makes a token and returns the name of the file that holds it.
func tokenFile(t *testing.T, args ...string) string {
	t.Helper()
	made := program{now: atNoon}.run(t, append([]string{"tokens", "add", "test", "--api=off"}, args...)...).must(t)
	write(t, "token", made.out)
	return "token"
}

// reading are command lines that change nothing.
var reading = [][]string{
	{"status"},
	{"status", "--json"},
	{"status", "github/octocat"},
	{"status", "--user=anna", "--json"},
	{"status", "--user=nobody"},
	{"status", "github/octopus"},
	{"status", "--fail-on=error"},
	{"status", "--fail-on=waiting", "mastodon/@o@hach.example"},
	{"status", "--fail-on=error", "bluesky/loop.example"},
	{"status", "--fail-on=nothing"},
	{"accounts", "list"},
	{"accounts", "list", "--json"},
	{"accounts", "list", "--user=anna"},
	{"accounts", "list", "--user=nobody"},
	{"explain", "github/octocat"},
	{"explain", "github/expired"},
	{"explain", "github/hubot"},
	{"explain", "mastodon/@o@hach.example"},
	{"explain", "github/idle"},
	{"explain", "github/expired", "--json"},
	{"explain", "github/octopus"},
	{"explain", "github/twin"},
	{"explain", "github/twin", "--user=anna"},
	{"explain", "twitter/nobody"},
	{"search", "thing"},
	{"search", "thing", "--json"},
	{"search", "thing", "--urls"},
	{"search", "thing", "--limit=1"},
	{"search", "thing", "--sort=newest", "--user=anna"},
	{"search", "thing zebra"},
	{"search", "zebra"},
	{"search", "lang:"},
	{"search", "thing lang:"},
	{"search", "thing", "--after=garbage"},
	{"search", "thing", "--limit=0"},
	{"search", "thing", "--sort=odd"},
	{"search", "--saved=mine"},
	{"search", "--saved=mine", "zebra"},
	{"search", "--saved=none"},
	{"search", "--saved="},
	{"search", "raft"},
	{"search", "raft", "--json"},
	{"jobs", "list"},
	{"jobs", "list", "--json"},
	{"jobs", "list", "--newest", "--limit=2"},
	{"jobs", "list", "--state=dead"},
	{"jobs", "list", "--queue=nosuch"},
	{"jobs", "list", "--state=odd"},
	{"jobs", "list", "--older=-1s"},
	{"jobs", "list", "--older=500ms"},
	{"jobs", "list", "--limit=0", "--json"},
	{"jobs", "list", "--limit=2000"},
	{"jobs", "list", "--limit=-1"},
	{"jobs", "counts"},
	{"jobs", "counts", "--json"},
	{"jobs", "show", "nosuch"},
	{"jobs", "show", "dead"},
	{"jobs", "show", "dead", "--json"},
	{"jobs", "show", "dead", "--content"},
	{"queue", "list"},
	{"queue", "list", "--json"},
	{"queue", "peek", "likes"},
	{"queue", "peek", "/queue/likes", "--json"},
	{"queue", "peek", "likes", "--content", "--newest", "--limit=1"},
	{"queue", "peek", "likse"},
	{"queue", "peek", "likes", "--state=dead"},
	{"topics"},
	{"topics", "--json"},
	{"workers"},
	{"workers", "--json"},
	{"workers", "quiet", "none"},
	{"top", "--once"},
	{"top", "--once", "--every=1ms"},
	{"changes"},
	{"changes", "--since=1", "--limit=1"},
	{"changes", "--user=anna"},
	{"changes", "--last"},
	{"changes", "--since=-1"},
	{"changes", "--since=1000"},
	{"connectors"},
	{"connectors", "github"},
	{"connectors", "mastodon"},
	{"connectors", "twitter"},
	{"connectors", "youtube"},
	{"connectors", "githab"},
	{"connectors", "a/b"},
	{"connectors", ""},
	{"cluster", "status"},
	{"cluster", "members", "--json"},
	{"cluster", "leader"},
	{"drain"},
	{"drain", "nobody"},
	{"searches", "list"},
	{"searches", "list", "--json"},
	{"searches", "list", "--user=anna"},
	{"searches", "list", "--user="},
	{"webhooks", "list"},
	{"webhooks", "list", "--json"},
}

// wishing are command lines that change something, in order.
var wishing = [][]string{
	{"accounts", "pause", "github/octocat"},
	{"sync", "github/octocat"},
	{"sync", "--all", "--user=me"},
	{"accounts", "resume", "github/octocat", "github/idle"},
	{"sync", "github/octocat", "--full"},
	{"sync", "github/octopus"},
	{"sync", "github/twin"},
	{"sync"},
	{"sync", "--accept-removals", "github/octocat"},
	{"accounts", "pause", "--all"},
	{"jobs", "retry", "dead"},
	{"jobs", "retry", "dead"},
	{"jobs", "retry", "nosuch"},
	{"jobs", "retry", ""}, // of a variable that is not set
	{"jobs", "remove", "", "--yes"},
	{"jobs", "retry", "--all"},
	{"jobs", "retry", "--all", "--state=done"},
	{"jobs", "retry"},
	{"jobs", "remove", "dead"},
	{"jobs", "remove", "ready", "--yes"},
	{"jobs", "remove", "ready", "--yes"},
	{"jobs", "remove", "--all", "--queue=nosuch"},
	{"jobs", "remove", "--all", "--state=running", "--yes"},
	{"jobs", "remove", "--all", "--older=500ms", "--yes"},
	{"jobs", "remove", "--all", "--yes"},
	{"jobs", "list", "--json"},
	{"queue", "pause", "likes"},
	{"queue", "list"},
	{"queue", "resume", "/queue/likes"},
	{"queue", "pause", "likse"},
	{"queue", "requeue", "likes", "m1"},
	{"queue", "requeue", "likes", "nosuch"},
	{"queue", "requeue", "likes", ""},
	{"queue", "remove", "likes", "", "--yes"},
	{"queue", "remove", "likes", "--all", "--state=running", "--yes"},
	{"queue", "requeue", "likes", "--all"},
	{"queue", "remove", "likes", "m1"},
	{"queue", "remove", "likes", "m1", "--yes"},
	{"queue", "remove", "likes", "m1", "--yes"},
	{"queue", "remove", "likse", "--all"},
	{"queue", "remove", "likes", "--all", "--older=1ms", "--yes"},
	{"queue", "remove", "likes", "--all", "--yes"},
	{"queue", "list", "--json"},
	{"accounts", "resume", "--all"},
	{"accounts", "pause", "github/octopus"},
	{"accounts", "pause"},
	{"accounts", "remove", "github/octopus"},
	{"accounts", "remove", "github/twin"},
	{"accounts", "remove", "github/idle"},
	{"accounts", "remove", "github/idle"},
	{"accounts", "remove", "github/hubot", "--purge"},
	{"accounts", "remove", "github/nosuch", "--purge"},
	{"accounts", "remove", "github/idle", "--purge", "--yes"},
	{"accounts", "remove", "github/twin", "--purge", "--yes", "--user=anna"},
	{"accounts", "remove", "github/twin", "--purge", "--yes", "--user=anna"},
	{"accounts", "remove", ""},
	{"accounts", "list"},
	{"status", "--json"},
}

// forBoth is a store with something of everything.
func forBoth(s *seeder) {
	s.network("me", "github", "", "twin", nasty(), normal())
	s.network("anna", "github", "", "twin", things(2), normal())
	everyState(s)
}

// ways are those to the same store: the store itself, the socket, an address.
func ways(t *testing.T) map[string][]string {
	t.Helper()
	inFolder(t)
	seeded(t, forBoth)
	b := daemonsBroker(t)
	for i := range 3 {
		sendTo(t, b, broker.Message{ID: fmt.Sprint("m", i), Destination: "/queue/likes", Headers: []broker.Header{{Name: "user", Value: "anna"}}, Body: []byte("text \x1b[31m")})
	}
	sendTo(t, b, broker.Message{ID: "t", Destination: "/topic/news"})
	jobs := newJobWorld(t, nil, atNoon)
	jobs.add(jobs.upkeep, queue.Job{ID: "dead", Queue: "upkeep", Kind: "export", Data: []byte(`{"a":1}`), MaxAttempts: 1}, "host-a", queue.Bury, "it broke \x1b[31m")
	jobs.add(jobs.upkeep, queue.Job{ID: "ready", Queue: "upkeep", Kind: "clean"}, "", "", "")
	address, _ := served(t, nil)
	program{now: atNoon}.run(t, "searches", "save", "mine", "thing lang:go").must(t)
	token := tokenFile(t, "--all-users", "--scopes=read,write,feeds,admin")
	const none = "--store=sqlite:elsewhere.db" // who opens the store at hand finds nothing
	return map[string][]string{"store": {"--api=off"}, "socket": {"--api=unix:collector.db.sock", none}, "address": {"--api=" + address, "--api-token-file=" + token, none}}
}

// TestBothWaysSayTheSame to the byte, errors and exit codes too.
func TestBothWaysSayTheSame(t *testing.T) {
	to := ways(t)
	p := program{now: atNoon}
	answered := 0
	for _, args := range reading {
		want := p.run(t, append(slices.Clone(args), to["store"]...)...)
		if want.code == exitOK {
			answered++
		}
		for _, way := range []string{"socket", "address"} {
			if got := p.run(t, append(slices.Clone(args), to[way]...)...); got != want {
				t.Errorf("%v over the %s:\n%d %s--- %s\nand at the store:\n%d %s--- %s", args, way, got.code, got.out, got.err, want.code, want.out, want.err)
			}
		}
	}
	if answered < len(reading)/2 {
		t.Errorf("of %d command lines %d say something", len(reading), answered)
	}
}

// TestBothWaysDoTheSame: each way has a store of its own, which is looked at in the end.
func TestBothWaysDoTheSame(t *testing.T) {
	var want []outcome
	for _, way := range []string{"store", "socket", "address"} {
		to := ways(t)
		var got []outcome
		for _, args := range wishing {
			got = append(got, program{now: atNoon}.run(t, append(slices.Clone(args), to[way]...)...))
		}
		got = append(got, program{now: atNoon}.run(t, "status", "--json", "--api=off").must(t))
		if want == nil {
			want = got
		}
		for i, o := range got {
			if o != want[i] {
				t.Errorf("%d, over the %s: %+v\nand at the store: %+v", i, way, o, want[i])
			}
		}
	}
}

// TestATokenSeesWhatItMay at an address, without a user being named.
func TestATokenSeesWhatItMay(t *testing.T) {
	inFolder(t)
	seeded(t, forBoth)
	address, _ := served(t, nil)
	p := program{now: atNoon, env: map[string]string{"COLLECTOR_API": address, "COLLECTOR_API_TOKEN_FILE": tokenFile(t, "--user=anna")}}
	if o := p.run(t, "status", "--json").must(t); !strings.Contains(o.out, `"user": "anna"`) || strings.Contains(o.out, `"user": "me"`) || strings.Contains(o.out, "host-a") {
		t.Errorf("anna sees %s", o.out)
	}
	if o := p.run(t, "status").must(t); strings.Contains(o.out, "running:") || strings.Contains(o.out, "no collector is running") {
		t.Errorf("anna is told what runs where: %s", o.out)
	}
	if o := p.run(t, "explain", "github/twin").must(t); !strings.Contains(o.out, "user anna") {
		t.Errorf("anna's: %s", o.out)
	}
	if o := p.run(t, "search", "thing", "--user=me"); o.code != exitPermanent || !strings.Contains(o.err, "nothing of other users") {
		t.Errorf("another user's: %d %s", o.code, o.err)
	}
	if o := p.run(t, "sync", "github/twin"); o.code != exitPermanent || !strings.Contains(o.err, "change nothing") {
		t.Errorf("who may look wishes: %d %s", o.code, o.err)
	}
}

// TestAnswersAreNotBelieved: what no collector answers breaks no command, and does nothing
// to the terminal.
func TestAnswersAreNotBelieved(t *testing.T) {
	inFolder(t)
	answer := ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/about" {
			answer := `{"version":"\u001b]0;x\u0007","edition":1}`
			_, _ = io.WriteString(w, answer)
			return
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer s.Close()
	write(t, "token", canary)
	p := program{now: atNoon, env: map[string]string{"COLLECTOR_API": s.URL}}
	for _, c := range []struct {
		answer string
		args   []string
	}{
		{`{"networks":[{}]}`, []string{"status"}},
		{`{}`, []string{"status"}},
		{`{"networks":[{"network":"a\nb","state":"\u001b]0;x\u0007\nc","items":-9223372036854775808}],"instances":[{"mode":"\u001b[2J"}]}`, []string{"status"}},
		{`{"items":[{"title":"\u001b[2J"}],"next":"\u001b[2J"}`, []string{"search", "x"}},
		{`{}`, []string{"explain", "github/x"}},
		{`{"accounts":[{}]}`, []string{"accounts", "list"}},
		{`{"jobs":[{}]}`, []string{"jobs", "list"}},
		{`{}`, []string{"jobs", "show", "x"}},
		{`{"queues":[{"queue":"\u001b[2J"}]}`, []string{"queue", "list"}},
		{`{"topics":[{}]}`, []string{"topics"}},
		{`{"workers":[{"doing":"\u001b[2J"}]}`, []string{"workers"}},
		{`{}`, []string{"top", "--once"}},
		{`{"status":{"store":"\u001b[2J"},"services":[{"service":"\u001b[2J"}],"workers":[{"owner":"\u001b[2J","does":"job"}]}`, []string{"top", "--once"}},
		{`{"changes":[{}],"next":0}`, []string{"changes"}},
		{`{"tokens":[{"id":"\u001b[2J","kind":"\u001b[2J","scopes":["\u001b[2J"]}]}`, []string{"tokens", "list"}},
		{`{"token":"\u001b[2J","id":"\u001b[2J","kind":"feed"}`, []string{"tokens", "add", "x"}},
		{`{"id":"\u001b[2J","kind":"\u001b[2J"}`, []string{"tokens", "revoke", "g_x"}},
		{`{"searches":[{"name":"\u001b[2J"}]}`, []string{"searches", "list"}},
		{`{"webhooks":[{"id":"\u001b[2J","state":"\u001b[2J","why":"\u001b[2J"},{"id":"\u001b[2J","state":"stopped"}]}`, []string{"webhooks", "list"}},
		{`{"id":"\u001b[2J","secret":"\u001b[2J","user":"\u001b[2J"}`, []string{"webhooks", "add", "https://hooks.example"}},
		{`{"secret":"\u001b[2J"}`, []string{"webhooks", "rotate", "x"}},
		{`{"why":"\u001b[2J"}`, []string{"webhooks", "test", "x"}},
		{`{"registry":"\u001b[2J","leader":"\u001b[2J","members":[{}]}`, []string{"cluster", "status"}},
		{`{"connectors":[{"name":"\u001b[2J","hosts":["\u001b[2J"]}]}`, []string{"connectors"}},
		{`{"name":"\u001b[2J","docs":"\u001b[2J","price":{"by":"\u001b[2J"},"spent":"\u001b[2J"}`, []string{"connectors", "x"}},
		{`{"looked":-1,"firstRefused":[{"url":"\u001b[2J","reason":"\u001b[2J"}],"stopped":{"status":503,"detail":"\u001b[2J","next":"\u001b[2J"}}`, []string{"push", "karakeep", "--url=x", "--token-file=token"}},
		{`{"refused":1,"lines":[{"line":1,"reason":"\u001b[2J"}],"stopped":null}`, []string{"accounts", "import", "token"}},
		{`{"job":"\u001b[2J","file":"\u001b[2J","folder":"\u001b[2J"}`, []string{"export", "--background"}},
	} {
		answer = c.answer
		o := p.run(t, c.args...)
		if o.code == exitOther || strings.ContainsAny(o.out+o.err, "\x1b\x07") {
			t.Errorf("%v, answered %s: %d %q %q", c.args, c.answer, o.code, o.out, o.err)
		}
	}
}

// TestNobodyIsSaid: wrong tokens, nobody at all, somebody else, a collector of another
// version; and never the token.
func TestNobodyIsSaid(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	address, stop := served(t, nil)
	answers := func(status int, kind, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	const token = "col_t_wrongwrongwrongwrongwrongwrong"
	write(t, "wrong", token+"\n")
	write(t, "empty", "\n")
	write(t, "lines", "one\ntwo\n")
	check := func(what string, code int, says string, args ...string) {
		t.Helper()
		o := program{now: atNoon}.run(t, append([]string{"status"}, args...)...)
		if o.code != code || !strings.Contains(o.err, says) || !strings.Contains(o.err, "whose:") || !strings.Contains(o.err, "next:") || strings.Contains(o.err+o.out, token) || o.out != "" {
			t.Errorf("%s: %d, want %d with %q\n%s%s", what, o.code, code, says, o.err, o.out)
		}
	}
	check("a wrong token", exitConfig, "is none that it knows", "--api="+address, "--api-token-file=wrong")
	check("no token", exitConfig, "without a token", "--api="+address)
	check("an empty file", exitConfig, "holds no token", "--api="+address, "--api-token-file=empty")
	check("a file of several lines", exitConfig, "holds no token", "--api="+address, "--api-token-file=lines")
	check("no file", exitConfig, "no such file", "--api="+address, "--api-token-file=none")
	check("no address", exitConfig, "it is no address of a collector", "--api=collector")
	check("a token in the address", exitConfig, "more than a host", "--api=http://"+token+"@localhost")
	check("a page", exitConfig, "is no collector", "--api="+answers(200, "text/html", "<html>"))
	check("a page that is not there", exitConfig, "is no collector", "--api="+answers(404, "text/html", "<html>"))
	check("elsewhere", exitConfig, "is no collector", "--api="+answers(302, "text/html", ""), "--api-token-file=wrong")
	check("other answers", exitSchemaInUse, "its answers are of edition 2", "--api="+answers(200, "application/json", `{"version":"9.0.0","edition":2}`))
	check("an older one", exitSchemaInUse, "of another version", "--api="+answers(404, "application/problem+json", `{"status":404,"detail":"there is nothing under this address"}`))
	check("no socket", exitNoStore, "no collector answers at nowhere.sock", "--api=unix:nowhere.sock")
	stop()
	check("nobody at the socket", exitNoStore, "no collector answers at collector.db.sock", "--api=socket")
	check("nobody at the address", exitNoStore, "no collector answers at "+address, "--api="+address, "--api-token-file=wrong")
}

// TestAutoAsksWhereTheStoreCannotBeUsed, and only there.
func TestAutoAsksWhereTheStoreCannotBeUsed(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	_, stop := served(t, nil)
	p := program{now: atNoon}
	if o := p.run(t, "status").must(t); o.err != "" {
		t.Errorf("a store that can be used: %s", o.err)
	}
	db, err := sqlite.Beside(t.Context(), "collector.db")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "INSERT INTO schema_versions (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if o := p.run(t, "status").must(t); !strings.Contains(o.err, "asking the collector that runs, over collector.db.sock") || !strings.Contains(o.err, "has schema 9999") || !strings.Contains(o.out, "github/octocat") {
		t.Errorf("a store of a newer collector that runs: %s%s", o.err, o.out)
	}
	p.run(t, "accounts", "pause", "github/octocat", "--user=me").must(t)
	if o := p.run(t, "status", "--api=off"); o.code != exitNewer {
		t.Errorf("the store alone: %d %s", o.code, o.err)
	}
	stop()
	if o := p.run(t, "status"); o.code != exitNewer || strings.Contains(o.err, "asking") {
		t.Errorf("nobody runs: %d %s", o.code, o.err)
	}
}

// TestAStoreInMemoryIsAsked: what a command opened itself would be another one, and empty.
func TestAStoreInMemoryIsAsked(t *testing.T) {
	inFolder(t)
	folder, err := os.MkdirTemp("", "c") // the name of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	served(t, []string{"XDG_RUNTIME_DIR=" + folder}, "--store=memory:")
	p := program{now: atNoon, env: map[string]string{"XDG_RUNTIME_DIR": folder}}
	if o := p.run(t, "status", "--store=memory:").must(t); !strings.Contains(o.err, "asking the collector that runs") {
		t.Errorf("with auto: %s", o.err)
	}
	if o := p.run(t, "status", "--store=memory:", "--quiet").must(t); o.err != "" {
		t.Errorf("quiet: %s", o.err)
	}
	if o := p.run(t, "status", "--store=memory:", "--api=off").must(t); o.err != "" {
		t.Errorf("the store alone: %s", o.err)
	}
}

// TestOthersWorkOnTheStore: a command that cannot ask refuses, and never does to the store
// here what was meant for another one.
func TestOthersWorkOnTheStore(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	for _, args := range [][]string{{}, {"login-link"}, {"demo"}, {"rotate-key"}, {"restore", "b"}, {"migrate", "a", "b"}} {
		o := program{now: atNoon}.run(t, append(args, "--api=unix:nowhere.sock")...)
		if o.code != exitUsage || !strings.Contains(o.err, "works on the store itself") || !strings.Contains(o.err, "next:  run it where the store is") {
			t.Errorf("%v: %d %s", args, o.code, o.err)
		}
	}
	if o := (program{now: atNoon}).run(t, "version", "--api=unix:nowhere.sock"); o.code != exitOK {
		t.Errorf("version: %d %s", o.code, o.err)
	}
}
