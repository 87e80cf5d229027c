package mongo

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/search"
	"collector/store"
)

// Facets counts what matches: all of it where a word that every hit has is rare, else
// what matches among the newest likes. What the newest show few of may still be few in
// all.
func (s *Store) Facets(ctx context.Context, q store.Query, most int) (store.Facets, error) {
	if err := s.begin(ctx); err != nil {
		return store.Facets{}, err
	}
	f, err := s.facets(ctx, q, store.FacetLimit(most))
	return f, wrap("counting what was found", err)
}

func (s *Store) facets(ctx context.Context, q store.Query, most int) (store.Facets, error) {
	p, err := s.probing(ctx, q)
	if err != nil {
		return store.Facets{}, err
	}
	_, n, err := p.rarest(ctx, musts(q.Expr), most)
	if err != nil {
		return store.Facets{}, err
	}
	c, err := p.condition(ctx, q, most)
	if err != nil {
		return store.Facets{}, err
	}
	if n <= most || q.Expr == nil {
		return s.countFrom(ctx, q, c, time.Time{}, most)
	}
	since, err := p.oldest(ctx, store.FacetLooks(most))
	if err != nil {
		return store.Facets{}, err
	}
	f, err := s.countFrom(ctx, q, c, since, most)
	if err != nil || since.IsZero() || !f.Whole {
		return f, err
	}
	if f.Counted <= most/10 {
		again, err := p.worthwhile(ctx, q.Expr, most)
		if err != nil {
			return f, err
		}
		if again {
			return s.countFrom(ctx, q, c, time.Time{}, most)
		}
	}
	f.Whole, f.Since = false, since
	return f, nil
}

// worthwhile tells whether all that may match may be read after the newest likes showed
// little: where several words that every hit has are all common, it would be one of
// their lists to its end.
func (p *probe) worthwhile(ctx context.Context, e search.Expr, most int) (bool, error) {
	words := musts(e)
	if len(words) < 2 {
		return true, nil // the list of one word is read from its newest end, and stops
	}
	_, n, err := p.rarest(ctx, words, 3*store.FacetLooks(most))
	return n <= 3*store.FacetLooks(most), err
}

// countFrom counts what matches and was not liked before since, the newest first.
func (s *Store) countFrom(ctx context.Context, q store.Query, c condition, since time.Time, most int) (store.Facets, error) {
	filter := c.query()
	if !since.IsZero() {
		filter = where("$and", bson.A{filter, where("likedAt", where("$gte", since))})
	}
	o := options.Find().SetSort(where("likedAt", -1))
	if c.exact {
		o.SetLimit(int64(most + 1)).SetBatchSize(int32(most + 2))
	}
	var count store.Counting
	more := false
	err := s.matching(ctx, c, q.Expr, filter, o, countedBy, func(r *row) bool {
		if more = count.Counted() == most; !more {
			count.Add(r.Service, r.LikedAt, r.Tags, r.Language)
		}
		return !more
	})
	if more {
		return count.Newest(count.Last()), err
	}
	return count.All(), err
}

// oldest is the like time of the last of so many newest likes, zero where there are not
// as many. The index alone tells; likes that were taken back count too.
func (p *probe) oldest(ctx context.Context, looks int) (time.Time, error) {
	filter := slices.Clone(p.users)
	if len(p.bounds) > 0 {
		filter = append(filter, bson.E{Key: "$and", Value: p.bounds})
	}
	o := options.FindOne().SetSort(where("likedAt", -1)).SetSkip(int64(looks - 1)).SetProjection(bson.D{{Key: "_id", Value: 0}, {Key: "likedAt", Value: 1}})
	var r row
	err := p.s.items.FindOne(ctx, filter, o).Decode(&r)
	if errors.Is(err, driver.ErrNoDocuments) {
		return time.Time{}, nil
	}
	return r.LikedAt, err
}

// times are filters of the like times that every hit keeps.
func times(e search.Expr) (out bson.A) {
	parts, is := e.(search.And)
	if !is {
		parts = search.And{e}
	}
	for _, part := range parts {
		if t, is := part.(search.Time); is {
			out = append(out, (&compiler{}).compile(t, 0).query())
		}
	}
	return out
}
