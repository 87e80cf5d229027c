package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/simulate"
)

// exportedLikes is an export of what an account likes, as jsonl of a network.
func exportedLikes(t *testing.T, name, network string, likes []simulate.Like, more ...string) {
	t.Helper()
	_, account, _ := strings.Cut(network, "/")
	var b strings.Builder
	line := func(id, url string) {
		fmt.Fprintf(&b, `{"service":"github","network":%q,"account":%q,"id":%q,"url":%q,"title":"imported","likedAtSource":"","firstSeenAt":"2026-01-01T00:00:00Z"}`+"\n", network, account, id, url)
	}
	for _, l := range likes {
		line(l.ID, "https://github.com/x/"+l.ID)
	}
	for _, id := range more {
		line(id, "https://github.com/x/"+id)
	}
	write(t, name, b.String())
}

// TestConnectGoesOnWithWhatWasImported: the list that an import made becomes the one
// that is collected, each like once, and the service's word replaces the export's.
func TestConnectGoesOnWithWhatWasImported(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 130}, simulate.Spec{Service: simulate.GitHub, Name: "hubot", Likes: 3})
	exportedLikes(t, "likes.jsonl", "github/octocat", sim.Likes(acc[0].Key)[:40], "990001")
	p := program{env: env}
	p.run(t, "import", "likes.jsonl").must(t)
	p.run(t, "--once").must(t) // nobody signed in: nothing is asked for
	if sim.Total() != 0 {
		t.Errorf("%d calls without a sign-in", sim.Total())
	}
	if n := statusOf(t, p, "github/octocat"); n.State != "imported" || n.Items != 41 || n.Next != nil || !strings.Contains(strings.Join(n.Notes, " "), "collector connect github") {
		t.Errorf("before: %+v", n)
	}

	p.stdin = acc[1].Tokens[0] // another person has a list of his own
	p.run(t, "connect", "github", "--token-stdin").must(t)
	if n := statusOf(t, p, "github/octocat"); n.State != "imported" {
		t.Errorf("hubot has taken octocat's list: %+v", n)
	}
	p.stdin = acc[0].Tokens[0]
	o := p.run(t, "connect", "github", "--token-stdin").must(t)
	if !strings.Contains(o.err, "it goes on with 41 items that were imported") {
		t.Errorf("connect: %s", o.err)
	}
	p.run(t, "--once").must(t)
	n := statusOf(t, p, "github/octocat")
	if n.State != "ok" || n.Paused || n.Items != 131 {
		t.Errorf("after: %+v", n)
	}
	out := p.run(t, "export", "--network", "github/octocat").must(t).out
	if strings.Count(out, `"title":"imported"`) != 1 || !strings.Contains(out, `"id":"990001"`) {
		t.Errorf("%d items are still as the export said, want the one that the service does not show", strings.Count(out, `"title":"imported"`))
	}
	if strings.Count(accountsOf(t, p), "github/octocat") != 1 {
		t.Errorf("accounts: %s", accountsOf(t, p))
	}
	p.run(t, "import", "likes.jsonl").must(t)
	if again := p.run(t, "export", "--network", "github/octocat").must(t).out; again != out {
		t.Error("a second import changed what was collected")
	}
}

// TestConnectTakesAListWithoutAName, since an export of bookmarks or votes does not say
// whose it is; --name leaves it alone.
func TestConnectTakesAListWithoutAName(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 5})
	exportedLikes(t, "likes.jsonl", "github/imported", sim.Likes(acc[0].Key)[:2])
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "import", "likes.jsonl").must(t)
	p.run(t, "connect", "github", "--token-stdin", "--name", "work").must(t)
	if n := statusOf(t, p, "github/imported"); n.State != "imported" {
		t.Errorf("with --name: %+v", n)
	}
	p.run(t, "accounts", "remove", "--purge", "--yes", "github/work").must(t)
	o := p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	if n := statusOf(t, p, "github/octocat"); n.State != "ok" || n.Items != 5 {
		t.Errorf("without: %+v\n%s", n, o.err)
	}
}

// TestAccountsImportGoesOnWithWhatWasImported, too.
func TestAccountsImportGoesOnWithWhatWasImported(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 9})
	exportedLikes(t, "likes.jsonl", "github/octocat", sim.Likes(acc[0].Key)[:4])
	p := program{env: env, stdin: `{"service":"github","name":"octocat","token":"` + acc[0].Tokens[0] + `"}`}
	p.run(t, "import", "likes.jsonl").must(t)
	p.run(t, "accounts", "import", "-").must(t)
	p.run(t, "--once").must(t)
	if n := statusOf(t, p, "github/octocat"); n.State != "ok" || n.Items != 9 {
		t.Errorf("%+v", n)
	}
}

// TestImportBesideACollector: the collector that works on the store goes on, and both
// lose nothing.
func TestImportBesideACollector(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 700})
	var more []string
	for i := range 3000 {
		more = append(more, fmt.Sprint(900_000+i))
	}
	exportedLikes(t, "likes.jsonl", "github/octocat", sim.Likes(acc[0].Key)[:300], more...)
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	out, stop := background(t, env, "--log-format=text")
	out.await(t, "run", time.Minute)
	p.run(t, "import", "likes.jsonl").must(t)
	if code := stop(); code != exitOK {
		t.Errorf("the collector ended with %d: %s", code, out)
	}
	p.run(t, "--once").must(t)
	if n := statusOf(t, p, "github/octocat"); n.Items != 3700 || n.State != "ok" {
		t.Errorf("%+v", n)
	}
	if v := sim.Violations(); len(v) > 0 {
		t.Errorf("the service objects: %v", v)
	}
}
