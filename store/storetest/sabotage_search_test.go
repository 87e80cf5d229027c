package storetest_test

import (
	"context"
	"time"

	"collector/search"
	"collector/store"
)

type searching struct {
	store.Store
	bend func(*store.Query)
}

func searches(bend func(*store.Query)) func(store.Store) store.Store {
	return func(s store.Store) store.Store { return searching{s, bend} }
}

func (s searching) Search(ctx context.Context, q store.Query) (store.Result, error) {
	s.bend(&q)
	return s.Store.Search(ctx, q)
}

// facetsOf bends the counting of what was found.
type facetsOf struct {
	store.Store
	bend func(*store.Query, *int)
}

func facets(bend func(q *store.Query, most *int)) func(store.Store) store.Store {
	return func(s store.Store) store.Store { return facetsOf{s, bend} }
}

func (s facetsOf) Facets(ctx context.Context, q store.Query, most int) (store.Facets, error) {
	s.bend(&q, &most)
	return s.Store.Facets(ctx, q, most)
}

// likeDaysOf bends the counting of likes by day.
type likeDaysOf struct {
	store.Store
	bend func(user *string, from *time.Time, most *int)
}

func likeDays(bend func(user *string, from *time.Time, most *int)) func(store.Store) store.Store {
	return func(s store.Store) store.Store { return likeDaysOf{s, bend} }
}

func (s likeDaysOf) LikeDays(ctx context.Context, user string, from, until time.Time, most int) (store.Days, error) {
	s.bend(&user, &from, &most)
	return s.Store.LikeDays(ctx, user, from, until, most)
}

// loosen makes words of phrases.
func loosen(e search.Expr) search.Expr {
	switch e := e.(type) {
	case search.And:
		var out search.And
		for _, part := range e {
			out = append(out, loosen(part))
		}
		return out
	case search.Or:
		var out search.Or
		for _, part := range e {
			out = append(out, loosen(part))
		}
		return out
	case search.Not:
		return search.Not{Expr: loosen(e.Expr)}
	case search.Phrase:
		var out search.And
		for _, w := range e {
			out = append(out, search.Word(w))
		}
		return out
	}
	return e
}
