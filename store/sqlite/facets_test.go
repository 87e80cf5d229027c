package sqlite

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"collector/search"
	"collector/store"
)

// TestFacetsAreAlikeEitherWay counts random queries in each way that there is: side by
// side, by the index or all rows where the networks are too many for that, and by
// comparing where an expression is too large for SQL.
func TestFacetsAreAlikeEitherWay(t *testing.T) {
	s := open(t, file(t))
	all := library(t, s)
	rnd := rand.New(rand.NewPCG(8, 9))
	deep := search.Expr(search.Word("raft"))
	for range 100 {
		deep = search.Not{Expr: search.Or{deep, search.Word("x1")}}
	}
	some, sifted := 0, 0
	for i := range 120 {
		q := store.Query{User: []string{"", "me", "you"}[i%3], Expr: expression(rnd, 3), Removed: i%4 == 0}
		if i%20 == 0 {
			q.Expr = search.And{q.Expr, deep}
		}
		var want store.Counting
		for _, l := range all {
			gone := !l.RemovedAt.IsZero() && !q.Removed && !search.AsksRemoved(q.Expr)
			if !gone && (q.User == "" || q.User == l.User) && search.Match(q.Expr, docOf(l)) {
				want.Add(l.Service, l.LikedAt, l.Tags, l.Language)
			}
		}
		for name, nets := range map[string]func(*plan){"side by side": func(*plan) {}, "many networks": func(p *plan) { p.nets = nil }} {
			p, err := s.plan(t.Context(), q)
			plain := errors.Is(err, errPlain)
			if plain {
				sifted++
				p, err = s.unplanned(t.Context(), q)
			}
			if err != nil {
				t.Fatal(err)
			}
			if p == nil {
				continue
			}
			nets(p)
			got, err := s.facets(t.Context(), p, plain, 500)
			if err != nil || !reflect.DeepEqual(got, want.All()) {
				t.Fatalf("%s, %#v: %v\n got %+v\nwant %+v", name, q, err, got, want.All())
			}
			if got.Counted > 0 {
				some++
			}
		}
	}
	if some < 80 || sifted < 6 {
		t.Errorf("%d found something, %d were sifted: this proved little", some, sifted)
	}
}

// TestFacetsLookUpSoMany counts a common word with a condition that hardly any of its
// hits meets: neither of the newest likes nor of the index is everything read.
func TestFacetsLookUpSoMany(t *testing.T) {
	s := open(t, file(t))
	all := library(t, s)
	var raft []store.Liked
	for _, l := range all {
		if l.RemovedAt.IsZero() && search.Match(search.Word("raft"), docOf(l)) {
			raft = append(raft, l)
		}
	}
	const most = 3
	if hits := 3 * store.FacetLooks(most); len(raft) <= 2*hits {
		t.Fatalf("%d items have the word, too few for this", len(raft))
	}
	oldest := raft[len(raft)-1].LikedAt
	for _, c := range []struct {
		name  string
		e     search.Expr
		nets  bool // read side by side
		since bool
	}{
		{"the items of the list that was read last", search.Field{Name: "account", Value: "other"}, false, false},
		{"the oldest like", search.Or{search.Field{Name: "account", Value: "nobody"}, search.Time{To: oldest.Add(time.Millisecond)}}, true, true},
	} {
		p, err := s.plan(t.Context(), store.Query{Expr: search.And{search.Word("raft"), c.e}})
		if err != nil {
			t.Fatal(err)
		}
		if !c.nets {
			p.nets = nil
		}
		f, err := s.facets(t.Context(), p, false, most)
		if err != nil || f.Counted != 0 || f.Whole || f.Since.IsZero() == c.since {
			t.Errorf("%s: counted %d, whole %v, since %v, %v", c.name, f.Counted, f.Whole, f.Since, err)
		}
	}
}

// TestFacetsOfAsManyAsAreLookedAt: where the newest likes that are looked at are all
// there are, it is the whole.
func TestFacetsOfAsManyAsAreLookedAt(t *testing.T) {
	s := open(t, file(t))
	all := library(t, s)
	e := search.Or{search.Word("raft"), search.Field{Name: "is", Value: "removed"}} // no index leads to it
	want := 0
	for _, l := range all {
		if search.Match(e, docOf(l)) {
			want++
		}
	}
	for most, whole := range map[int]bool{len(all) / 2: true, len(all)/2 - 1: false} {
		f, err := s.Facets(t.Context(), store.Query{Expr: e}, most)
		if err != nil || f.Whole != whole || whole && f.Counted != want {
			t.Errorf("most %d of %d items: counted %d, whole %v, %v; want %d", most, len(all), f.Counted, f.Whole, err, want)
		}
	}
}
