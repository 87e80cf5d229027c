package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// madeIDs are the ids of what is made: of grants, webhooks and jobs.
var madeIDs = regexp.MustCompile(`\b(g_[a-z0-9]{13}|wh_[a-z0-9]{12}|0[0-9a-z]{25})\b`)

// walked are the outcomes of command lines in order, in which {0} stands for the first id
// that any of them has told of. Ids and what is shown once are made alike, and lines sorted,
// since what was made at one moment is listed by ids of chance.
func walked(t *testing.T, lines [][]string, way []string) (got []outcome) {
	t.Helper()
	var ids []string
	alike := func(text string) string {
		text = madeIDs.ReplaceAllStringFunc(text, func(id string) string {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
			return fmt.Sprintf("{%d}", slices.Index(ids, id))
		})
		of := strings.SplitAfter(shownOnce.ReplaceAllString(text, "${1}once"), "\n")
		slices.Sort(of)
		return strings.Join(of, "")
	}
	for _, args := range lines {
		args = slices.Clone(args)
		for i, id := range ids {
			for j := range args {
				args[j] = strings.ReplaceAll(args[j], fmt.Sprintf("{%d}", i), id)
			}
		}
		o := program{now: atNoon}.run(t, append(args, way...)...)
		if slices.Contains(args, "list") && shownOnce.MatchString(o.out+o.err) {
			t.Errorf("%v shows what is shown once", args)
		}
		got = append(got, outcome{o.code, alike(o.out), alike(o.err)})
	}
	return got
}

// bothWays walks command lines over a store of its own for each way, and returns what came of
// them at the store.
func bothWays(t *testing.T, lines [][]string, over ...string) []outcome {
	t.Helper()
	var want []outcome
	for _, way := range append([]string{"store"}, over...) {
		got := walked(t, lines, ways(t)[way])
		if want == nil {
			want = got
		}
		for i, o := range got {
			if o != want[i] {
				t.Errorf("%q over the %s:\n%d %s--- %s\nand at the store:\n%d %s--- %s", lines[i], way, o.code, o.out, o.err, want[i].code, want[i].out, want[i].err)
			}
		}
	}
	return want
}

// TestBothWaysLetIn the same: with a token nobody makes a token, so it is asked over the socket.
func TestBothWaysLetIn(t *testing.T) {
	lines := [][]string{
		{"tokens", "add", "script"},
		{"tokens", "add", "phone", "--scopes=read,write", "--for=90m", "--user=anna"},
		{"tokens", "add", "ops", "--all-users", "--scopes=metrics,admin", "--json"},
		{"tokens", "add", "reader", "--feed", "in:github", "--private"},
		{"tokens", "add", "reader", "--feed", "", "--user=anna", "--json"},
		{"tokens", "list"},
		{"tokens", "list", "--json"},
		{"tokens", "list", "--user=anna"},
		{"tokens", "list", "--user=nobody"},
		{"tokens", "add", "reader", "--feed", "lang:"},
		{"tokens", "add", "reader", "--feed", "x", "--all-users"},
		{"tokens", "add", "admin of one user", "--scopes=admin"},
		{"tokens", "add", "x", "--scopes=root"},
		{"tokens", "add", "x", "--for=30s"},
		{"tokens", "add", "x", "--for=500ms"},
		{"tokens", "add", "x", "--for=100000h"},
		{"tokens", "add", "x", "--user="},
		{"tokens", "add", ""},
		{"tokens", "add", strings.Repeat("x", 201)},
		{"tokens", "revoke", "{0}"},
		{"tokens", "revoke", "{0}", "{3}", "g_none"},
		{"tokens", "revoke", "ck_something"},
		{"tokens", "revoke", ""},
		{"tokens", "list"},
	}
	got := bothWays(t, lines, "socket")
	if list := got[5].out; strings.Count(list, "\n") != 7 || !strings.Contains(list, "{3}   feed") {
		t.Errorf("five were made: %s", list)
	}
	if last := got[len(got)-1].out; strings.Count(last, "\n") != 5 || strings.Contains(last, "{0}") || strings.Contains(last, "{3}") {
		t.Errorf("two were revoked: %s", last)
	}
}

// TestBothWaysKeepSearches the same.
func TestBothWaysKeepSearches(t *testing.T) {
	lines := [][]string{
		{"searches", "save", "raft", "raft", "lang:go"},
		{"searches", "save", "RAFT", "raft age:<30d"},
		{"searches", "save", "hers", "thing", "--user=anna"},
		{"searches", "save", "x", "thing", "--user=nobody"},
		{"searches", "save", "x", "thing", "--user="},
		{"searches", "save", "x", "lang:"},
		{"searches", "save", " ", "thing"},
		{"searches", "save", strings.Repeat("x", 61), "thing"},
		{"searches", "list", "--json"},
		{"searches", "list", "--user=anna"},
		{"searches", "remove", "mine"},
		{"searches", "remove", "mine"},
		{"searches", "remove", ""},
		{"searches", "remove", "hers"},
		{"searches", "remove", "hers", "--user=anna"},
		{"searches", "list"},
	}
	if got := bothWays(t, lines, "socket", "address"); got[len(got)-1].out != "RAFT: raft age:<30d\n" {
		t.Errorf("what is left: %q", got[len(got)-1].out)
	}
}

// TestBothWaysTellWebhooks the same, and exports are added the same.
func TestBothWaysTellWebhooks(t *testing.T) {
	called := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if called++; r.URL.Path == "/wrong" {
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer s.Close()
	t.Setenv("COLLECTOR_ALLOW_PRIVATE", s.Listener.Addr().String())
	lines := [][]string{
		{"webhooks", "add", s.URL + "/hook", "--query=thing", "--kinds=poll,sweep", "--per-minute=5"},
		{"webhooks", "add", s.URL + "/wrong", "--user=anna", "--private", "--parallel=2"},
		{"webhooks", "add", s.URL + "/hook", "--user=carl"},
		{"webhooks", "add", "http://10.1.2.3/"},
		{"webhooks", "add", ""},
		{"webhooks", "add", s.URL, "--query=lang:"},
		{"webhooks", "add", s.URL, "--kinds=polls"},
		{"webhooks", "add", s.URL, "--kinds="},
		{"webhooks", "add", s.URL, "--parallel=0"},
		{"webhooks", "add", s.URL, "--per-minute=-1"},
		{"webhooks", "add", s.URL, "--user="},
		{"webhooks", "list"},
		{"webhooks", "list", "--json"},
		{"webhooks", "list", "--user=anna"},
		{"webhooks", "test", "{0}"},
		{"webhooks", "test", "{1}"},
		{"webhooks", "test", "wh_none"},
		{"webhooks", "test", ""},
		{"webhooks", "rotate", "{0}"},
		{"webhooks", "rotate", "wh_none"},
		{"webhooks", "test", "{0}"},
		{"webhooks", "pause", "{1}"},
		{"webhooks", "list"},
		{"webhooks", "resume", "{1}"},
		{"webhooks", "resume", "wh_none"},
		{"webhooks", "replay", "{0}"},
		{"webhooks", "replay", "{0}", "--since=0"},
		{"webhooks", "replay", "{0}", "--since=1000000"},
		{"webhooks", "replay", "{0}", "--since=-7"},
		{"webhooks", "replay", "wh_none"},
		{"webhooks", "remove", "{0}"},
		{"webhooks", "remove", "{0}"},
		{"webhooks", "list"},
		{"export", "--background", "--format=csv", "--network=github/octocat"},
		{"export", "--background", "--network=github/twin"},
		{"export", "--background", "--query=lang:"},
		{"jobs", "show", "{3}", "--content"},
	}
	got := bothWays(t, lines, "socket", "address")
	if got[14].code != exitOK || got[15].code != exitTemporary || called != 3*3 {
		t.Errorf("called %d times: %+v, %+v", called, got[14], got[15])
	}
	if last := got[32].out; strings.Count(last, "\n") != 3 || strings.Contains(last, "{0}") {
		t.Errorf("one was removed: %s", last)
	}
	if job := got[36].out; !strings.Contains(job, `"format": "csv"`) {
		t.Errorf("the job of an export: %s", job)
	}
}

// TestBothWaysExport the same, to the byte. The collector has the clock of the machine, by which
// connections have their time.
func TestBothWaysExport(t *testing.T) {
	inFolder(t)
	seeded(t, forBoth)
	address, _ := servedAt(t, time.Now, nil)
	p := program{}
	write(t, "token", p.run(t, "tokens", "add", "test", "--all-users", "--api=off").must(t).out)
	wrote := 0
	for _, args := range [][]string{
		{"export"},
		{"export", "--format=csv", "--user=anna"},
		{"export", "--format=html", "--query=thing -lang:rust"},
		{"export", "--format=md", "--network=github/octocat", "--removed"},
		{"export", "--network=github/twin"},
		{"export", "--network=github/twin", "--user=anna"},
		{"export", "--network=github/octopus"},
		{"export", "--user=nobody"},
		{"export", "--format=xml"},
		{"export", "--query=lang:"},
		{"export", "--query=zebra"},
		{"export", "--format=sqlite", "--network=github/octocat"},
	} {
		want := p.run(t, append(slices.Clone(args), "--api=off")...)
		if want.code == exitOK && want.out != "" {
			wrote++
		}
		for _, way := range [][]string{{"--api=socket"}, {"--api=" + address, "--api-token-file=token"}} {
			if got := p.run(t, append(slices.Clone(args), way...)...); got != want {
				t.Errorf("%v %v:\n%d %.2000q --- %s\nand at the store:\n%d %.2000q --- %s", args, way, got.code, got.out, got.err, want.code, want.out, want.err)
			}
		}
	}
	if wrote < 6 {
		t.Errorf("only %d wrote something", wrote)
	}
}

// TestATokenKeepsItsOwn: without a user being named it is the token's user who is meant.
func TestATokenKeepsItsOwn(t *testing.T) {
	inFolder(t)
	seeded(t, forBoth)
	address, _ := served(t, nil)
	p := program{now: atNoon, env: map[string]string{"COLLECTOR_API": address, "COLLECTOR_API_TOKEN_FILE": tokenFile(t, "--user=anna", "--scopes=read,write,feeds")}}
	p.run(t, "searches", "save", "hers", "thing").must(t)
	p.run(t, "webhooks", "add", "https://hooks.example/hers").must(t)
	p.run(t, "tokens", "add", "reader", "--feed=thing").must(t)
	for _, what := range []string{"searches", "webhooks", "tokens"} {
		args := []string{what, "list", "--user=anna", "--api=off"}
		if o := (program{now: atNoon}).run(t, args...).must(t); !strings.Contains(o.out, map[string]string{"searches": "hers: thing", "webhooks": "/hers", "tokens": "show thing"}[what]) {
			t.Errorf("of anna: %s", o.out)
		}
		if o := p.run(t, what, "list", "--user=me"); o.code != exitPermanent || o.out != "" {
			t.Errorf("the %s of somebody else: %d %s%s", what, o.code, o.out, o.err)
		}
	}
	if o := p.run(t, "tokens", "list").must(t); strings.Count(o.out, "\n") != 2 || !strings.Contains(o.out, "feed") {
		t.Errorf("a token sees feeds alone: %s", o.out)
	}
	if o := p.run(t, "tokens", "add", "another"); o.code != exitPermanent || o.out != "" || !strings.Contains(o.err, "cannot be given") {
		t.Errorf("a token makes a token: %d %s%s", o.code, o.out, o.err)
	}
	if o := p.run(t, "export", "--background"); o.code != exitPermanent || o.out != "" {
		t.Errorf("a file where the collector runs: %d %s%s", o.code, o.out, o.err)
	}
}

// TestAnEtcdThatIsSilentOverThere is told as one that is silent here.
func TestAnEtcdThatIsSilentOverThere(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	t.Setenv("COLLECTOR_CLUSTER", "etcd://127.0.0.1:1/likes")
	served(t, nil)
	want := program{now: atNoon}.run(t, "cluster", "status", "--api=off")
	if got := (program{now: atNoon}).run(t, "cluster", "status", "--api=socket"); got != want || got.code != exitTemporary {
		t.Errorf("%+v, and here %+v", got, want)
	}
}
