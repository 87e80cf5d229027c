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
	by, err := p.lead(ctx, q, max(most, fewLed+1)) // as many as it takes to see that a list is shorter
	if err != nil {
		return store.Facets{}, err
	}
	c, err := s.conditionBy(ctx, q, p.users, by)
	if err != nil {
		return store.Facets{}, err
	}
	if n <= most || q.Expr == nil {
		return s.countFrom(ctx, q, c, time.Time{}, most)
	}
	newest, err := p.oldest(ctx, store.FacetLooks(most))
	if err != nil {
		return store.Facets{}, err
	}
	f, err := s.countSince(ctx, q, c, newest, most)
	if err != nil || newest.IsZero() || f.Counted > most/10 {
		return f, err
	}
	since, err := p.reach(ctx, q, by, newest, min(3*store.FacetLooks(most), readMost))
	if err != nil || !since.Before(newest) {
		return f, err
	}
	return s.countSince(ctx, q, c, since, most)
}

// readMost is how many items that stand anywhere among the likes are looked up at most after the
// newest likes showed little: on a server that does not have them in memory each costs a fifth of a
// millisecond, and a page waits.
const readMost = 2000

// reach is since when all that may match may be read after the newest likes showed little. It is
// zero where the index names few, and where all that it names are hits and in the order of likes:
// then as many are read as are counted. Of others in that order as many are read as may be.
func (p *probe) reach(ctx context.Context, q store.Query, by lead, newest time.Time, reads int) (time.Time, error) {
	words, all := oneOf(q.Expr)
	switch {
	case all && len(words) <= wordsMost, search.AsksRemoved(q.Expr):
		return time.Time{}, nil
	case len(by.words) > 0:
		return p.nth(ctx, p.within(where("words", where("$in", by.words))), indexWords, reads)
	case by.walk:
		return newest, nil
	case (q.Network != "" || ofLists(q.Expr)) && len(musts(q.Expr)) < 2: // of one list, which is shorter
		return time.Time{}, nil
	}
	named := func() (int, error) { return p.named(ctx, q.Expr, reads) }
	if by.begins != "" {
		named = func() (int, error) { return p.begun(ctx, by.begins, reads+1) }
	}
	if n, err := named(); err != nil || n > reads {
		return newest, err
	}
	return time.Time{}, nil
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

// countSince counts what matches and was not liked before since, zero for ever, and says so.
func (s *Store) countSince(ctx context.Context, q store.Query, c condition, since time.Time, most int) (store.Facets, error) {
	f, err := s.countFrom(ctx, q, c, since, most)
	if f.Whole && !since.IsZero() {
		f.Whole, f.Since = false, since
	}
	return f, err
}

// oldest is the like time of the last of so many newest likes, zero where there are not
// as many. The index alone tells; likes that were taken back count too.
func (p *probe) oldest(ctx context.Context, looks int) (time.Time, error) {
	filter := slices.Clone(p.users)
	if len(p.bounds) > 0 {
		filter = append(filter, bson.E{Key: "$and", Value: p.bounds})
	}
	return p.nth(ctx, filter, "", looks)
}

// nth is the like time of the last of the n newest items of a filter that an index answers
// alone, zero where there are not as many.
func (p *probe) nth(ctx context.Context, filter bson.D, hint string, n int) (time.Time, error) {
	o := options.FindOne().SetSort(where("likedAt", -1)).SetSkip(int64(n - 1)).SetProjection(only("likedAt"))
	if hint != "" {
		o.SetHint(hint)
	}
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
