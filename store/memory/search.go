package memory

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"

	"collector/search"
	"collector/store"
)

// place is where a page of a search ended.
type place struct {
	Score   *int  `json:",omitempty"` // of a ranked search
	Second  int64 // of the like time, since 1970; a time of its own has no JSON beyond the year 9999
	Nano    int
	Network string
	ID      string
}

// Search returns matching items, newest like first or best first.
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
	ranking, rankable := search.RankingOf(q.Expr)
	rankable = rankable && q.Order == store.Best
	if after != nil && after.Score != nil && !rankable {
		return store.Result{}, store.ErrOrder
	}
	liked, err := s.matching(ctx, q)
	if err != nil {
		return store.Result{}, err
	}
	ranked := rankable && len(liked) <= store.BestMost
	if after != nil { // the first page has decided
		ranked = after.Score != nil
	}
	found := make([]hit, len(liked))
	for i, l := range liked {
		found[i] = hit{l, where(l)}
		if ranked {
			score := ranking.Score(l.Title, l.Author.Name, l.Tags)
			found[i].Score = &score
		}
	}
	slices.SortFunc(found, func(a, b hit) int { return a.compare(b.place) })
	if after != nil {
		found = slices.DeleteFunc(found, func(h hit) bool { return h.compare(*after) <= 0 })
	}
	r := store.Result{Ranked: ranked}
	room := q.Room()
	for i, h := range found {
		if i == most || !room.Takes(h.Item) {
			r.Next = found[i-1].place.String()
			break
		}
		r.Items = append(r.Items, h.Liked)
	}
	return r, nil
}

// hit is an item with its place in the order.
type hit struct {
	store.Liked
	place
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
	return place{nil, l.LikedAt.Unix(), l.LikedAt.Nanosecond(), l.NetworkID, l.ID}
}

// compare puts the best first where both are ranked, then the newest like, then
// orders by network and id.
func (p place) compare(q place) int {
	if p.Score != nil && q.Score != nil && *p.Score != *q.Score {
		return cmp.Compare(*q.Score, *p.Score)
	}
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
		return nil, store.ErrMark
	}
	var p place
	if json.Unmarshal(b, &p) != nil {
		return nil, store.ErrMark
	}
	return &p, nil
}
