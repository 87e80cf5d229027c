package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/item"
)

// replacement is an item as it was read and as it is to be.
type replacement struct{ was, now *row }

// merge stores what differs from what is stored, and returns the ids of items that
// somebody else changed meanwhile.
func (st *storing) merge(ctx context.Context, items []sighting) ([]string, error) {
	if len(items) == 0 {
		return nil, nil
	}
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.ID
	}
	stored, err := st.load(ctx, st.n.ID, ids, nil)
	if err != nil {
		return nil, err
	}
	var all []replacement
	for _, it := range items {
		was := stored[it.ID]
		if was == nil { // purged meanwhile
			continue
		}
		now := *was
		if was.Imported && !st.from.imported {
			now.Imported, now.Walk = false, st.from.walk
		}
		if !it.observed.Before(was.ObservedAt) {
			now.observe(it, st.from.archive)
			switch {
			case !was.RemovedAt.IsZero():
				now.AddedBy = st.from.key
			case now.Hash != was.Hash && was.AddedBy != st.from.key:
				now.ChangedBy = st.from.key
			}
		}
		all = append(all, replacement{was, &now})
	}
	done, err := st.replaceAll(ctx, st.n.ID, all)
	var missed []string
	for _, r := range all {
		if !done[r.now.ItemID] {
			missed = append(missed, r.now.ItemID)
			continue
		}
		st.e.differ(r.was, r.now)
		if r.now.AddedBy == st.from.key {
			st.told[r.now.ItemID] = true
		} else if r.now.ChangedBy == st.from.key {
			st.told[r.now.ItemID] = false
		}
	}
	return missed, err
}

// replaceAll writes items that nobody has changed since they were read, and tells
// which those are.
func (s *Store) replaceAll(ctx context.Context, net string, all []replacement) (done map[string]bool, err error) {
	done = map[string]bool{}
	if len(all) == 0 {
		return done, nil
	}
	writes := make([]driver.WriteModel, len(all))
	for i, r := range all {
		unchanged := bson.D{{Key: "_id", Value: r.was.ID}, {Key: "hash", Value: r.was.Hash}, {Key: "observedAt", Value: r.was.ObservedAt}, {Key: "net", Value: net}}
		writes[i] = driver.NewReplaceOneModel().SetFilter(unchanged).SetReplacement(r.now)
	}
	result, err := s.items.BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false))
	if err != nil {
		return done, fmt.Errorf("changing items: %w", err)
	}
	stored := map[string]*row{}
	if int(result.MatchedCount) < len(all) {
		ids := make([]string, len(all))
		for i, r := range all {
			ids[i] = r.now.ItemID
		}
		if stored, err = s.load(ctx, net, ids, nil); err != nil {
			return done, err
		}
	}
	for _, r := range all {
		now := stored[r.now.ItemID]
		done[r.now.ItemID] = int(result.MatchedCount) == len(all) || now != nil && now.wrote(r.now)
	}
	return done, nil
}

// wrote tells whether a stored item is the one that was written.
func (r *row) wrote(now *row) bool {
	return r.Hash == now.Hash && r.ObservedAt.Equal(now.ObservedAt) && r.AddedBy == now.AddedBy && r.ChangedBy == now.ChangedBy &&
		r.RemovedAt.Equal(now.RemovedAt) && r.Walk == now.Walk && r.BareDue.Equal(now.BareDue)
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
