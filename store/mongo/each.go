package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/search"
	"collector/store"
)

// matching reads what a filter finds and gives on what matches, until enough. Rows have
// the fields of a projection, or are whole without any; what is still to be compared has
// the fields for that, and no others. The row that fn is given is its own only in the call.
func (s *Store) matching(ctx context.Context, c condition, e search.Expr, filter bson.D, o *options.FindOptionsBuilder, fields bson.D, fn func(*row) (more bool)) error {
	if !c.exact {
		fields = comparedBy
	}
	if fields != nil {
		o.SetProjection(fields)
	}
	if c.hint != "" {
		o.SetHint(c.hint)
	}
	cursor, err := s.items.Find(ctx, filter, o)
	if err != nil {
		return err
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	accounts := map[string]string{}
	r := &row{}
	for cursor.Next(ctx) {
		*r = row{}
		if fields == nil {
			err = cursor.Decode(r)
		} else {
			err = r.read(cursor.Current)
		}
		if err != nil {
			return err
		}
		if !c.exact {
			account, known := accounts[r.Net]
			if !known {
				var n network
				if err := s.networks.FindOne(ctx, where("_id", r.Net)).Decode(&n); err == nil {
					account = n.Account
				}
				accounts[r.Net] = account
			}
			if !search.Match(e, search.DocOf(r.item(), r.Service, account, !r.RemovedAt.IsZero())) {
				continue
			}
		}
		if !fn(r) {
			return nil
		}
	}
	return cursor.Err()
}

// eachMost is how many items Each reads at a time.
const eachMost = 500

// Each calls fn for every matching item in the order of network and id. Between
// two portions nothing is held.
func (s *Store) Each(ctx context.Context, q store.Query, fn func(store.Liked) error) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	c, err := s.condition(ctx, q)
	if err == nil && q.User != "" && q.Network == "" {
		err = s.ofUser(ctx, q.User, &c)
	}
	if err != nil {
		return wrap("reading items", err)
	}
	o := options.Find().SetSort(bson.D{{Key: "net", Value: 1}, {Key: "itemId", Value: 1}}).SetLimit(eachMost).SetHint(indexOnce)
	for filter := c.query(); ; {
		var rows []*row
		everything := condition{exact: true}
		if err := s.matching(ctx, everything, nil, filter, o, nil, func(r *row) bool { rows = append(rows, r.clone()); return true }); err != nil {
			return wrap("reading items", err)
		}
		found, err := s.whole(ctx, rows)
		if err != nil {
			return wrap("reading items", err)
		}
		for _, l := range found {
			if err := ctx.Err(); err != nil {
				return err
			}
			if !c.exact && !search.Match(q.Expr, search.DocOf(l.Item, l.Service, l.Account, !l.RemovedAt.IsZero())) {
				continue
			}
			if err := fn(l); err != nil {
				return err
			}
		}
		if len(rows) < eachMost {
			return nil
		}
		last := rows[len(rows)-1]
		filter = where("$and", bson.A{c.query(), bson.D{{Key: "net", Value: where("$gte", last.Net)}, {Key: "$or", Value: bson.A{
			where("net", where("$gt", last.Net)), where("itemId", where("$gt", last.ItemID)),
		}}}})
	}
}

// ofUser names the networks of a user in a condition, so that the items of others
// are not gone through.
func (s *Store) ofUser(ctx context.Context, user string, c *condition) error {
	cursor, err := s.networks.Find(ctx, where("user", user), options.Find().SetProjection(where("_id", 1)))
	ns, err := all[network](ctx, cursor, err)
	ids := []string{}
	for _, n := range ns {
		ids = append(ids, n.ID)
	}
	c.filter = append(c.filter, bson.E{Key: "net", Value: where("$in", ids)})
	return err
}
