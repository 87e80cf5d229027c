package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/failpoint"
	"collector/state"
)

// Commit saves one page: its items, then the network.
func (s *Store) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	sightings := make([]sighting, len(p.Items))
	for i, it := range p.Items {
		sightings[i] = sighting{Item: it, observed: p.ObservedAt}
	}
	items, err := onePerID(sightings)
	if err != nil {
		return state.Committed{}, err
	}
	e, err := s.save(ctx, l, entry{Page: p.ID, Kind: p.Kind, At: p.ObservedAt}, func(ctx context.Context, n *network, known bool) (effect, bson.D, error) {
		from := arrival{
			page: p.ID, walk: p.Walk, imported: p.Kind == "import", archive: p.Archive, unread: n.Items == 0 && !known,
			half: halfway,
		}
		e, err := s.put(ctx, n, from, items)
		if err != nil {
			return e, nil, err
		}
		if err := failpoint.Hit(ctx, "save.items.done"); err != nil {
			return e, nil, err
		}
		if e.bad, err = s.setAside(ctx, n, items, p.Bad); err != nil {
			return e, nil, err
		}
		if err := n.put(p.After); err != nil {
			return e, nil, err
		}
		return e, append(n.fields(), bson.E{Key: "crashes", Value: 0}), nil
	})
	if err != nil {
		return state.Committed{}, wrap("saving a page of network "+l.Network, err)
	}
	return state.Committed{Added: len(e.added), Changed: len(e.changed)}, failpoint.Hit(ctx, "save.commit.after")
}

// halfway is where a test lets the program die between two halves of the items.
func halfway(ctx context.Context) error { return failpoint.Hit(ctx, "save.items.half") }

// save makes all changes of one page under a lease: those of store, which are
// items and the like, then the fields that it returns, the counters and the
// unpublished entry on the network, guarded. What follows, the entry's way into
// the log, may be done by anybody.
//
// store is told whether items have been found to be known after all.
func (s *Store) save(ctx context.Context, l state.Lease, page entry, store func(ctx context.Context, n *network, known bool) (effect, bson.D, error)) (effect, error) {
	if err := s.writing(ctx); err != nil {
		return effect{}, err
	}
	var e effect
	var left []entry
	known := false
	for {
		err := s.atomically(ctx, func(ctx context.Context) (err error) {
			if err := failpoint.Hit(ctx, "save.begin"); err != nil {
				return err
			}
			n, err := s.held(ctx, l)
			if err != nil {
				return err
			}
			was := n.class()
			var fields bson.D
			if e, fields, err = store(ctx, n, known); err != nil {
				return err
			}
			left, err = s.advance(ctx, l, n, was, fields, e, page)
			return err
		})
		if driver.IsDuplicateKeyError(err) && !known {
			known = true
			continue
		}
		if errors.Is(err, errChanged) { // somebody wished something meanwhile; the fence is looked at again
			known = true
			continue
		}
		if err != nil {
			return effect{}, err
		}
		break
	}
	if err := s.publish(ctx, l.Network, left); err != nil && ctx.Err() == nil {
		return e, fmt.Errorf("the page is saved, but not yet in the change log: %w", err)
	}
	return e, nil
}

// advance writes the network, guarded by lease and version, and returns what is
// now to be published of it.
func (s *Store) advance(ctx context.Context, l state.Lease, n *network, was class, fields bson.D, e effect, page entry) ([]entry, error) {
	if err := failpoint.Hit(ctx, "save.state.before"); err != nil {
		return nil, err
	}
	by := mark()
	fields = append(fields, bson.E{Key: "by", Value: by})
	n.Items += e.items
	if n.class() != was {
		fields = append(fields, bson.E{Key: "uncounted", Value: true})
	}
	update := bson.D{{Key: "$inc", Value: bson.D{
		{Key: "version", Value: 1}, {Key: "items", Value: e.items}, {Key: "bare", Value: e.bare}, {Key: "bad", Value: e.bad},
	}}}
	left := n.Unpublished
	if len(e.added)+len(e.changed) > 0 {
		page.User, page.Network, page.Version, page.Added, page.Changed = n.User, n.ID, n.Version+1, e.added, e.changed
		fields = append(fields, bson.E{Key: "pending", Value: true})
		update = append(update, bson.E{Key: "$push", Value: where("unpublished", page)})
		left = append(slices.Clone(left), page)
	}
	update = append(update, bson.E{Key: "$set", Value: fields})
	guard := append(fence(l), bson.E{Key: "version", Value: n.Version})
	if err := guarded(ctx, s.networks, l.Network, guard, update, by); err != nil {
		return nil, err
	}
	return left, failpoint.Hit(ctx, "save.commit.before")
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
