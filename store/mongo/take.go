package mongo

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
	"collector/store"
)

var _ store.Movable = (*Store)(nil)

// Take returns records as they are stored; see store.Source.
func (s *Store) Take(ctx context.Context, p store.Part, after string, n int) ([]store.Record, error) {
	if err := s.begin(ctx); err != nil || n <= 0 {
		return nil, err
	}
	out, err := s.records(ctx, p, after, n)
	return out, wrap("reading "+string(p), err)
}

func (s *Store) records(ctx context.Context, p store.Part, after string, n int) ([]store.Record, error) {
	switch p {
	case store.PartAccounts:
		return byID(ctx, s.accounts, bson.D{}, after, n, func(a account) (store.Record, error) {
			v := a.view()
			return store.Record{Account: &v}, nil
		})
	case store.PartCredentials:
		return byID(ctx, s.credentials, bson.D{}, after, n, func(c credential) (store.Record, error) {
			r := c.record()
			return store.Record{Credential: &r}, nil
		})
	case store.PartQuotas:
		return byID(ctx, s.quotas, bson.D{}, after, n, func(q quota) (store.Record, error) {
			r, err := q.row()
			return store.Record{Quota: r}, err
		})
	case store.PartNetworks:
		return byID(ctx, s.networks, staying(), after, n, func(d network) (store.Record, error) {
			w, err := s.moved(ctx, &d)
			return store.Record{Network: w}, err
		})
	case store.PartItems:
		return inNetworks(ctx, s, s.items, "itemId", after, n, func(r row) store.Record { return store.Record{Item: r.whole()} })
	case store.PartQuarantine:
		return inNetworks(ctx, s, s.quarantine, "key", after, n, func(o object) store.Record {
			return store.Record{Bad: &store.WholeBad{Bad: o.bad(), Network: o.Net, User: o.User}}
		})
	}
	return nil, fmt.Errorf("a store has no part %q", p)
}

// staying is the filter of networks that are not being deleted. What a person wanted
// gone does not come back with a move.
func staying() bson.D { return where("purging", nil) }

// byID reads documents in the order of their ids.
func byID[T any](ctx context.Context, c *driver.Collection, filter bson.D, after string, n int, record func(T) (store.Record, error)) ([]store.Record, error) {
	cursor, err := c.Find(ctx, append(filter, bson.E{Key: "_id", Value: where("$gt", after)}), options.Find().SetSort(where("_id", 1)).SetLimit(int64(n)))
	found, err := all[T](ctx, cursor, err)
	if err != nil {
		return nil, err
	}
	var out []store.Record
	for _, d := range found {
		r, err := record(d)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// inNetworks reads what is kept network by network: the rest of one, then the others.
func inNetworks[T any](ctx context.Context, s *Store, c *driver.Collection, own, after string, n int, record func(T) store.Record) ([]store.Record, error) {
	var going []string
	if err := s.networks.Distinct(ctx, "_id", where("purging", true)).Decode(&going); err != nil {
		return nil, err
	}
	net, rest := store.CutKey(after)
	var out []store.Record
	for _, filter := range []bson.D{
		{{Key: "net", Value: net}, {Key: own, Value: where("$gt", rest)}},
		where("net", where("$gt", net)),
	} {
		if len(out) == n {
			break
		}
		if len(going) > 0 {
			filter = append(filter, bson.E{Key: "$nor", Value: bson.A{where("net", where("$in", going))}})
		}
		cursor, err := c.Find(ctx, filter, options.Find().SetSort(bson.D{{Key: "net", Value: 1}, {Key: own, Value: 1}}).SetLimit(int64(n-len(out))))
		found, err := all[T](ctx, cursor, err)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			out = append(out, record(d))
		}
	}
	return out, nil
}

// moved is the network as it is moved. What a page has written that was not saved to
// its end is there, and is counted: the next owner reads that page again.
func (s *Store) moved(ctx context.Context, n *network) (*store.WholeNetwork, error) {
	if len(n.Attempts) > 0 {
		if err := s.recount(ctx, n); err != nil {
			return nil, err
		}
	}
	if n.Taking && !n.Paused { // what was kept is moved as well
		n.WakeAt = n.firstDue()
	}
	v, err := n.view()
	w := &store.WholeNetwork{Network: v, Ended: n.Removed, SetAt: n.SetAt}
	if n.Hurry {
		w.Asked, w.First = n.AskedAt, n.WakeAt.Equal(atOnce())
	}
	return w, err
}

// whole is the item as it is moved.
func (r *row) whole() *store.WholeItem {
	return &store.WholeItem{
		Item: r.item(), Network: r.Net, User: r.User, Service: r.Service, Walk: r.Walk, Imported: r.Imported,
		FirstSeenAt: r.FirstSeen, ObservedAt: r.ObservedAt, BareDue: r.BareDue, RemovedAt: r.RemovedAt, RemovedBecause: r.Because,
		AddedBy: r.AddedBy, ChangedBy: r.ChangedBy,
	}
}

// bad is the object as its readers know it.
func (o object) bad() state.Bad {
	return state.Bad{Key: o.Key, ID: o.ItemID, Raw: json.RawMessage(o.Raw), Reason: o.Reason, Version: o.Version, Walk: o.Walk, At: o.At}
}

// Count is how many records a part has.
func (s *Store) Count(ctx context.Context, p store.Part) (int, error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	c := map[store.Part]*driver.Collection{
		store.PartAccounts: s.accounts, store.PartCredentials: s.credentials, store.PartQuotas: s.quotas,
		store.PartNetworks: s.networks, store.PartItems: s.items, store.PartQuarantine: s.quarantine,
	}[p]
	filter := bson.D{}
	if p == store.PartNetworks {
		filter = staying()
	}
	ctx, done := patient(ctx)
	defer done()
	n, err := c.CountDocuments(ctx, filter)
	return int(n), wrap("counting "+string(p), err)
}

// CountIn counts what networks hold.
func (s *Store) CountIn(ctx context.Context, networks []string) ([]store.Stored, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	ctx, done := patient(ctx)
	defer done()
	counts := map[string]*store.Stored{}
	cursor, err := s.networks.Find(ctx, where("_id", where("$in", networks)), options.Find().SetProjection(where("_id", 1)))
	there, err := all[network](ctx, cursor, err)
	if err != nil {
		return nil, wrap("counting items", err)
	}
	for _, n := range there {
		counts[n.ID] = &store.Stored{Network: n.ID}
	}
	for _, part := range []struct {
		c      *driver.Collection
		filter bson.D
		into   func(*store.Stored) *int
	}{
		{s.items, where("removedAt", nil), func(c *store.Stored) *int { return &c.Items }},
		{s.items, where("removedAt", where("$ne", nil)), func(c *store.Stored) *int { return &c.Removed }},
		{s.quarantine, nil, func(c *store.Stored) *int { return &c.Quarantined }},
	} {
		cursor, err := part.c.Aggregate(ctx, bson.A{
			where("$match", append(where("net", where("$in", networks)), part.filter...)),
			where("$group", bson.D{{Key: "_id", Value: "$net"}, {Key: "n", Value: where("$sum", 1)}}),
		})
		groups, err := all[struct {
			ID string `bson:"_id"`
			N  int    `bson:"n"`
		}](ctx, cursor, err)
		if err != nil {
			return nil, wrap("counting items", err)
		}
		for _, g := range groups {
			if c := counts[g.ID]; c != nil {
				*part.into(c) = g.N
			}
		}
	}
	var out []store.Stored
	for _, c := range counts {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b store.Stored) int { return strings.Compare(a.Network, b.Network) })
	return out, nil
}

// heard is how long ago an instance that lives wrote its last heartbeat at most.
const heard = 20 * time.Second

// Working names the instances that gave a sign of life a short time ago, and those
// that hold a lease. One that was killed is named until then.
func (s *Store) Working(ctx context.Context, now time.Time) ([]string, error) {
	beats, err := s.Beats(ctx, now.Add(-heard))
	if err != nil {
		return nil, err
	}
	var owners []string
	held := bson.D{{Key: "leaseUntil", Value: where("$gt", now)}, {Key: "owner", Value: where("$gt", "")}}
	if err := s.networks.Distinct(ctx, "owner", held).Decode(&owners); err != nil {
		return nil, wrap("looking for leases", err)
	}
	for _, b := range beats {
		owners = append(owners, b.ID)
	}
	slices.Sort(owners)
	return slices.Compact(owners), nil
}
