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
	on, n := rows[:min(limit, len(rows))], 0
	if c.exact {
		out.Items, err = s.whole(ctx, on)
		n = q.Fitting(out.Items)
		out.Items = out.Items[:n]
	} else {
		var ids []bson.ObjectID // what was compared is not whole
		for _, r := range on {
			ids = append(ids, r.ID)
		}
		out.Items, n, err = s.byID(ctx, ids, q.Room())
	}
	if err == nil && n < len(rows) {
		out.Next = rows[n-1].place().String()
	}
	return out, err
}

// streamed reads on until the item behind the page is known; done is false where too
// many, or too long ones, share its like time.
func (s *Store) streamed(ctx context.Context, q store.Query, c condition, after *store.Place, limit int) (rows []*row, done bool, err error) {
	batch := limit + 2
	if !c.exact { // of what may match
		batch = max(batch, comparedAtOnce)
	}
	o := options.Find().SetSort(where("likedAt", -1)).SetBatchSize(int32(batch))
	room, behind, ties := q.Room(), limit, q.Room() // behind is the number of the item behind the page
	done = true
	err = s.matching(ctx, c, q.Expr, c.after(after), o, nil, func(r *row) bool {
		if len(rows) > behind && r.LikedAt.Before(rows[behind].LikedAt) {
			return false
		}
		rows = append(rows, kept(r, c.exact))
		switch {
		case !c.exact:
		case behind < len(rows)-1: // it has the like time of the one behind
			if !ties.Takes(r.item()) {
				done = false
				return false
			}
		case !room.Takes(r.item()):
			behind = len(rows) - 1
		}
		done = len(rows) <= behind+tiesMost
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
	room := q.Room()
	err = s.matching(ctx, c, q.Expr, c.after(after), o, nil, func(r *row) bool {
		rows = append(rows, kept(r, c.exact))
		return len(rows) <= limit && (!c.exact || room.Takes(r.item()))
	})
	return rows, err
}

// kept is what is kept of a row that was found: all of it where it was read whole, else
// what its place is known by.
func kept(r *row, whole bool) *row {
	if whole {
		return r.clone()
	}
	return &row{ID: r.ID, Net: r.Net, ItemID: r.ItemID, LikedAt: r.LikedAt}
}
