package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"collector/search"
	"collector/state"
	"collector/store"
)

// branchesMax is how many networks are read side by side, each in the order of
// its index; the items of more are sorted.
const branchesMax = 60

func itoa(n int) string { return strconv.Itoa(n) }

// Search returns one page of what matches, newest like first or best first.
func (s *Store) Search(ctx context.Context, q store.Query) (store.Result, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = store.PageDefault
	}
	limit = min(limit, store.PageMost)
	after, err := store.ReadPlace(q.After)
	if err != nil {
		return store.Result{}, err
	}
	ranking, ranks := search.RankingOf(q.Expr)
	ranks = ranks && q.Order == store.Best
	switch {
	case after == nil:
	case after.Score == nil:
		ranks = false // it began by date, so it goes on by date
	case !ranks:
		return store.Result{}, store.ErrOrder
	}
	p, err := s.plan(ctx, q)
	plain := errors.Is(err, errPlain)
	if plain {
		p, err = s.unplanned(ctx, q)
	}
	if err != nil || p == nil {
		return store.Result{Ranked: ranks}, wrap("searching", err)
	}
	p.room = q.Room()
	if ranks {
		r, done, err := s.best(ctx, p, ranking, after, limit)
		if done || err != nil {
			return r, wrap("searching", err)
		}
	}
	var items []store.Liked
	var more bool
	if plain {
		items, more, err = s.sift(ctx, p, after, limit+1)
	} else {
		items, more, err = s.page(ctx, p, after, limit+1)
	}
	if err != nil {
		return store.Result{}, wrap("searching", err)
	}
	if !more && len(items) <= limit {
		return store.Result{Items: items}, nil
	}
	items = items[:min(limit, len(items))]
	return store.Result{Items: items, Next: placeOf(items[len(items)-1]).String()}, nil
}

func placeOf(l store.Liked) store.Place {
	return store.Place{Liked: l.LikedAt.UnixMilli(), Network: l.NetworkID, Item: l.ID}
}

// unplanned is the plan of what SQL cannot answer: all is read and compared.
func (s *Store) unplanned(ctx context.Context, q store.Query) (*plan, error) {
	all := q
	all.Removed = q.Removed || search.AsksRemoved(q.Expr)
	all.Expr = nil
	p, err := s.plan(ctx, all)
	if p != nil {
		p.expr, p.plain = q.Expr, true
	}
	return p, err
}

// sift reads page after page of such a plan and keeps what matches. There is more where
// what matches has no room.
func (s *Store) sift(ctx context.Context, p *plan, after *store.Place, want int) (out []store.Liked, more bool, err error) {
	room := p.room
	for {
		items, more, err := s.page(ctx, p, after, store.PageMost)
		if err != nil {
			return nil, false, err
		}
		for _, l := range items {
			if search.Match(p.expr, docOf(l)) {
				if !room.Takes(l.Item) {
					return out, true, nil
				}
				if out = append(out, l); len(out) == want {
					return out, false, nil
				}
			}
		}
		if !more && len(items) < store.PageMost {
			return out, false, nil
		}
		k := placeOf(items[len(items)-1])
		after = &k
	}
}

func docOf(l store.Liked) search.Doc {
	return search.DocOf(l.Item, l.Service, l.Account, !l.RemovedAt.IsZero())
}

// page reads the items after a key. There is more where those that were found have no room.
func (s *Store) page(ctx context.Context, p *plan, after *store.Place, limit int) (items []store.Liked, more bool, err error) {
	if items, more, done, err := s.newest(ctx, p, after, limit); done || err != nil {
		return items, more, err
	}
	query, args := p.query(after, limit)
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, false, err
	}
	return allLiked(rows, p.room)
}

// allLiked reads whole items to the end of rows, or until one has no room: then there is more.
func allLiked(rows *sql.Rows, room store.Room) (out []store.Liked, more bool, err error) {
	err = drain(rows, func(rows *sql.Rows) error {
		l, err := scanLiked(rows)
		if err != nil {
			return err
		}
		if !room.Takes(l.Item) {
			return errFull
		}
		out = append(out, l)
		return nil
	})
	if errors.Is(err, errFull) {
		return out, true, nil
	}
	return out, false, err
}

var errFull = errors.New("the page is full")

// likedColumns are read by scanLiked from items i JOIN networks n.
var likedColumns = qualified("i", itemColumns) + ", n.id, n.user, n.service, n.account, n.params"

func qualified(table, columns string) string {
	list := strings.Split(columns, ",")
	for i, c := range list {
		list[i] = table + "." + strings.TrimSpace(c)
	}
	return strings.Join(list, ", ")
}

func scanLiked(rows *sql.Rows) (store.Liked, error) {
	var l store.Liked
	var params string
	r, err := scanRow(rows, &l.NetworkID, &l.User, &l.Service, &l.Account, &params)
	if err != nil {
		return l, err
	}
	l.Item = r.Item
	l.FirstSeenAt, l.RemovedAt, l.RemovedBecause = time.UnixMilli(r.firstSeen).UTC(), at(r.removedAt), r.removedBecause
	l.Network, err = nameOf(l.Service, l.Account, params)
	return l, err
}

// nameOf is the network's name from its columns.
func nameOf(service, account, params string) (string, error) {
	n := state.Network{Service: service, Account: account}
	if params != "" {
		if err := json.Unmarshal([]byte(params), &n.Params); err != nil {
			return "", fmt.Errorf("the params of %s/%s: %w", service, account, err)
		}
	}
	return n.Name(), nil
}
