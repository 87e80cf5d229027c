package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"collector/search"
	"collector/state"
	"collector/store"
)

// TestSearchRanksAlikeEitherWay compares the two ways in which hits are found to
// be ranked with the ranking itself: by the index, and by reading everything.
func TestSearchRanksAlikeEitherWay(t *testing.T) {
	s := open(t, file(t))
	all := library(t, s)
	rnd := rand.New(rand.NewPCG(8, 9))
	ways := map[string]func(*plan){
		"the index": func(p *plan) { p.effort.small = 0 },
		"reading":   func(p *plan) { p.hits, p.asked, p.effort.small = 1<<40, 1<<40, 1e6 },
	}
	some := map[string]int{}
	for i := range 45 {
		q := store.Query{User: []string{"", "me", "you"}[i%3], Expr: expression(rnd, 3), Removed: i%5 == 0, Order: store.Best}
		by, ok := search.RankingOf(q.Expr)
		if !ok {
			continue
		}
		type place struct {
			id    string
			score int
		}
		var found []place
		for _, l := range all { // in the order of a search
			gone := !l.RemovedAt.IsZero() && !q.Removed && !search.AsksRemoved(q.Expr)
			if !gone && (q.User == "" || q.User == l.User) && search.Match(q.Expr, docOf(l)) {
				found = append(found, place{l.NetworkID + "/" + l.ID, by.Score(l.Title, l.Author.Name, l.Tags)})
			}
		}
		slices.SortStableFunc(found, func(a, b place) int { return cmp.Compare(b.score, a.score) })
		want := []string{}
		for _, f := range found {
			want = append(want, f.id)
		}
		limit := 5 + rnd.IntN(40)
		for name, way := range ways {
			got, done := rankedBy(t, s, q, by, way, limit)
			if !done { // what the index cannot lead is read
				continue
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%v, by %s\n got %q\nwant %q", q.Expr, name, got, want)
			}
			if len(want) > limit {
				some[name]++
			}
		}
	}
	if some["the index"] < 3 || some["reading"] < 5 {
		t.Errorf("so many had more than a page: %v: this proved little", some)
	}
}

// rankedBy reads all pages of a ranked search in one way.
func rankedBy(t *testing.T, s *Store, q store.Query, by search.Ranking, way func(*plan), limit int) (out []string, done bool) {
	t.Helper()
	out = []string{}
	var after *store.Place
	for {
		p, err := s.plan(t.Context(), q)
		if err != nil || p == nil {
			return out, err == nil
		}
		way(p)
		r, done, err := s.best(t.Context(), p, by, after, limit)
		if err != nil {
			t.Fatalf("%v: %v", q.Expr, err)
		}
		if !done {
			return out, false
		}
		for _, l := range r.Items {
			out = append(out, l.NetworkID+"/"+l.ID)
		}
		if r.Next == "" {
			return out, true
		}
		if after, err = store.ReadPlace(r.Next); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRankedSearchGivesUp: what cannot be ranked any more is refused, and a
// search that is cut off says so.
func TestRankedSearchGivesUp(t *testing.T) {
	s := open(t, file(t))
	library(t, s)
	q := store.Query{Expr: search.Or{search.Word("raft"), search.Field{Name: "in", Value: "mastodon"}}, Order: store.Best, Limit: 5}
	r, err := s.Search(t.Context(), q)
	if err != nil || !r.Ranked {
		t.Fatalf("ranked: %v, %v", r.Ranked, err)
	}
	var many []state.Network // so many are not read side by side
	for i := range branchesMax + 1 {
		many = append(many, state.Network{ID: fmt.Sprint("net", i), AccountID: "them", Service: fmt.Sprint("service", i), CreatedAt: noon})
	}
	if err := errors.Join(s.AddAccount(t.Context(), state.Account{ID: "them", User: "them", Provider: "p", Name: "them", CreatedAt: noon}), s.AddNetworks(t.Context(), many)); err != nil {
		t.Fatal(err)
	}
	q.After = r.Next
	if _, err := s.Search(t.Context(), q); err == nil {
		t.Error("a list went on in another order")
	}
	q.After = ""
	if r, err = s.Search(t.Context(), q); err != nil || r.Ranked || len(r.Items) != 5 {
		t.Errorf("of many networks: %d items, ranked %v, %v", len(r.Items), r.Ranked, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	cancel()
	if _, err := s.Search(ctx, store.Query{Expr: search.Word("raft"), Order: store.Best}); err == nil {
		t.Error("a search that was cut off found something")
	}
}
