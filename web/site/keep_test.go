package site

import (
	"regexp"
	"strings"
	"testing"

	"collector/grant"
	"collector/search/saved"
	"collector/store/memory"
)

// TestSearchesAreKept under a name, listed, and forgotten again.
func TestSearchesAreKept(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		a := b.post("/searches", "do", "save", "q", "raft in:github")
		if to := a.header.Get("Location"); to != asks("raft in:github") {
			t.Fatal(a.status, to)
		}
		b.follow(a).is(200, "The search is saved under “raft in:github”.", "Saved searches", "Saved: forget it")
		a = b.get("/").is(200, "Saved searches", "raft in:github", "!Saved: forget it")
		b.follow(b.post("/searches", "do", "save", "q", "raft", "name", "Quorum & <b>")).is(200, "Quorum & <b>")
		form := b.get(asks("raft")).all("form")
		forgotten := false
		for _, f := range form {
			if to := value(f, "action"); strings.HasPrefix(to, "/searches?name=") {
				b.follow(b.post(to, "do", "delete")).is(200, "is not saved any more. What it finds stays.", "Save ")
				b.follow(b.post(to, "do", "delete")).is(200, "This search is not saved any more.")
				forgotten = true
			}
		}
		if !forgotten {
			t.Error("a saved search cannot be forgotten")
		}
		list, err := saved.List(t.Context(), w.store, "anna")
		w.must(err)
		if len(list) != 1 || list[0].Query != "raft in:github" {
			t.Errorf("saved are %+v", list)
		}
		b.post("/searches", "do", "save", "q", "raft (", "name", "x").is(422, "never closed", "What to do")
		b.post("/searches", "do", "save", "q", "raft", "name", strings.Repeat("n", 61)).is(422)
		b.post("/searches", "do", "sing").is(422)
	})
}

// TestNamesAreFree: of two long queries that begin alike both are kept.
func TestNamesAreFree(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		long := strings.Repeat("word ", 20)
		for _, q := range []string{long + "1", long + "2", long + "1", ""} {
			if a := b.post("/searches", "do", "save", "q", q); a.status != 303 {
				t.Fatal(a.status, a.text())
			}
		}
		list, err := saved.List(t.Context(), w.store, "anna")
		w.must(err)
		if len(list) != 3 {
			t.Errorf("saved are %+v", list)
		}
	})
}

// address is that of a feed on a page.
var address = regexp.MustCompile(`http://localhost/feed/(cf_[\w-]+)\.atom`)

// TestTheOperatorKeepsForTheOnlyUser: what he saves is of whoever has all the lists, also where
// their collecting has ended, and of nobody in particular where several have some.
func TestTheOperatorKeepsForTheOnlyUser(t *testing.T) {
	for _, c := range []struct {
		lists, whose string
	}{{"", "me"}, {"carol", "carol"}, {"me", "me"}, {"carol me", "me"}, {"carol dora", "me"}} {
		w := newWorld(t, memory.New())
		for _, user := range strings.Fields(c.lists) {
			n := w.network(user, "github", user+"-hub", likes(user, "github", "x", 1)...)
			if user == "carol" {
				_, err := w.store.RemoveNetwork(t.Context(), n.ID, false)
				w.must(err)
			}
		}
		b := w.as("")
		a := b.post("/feeds", "do", "make").is(200, "what this search finds of the user "+c.whose+",")
		who, err := w.grants.Who(t.Context(), w.now, w.config.From(request(t)), grant.Feed, address.FindStringSubmatch(a.body)[1])
		if w.must(err); who.User != c.whose {
			t.Errorf("lists of %q: the feed is of %s", c.lists, who.User)
		}
		b.follow(b.post("/searches", "do", "save", "q", "raft", "name", "Quorum")).is(200, "is saved under “Quorum”"+map[string]string{"carol": " of the user carol"}[c.whose]+".")
		list, err := saved.List(t.Context(), w.store, c.whose)
		if w.must(err); len(list) != 1 {
			t.Errorf("lists of %q: saved are %+v", c.lists, list)
		}
		b.get("/settings").is(200, "Quorum")
		b.post("/searches?name=Quorum", "do", "delete")
		b.get("/settings").is(200, "No saved searches yet")
	}
}

// TestAFeedIsMade of the search, of this user and what it may show, and told once.
func TestAFeedIsMade(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		a := b.post("/feeds", "do", "make", "q", "raft in:github").is(200, "Here is the address of the feed.", "not shown again", "3 likes")
		m := address.FindStringSubmatch(a.body)
		if m == nil || a.header.Get("Cache-Control") != "no-store" {
			t.Fatal(a.header, a.text())
		}
		from := w.config.From
		who, err := w.grants.Who(t.Context(), w.now, from(request(t)), grant.Feed, m[1])
		w.must(err)
		if who.User != "anna" || who.Search != "raft in:github" || who.Private || len(who.Scopes) > 0 {
			t.Errorf("the feed is %+v", who)
		}
		for _, path := range []string{"/", asks("raft in:github")} {
			if a := b.get(path); address.MatchString(a.body) {
				t.Error("the address is shown again")
			}
		}
		if m := address.FindStringSubmatch(w.as("").post("/feeds", "do", "make").is(200, "of the user me").body); m == nil {
			t.Error("the operator gets none")
		}
		b.post("/feeds", "do", "make", "q", "raft (").is(422, "not understood")
		b.post("/feeds", "do", "make", "q", "raft is:removed").is(422, "would stay empty")
		b.post("/feeds", "do", "make", "q", "raft -is:removed").is(200)
		b.post("/feeds", "do", "make", "q", strings.Repeat("x", 2001)).is(422, "make the query shorter")
		b.post("/feeds", "do", "sing").is(422)
		w.secure = true
		b = w.as("anna")
		b.post("/feeds", "do", "make").is(200, "https://localhost/feed/cf_")
		for range grant.Most {
			_, _, _ = w.grants.Make(t.Context(), w.now, grant.Operator(), grant.Ask{Kind: grant.Feed, User: "anna"})
		}
		b.post("/feeds", "do", "make").is(422, "at most 100 feeds", "revoke one there")
	})
}
