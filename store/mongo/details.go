package mongo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
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
	_, err = s.save(ctx, l, entry{Page: f.ID, Kind: "fill", At: f.At}, func(ctx context.Context, n *network, _ bool) (e effect, _ bson.D, err error) {
		filled, e, err = s.fill(ctx, n, f)
		return e, bson.D{}, err
	})
	if err != nil {
		return 0, wrap("saving details for network "+l.Network, err)
	}
	return filled, nil
}

func (s *Store) fill(ctx context.Context, n *network, f state.Fill) (filled int, e effect, err error) {
	ids := slices.Concat(f.Gone, f.Later)
	for _, it := range f.Items {
		ids = append(ids, it.ID)
	}
	stored, err := s.load(ctx, n.ID, ids, nil)
	if err != nil {
		return 0, e, err
	}
	written := map[string]*row{}
	change := func(was, now *row) {
		e.differ(was, now)
		stored[now.ItemID], written[now.ItemID] = now, now
	}
	at := whole(f.At)
	for _, it := range f.Items {
		was := stored[it.ID]
		if was == nil || !was.Bare && at.Before(was.ObservedAt) {
			continue
		}
		now := *was
		now.fill(it)
		if now.Hash != was.Hash {
			now.ChangedBy = f.ID
			e.changed = append(e.changed, it.ID)
		}
		if at.After(now.ObservedAt) {
			now.ObservedAt = at
		}
		if was.Bare {
			filled++
		}
		change(was, &now)
	}
	for _, id := range f.Gone {
		if was := stored[id]; was != nil && !was.BareDue.IsZero() {
			now := *was
			now.BareDue = time.Time{}
			change(was, &now)
		}
	}
	for _, id := range f.Later {
		if was := stored[id]; was != nil && !was.BareDue.IsZero() {
			now := *was
			now.BareDue = f.Retry
			change(was, &now)
		}
	}
	var writes []driver.WriteModel
	for _, now := range written {
		writes = append(writes, driver.NewReplaceOneModel().SetFilter(where("_id", now.ID)).SetReplacement(now))
	}
	if len(writes) == 0 {
		return filled, e, nil
	}
	if _, err := s.items.BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false)); err != nil {
		return 0, e, fmt.Errorf("saving details: %w", err)
	}
	return filled, e, nil
}

// fill gives an item its details, which know nothing of the like.
func (r *row) fill(it item.Item) {
	it = normal(it, r.LikedAt)
	it.LikedAt, it.LikedFrom, it.Raw, it.Bare = r.LikedAt, r.LikedFrom, r.Raw, false
	it.URL = cmp.Or(it.URL, r.URL)
	r.put(it)
}
