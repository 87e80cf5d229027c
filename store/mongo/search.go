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
	r, err := s.search(ctx, q, after, limit, ranking, ranks)
	return r, wrap("searching", err)
}

func (s *Store) search(ctx context.Context, q store.Query, after *store.Place, limit int, by search.Ranking, ranks bool) (r store.Result, err error) {
	p, err := s.probing(ctx, q)
	if err != nil {
		return r, err
	}
	if ranks && after == nil {
		if ranks, err = p.fewEnough(ctx, q); err != nil {
			return r, err
		}
	}
	if ranks {
		c, err := p.condition(ctx, q, store.BestMost)
		if err != nil {
			return r, err
		}
		if r, done, err := s.best(ctx, q, c, by, after, limit); done || err != nil {
			return r, err
		}
	}
	c, err := p.condition(ctx, q, fewLed)
	if err != nil {
		return r, err
	}
	return s.newest(ctx, q, c, after, limit)
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
