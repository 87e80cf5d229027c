package mongo

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/item"
	"collector/state"
)

// What pages show while a sweep is in progress stands in the collection shown, a
// document a page. The page that ends the sweep writes what nothing has shown into
// the collection unseen, an item a document, each with the epoch of the lease. Where
// there are no transactions a late owner may still write there: the network says,
// fenced, which sweep has ended and under which epoch, and all others do not count.

// unseen is the document of an item that completed sweeps did not show.
type unseen struct {
	Net    string `bson:"net"`
	Item   string `bson:"item"`
	Sweep  int64  `bson:"sweep"`  // the last one
	Sweeps int    `bson:"sweeps"` // how many in a row
	Epoch  int64  `bson:"epoch"`  // of the lease under which it ended
	Asked  bool   `bson:"asked"`  // the service was asked about it since
}

// unseenItems makes the collections with their indexes.
func (s *Store) unseenItems(ctx context.Context) error {
	for _, of := range []struct {
		c       *driver.Collection
		indexes []driver.IndexModel
	}{
		{s.shown, []driver.IndexModel{
			{Keys: bson.D{{Key: "net", Value: 1}, {Key: "sweep", Value: 1}}, Options: options.Index().SetName("sweep")},
		}},
		{s.unseen, []driver.IndexModel{
			{Keys: bson.D{{Key: "net", Value: 1}, {Key: "item", Value: 1}}, Options: options.Index().SetName(indexOnce).SetUnique(true)},
			{Keys: bson.D{{Key: "net", Value: 1}, {Key: "sweep", Value: 1}, {Key: "item", Value: 1}}, Options: options.Index().SetName("sweep")},
		}},
	} {
		if err := indexed(ctx, of.c, of.indexes); err != nil {
			return err
		}
	}
	return nil
}

// shownBy are the ids that a page shows.
func shownBy(p state.Page, items []sighting) []string {
	var ids []string
	for _, it := range items {
		ids = append(ids, it.ID)
	}
	for _, b := range p.Bad {
		if b.ID != "" {
			ids = append(ids, b.ID)
		}
	}
	return ids
}

// noteShown keeps what a page shows. It comes before the items are stored: a process that
// dies in between leaves a like that counts as shown.
func (s *Store) noteShown(ctx context.Context, n *network, p state.Page, items []sighting, key string) error {
	sweep, first := p.Swept, false
	if p.After.Sweep != nil {
		sweep, first = p.After.Sweep.Number, p.After.Sweep.Pages <= 1
	}
	if first || sweep == 0 && p.Kind == "sweep" { // what sweeps have left that were given up, or prove nothing
		if _, err := s.shown.DeleteMany(ctx, bson.D{{Key: "net", Value: n.ID}, {Key: "sweep", Value: where("$ne", sweep)}}); err != nil {
			return err
		}
	}
	ids := shownBy(p, items)
	if n.Unseen {
		if err := s.shownAgain(ctx, n, append(ids, p.Removed...)); err != nil {
			return err
		}
	}
	if sweep == 0 || len(ids) == 0 {
		return nil
	}
	_, err := s.shown.UpdateOne(ctx, where("_id", key), set(bson.D{{Key: "net", Value: n.ID}, {Key: "sweep", Value: sweep}, {Key: "ids", Value: ids}}), options.UpdateOne().SetUpsert(true))
	return err
}

// shownAgain takes items out of those that are unseen.
func (s *Store) shownAgain(ctx context.Context, n *network, ids []string) error {
	for some := range slices.Chunk(ids, 1000) {
		if _, err := s.unseen.DeleteMany(ctx, bson.D{{Key: "net", Value: n.ID}, {Key: "item", Value: where("$in", some)}}); err != nil {
			return err
		}
	}
	return nil
}

// endSweep works out what a sweep has not shown, and returns what the network is to
// say of it. It may be repeated.
func (s *Store) endSweep(ctx context.Context, n *network, sweep, epoch int64) (bson.D, error) {
	if sweep == 0 || sweep <= n.Swept {
		return nil, nil
	}
	shown, err := s.shownIn(ctx, n.ID, sweep)
	if err != nil {
		return nil, err
	}
	cursor, err := s.items.Find(ctx, bson.D{{Key: "net", Value: n.ID}, {Key: "removedAt", Value: nil}, {Key: "walk", Value: where("$lt", sweep)}},
		options.Find().SetProjection(bson.D{{Key: "_id", Value: 0}, {Key: "itemId", Value: 1}}).SetBatchSize(10_000))
	if err != nil {
		return nil, err
	}
	defer cursor.Close(ctx) // all was read, or the error is told
	var writes []driver.WriteModel
	any := false
	for more := true; more; {
		more = cursor.Next(ctx)
		if more {
			id := cursor.Current.Lookup("itemId").StringValue()
			if shown[digest(id)] {
				continue
			}
			writes, any = append(writes, unseenAgain(n.ID, id, sweep, epoch)), true
		}
		if len(writes) == 1000 || !more && len(writes) > 0 {
			if _, err := s.unseen.BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false)); err != nil {
				return nil, err
			}
			writes = writes[:0]
		}
	}
	if err := cursor.Err(); err != nil {
		return nil, err
	}
	other := bson.A{where("sweep", where("$ne", sweep)), where("epoch", where("$ne", epoch))}
	if _, err := s.unseen.DeleteMany(ctx, bson.D{{Key: "net", Value: n.ID}, {Key: "$or", Value: other}}); err != nil {
		return nil, err
	}
	return bson.D{{Key: "swept", Value: sweep}, {Key: "sweptEpoch", Value: epoch}, {Key: "unseen", Value: any}}, nil
}

// unseenAgain counts an item that a sweep has not shown, once for each sweep.
func unseenAgain(net, id string, sweep, epoch int64) driver.WriteModel {
	same := bson.D{{Key: "$eq", Value: bson.A{"$sweep", sweep}}}
	before := bson.D{{Key: "$ifNull", Value: bson.A{"$sweeps", 0}}}
	return driver.NewUpdateOneModel().SetFilter(bson.D{{Key: "net", Value: net}, {Key: "item", Value: id}}).SetUpsert(true).SetUpdate(bson.A{set(bson.D{
		{Key: "sweeps", Value: cond(same, before, bson.D{{Key: "$add", Value: bson.A{before, 1}}})},
		{Key: "sweep", Value: sweep},
		{Key: "epoch", Value: epoch},
		{Key: "asked", Value: false},
	})})
}

// shownIn reads what pages have shown since a sweep began, as digests: should two
// ids share one, an item counts as shown that was not.
func (s *Store) shownIn(ctx context.Context, net string, sweep int64) (map[uint64]bool, error) {
	cursor, err := s.shown.Find(ctx, bson.D{{Key: "net", Value: net}, {Key: "sweep", Value: sweep}})
	if err != nil {
		return nil, err
	}
	defer cursor.Close(ctx) // all was read, or the error is told
	shown := map[uint64]bool{}
	for cursor.Next(ctx) {
		var page struct{ IDs []string }
		if err := cursor.Decode(&page); err != nil {
			return nil, err
		}
		for _, id := range page.IDs {
			shown[digest(id)] = true
		}
	}
	return shown, cursor.Err()
}

func digest(id string) uint64 {
	h := fnv.New64a()
	io.WriteString(h, id) // a Hash never returns an error
	return h.Sum64()
}

// unseenOf is the filter of what counts as unseen by a sweep.
func (n *network) unseenOf(u state.Unseen) bson.D {
	filter := bson.D{
		{Key: "net", Value: n.ID}, {Key: "sweep", Value: u.Sweep}, {Key: "epoch", Value: n.SweptEpoch}, {Key: "sweeps", Value: where("$gte", u.Sweeps)},
	}
	if u.New {
		filter = append(filter, bson.E{Key: "asked", Value: false})
	}
	return filter
}

// Unseen returns items that completed sweeps did not show.
func (s *Store) Unseen(ctx context.Context, network string, u state.Unseen) ([]item.Item, int, error) {
	if err := s.begin(ctx); err != nil {
		return nil, 0, err
	}
	items, all, err := s.unseenItemsOf(ctx, network, u)
	return items, all, wrap("reading what a sweep did not show", err)
}

func (s *Store) unseenItemsOf(ctx context.Context, id string, u state.Unseen) ([]item.Item, int, error) {
	cursor, err := s.networks.Find(ctx, where("_id", id))
	ns, err := all[*network](ctx, cursor, err)
	if err != nil || len(ns) == 0 || ns[0].Swept != u.Sweep {
		return nil, 0, err
	}
	filter := ns[0].unseenOf(u)
	count, err := s.unseen.CountDocuments(ctx, filter)
	if err != nil || count == 0 || u.Most <= 0 {
		return nil, int(count), err
	}
	cursor, err = s.unseen.Find(ctx, filter, options.Find().SetSort(where("item", 1)).SetLimit(int64(u.Most)))
	some, err := all[unseen](ctx, cursor, err)
	if err != nil {
		return nil, 0, err
	}
	var ids []string
	for _, x := range some {
		ids = append(ids, x.Item)
	}
	rows, err := s.load(ctx, id, ids, nil)
	if err != nil {
		return nil, 0, err
	}
	var items []item.Item
	for _, id := range ids {
		if r := rows[id]; r != nil {
			items = append(items, r.item())
		}
	}
	return items, int(count), nil
}

// Accept notes that a person takes what a sweep did not show as gone.
func (s *Store) Accept(ctx context.Context, id string, sweep int64, now time.Time) error {
	return wrap("accepting removals", s.alter(ctx, id, func(n *network) error {
		n.Accepted = sweep
		n.wake(now, atOnce())
		return nil
	}))
}

// forgetUnseen drops what sweeps of networks have found out.
func (s *Store) forgetUnseen(ctx context.Context, networks bson.D) error {
	for _, c := range []*driver.Collection{s.shown, s.unseen} {
		if _, err := c.DeleteMany(ctx, networks); err != nil {
			return fmt.Errorf("deleting %s: %w", c.Name(), err)
		}
	}
	return nil
}
