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
	if len(hits) > limit {
		hits = hits[:limit]
		r.Next = hits[limit-1].Place.String()
	}
	r.Ranked = true
	var ids []bson.ObjectID
	for _, h := range hits {
		ids = append(ids, h.id)
	}
	r.Items, err = s.byID(ctx, ids)
	return r, true, err
}

// byID reads items whole, in the order of their ids.
func (s *Store) byID(ctx context.Context, ids []bson.ObjectID) ([]store.Liked, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	cursor, err := s.items.Find(ctx, where("_id", where("$in", ids)))
	found, err := all[*row](ctx, cursor, err)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *row) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return s.whole(ctx, found)
}
