package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"collector/simulate"
)

// foundIDs are the ids of what export gives, in order.
func foundIDs(t *testing.T, p program, args ...string) []string {
	t.Helper()
	var got []string
	for l := range strings.Lines(p.run(t, append([]string{"export"}, args...)...).must(t).out) {
		var e exported
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatal(err)
		}
		got = append(got, e.ID)
	}
	slices.Sort(got)
	return got
}

// TestRemovalsByFullSyncsAlone: what two readings of the whole list have shown is
// found also where each run begins another one.
func TestRemovalsByFullSyncsAlone(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 120})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	if _, err := sim.Unlike(acc[0].Key, ""); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		p.run(t, "sync", "--full", "github/octocat").must(t)
		p.run(t, "--once").must(t)
	}
	if n := statusOf(t, p, "github/octocat"); n.Items != 119 {
		t.Errorf("after three readings of the whole list: %d items, want 119", n.Items)
	}
}

// TestRemovals: stars that were taken back are found by two readings of the whole
// list, too many of them wait for a person, and what comes back is there again.
func TestRemovals(t *testing.T) {
	inFolder(t)
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 120})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	again := func(args ...string) {
		t.Helper()
		p.run(t, append([]string{"sync"}, args...)...).must(t)
		p.run(t, "--once").must(t)
	}
	unlike := func(n int) (ids []string) {
		for range n {
			id, err := sim.Unlike(acc[0].Key, "")
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return ids
	}
	gone := unlike(3)
	again("--full", "github/octocat")
	n := statusOf(t, p, "github/octocat")
	if n.Items != 120 || n.Removals == nil || n.Removals.Missing != 3 || n.Removals.Withheld || !strings.Contains(strings.Join(n.Notes, "\n"), "3 items were not in the list") {
		t.Errorf("after one reading: %d items, %+v, %q", n.Items, n.Removals, n.Notes)
	}
	again("--full", "github/octocat")
	again("--all")
	if n := statusOf(t, p, "github/octocat"); n.Items != 117 || n.Removals.Missing != 0 {
		t.Errorf("after two: %d items, %+v", n.Items, n.Removals)
	}
	if got := foundIDs(t, p, "--query", "is:removed"); !slices.Equal(got, gone) {
		t.Errorf("removed are %v, want %v", got, gone)
	}
	if got := len(foundIDs(t, p)); got != 117 {
		t.Errorf("%d items exported, want 117", got)
	}
	if got := len(foundIDs(t, p, "--removed")); got != 120 {
		t.Errorf("%d items exported with the removed ones, want 120", got)
	}
	if o := p.run(t, "search", "is:removed").must(t); strings.Count(o.out, "unknown since") != 3 {
		t.Errorf("search is:removed: %s", o.out)
	}
	var told []string
	for l := range strings.Lines(p.run(t, "changes", "--since", "0").must(t).out) {
		var c changed
		if err := json.Unmarshal([]byte(l), &c); err != nil {
			t.Fatal(err)
		}
		told = append(told, c.Removed...)
	}
	if slices.Sort(told); !slices.Equal(told, gone) {
		t.Errorf("the changes tell of %v, want %v", told, gone)
	}

	many := unlike(80)
	again("--full", "github/octocat")
	again("--full", "github/octocat")
	again("--all")
	o := p.run(t, "status").must(t)
	if !strings.Contains(o.out, "shows 37 of 117; not taken as removals. If they are: collector sync --accept-removals github/octocat") {
		t.Errorf("status: %s", o.out)
	}
	if o := p.run(t, "explain", "github/octocat").must(t); !strings.Contains(o.out, "37 shown, 117 stored then, 80 missing") {
		t.Errorf("explain: %s", o.out)
	}
	if o := p.run(t, "sync", "--accept-removals", "--all"); o.code != exitUsage {
		t.Errorf("accepting everything: %d %s", o.code, o.err)
	}
	if o := p.run(t, "sync", "--accept-removals", "github/octocat").must(t); !strings.Contains(o.err, "80 items are taken as gone") {
		t.Errorf("accepting: %s", o.err)
	}
	p.run(t, "--once").must(t)
	if n := statusOf(t, p, "github/octocat"); n.Items != 37 || n.Removals.Withheld {
		t.Errorf("accepted: %d items, %+v", n.Items, n.Removals)
	}
	if o := p.run(t, "sync", "--accept-removals", "github/octocat").must(t); !strings.Contains(o.err, "nothing is missing") {
		t.Errorf("accepting again: %s", o.err)
	}
	if _, err := sim.Relike(acc[0].Key, many[0]); err != nil {
		t.Fatal(err)
	}
	again("--all")
	if n := statusOf(t, p, "github/octocat"); n.Items != 38 {
		t.Errorf("after a star was given again: %d items", n.Items)
	}
	if v := sim.Violations(); len(v) > 0 {
		t.Errorf("the service objects: %v", v)
	}
}

// stargazer is one account of a GitHub that is small enough to share stars.
type stargazer struct {
	id    int
	login string
	stars []int
}

// stars serves the lists of accounts by their tokens.
func stars(t *testing.T, accounts map[string]*stargazer) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := accounts[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
		switch {
		case who == nil:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"message":"Bad credentials"}`)
		case r.URL.Path == "/user":
			fmt.Fprintf(w, `{"login":%q,"id":%d}`, who.login, who.id)
		case r.URL.Path == "/user/starred":
			list := []any{}
			for i, n := range who.stars { // oldest first
				list = append(list, map[string]any{"starred_at": fmt.Sprintf("2026-01-01T00:%02d:00Z", i), "repo": map[string]any{
					"id": n, "full_name": fmt.Sprintf("maker/thing%d", n), "html_url": fmt.Sprintf("https://github.com/maker/thing%d", n), "created_at": "2020-01-01T00:00:00Z",
				}})
			}
			if r.URL.Query().Get("direction") == "desc" {
				slices.Reverse(list)
			}
			if r.URL.Query().Get("page") != "1" {
				list = nil
			}
			if err := json.NewEncoder(w).Encode(append([]any{}, list...)); err != nil {
				t.Error(err)
			}
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message":"Not Found"}`)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// TestTwoAccountsOfOnePerson: one user has two accounts at GitHub that share half
// their stars. Each keeps its own, a star that is taken back in one stays in the
// other, and what is deleted with one stays with the other.
func TestTwoAccountsOfOnePerson(t *testing.T) {
	inFolder(t)
	work, home := &stargazer{id: 1, login: "ada-work"}, &stargazer{id: 2, login: "ada"}
	for n := range 30 {
		if n < 20 {
			work.stars = append(work.stars, 100+n)
		}
		if n >= 10 {
			home.stars = append(home.stars, 100+n)
		}
	}
	url := stars(t, map[string]*stargazer{"token-work": work, "token-home": home})
	p := program{env: map[string]string{"COLLECTOR_GITHUB_URL": url}}
	for _, token := range []string{"token-work", "token-home"} {
		p.stdin = token
		p.run(t, "connect", "github", "--token-stdin").must(t)
	}
	p.run(t, "--once").must(t)
	holds := func(network string, want *stargazer) {
		t.Helper()
		var ids []string
		for _, n := range want.stars {
			ids = append(ids, fmt.Sprint(n))
		}
		if got := foundIDs(t, p, "--network", network); !slices.Equal(got, ids) {
			t.Errorf("%s holds %v, want %v", network, got, ids)
		}
	}
	holds("github/ada-work", work)
	holds("github/ada", home)
	if got := foundIDs(t, p); len(got) != 40 {
		t.Errorf("%d items of both, want 40: what is liked twice is two items", len(got))
	}
	if got := foundIDs(t, p, "--query", "thing115"); !slices.Equal(got, []string{"115", "115"}) {
		t.Errorf("what both like is found as %v", got)
	}

	work.stars = slices.DeleteFunc(work.stars, func(n int) bool { return n == 115 })
	for _, args := range []string{"sync --full github/ada-work", "sync --full github/ada-work", "sync --all"} {
		p.run(t, strings.Fields(args)...).must(t)
		p.run(t, "--once").must(t)
	}
	holds("github/ada-work", work)
	holds("github/ada", home)

	// The work account's network with a token of the other account.
	p.stdin = "token-home"
	o := p.run(t, "connect", "github", "--token-stdin", "--name", "ada-work")
	if o.code != exitPermanent || !strings.Contains(o.err, "@ada") || !strings.Contains(o.err, "@ada-work") {
		t.Errorf("another account's token: %d %s", o.code, o.err)
	}
	p.run(t, "sync", "--full", "--all").must(t)
	p.run(t, "--once").must(t)
	holds("github/ada-work", work)
	holds("github/ada", home)

	p.run(t, "accounts", "remove", "--purge", "--yes", "github/ada-work").must(t)
	p.run(t, "sync", "--all").must(t)
	p.run(t, "--once").must(t)
	holds("github/ada", home)
	if got := foundIDs(t, p); len(got) != 20 {
		t.Errorf("%d items are left, want those of one account, 20", len(got))
	}
}
