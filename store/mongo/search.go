package mongo

import (
	"cmp"
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/search"
	"collector/store"
)

// compare puts the best first where both are ranked, then the newest like, then
// orders by network and id.
func compare(p, q store.Place) int {
	if p.Score != nil && q.Score != nil && *p.Score != *q.Score {
		return cmp.Compare(*q.Score, *p.Score)
	}
	return cmp.Or(cmp.Compare(q.Liked, p.Liked), cmp.Compare(p.Network, q.Network), cmp.Compare(p.Item, q.Item))
}

func (r *row) place() store.Place {
	return store.Place{Liked: r.LikedAt.UnixMilli(), Network: r.Net, Item: r.ItemID}
}

// byDate is the order of what is found.
func byDate() bson.D {
	return bson.D{{Key: "likedAt", Value: -1}, {Key: "net", Value: 1}, {Key: "itemId", Value: 1}}
}

// past is the condition that an item comes after a place.
func past(p *store.Place) bson.D {
	liked := time.UnixMilli(p.Liked)
	return bson.D{{Key: "likedAt", Value: where("$lte", liked)}, {Key: "$or", Value: bson.A{
		where("likedAt", where("$lt", liked)),
		where("net", where("$gt", p.Network)),
		bson.D{{Key: "net", Value: p.Network}, {Key: "itemId", Value: where("$gt", p.Item)}},
	}}}
}

// Search returns one page of what matches, newest like first or best first.
func (s *Store) Search(ctx context.Context, q store.Query) (store.Result, error) {
	if err := s.begin(ctx); err != nil {
		return store.Result{}, err
	}
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
	c, err := s.condition(ctx, q)
	if err != nil {
		return store.Result{}, wrap("searching", err)
	}
	if ranks && after == nil {
		var rarest string
		ranks, rarest, err = s.fewEnough(ctx, c, q.Expr)
		if err == nil && ranks && rarest != "" {
			c, err = s.conditionBy(ctx, q, rarest)
		}
		if err != nil {
			return store.Result{}, wrap("searching", err)
		}
	}
	if ranks {
		if r, done, err := s.best(ctx, q, c, ranking, after, limit); done || err != nil {
			return r, wrap("searching", err)
		}
	}
	r, err := s.newest(ctx, q, c, after, limit)
	return r, wrap("searching", err)
}

// after is the filter of what comes after a place.
func (x condition) after(p *store.Place) bson.D {
	if p == nil {
		return x.query()
	}
	return where("$and", bson.A{x.query(), past(p)})
}

// whole adds to items what their networks know.
func (s *Store) whole(ctx context.Context, rows []*row) ([]store.Liked, error) {
	seen := map[string]bool{}
	var ids []string
	for _, r := range rows {
		if !seen[r.Net] {
			seen[r.Net] = true
			ids = append(ids, r.Net)
		}
	}
	nets, err := s.named(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []store.Liked
	for _, r := range rows {
		out = append(out, r.liked(nets[r.Net]))
	}
	return out, nil
}
