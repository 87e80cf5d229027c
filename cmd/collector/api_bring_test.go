package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/simulate"
)

// typed is a command line with what is piped into it.
type typed struct {
	stdin string
	args  []string
}

func typing(stdin, args string) typed { return typed{stdin, strings.Fields(args)} }

// TestBothWaysBringIn accounts and files, and try who is told, to the byte: each way has a
// store of its own, which is looked at in the end.
func TestBothWaysBringIn(t *testing.T) {
	_, acc, env := world(t,
		simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 230, Tokens: 2}, simulate.Spec{Service: simulate.GitHub, Name: "hubot", Likes: 3},
		simulate.Spec{Service: simulate.Bluesky, Name: "ada", Likes: 10}, simulate.Spec{Service: simulate.Twitter, Name: "ada", Likes: 430},
		simulate.Spec{Service: simulate.GitHub, Name: "silent", Likes: 4, Missing: []string{"user"}})
	l := listen(t)
	env["COLLECTOR_ALLOW_PRIVATE"] = "127.0.0.1"
	env["COLLECTOR_NOTIFY"] = l.address(ntfyPassword) + " " + l.address("c4nary-too")
	for k, v := range env { // of the collector that answers too
		t.Setenv(k, v)
	}
	octocat, second, hubot := acc[0].Tokens[0], acc[0].Tokens[1], acc[1].Tokens[0]
	lines := []typed{
		typing(octocat, "connect github --token-stdin"),
		typing(second, "connect github --token-stdin"),
		typing(second, "connect github --token-stdin --name other"),
		typing(hubot, "connect github --token-stdin --name octocat"),
		typing(hubot, "connect github --token-stdin --user anna --quiet"),
		typing(canary, "connect github --token-stdin"),
		typing("two words", "connect github --token-stdin"),
		typing(acc[4].Tokens[0], "connect github --token-stdin"),
		typing(acc[4].Tokens[0], "connect github --token-stdin --name silent"),
		typing(acc[2].Tokens[0], "connect bluesky --token-stdin"),
		typing(acc[3].Tokens[0], "connect twitter --token-stdin --budget 0.25"),
		typing(acc[3].Tokens[0], "connect twitter --token-stdin --budget 999"),
		typing(octocat, "connect github --token-stdin --budget 1"),
		typing(octocat, "connect mastodon --token-stdin"),
		typing(octocat, "connect mastodon --token-stdin --server http://10.0.0.1"),
		typing(octocat, "connect githab --token-stdin"),
		typing(octocat, "connect github --token-stdin --param a=b"),
		typing("", "connect github"),
		typing("", "import --dry-run bookmarks.html"),
		typing("", "import bookmarks.html"),
		typing("", "import --json bookmarks.html"),
		typing("", "import --user anna --into bookmarks/firefox bookmarks.html"),
		typing("", "import --as-of 2025-07-08 x.zip"),
		typing("", "import folder"),
		typing("", "import --part like.js --json folder"),
		typing("", "import text"),
		typing("", "import none"),
		typing("", "import --format x bookmarks.html"),
		typing("", "import --into bookmarks bookmarks.html"),
		typing("", "import --part none.csv x.zip"),
		typing("", "notify test"),
		typing("", "notify test --quiet"),
		typing("", "accounts list --json"),
	}
	var want []outcome
	for _, way := range []string{"store", "socket", "address"} {
		inFolder(t)
		address, _ := served(t, nil)
		token := tokenFile(t, "--all-users", "--scopes=read,write,admin")
		to := map[string][]string{"store": {"--api=off"}, "socket": {"--api=unix:collector.db.sock"}, "address": {"--api=" + address, "--api-token-file=" + token}}[way]
		at := noon.Add(-24 * time.Hour)
		like := map[string]string{"data/account.js": `window.YTD.account.part0 = [{"account":{"username":"ada","accountId":"4711"}}]`, "data/like.js": `window.YTD.like.part0 = [{"like":{"tweetId":"20","fullText":"just setting up"}},{"like":{}}]`}
		handed(t, "bookmarks.html", bookmarkFile, at)
		handed(t, "text", "nothing of interest", at)
		zipped(t, "x.zip", at, like)
		if err := os.MkdirAll("folder/data", 0o700); err != nil {
			t.Fatal(err)
		}
		for name, text := range like {
			handed(t, "folder/"+name, text, at.Add(time.Hour))
		}
		var got []outcome
		answered := 0
		for _, line := range lines {
			o := program{now: atNoon, stdin: line.stdin}.run(t, append(slices.Clone(line.args), to...)...)
			if o.code == exitOK || o.code == exitPermanent {
				answered++
			}
			if line.stdin != "" && strings.Contains(o.out+o.err, line.stdin) || strings.Contains(o.out+o.err, "c4nary") {
				t.Errorf("%v tells a secret: %s%s", line.args, o.out, o.err)
			}
			got = append(got, o)
		}
		if answered < len(lines)/3 { // the others are refused
			t.Errorf("of %d lines %d say something", len(lines), answered)
		}
		if n := len(l.take()); n != 2 {
			t.Errorf("%d messages over the %s, want 2", n, way)
		}
		for _, args := range []string{"accounts list --json --api=off", "export --api=off"} {
			got = append(got, program{now: atNoon}.run(t, strings.Fields(args)...).must(t))
		}
		if left, err := os.ReadDir("."); err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), ".collector-upload") }) {
			t.Errorf("left behind: %v %v", left, err)
		}
		if want == nil {
			want = got
		}
		for i, o := range got {
			what := "the store"
			if i < len(lines) {
				what = fmt.Sprint(lines[i].args)
			}
			if o != want[i] {
				t.Errorf("%s over the %s:\n%d %s--- %s\nand at the store:\n%d %s--- %s", what, way, o.code, o.out, o.err, want[i].code, want[i].out, want[i].err)
			}
		}
	}
}

// TestAFileOfAddressesThatIsGone is the operator's to bring back, and no mistake of the collector.
func TestAFileOfAddressesThatIsGone(t *testing.T) {
	inFolder(t)
	t.Setenv("COLLECTOR_NOTIFY_FILE", "addresses")
	handed(t, "addresses", "ntfy://ntfy.example/x", noon)
	address, _ := served(t, nil)
	if err := os.Remove("addresses"); err != nil {
		t.Fatal(err)
	}
	token := tokenFile(t, "--all-users", "--scopes=read,write,admin")
	want := program{now: atNoon}.run(t, "notify", "test", "--api=off")
	if want.code != exitConfig || !strings.Contains(want.err, "open addresses: no such file") || !strings.Contains(want.err, "make the file that COLLECTOR_NOTIFY_FILE names") {
		t.Errorf("%+v", want)
	}
	for _, way := range [][]string{{"--api=socket"}, {"--api=" + address, "--api-token-file=" + token}} {
		if o := (program{now: atNoon}).run(t, append([]string{"notify", "test"}, way...)...); o != want {
			t.Errorf("%v: %+v, want %+v", way, o, want)
		}
	}
}

// TestConnectingForOneself: a token of a user connects for that user, who need not be named,
// and tries no messages.
func TestConnectingForOneself(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 2})
	for k, v := range env {
		t.Setenv(k, v)
	}
	address, _ := served(t, nil)
	p := program{now: atNoon, stdin: acc[0].Tokens[0], env: map[string]string{"COLLECTOR_API": address, "COLLECTOR_API_TOKEN_FILE": tokenFile(t, "--user=anna", "--scopes=read,write")}}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	if o := p.run(t, "accounts", "list", "--json").must(t); !strings.Contains(o.out, `"user":"anna"`) {
		t.Errorf("connected for %s", o.out)
	}
	if o := p.run(t, "connect", "github", "--token-stdin", "--user=me"); o.code != exitPermanent || !strings.Contains(o.err, "nothing of other users") {
		t.Errorf("for another: %d %s", o.code, o.err)
	}
	handed(t, "bookmarks.html", bookmarkFile, noon)
	if o := p.run(t, "import", "--json", "bookmarks.html"); o.code != exitPermanent || !strings.Contains(o.out, `"user":"anna"`) {
		t.Errorf("imported: %d %s%s", o.code, o.out, o.err)
	}
	if o := p.run(t, "notify", "test"); o.code != exitPermanent || !strings.Contains(o.err, "operator alone") {
		t.Errorf("notify test: %d %s", o.code, o.err)
	}
	if o := p.run(t, "notify", "test", "--notify-file=mine"); o.code != exitUsage || !strings.Contains(o.err, "addresses of its own") {
		t.Errorf("with addresses of one's own: %d %s", o.code, o.err)
	}
}
