package sqlite

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

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
