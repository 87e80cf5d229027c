package memory

import (
	"testing"
	"time"

	"collector/item"
	"collector/search"
	"collector/state"
	"collector/store"
)

// TestAddedAgain covers likes that were marked as removed, which no method of
// the store does by itself.
func TestAddedAgain(t *testing.T) {
	s, ctx := New(), t.Context()
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.AddAccount(ctx, state.Account{ID: "a", User: "me", Provider: "github", Name: "octocat"}))
	must(s.AddNetworks(ctx, []state.Network{{ID: "n", AccountID: "a", Service: "github", CreatedAt: now}}))
	claimed, err := s.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "x", Now: now, Until: now.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
	must(err)
	page := state.Page{ID: "p1", Kind: "poll", Walk: 1, ObservedAt: now, Items: []item.Item{{ID: "1", URL: "https://example.org/1", Title: "raft"}}}
	_, err = s.Commit(ctx, claimed[0].Lease, page)
	must(err)
	s.networks["n"].items["1"].removedAt = now.Add(time.Hour)

	count := func(q store.Query) int {
		t.Helper()
		r, err := s.Search(ctx, q)
		must(err)
		return len(r.Items)
	}
	removed := search.Field{Name: "is", Value: "removed"}
	if got := []int{count(store.Query{}), count(store.Query{Removed: true}), count(store.Query{Expr: removed}), count(store.Query{Expr: search.Not{Expr: removed}})}; got[0] != 0 || got[1] != 1 || got[2] != 1 || got[3] != 0 {
		t.Errorf("found %v, want [0 1 1 0]", got)
	}
	known, err := s.Known(ctx, "n", 5, []string{"1"})
	must(err)
	n, err := s.Network(ctx, "n")
	must(err)
	if known[0] || n.Items != 0 {
		t.Errorf("a removed like is known (%v) or counted (%d)", known[0], n.Items)
	}

	page.ID, page.ObservedAt = "p2", now.Add(2*time.Hour)
	got, err := s.Commit(ctx, claimed[0].Lease, page)
	must(err)
	if got != (state.Committed{Added: 1}) || count(store.Query{}) != 1 {
		t.Errorf("seen again: %+v, found %d", got, count(store.Query{}))
	}
}

func TestClosedHandle(t *testing.T) {
	s := New()
	other := s.Handle()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Meta(t.Context(), "x"); err == nil {
		t.Error("a closed handle answers")
	}
	if _, err := other.Meta(t.Context(), "x"); err != nil {
		t.Errorf("another handle: %v", err)
	}
}
