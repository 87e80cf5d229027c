package main

import (
	"strings"
	"testing"

	"collector/item"
)

// TestSavedSearches follows searches under names: saved, run with more beside them, shown
// to their user alone, moved with the store, and forgotten with the user.
func TestSavedSearches(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		other := thing("r2", "raft in rust")
		other.Language = "Rust"
		s.network("me", "github", "", "octocat", []item.Item{thing("r1", "etcd-io/raft"), other, thing("z1", "zab"), thing("p1", "paxos")}, normal())
		s.network("anna", "github", "", "anna", []item.Item{thing("r1", "raft of anna")}, normal())
	})
	p := program{now: atNoon}
	p.run(t, "searches", "save", "Consensus", "raft or zab").must(t)
	p.run(t, "searches", "save", "--user=anna", "mine", "raft").must(t)
	p.run(t, "searches", "save", "consensus", "raft", "or", "zab", "age:<30d").must(t)
	if o := p.run(t, "searches", "list").must(t); o.out != "consensus: raft or zab age:<30d\n" {
		t.Errorf("listed: %q", o.out)
	}
	if o := p.run(t, "searches", "list", "--json", "--user=anna").must(t); !strings.Contains(o.out, `{"name":"mine","query":"raft","savedAt":"`) || strings.Count(o.out, "\n") != 1 {
		t.Errorf("listed as JSON: %q", o.out)
	}
	p.run(t, "searches", "save", "consensus", "raft or zab").must(t)
	for _, c := range []struct{ args, want string }{
		{"search --urls --saved=CONSENSUS", "r1 r2 z1"},
		{"search --urls --saved=consensus lang:rust", "r2"},
		{"search --urls --saved=consensus lang:rust or paxos", "r2"},
		{"search --urls --saved=mine --user=anna", "r1"},
	} {
		o := p.run(t, strings.Fields(c.args)...).must(t)
		var got []string
		for _, id := range []string{"r1", "r2", "z1", "p1"} {
			if strings.Contains(o.out, "/"+id+"\n") {
				got = append(got, id)
			}
		}
		if strings.Join(got, " ") != c.want || strings.Count(o.out, "\n") != len(got) {
			t.Errorf("%s found %q, want %s", c.args, o.out, c.want)
		}
	}
	if o := p.run(t, "search", "--saved=consensus", "zab liked:>soon").must(t); !strings.Contains(o.err, "zab liked:>soon\n    ^ this is no time") {
		t.Errorf("a mistake beside a saved search: %q", o.err)
	}
	for _, args := range [][]string{{"search", "--saved=mine"}, {"searches", "remove", "mine"}} {
		if o := p.run(t, args...); o.code != exitUsage || !strings.Contains(o.err, "collector searches list") {
			t.Errorf("%v, which is another user's: %d %s", args, o.code, o.err)
		}
	}
	p.run(t, "migrate", "sqlite:collector.db", "sqlite:new.db").must(t)
	moved := program{now: atNoon, env: map[string]string{"COLLECTOR_STORE": "sqlite:new.db"}}
	if o := moved.run(t, "searches", "list").must(t); o.out != "consensus: raft or zab\n" {
		t.Errorf("in the new store: %q", o.out)
	}
	if o := moved.run(t, "searches", "list", "--user=anna").must(t); o.out != "mine: raft\n" {
		t.Errorf("another user's in the new store: %q", o.out)
	}
	p.run(t, "users", "purge", "--yes", "anna").must(t)
	if o := p.run(t, "searches", "list", "--user=anna").must(t); o.out != "" || !strings.Contains(o.err, "No searches are saved") {
		t.Errorf("after a purge: %q %q", o.out, o.err)
	}
	p.run(t, "searches", "remove", "consensus").must(t)
	if o := p.run(t, "searches", "list").must(t); o.out != "" {
		t.Errorf("after it was removed: %q", o.out)
	}
}

// TestHalfAQueryIsNotKept: what runs again and again must be understood whole, the
// mistake is shown below its place, and somebody must be there to run it.
func TestHalfAQueryIsNotKept(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	for _, args := range [][]string{
		{"searches", "save", "x", "raft liked:>soon"},
		{"webhooks", "add", "https://hooks.example/x", "--query", "raft liked:>soon"},
		{"export", "--query", "raft liked:>soon"},
	} {
		if o := p.run(t, args...); o.code != exitUsage || !strings.Contains(o.err, "raft liked:>soon\n       ^ this is no time") {
			t.Errorf("%v: %d %s", args, o.code, o.err)
		}
	}
	for _, user := range []string{"nobody", ""} {
		if o := p.run(t, "searches", "save", "--user="+user, "x", "raft"); o.code != exitUsage || !strings.Contains(o.err, "there is nothing of a user") {
			t.Errorf("for %q, of whom nothing is collected: %d %s", user, o.code, o.err)
		}
	}
	if o := p.run(t, "searches", "save", " ", "raft"); o.code != exitUsage || !strings.Contains(o.err, "1 to 60") {
		t.Errorf("without a name: %d %s", o.code, o.err)
	}
}

// TestNothingFoundSaysWhatWouldBe: without one word there is something.
func TestNothingFoundSaysWhatWouldBe(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		s.network("me", "github", "", "octocat", []item.Item{thing("r1", "etcd-io/raft"), thing("r2", "hashicorp/raft"), thing("z1", "zab")}, normal())
	})
	p := program{now: atNoon}
	for query, want := range map[string]string{
		"raft lang:zig":   "nothing found. Without lang:zig there are 2.",
		"raft -etcd zab":  "nothing found. Without raft there is 1; without zab there is 1.",
		"paxos lang:zig":  "nothing found",
		"paxos":           "nothing found",
		"zab age:<1h":     "nothing found. Without age:<1h there is 1.",
		"in:github paxos": "nothing found. Without paxos there are 3.",
	} {
		if o := p.run(t, "search", query).must(t); o.out != "" || strings.TrimSpace(o.err) != want {
			t.Errorf("%s: %q %q, want %q", query, o.out, o.err, want)
		}
	}
	first := p.run(t, "search", "--sort=newest", "--limit=2", "in:github").must(t)
	_, mark, _ := strings.Cut(strings.TrimSpace(first.err), "--after=")
	if o := p.run(t, "search", "--sort=newest", "--after="+mark, "etcd in:github").must(t); mark == "" || o.out != "" || strings.TrimSpace(o.err) != "nothing more is found" {
		t.Errorf("after %q: %q %q", mark, o.out, o.err)
	}
}
