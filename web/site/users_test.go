package site

import (
	"net/http"
	"strings"
	"testing"

	"collector/export"
	"collector/grant"
)

// TestUsersNeverSeeEachOther asks every page as anna, in every way in which a question can
// name somebody: nothing of bob's comes back, neither likes nor searches nor feeds.
func TestUsersNeverSeeEachOther(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		bob := w.as("bob")
		if a := bob.post("/searches", "do", "save", "q", "raft", "name", secret); a.status != 303 {
			t.Fatal(a.status)
		}
		bob.post("/feeds", "do", "make", "q", "in:github").is(200)
		w.gone("bob-github-bob-hub", "1")
		paths := []string{"/help", "/nowhere"}
		for _, f := range export.Formats() {
			paths = append(paths, "/export?format="+f)
		}
		for _, q := range []string{"", "raft", "in:github", "account:bob-hub", "account:annas or account:bob-hub", "is:removed", "-annas", "raft*", `"raft"`, "liked:2026", "lang:zig raft"} {
			for _, more := range []string{"", "&sort=newest", "&user=bob", "&user="} {
				paths = append(paths, asks(q)+more)
				paths = append(paths, "/export"+asks(q)[1:]+"&format=jsonl"+more)
			}
		}
		b := w.as("anna")
		for _, path := range paths {
			if a := b.get(path); strings.Contains(a.body, secret) || strings.Contains(a.body, "/bob/") || a.status >= 500 {
				t.Errorf("%s as anna: %d %s", path, a.status, a.text())
			}
		}
		// What bob has keeps its name from nobody else, and is not anna's to change.
		anna := w.as("anna")
		anna.follow(anna.post("/searches?name="+secret, "do", "delete")).is(200, "!"+secret)
		anna.follow(anna.post("/searches", "do", "save", "q", "annas", "name", secret)).is(200)
		bob.get("/").is(200, secret)
		bob.get(asks("raft")).is(200, "forget it")
		who := grant.Who{User: "anna", Kind: grant.Session, Scopes: grant.Scopes()}
		list, err := w.grants.List(t.Context(), w.now, who, "")
		w.must(err)
		for _, r := range list {
			if r.User != "anna" {
				t.Errorf("anna is told of %+v", r)
			}
		}
	})
}

// TestTheCanaryIsThere: what is looked for in vain above is what bob and the operator see.
func TestTheCanaryIsThere(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, user := range []string{"bob", ""} {
			paths := []string{"/", asks("raft"), asks("-annas")}
			for _, f := range export.Formats() {
				paths = append(paths, "/export?format="+f)
			}
			for _, path := range paths {
				if a := w.as(user).get(path); a.status != 200 || !strings.Contains(a.body, secret) {
					t.Errorf("%s as %q: %d without the canary", path, user, a.status)
				}
			}
		}
		w.as("").get("/").is(200, "10 likes", "of the user bob", "of the user anna")
	})
}

// TestWhoMayOnlyLookChangesNothing.
func TestWhoMayOnlyLookChangesNothing(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna", grant.Read)
		s := &site{Config: w.config}
		tried := 0
		for _, r := range s.routes() {
			method, path, _ := strings.Cut(r.pattern, " ")
			if method != http.MethodPost || r.needs == "" {
				continue
			}
			tried++
			b.post(path, "do", "save", "q", "raft", "name", "x").is(403, "This is not yours to do")
			b.post(path, "do", "make", "q", "raft").is(403)
		}
		if tried < 2 {
			t.Errorf("%d forms were tried", tried)
		}
		b.get("/").is(200, "!Saved searches")
		other := w.as("anna", grant.Write)
		other.get("/").is(403)
	})
}
