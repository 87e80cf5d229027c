package mongo

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/failpoint"
	"collector/state"
)

// Commit saves one page: its items, then the network.
func (s *Store) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	for _, it := range p.Items {
		if it.ID == "" {
			return state.Committed{}, errNoID
		}
	}
	grouped := &page{ctx: ctx, lease: l, Page: p, key: p.ID + "#" + mark()}
	saved, err := s.saveGrouped(ctx, grouped)
	e := grouped.e
	if err == nil && !saved {
		e, err = s.saveAlone(ctx, l, p)
	}
	if err != nil {
		return state.Committed{}, wrap("saving a page of network "+l.Network, err)
	}
	return state.Committed{Added: len(e.added), Changed: len(e.changed), Removed: len(e.removed)}, failpoint.Hit(ctx, "save.commit.after")
}

// sightings are the items of a page in the form in which they are stored.
func sightings(p state.Page) ([]sighting, error) {
	all := make([]sighting, len(p.Items))
	for i, it := range p.Items {
		all[i] = sighting{Item: it, observed: p.ObservedAt}
	}
	return onePerID(all)
}

// saveAlone saves a page by itself.
func (s *Store) saveAlone(ctx context.Context, l state.Lease, p state.Page) (effect, error) {
	items, err := sightings(p)
	if err != nil {
		return effect{}, err
	}
	return s.save(ctx, l, attempt{Page: p.ID, Kind: p.Kind, At: p.ObservedAt}, len(items), func(ctx context.Context, n *network, key string, read bool) (effect, bson.D, error) {
		from := arrival{key: key, walk: p.Walk, imported: p.Kind == "import", archive: p.Archive, unread: !read && n.blank() && len(n.Attempts) == 0}
		if err := s.noteShown(ctx, n, p, items, key); err != nil {
			return effect{}, nil, fmt.Errorf("noting what a page shows: %w", err)
		}
		e, err := s.put(ctx, n, from, items)
		if err == nil {
			err = s.goneBy(ctx, n, p, items, key, &e)
		}
		if err != nil {
			return e, nil, err
		}
		if err := failpoint.Hit(ctx, "save.items.done"); err != nil {
			return e, nil, err
		}
		if e.bad, err = s.setAside(ctx, n, items, p.Bad); err != nil {
			return e, nil, err
		}
		ended, err := s.endSweep(ctx, n, p.Swept, l.Epoch)
		if err != nil {
			return e, nil, fmt.Errorf("ending a sweep: %w", err)
		}
		if err := n.put(p.After); err != nil {
			return e, nil, err
		}
		return e, append(append(n.fields(), bson.E{Key: "crashes", Value: 0}), ended...), nil
	})
}

// setAside quarantines objects, and drops those of items that could be read after
// all. It returns by how much the quarantine grew.
func (s *Store) setAside(ctx context.Context, n *network, items []sighting, bad []state.Bad) (int, error) {
	grown := 0
	if n.Bad > 0 && len(items) > 0 {
		for some := range slices.Chunk(items, 1000) {
			ids := make([]string, len(some))
			for i, it := range some {
				ids[i] = it.ID
			}
			r, err := s.quarantine.DeleteMany(ctx, bson.D{{Key: "net", Value: n.ID}, {Key: "itemId", Value: where("$in", ids)}})
			if err != nil {
				return 0, fmt.Errorf("emptying the quarantine: %w", err)
			}
			grown -= int(r.DeletedCount)
		}
	}
	for _, b := range bad {
		r, err := s.quarantine.UpdateOne(ctx, bson.D{{Key: "net", Value: n.ID}, {Key: "key", Value: b.Key}}, bson.D{
			{Key: "$set", Value: bson.D{{Key: "user", Value: n.User}, {Key: "itemId", Value: b.ID}, {Key: "raw", Value: []byte(b.Raw)}, {Key: "reason", Value: b.Reason}, {Key: "version", Value: b.Version}}},
			{Key: "$setOnInsert", Value: bson.D{{Key: "walk", Value: b.Walk}, {Key: "at", Value: b.At}}},
		}, options.UpdateOne().SetUpsert(true))
		if err != nil {
			return 0, fmt.Errorf("filling the quarantine: %w", err)
		}
		grown += int(r.UpsertedCount)
	}
	return grown, nil
}

// Known tells which ids were first stored by an earlier walk, are present and were
// not merely imported.
func (s *Store) Known(ctx context.Context, network string, walk int64, ids []string) ([]bool, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	rows, err := s.load(ctx, network, ids, bson.D{{Key: "itemId", Value: 1}, {Key: "walk", Value: 1}, {Key: "imported", Value: 1}, {Key: "removedAt", Value: 1}})
	if err != nil {
		return nil, wrap("looking for known items", err)
	}
	known := make([]bool, len(ids))
	for i, id := range ids {
		r := rows[id]
		known[i] = r != nil && r.Walk < walk && !r.Imported && r.RemovedAt.IsZero()
	}
	return known, nil
}
