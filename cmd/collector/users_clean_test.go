package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"collector/simulate"
)

// inactive runs a dry run and returns whose lists would be cleaned, and who is shown.
func inactive(t *testing.T, p program) (due, all string) {
	t.Helper()
	for l := range strings.Lines(p.run(t, "users", "clean", "--inactive=720h", "--dry-run", "--json").must(t).out) {
		var v userView
		if err := json.Unmarshal([]byte(l), &v); err != nil {
			t.Fatal(err)
		}
		all += v.User + " "
		if v.Inactive {
			due += v.User + " "
		}
	}
	return due, all
}

// TestCleaning: with clean_inactive set, collectors end the collecting for the user who was
// not there for a month, and for nobody else; searching is being there, and what was collected stays.
func TestCleaning(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t,
		simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 12},
		simulate.Spec{Service: simulate.GitHub, Name: "ada", Likes: 7},
		simulate.Spec{Service: simulate.GitHub, Name: "bea", Likes: 5})
	var ahead time.Duration
	p := program{env: env, now: func() time.Time { return time.Now().Add(ahead) }}
	for i, user := range []string{"me", "ada", "bea"} {
		p.stdin = acc[i].Tokens[0]
		p.run(t, "connect", "github", "--token-stdin", "--user", user).must(t)
	}
	p.run(t, "--once").must(t)
	const day = 24 * time.Hour
	ahead = 100 * day // without clean_inactive nothing is cleaned, however long nobody is there
	p.run(t, "--once").must(t)
	if due, all := inactive(t, p); due != "" || all != "me ada bea " {
		t.Errorf("without clean_inactive: %q of %q", due, all)
	}
	if o := p.run(t, "users", "clean", "--inactive=720h", "--yes").must(t); !strings.Contains(o.err, "noted only while a collector runs with clean_inactive") {
		t.Errorf("by hand without a watch: %s", o.err)
	}

	p.env["COLLECTOR_CLEAN_INACTIVE"] = "720h"
	begun := ahead
	for _, after := range []time.Duration{0, 6, 12, 18, 24, 29} {
		ahead = begun + after*day
		p.run(t, "--once").must(t)
		if after == 18 {
			p.run(t, "search", "--user=ada", "--json", "github").must(t)
		}
		if after == 24 {
			p.run(t, "users", "seen", "bea").must(t)
		}
	}
	if due, _ := inactive(t, p); due != "" {
		t.Errorf("a day before: %q", due)
	}
	ahead = begun + 30*day + time.Hour
	if due, all := inactive(t, p); due != "me " || all != "me ada bea " {
		t.Errorf("a month after: %q of %q", due, all)
	}
	hook := strings.Fields(p.run(t, "webhooks", "add", "https://hooks.example/likes", "--user=me").must(t).out)[0]
	if due, _ := inactive(t, p); due != "" {
		t.Errorf("who is told by a webhook: %q", due)
	}
	p.run(t, "webhooks", "pause", hook).must(t)
	if due, _ := inactive(t, p); due != "me " {
		t.Errorf("whose webhook is paused: %q", due)
	}
	o := p.run(t, "users", "clean", "--inactive=720h", "--dry-run").must(t)
	if !strings.Contains(o.out, "github/octocat") || !strings.Contains(o.out, "was there") {
		t.Errorf("the dry run: %s", o.out)
	}
	if got := p.run(t, "accounts", "list", "--json").must(t).out; strings.Count(got, "\n") != 3 {
		t.Errorf("a dry run changes something: %s", got)
	}
	if o := p.run(t, "--once", "--log-format=json").must(t); !strings.Contains(o.err, "an inactive user's list is no longer collected") || !strings.Contains(o.err, `"network":"github/octocat"`) {
		t.Errorf("the log: %s", o.err)
	}
	if got := p.run(t, "accounts", "list", "--json").must(t).out; strings.Count(got, "\n") != 2 || strings.Contains(got, "octocat") {
		t.Errorf("after the cleaning: %s", got)
	}
	if got := p.run(t, "export", "--user=me").must(t).out; strings.Count(got, "\n") != 12 {
		t.Errorf("what was collected: %s", got)
	}
	ahead = begun + 36*day
	p.run(t, "--once").must(t)
	ahead = begun + 42*day
	p.run(t, "--once").must(t)
	ahead = begun + 48*day + 2*time.Hour
	if o := p.run(t, "users", "clean"); o.code != exitUsage || !strings.Contains(o.err, "add --yes") {
		t.Errorf("unasked: %d %s", o.code, o.err)
	}
	if o := p.run(t, "users", "clean", "--yes").must(t); !strings.Contains(o.err, "1 network of 1 user is no longer collected") {
		t.Errorf("by hand: %s", o.err)
	}
	if due, all := inactive(t, p); due != "" || all != "bea " {
		t.Errorf("at last: %q of %q", due, all)
	}
	readOnly(t, "collector.db")
	if got := p.run(t, "export", "--user=bea").must(t).out; strings.Count(got, "\n") != 5 {
		t.Errorf("what is read of a store that cannot be written: %s", got)
	}
	for _, bad := range [][]string{{"users", "clean", "--inactive=24h", "--dry-run"}, {"users", "clean", "--json"}, {"users", "seen"}} {
		if o := p.run(t, bad...); o.code != exitUsage {
			t.Errorf("%v: %d", bad, o.code)
		}
	}
}
