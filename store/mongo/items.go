package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/failpoint"
	"collector/item"
)

// arrival is how items reached us.
type arrival struct {
	key      string // of the attempt
	walk     int64
	imported bool
	archive  bool // keep Raw
	unread   bool // nothing is stored yet, as far as is known
}

// effect is what storing did.
type effect struct {
	added, changed, removed []string // item ids
	items, bare, bad        int      // what to add to the counters of the network
}

// sighting is an item in its stored form and when it was observed.
type sighting struct {
	item.Item
	observed time.Time
}

// errStored says that items are stored that were taken for new: a transaction ends
// with it, and begins anew.
var errStored = errors.New("some of the items are stored already")

var errNoID = errors.New("an item without an id cannot be stored")

// onePerID puts items into their stored form and joins repeats of one page.
func onePerID(items []sighting) ([]sighting, error) {
	index := make(map[string]int, len(items))
	out := make([]sighting, 0, len(items))
	for _, it := range items {
		if it.ID == "" {
			return nil, errNoID
		}
		it.observed = whole(it.observed)
		it.Item = normal(it.Item, it.observed)
		if i, again := index[it.ID]; again {
			out[i].Item = item.Merge(out[i].Item, it.Item)
			continue
		}
		index[it.ID] = len(out)
		out = append(out, it)
	}
	return out, nil
}

// storing is one call of put on its way.
type storing struct {
	*Store
	n    *network
	from arrival
	e    effect
	told map[string]bool // by item id: true for what counts as added, false for changed
}

// put stores items of a network. Inserting a new document costs a seventh of
// looking for it in the same statement, and looking for one that is known a
// quarter of being refused; so items of a list that was never read are inserted,
// and of all others it is asked first which are known. What somebody else changed
// meanwhile is looked at again.
func (s *Store) put(ctx context.Context, n *network, from arrival, items []sighting) (effect, error) {
	st := &storing{Store: s, n: n, from: from, told: map[string]bool{}}
	known := map[string]*row{}
	for rest, first := items, true; len(rest) > 0; first = false {
		var err error
		if !first || !from.unread {
			if known, err = s.glance(ctx, n.ID, rest); err != nil {
				return st.e, err
			}
		}
		again, err := st.round(ctx, rest, known)
		if err != nil {
			return st.e, err
		}
		rest = slices.DeleteFunc(slices.Clone(rest), func(it sighting) bool { return !slices.Contains(again, it.ID) })
	}
	return st.effect(items), nil
}

// effect is what storing these items did.
func (st *storing) effect(items []sighting) effect {
	e := st.e
	for _, it := range items {
		if added, is := st.told[it.ID]; is && added {
			e.added = append(e.added, it.ID)
		} else if is {
			e.changed = append(e.changed, it.ID)
		}
	}
	return e
}

// round stores items of which it is known what is stored, and returns the ids of
// those of which that was no longer so.
func (st *storing) round(ctx context.Context, items []sighting, known map[string]*row) (again []string, err error) {
	w := st.compare(items, known)
	there, err := st.insert(ctx, w.fresh)
	if err != nil {
		return nil, err
	}
	for i, r := range w.fresh {
		if there[i] {
			again = append(again, r.ItemID)
			continue
		}
		st.inserted(r)
	}
	if err := st.seen(ctx, w.same); err != nil {
		return nil, err
	}
	missed, err := st.merge(ctx, w.doubtful)
	return append(again, missed...), err
}

// writes is what the items of a page come to.
type writes struct {
	fresh    []*row
	same     []driver.WriteModel // that note when those were seen in which nothing changed
	doubtful []sighting          // to be read and merged
}

// compare tells what is to be written, of items of which it is known what is stored.
func (st *storing) compare(items []sighting, known map[string]*row) (w writes) {
	same := map[time.Time][]bson.ObjectID{}
	for _, it := range items {
		k := known[it.ID]
		switch {
		case k == nil:
			w.fresh = append(w.fresh, st.n.fresh(st.from, it))
		case k.Imported && !st.from.imported:
			w.doubtful = append(w.doubtful, it)
		case it.observed.Before(k.ObservedAt) || !k.RemovedAt.IsZero() && st.from.imported: // an export tells what was liked once
		case k.Hash != int64(it.Hash()) || !k.RemovedAt.IsZero() || st.from.archive:
			w.doubtful = append(w.doubtful, it)
		case it.observed.After(k.ObservedAt):
			same[it.observed] = append(same[it.observed], k.ID)
		}
	}
	for observed, ids := range same {
		older := bson.D{{Key: "_id", Value: where("$in", ids)}, {Key: "observedAt", Value: where("$lt", observed)}}
		w.same = append(w.same, driver.NewUpdateManyModel().SetFilter(older).SetUpdate(set(where("observedAt", observed))))
	}
	return w
}

// seen notes of items when they were seen again.
func (s *Store) seen(ctx context.Context, same []driver.WriteModel) error {
	if len(same) == 0 {
		return nil
	}
	if _, err := s.items.BulkWrite(ctx, same, options.BulkWrite().SetOrdered(false)); err != nil {
		return fmt.Errorf("noting what was seen again: %w", err)
	}
	return nil
}

// inserted notes a new item.
func (st *storing) inserted(r *row) {
	st.told[r.ItemID] = true
	st.e.differ(&row{RemovedAt: bareNow()}, r)
}

// glance reads of the stored items what tells whether one has to be looked at.
func (s *Store) glance(ctx context.Context, net string, items []sighting) (map[string]*row, error) {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	return s.load(ctx, net, ids, glanced())
}

// glanced are the fields that glance reads.
func glanced() bson.D {
	return bson.D{
		{Key: "net", Value: 1}, {Key: "itemId", Value: 1}, {Key: "hash", Value: 1}, {Key: "observedAt", Value: 1}, {Key: "removedAt", Value: 1}, {Key: "imported", Value: 1},
	}
}

// load reads stored items by their ids, whole where no fields are named.
func (s *Store) load(ctx context.Context, net string, ids []string, fields bson.D) (map[string]*row, error) {
	out := make(map[string]*row, len(ids))
	for some := range slices.Chunk(ids, 1000) {
		o := options.Find()
		if fields != nil {
			o.SetProjection(fields)
		}
		cursor, err := s.items.Find(ctx, bson.D{{Key: "net", Value: net}, {Key: "itemId", Value: where("$in", some)}}, o)
		rows, err := all[*row](ctx, cursor, err)
		if err != nil {
			return nil, fmt.Errorf("looking for stored items: %w", err)
		}
		for _, r := range rows {
			out[r.ItemID] = r
		}
	}
	return out, nil
}

// fresh is the document of an item that was never seen.
func (n *network) fresh(from arrival, it sighting) *row {
	r := &row{
		Net: n.ID, User: n.User, Service: n.Service, Walk: from.walk, Imported: from.imported,
		FirstSeen: it.observed, ObservedAt: it.observed, AddedBy: from.key,
	}
	if !from.archive {
		it.Raw = nil
	}
	if it.Bare {
		r.BareDue = bareNow()
	}
	r.put(it.Item)
	return r
}

// insert writes new items and tells which of them were there already, by their
// place. In a transaction that is an error.
func (s *Store) insert(ctx context.Context, fresh []*row) (there map[int]bool, err error) {
	there = map[int]bool{}
	half := 0
	if failpoint.Enabled { // a test lets the program die between two halves
		half = len(fresh) / 2
	}
	for i, part := range [][]*row{fresh[:half], fresh[half:]} {
		if i == 1 {
			if err := failpoint.Hit(ctx, "save.items.half"); err != nil {
				return nil, err
			}
		}
		if len(part) == 0 {
			continue
		}
		_, err := s.items.InsertMany(ctx, part, options.InsertMany().SetOrdered(false))
		failed := driver.BulkWriteException{}
		if errors.As(err, &failed) && failed.WriteConcernError == nil && !slices.ContainsFunc(failed.WriteErrors, func(e driver.BulkWriteError) bool { return !e.HasErrorCode(codeDuplicate) }) {
			for _, e := range failed.WriteErrors {
				there[i*half+e.Index] = true
			}
			err = nil
		}
		if len(there) > 0 && driver.SessionFromContext(ctx) != nil {
			return nil, errStored
		}
		if err != nil {
			return nil, fmt.Errorf("inserting items: %w", err)
		}
	}
	return there, nil
}

// codeDuplicate is DuplicateKey of the server.
const codeDuplicate = 11000

// and is the effect of what was stored first, and of what was stored then.
func (e effect) and(then effect) effect {
	then.added = slices.Concat(e.added, then.added)
	then.changed = slices.Concat(e.changed, then.changed)
	then.removed = slices.Concat(e.removed, then.removed)
	then.items, then.bare, then.bad = e.items+then.items, e.bare+then.bare, e.bad+then.bad
	return then
}

// differ adds what the change of an item does to the counters.
func (e *effect) differ(was, now *row) {
	i, b := was.counts()
	j, c := now.counts()
	e.items, e.bare = e.items+j-i, e.bare+c-b
}
