package mongo

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/store"
)

// A page of the newest likes is asked for in the order of like times alone, which the
// index of the words has as well as that of the likes: so the server may read either
// from its newest end and stop, and never sorts all that has a common word. Items of
// one like time come in any order; they are read to the last one and put in order here.

// tiesMost is how many items of one like time are put in order here; more are left to
// the server. A list whose service tells no times may be one like time from end to end.
const tiesMost = 2000

// comparedAtOnce is how many items come at a time that are still to be compared.
const comparedAtOnce = 500

// newest finds a page in the order of like times.
func (s *Store) newest(ctx context.Context, q store.Query, c condition, after *store.Place, limit int) (store.Result, error) {
	rows, done, err := s.streamed(ctx, q, c, after, limit)
	if err == nil && !done {
		rows, err = s.sorted(ctx, q, c, after, limit)
	}
	if err != nil {
		return store.Result{}, err
	}
	var out store.Result
	if len(rows) > limit {
		rows = rows[:limit]
		out.Next = rows[limit-1].place().String()
	}
	if c.exact {
		out.Items, err = s.whole(ctx, rows)
		return out, err
	}
	var ids []bson.ObjectID // what was compared is not whole
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	out.Items, err = s.byID(ctx, ids)
	return out, err
}

// streamed reads on until the item behind the page is known; done is false where too
// many share its like time.
func (s *Store) streamed(ctx context.Context, q store.Query, c condition, after *store.Place, limit int) (rows []*row, done bool, err error) {
	batch := limit + 2
	if !c.exact { // of what may match
		batch = max(batch, comparedAtOnce)
	}
	o := options.Find().SetSort(where("likedAt", -1)).SetBatchSize(int32(batch))
	done = true
	err = s.matching(ctx, c, q.Expr, c.after(after), o, nil, func(r *row) bool {
		if len(rows) > limit && r.LikedAt.Before(rows[limit].LikedAt) {
			return false
		}
		rows = append(rows, r.clone())
		done = len(rows) <= limit+tiesMost
		return done
	})
	slices.SortFunc(rows, func(a, b *row) int { return compare(a.place(), b.place()) })
	return rows, done, err
}

// sorted has the server put all in order.
func (s *Store) sorted(ctx context.Context, q store.Query, c condition, after *store.Place, limit int) (rows []*row, err error) {
	o := options.Find().SetSort(byDate()).SetAllowDiskUse(true)
	if c.exact {
		o.SetLimit(int64(limit + 1))
	}
	c.hint = "" // the index of likes has this order
	err = s.matching(ctx, c, q.Expr, c.after(after), o, nil, func(r *row) bool {
		rows = append(rows, r.clone())
		return len(rows) <= limit
	})
	return rows, err
}
