package main

import (
	"strings"
	"testing"
	"time"

	"collector/simulate"
)

// TestMoney: where a service charges, connect says what the history will cost before
// it reads any of it, the month's budget is kept, and what was spent is shown.
func TestMoney(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.Twitter, Name: "ada", Likes: 430}, simulate.Spec{Service: simulate.TwitterBookmarks, Name: "ada", Likes: 20})
	env["COLLECTOR_TWITTER_BUDGET"] = "0.25"
	p := program{env: env, stdin: acc[0].Tokens[0]}
	o := p.run(t, "connect", "twitter", "--token-stdin").must(t)
	for _, want := range []string{"about 430 likes, about $0.43", "$0.001 for each", "a month may cost $0.25", "COLLECTOR_TWITTER_BUDGET", "about 2 months"} {
		if !strings.Contains(o.err, want) {
			t.Errorf("connect does not say %q: %s", want, o.err)
		}
	}
	if n := sim.Billed(time.Now()); n != 1 {
		t.Errorf("connecting was charged %d times, want once for the identity", n)
	}
	p.run(t, "--once").must(t)
	billed := sim.Billed(time.Now())
	if billed > 250 || billed < 151 {
		t.Errorf("%d mills were charged of a budget of 250", billed)
	}
	n := statusOf(t, p, "twitter/@ada")
	if n.State != "waiting: quota" && !strings.Contains(n.Reason, "budget of $0.25") || !strings.Contains(strings.Join(n.Notes, "; "), "this month has cost $0.") {
		t.Errorf("%s, %s, %v", n.State, n.Reason, n.Notes)
	}
	for _, args := range []string{"connectors twitter", "status"} {
		if o := p.run(t, strings.Fields(args)...).must(t); !strings.Contains(o.out, "this month has cost $0.") {
			t.Errorf("%s does not say what the month has cost: %s", args, o.out)
		}
	}

	env["COLLECTOR_TWITTER_BUDGET"] = "1"
	if o := p.run(t, "connect", "twitter-bookmarks", "--token-stdin").must(t); !strings.Contains(o.err, "is not told") {
		t.Errorf("connect does not say that the price is not known: %s", o.err)
	}
	p.run(t, "sync", "--all").must(t)
	p.run(t, "--once").must(t)
	for _, a := range acc {
		if missed := sim.Missed(a.Key, exportedIDs(t, p, a.Service+"/@ada")); len(missed) > 0 {
			t.Errorf("with a larger budget %d of %s are missed", len(missed), a.Key)
		}
	}
	env["COLLECTOR_GITHUB_BUDGET"] = "1"
	if o := p.run(t, "config", "check"); !strings.Contains(o.err, "github charges nothing") {
		t.Errorf("a budget where nothing is charged: %s%s", o.err, o.out)
	}
}

// TestBudgetAtConnect: what connect --budget allows is shown before anything is read,
// kept for every process on the store, never passed, and can only lower what the
// configuration allows.
func TestBudgetAtConnect(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.Twitter, Name: "ada", Likes: 430})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"connect", "github", "--token-stdin", "--budget", "1"}, "charges nothing"},
		{[]string{"connect", "twitter", "--token-stdin", "--budget", "much"}, "no amount of US dollars"},
		{[]string{"connect", "twitter", "--token-stdin", "--budget", "9"}, "COLLECTOR_TWITTER_BUDGET=9.00"},
	} {
		if o := p.run(t, c.args...); o.code != exitUsage || !strings.Contains(o.err, c.says) {
			t.Errorf("%v: %d, %s", c.args, o.code, o.err)
		}
	}
	if n := sim.Billed(time.Now()); n != 0 {
		t.Errorf("refused flags cost %d mills", n)
	}

	o := p.run(t, "connect", "twitter", "--token-stdin", "--budget", "0.25").must(t)
	for _, want := range []string{"about 430 likes, about $0.43", "a month may cost $0.25, and never more (connect --budget)", "about 2 months"} {
		if !strings.Contains(o.err, want) {
			t.Errorf("connect does not say %q: %s", want, o.err)
		}
	}
	p.run(t, "--once").must(t)
	if billed := sim.Billed(time.Now()); billed > 250 || billed < 151 {
		t.Errorf("%d mills were charged of a budget of 250", billed)
	}
	priced := func(want string) {
		t.Helper()
		if o := p.run(t, "connectors", "twitter").must(t); !strings.Contains(o.out, want) {
			t.Errorf("connectors does not say %q: %s", want, o.out)
		}
	}
	priced("a month may cost $0.25, and never more (connect --budget)")
	if n := statusOf(t, p, "twitter/@ada"); !strings.Contains(strings.Join(n.Notes, "; "), "of $0.25") {
		t.Errorf("%s, %v", n.Reason, n.Notes)
	}
	env["COLLECTOR_TWITTER_BUDGET"] = "0.20"
	priced("a month may cost $0.20, and never more (COLLECTOR_TWITTER_BUDGET)")
	env["COLLECTOR_TWITTER_BUDGET"] = "5"

	// Connected again without the flag it stays; with it, it is another.
	if o := p.run(t, "connect", "twitter", "--token-stdin").must(t); !strings.Contains(o.err, "$0.25, and never more") {
		t.Errorf("the budget is forgotten: %s", o.err)
	}
	p.run(t, "connect", "twitter", "--token-stdin", "--budget", "1").must(t)
	p.run(t, "--once").must(t)
	if missed := sim.Missed(acc[0].Key, exportedIDs(t, p, "twitter/@ada")); len(missed) > 0 {
		t.Errorf("with a larger budget %d are missed", len(missed))
	}
	if billed := sim.Billed(time.Now()); billed > 1000 {
		t.Errorf("%d mills were charged of a budget of 1000", billed)
	}
}
