package mongo

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/search"
	"collector/store"
)

// hit is one item of a ranked search and its place in the order.
type hit struct {
	id bson.ObjectID
	store.Place
}

// best returns a page of the best answers; done is false where they are too many
// to be ranked. All hits are read, of each what the ranking looks at; whole only
// those of the page.
func (s *Store) best(ctx context.Context, q store.Query, c condition, by search.Ranking, after *store.Place, limit int) (r store.Result, done bool, err error) {
	seen := 0
	var hits []hit
	err = s.matching(ctx, c, q.Expr, c.query(), options.Find(), rankedBy, func(r *row) bool {
		seen++
		h := hit{r.ID, r.place()}
		score := by.Score(r.Title, r.Author, r.Tags)
		h.Score = &score
		if after == nil || compare(h.Place, *after) > 0 {
			hits = append(hits, h)
		}
		return after != nil || seen <= store.BestMost // the first page has decided
	})
	if err != nil || after == nil && seen > store.BestMost {
		return r, false, err
	}
	slices.SortFunc(hits, func(a, b hit) int { return compare(a.Place, b.Place) })
	r.Ranked = true
	var ids []bson.ObjectID
	for _, h := range hits[:min(limit, len(hits))] {
		ids = append(ids, h.id)
	}
	n := 0
	if r.Items, n, err = s.byID(ctx, ids, q.Room()); err != nil {
		return r, false, err
	}
	if n < len(hits) {
		r.Next = hits[n-1].Place.String()
	}
	return r, true, nil
}

// wholeAtOnce is how many items are asked for at a time to be read whole: of those that have
// no room so many at most are read in vain.
const wholeAtOnce = 100

// byID reads items whole, in the order of their ids, as far as there is room: n is how many
// of the ids it went through, of which some may be gone by now.
func (s *Store) byID(ctx context.Context, ids []bson.ObjectID, room store.Room) (out []store.Liked, n int, err error) {
	for some := range slices.Chunk(ids, wholeAtOnce) {
		cursor, err := s.items.Find(ctx, where("_id", where("$in", some)))
		found, err := all[*row](ctx, cursor, err)
		if err != nil {
			return nil, n, err
		}
		at := func(r *row) int { return slices.Index(some, r.ID) }
		slices.SortFunc(found, func(a, b *row) int { return at(a) - at(b) })
		whole, err := s.whole(ctx, found)
		if err != nil {
			return nil, n, err
		}
		for i, l := range whole {
			if !room.Takes(l.Item) {
				return out, n + at(found[i]), nil
			}
			out = append(out, l)
		}
		n += len(some)
	}
	return out, n, nil
}
