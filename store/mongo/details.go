package mongo

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/item"
	"collector/state"
)

// Bare returns ids of items whose details are due, newest like first.
func (s *Store) Bare(ctx context.Context, network string, now time.Time, n int) ([]string, error) {
	if err := s.begin(ctx); err != nil || n <= 0 {
		return nil, err
	}
	cursor, err := s.items.Find(ctx, bareFilter(network, now), options.Find().SetLimit(int64(n)).
		SetSort(bson.D{{Key: "likedAt", Value: -1}, {Key: "itemId", Value: 1}}).SetProjection(where("itemId", 1)))
	rows, err := all[row](ctx, cursor, err)
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.ItemID)
	}
	return ids, wrap("looking for items without details", err)
}

func bareFilter(network string, now time.Time) bson.D {
	return bson.D{{Key: "net", Value: network}, {Key: "bareDue", Value: where("$lte", now)}, {Key: "removedAt", Value: nil}}
}

// Fill saves details read later.
func (s *Store) Fill(ctx context.Context, l state.Lease, f state.Fill) (filled int, err error) {
	_, err = s.save(ctx, l, attempt{Page: f.ID, Kind: "fill", At: f.At}, len(f.Items), func(ctx context.Context, n *network, key string, _ bool) (e effect, _ bson.D, err error) {
		filled, e, err = s.fill(ctx, n, f, key)
		return e, bson.D{}, err
	})
	if err != nil {
		return 0, wrap("saving details for network "+l.Network, err)
	}
	return filled, nil
}

func (s *Store) fill(ctx context.Context, n *network, f state.Fill, key string) (filled int, e effect, err error) {
	var ids []string
	for _, it := range f.Items {
		ids = append(ids, it.ID)
	}
	ids = slices.Concat(ids, f.Gone, f.Later)
	stored, err := s.load(ctx, n.ID, ids, nil)
	if err != nil {
		return 0, e, err
	}
	was, now := map[string]*row{}, map[string]*row{}
	change := func(id string) *row { // the document to change, nil where there is none
		if stored[id] != nil && now[id] == nil {
			next := *stored[id]
			was[id], now[id] = stored[id], &next
		}
		return now[id]
	}
	at := whole(f.At)
	for _, it := range f.Items {
		r := change(it.ID)
		if r == nil || !r.Bare && at.Before(r.ObservedAt) {
			continue
		}
		r.fill(it)
		if at.After(r.ObservedAt) {
			r.ObservedAt = at
		}
	}
	for _, id := range f.Gone {
		if r := change(id); r != nil {
			r.BareDue = time.Time{}
		}
	}
	for _, id := range f.Later {
		if r := change(id); r != nil && !r.BareDue.IsZero() {
			r.BareDue = f.Retry
		}
	}
	var all []replacement
	for _, id := range ids {
		if r := now[id]; r != nil && !r.wrote(was[id]) {
			if r.Hash != was[id].Hash {
				r.ChangedBy = key
			}
			all = append(all, replacement{was[id], r})
			delete(now, id)
		}
	}
	done, err := s.replaceAll(ctx, n.ID, all)
	for _, r := range all {
		if !done[r.now.ItemID] { // changed meanwhile; what is still owed is asked for again
			continue
		}
		e.differ(r.was, r.now)
		if r.was.Bare && !r.now.Bare {
			filled++
		}
		if r.now.Hash != r.was.Hash {
			e.changed = append(e.changed, r.now.ItemID)
		}
	}
	return filled, e, err
}

// fill gives an item its details, which know nothing of the like.
func (r *row) fill(it item.Item) {
	it = normal(it, r.LikedAt)
	it.LikedAt, it.LikedFrom, it.Raw, it.Bare = r.LikedAt, r.LikedFrom, r.Raw, false
	it.URL = cmp.Or(it.URL, r.URL)
	r.put(it)
}
