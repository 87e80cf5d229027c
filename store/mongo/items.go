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

	"collector/item"
)

// arrival is how items reached us.
type arrival struct {
	page     string
	walk     int64
	imported bool
	archive  bool                        // keep Raw
	unread   bool                        // nothing is stored yet, as far as is known
	half     func(context.Context) error // called in the middle of the new items
}

// effect is what storing did.
type effect struct {
	added, changed   []string // item ids
	items, bare, bad int      // what to add to the counters of the network
}

// sighting is an item in its stored form and when it was observed.
type sighting struct {
	item.Item
	observed time.Time
}

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

// put stores items of a network. Inserting a new document costs a seventh of
// looking for it in the same statement, and looking for one that is known a
// quarter of being refused; so items of a list that was never read are inserted,
// and of all others it is asked first which are known.
func (s *Store) put(ctx context.Context, n *network, from arrival, items []sighting) (effect, error) {
	var e effect
	known := map[string]*row{}
	if !from.unread {
		var err error
		if known, err = s.glance(ctx, n.ID, items); err != nil {
			return e, err
		}
	}
	var fresh []any
	var doubtful []string
	same := map[time.Time][]bson.ObjectID{}
	for _, it := range items {
		k := known[it.ID]
		switch {
		case k == nil:
			r := n.fresh(from, it)
			fresh = append(fresh, r)
			i, b := r.counts()
			e.items, e.bare = e.items+i, e.bare+b
		case k.Imported && !from.imported:
			doubtful = append(doubtful, it.ID)
		case it.observed.Before(k.ObservedAt):
		case k.Hash != int64(it.Hash()) || !k.RemovedAt.IsZero() || from.archive:
			doubtful = append(doubtful, it.ID)
		case it.observed.After(k.ObservedAt):
			same[it.observed] = append(same[it.observed], k.ID)
		}
	}
	if err := s.insert(ctx, fresh, from.half); err != nil {
		return e, err
	}
	told := map[string]bool{} // changed ids, true for those that count as added
	if err := s.merge(ctx, n.ID, from, items, doubtful, told, &e); err != nil {
		return e, err
	}
	for observed, ids := range same {
		if _, err := s.items.UpdateMany(ctx, where("_id", where("$in", ids)), set(where("observedAt", observed))); err != nil {
			return e, fmt.Errorf("noting what was seen again: %w", err)
		}
	}
	for _, it := range items {
		if added, is := told[it.ID]; known[it.ID] == nil || added {
			e.added = append(e.added, it.ID)
		} else if is {
			e.changed = append(e.changed, it.ID)
		}
	}
	return e, nil
}

// glance reads of the stored items what tells whether one has to be looked at.
func (s *Store) glance(ctx context.Context, net string, items []sighting) (map[string]*row, error) {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	return s.load(ctx, net, ids, bson.D{
		{Key: "itemId", Value: 1}, {Key: "hash", Value: 1}, {Key: "observedAt", Value: 1}, {Key: "removedAt", Value: 1}, {Key: "imported", Value: 1},
	})
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
		ID: bson.NewObjectID(), Net: n.ID, User: n.User, Service: n.Service, Walk: from.walk, Imported: from.imported,
		FirstSeen: it.observed, ObservedAt: it.observed, AddedBy: from.page,
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

// insert writes new items; half is called between two statements where there are
// two, else before the one.
func (s *Store) insert(ctx context.Context, fresh []any, half func(context.Context) error) error {
	middle := len(fresh)
	if half != nil {
		middle = len(fresh) / 2
	}
	for i, part := range [][]any{fresh[:middle], fresh[middle:]} {
		if i == 1 && half != nil {
			if err := half(ctx); err != nil {
				return err
			}
		}
		if len(part) == 0 {
			continue
		}
		if _, err := s.items.InsertMany(ctx, part, options.InsertMany().SetOrdered(false)); err != nil {
			return fmt.Errorf("inserting items: %w", err)
		}
	}
	return nil
}

// merge stores what differs from what is stored, and notes in told what that means
// for the change log.
func (s *Store) merge(ctx context.Context, net string, from arrival, items []sighting, ids []string, told map[string]bool, e *effect) error {
	if len(ids) == 0 {
		return nil
	}
	stored, err := s.load(ctx, net, ids, nil)
	if err != nil {
		return err
	}
	var writes []driver.WriteModel
	for _, it := range items {
		was := stored[it.ID]
		if was == nil {
			continue
		}
		now := *was
		if was.Imported && !from.imported {
			now.Imported, now.Walk = false, from.walk
		}
		if !it.observed.Before(was.ObservedAt) {
			now.observe(it, from.archive)
			switch {
			case !was.RemovedAt.IsZero():
				now.AddedBy, told[it.ID] = from.page, true
			case now.Hash != was.Hash:
				now.ChangedBy, told[it.ID] = from.page, false
			}
		}
		e.differ(was, &now)
		writes = append(writes, driver.NewReplaceOneModel().SetFilter(where("_id", now.ID)).SetReplacement(&now))
	}
	if len(writes) == 0 {
		return nil
	}
	if _, err := s.items.BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false)); err != nil {
		return fmt.Errorf("changing items: %w", err)
	}
	return nil
}

// observe merges a later observation into an item.
func (r *row) observe(it sighting, archive bool) {
	merged := item.Merge(r.item(), it.Item)
	if !archive || it.Raw == nil {
		merged.Raw = r.Raw
	}
	r.put(merged)
	r.ObservedAt, r.RemovedAt, r.Because = it.observed, time.Time{}, ""
}

// differ adds what the change of an item does to the counters.
func (e *effect) differ(was, now *row) {
	i, b := was.counts()
	j, c := now.counts()
	e.items, e.bare = e.items+j-i, e.bare+c-b
}
