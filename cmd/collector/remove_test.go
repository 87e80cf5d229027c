package main

import (
	"os"
	"strings"
	"testing"

	"collector/cmd/collector/internal/config"
	"collector/item"
	"collector/simulate"
	"collector/state"
	"collector/store"
)

// TestPurgeNeedsTheUser holds that a name which two users have is never deleted
// by chance, whether their networks are collected or their collecting ended.
func TestPurgeNeedsTheUser(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		for _, user := range []string{"anna", "bob"} {
			s.network(user, "github", "", "octocat", []item.Item{{ID: "1", Kind: "repository", Title: "a/b", URL: "https://github.com/a/b"}},
				state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon})
		}
	})
	p := program{now: atNoon}
	purge := []string{"accounts", "remove", "--purge", "--yes", "github/octocat"}
	refused := func(when string) {
		t.Helper()
		if o := p.run(t, purge...); o.code != exitUsage || !strings.Contains(o.err, "--user anna") {
			t.Errorf("%s: %d %s", when, o.code, o.err)
		}
	}
	refused("two users have it")
	p.run(t, "accounts", "remove", "github/octocat", "--user=anna").must(t)
	refused("one of two is removed")
	p.run(t, "accounts", "remove", "github/octocat", "--user=bob").must(t)
	refused("both are removed")
	if o := p.run(t, "export").must(t); strings.Count(o.out, "\n") != 2 {
		t.Errorf("a refused purge deleted items: %s", o.out)
	}
	p.run(t, append(purge, "--user=bob")...).must(t)
	if o := p.run(t, "export").must(t); strings.Count(o.out, "\n") != 1 || !strings.Contains(o.out, `"anna"`) {
		t.Errorf("after the purge of bob's: %s", o.out)
	}
	p.run(t, purge...).must(t)
	if o := p.run(t, "export").must(t); o.out != "" {
		t.Errorf("after the purge of anna's: %s", o.out)
	}
}

// TestPurgedUserLeavesNoName: after a purge no row of any table names the user or
// his accounts, the ledger of quotas among them.
func TestPurgedUserLeavesNoName(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin", "--user=adelheid", "--name=kunigunde").must(t)
	p.run(t, "--once").must(t)
	file := func() string {
		t.Helper()
		b, err := os.ReadFile("collector.db")
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if before := file(); !strings.Contains(before, "adelheid") || !strings.Contains(before, "kunigunde") {
		t.Fatal("the names are not in the file: this proves nothing")
	}
	p.run(t, "users", "purge", "--yes", "adelheid").must(t)
	for _, name := range []string{"adelheid", "kunigunde"} {
		if strings.Contains(file(), name) {
			t.Errorf("%s is still in the file", name)
		}
	}
}

// What a purge leaves is said for each kind of store.
func TestPurgeSaysWhatStillHoldsIt(t *testing.T) {
	for address, want := range map[string]string{
		"sqlite:/var/likes.db": "Backups beside /var/likes.db", "mongodb://h/likes": "Dumps and snapshots of MongoDB", "memory:": "",
	} {
		var talk strings.Builder
		a := newApp(nil, nil, nil, &talk)
		a.conf = &config.Loaded{Config: config.Config{Storage: config.Storage{Store: address}}}
		a.sayRemoved(store.Removed{}, true)
		if got := talk.String(); !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("%s: %q", address, got)
		}
	}
}
