package memory

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"

	"collector/search"
	"collector/store"
)

// place is where a page of a search ended.
type place struct {
	Second  int64 // of the like time, since 1970; a time of its own has no JSON beyond the year 9999
	Nano    int
	Network string
	ID      string
}

var errPlace = errors.New("this is not where a page of a search ended: search again from the first page")

// Search returns matching items, newest like first.
func (s *Store) Search(ctx context.Context, q store.Query) (store.Result, error) {
	most := q.Limit
	if most <= 0 {
		most = 50
	}
	most = min(most, 1000)
	after, err := readPlace(q.After)
	if err != nil {
		return store.Result{}, err
	}
	found, err := s.matching(ctx, q)
	if err != nil {
		return store.Result{}, err
	}
	slices.SortFunc(found, func(a, b store.Liked) int { return where(a).compare(where(b)) })
	if after != nil {
		found = slices.DeleteFunc(found, func(l store.Liked) bool { return where(l).compare(*after) <= 0 })
	}
	if len(found) <= most {
		return store.Result{Items: found}, nil
	}
	return store.Result{Items: found[:most:most], Next: where(found[most-1]).String()}, nil
}

// Each calls fn for every matching item, without holding the store.
func (s *Store) Each(ctx context.Context, q store.Query, fn func(store.Liked) error) error {
	found, err := s.matching(ctx, q)
	if err != nil {
		return err
	}
	slices.SortFunc(found, func(a, b store.Liked) int {
		return cmp.Or(cmp.Compare(a.NetworkID, b.NetworkID), cmp.Compare(a.ID, b.ID))
	})
	for _, l := range found {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := fn(l); err != nil {
			return err
		}
	}
	return nil
}

// matching returns copies of all matching items, in no order.
func (s *Store) matching(ctx context.Context, q store.Query) ([]store.Liked, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	removed := q.Removed || search.AsksRemoved(q.Expr)
	var found []store.Liked
	for _, n := range s.networks {
		if q.User != "" && n.User != q.User || q.Network != "" && n.ID != q.Network {
			continue
		}
		for _, it := range n.items {
			if (removed || it.removedAt.IsZero()) && search.Match(q.Expr, n.doc(it)) {
				found = append(found, n.liked(it))
			}
		}
	}
	return found, nil
}

func (n *network) doc(it *stored) search.Doc {
	return search.Doc{
		Words:   it.words,
		Service: n.Service, Account: n.Account,
		Author: it.Author.Name, Tags: it.Tags, Lang: it.Language, Kind: it.Kind,
		Private: it.Private, Removed: !it.removedAt.IsZero(), LikedAt: it.LikedAt,
	}
}

func (n *network) liked(it *stored) store.Liked {
	return store.Liked{
		Item: clone(it.Item),
		User: n.User, Service: n.Service, NetworkID: n.ID, Network: n.Name(), Account: n.Account,
		FirstSeenAt: it.firstSeen, RemovedAt: it.removedAt, RemovedBecause: it.because,
	}
}

func where(l store.Liked) place {
	return place{l.LikedAt.Unix(), l.LikedAt.Nanosecond(), l.NetworkID, l.ID}
}

// compare puts the newest like first, then orders by network and id.
func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(q.Second, p.Second), cmp.Compare(q.Nano, p.Nano), cmp.Compare(p.Network, q.Network), cmp.Compare(p.ID, q.ID))
}

func (p place) String() string {
	b, _ := json.Marshal(p) // numbers and strings always have JSON
	return base64.RawURLEncoding.EncodeToString(b)
}

func readPlace(s string) (*place, error) {
	if s == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, errPlace
	}
	var p place
	if json.Unmarshal(b, &p) != nil {
		return nil, errPlace
	}
	return &p, nil
}
