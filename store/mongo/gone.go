package mongo

import (
	"context"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
)

// Remove marks unseen items that are gone.
func (s *Store) Remove(ctx context.Context, l state.Lease, r state.Removal) (int, error) {
	e, err := s.save(ctx, l, attempt{Page: r.ID, Kind: "sweep", At: r.At}, len(r.Because), func(ctx context.Context, n *network, key string, _ bool) (effect, bson.D, error) {
		e, err := s.removeUnseen(ctx, n, r, key)
		return e, bson.D{}, err
	})
	if err != nil {
		return 0, wrap("removing items of network "+l.Network, err)
	}
	return len(e.removed), nil
}

func (s *Store) removeUnseen(ctx context.Context, n *network, r state.Removal, key string) (e effect, err error) {
	if n.Swept != r.Sweep {
		return e, s.shownAgain(ctx, n, r.Liked)
	}
	var ids []string
	for some := range slices.Chunk(slices.Sorted(maps.Keys(r.Because)), 1000) {
		cursor, err := s.unseen.Find(ctx, append(n.unseenOf(state.Unseen{Sweep: r.Sweep}), bson.E{Key: "item", Value: where("$in", some)}))
		rows, err := all[unseen](ctx, cursor, err)
		if err != nil {
			return e, err
		}
		for _, x := range rows {
			ids = append(ids, x.Item)
		}
	}
	slices.Sort(ids)
	if err := s.gone(ctx, n, ids, r.At, func(id string) state.Reason { return r.Because[id] }, key, &e); err != nil {
		return e, err
	}
	if err := s.shownAgain(ctx, n, append(ids, r.Liked...)); err != nil {
		return e, err
	}
	for some := range slices.Chunk(r.Asked, 1000) {
		asked := append(n.unseenOf(state.Unseen{Sweep: r.Sweep}), bson.E{Key: "item", Value: where("$in", some)})
		if _, err := s.unseen.UpdateMany(ctx, asked, set(where("asked", true))); err != nil {
			return e, err
		}
	}
	return e, nil
}

// gone marks those of the items that are present and were not observed later.
func (s *Store) gone(ctx context.Context, n *network, ids []string, at time.Time, because func(id string) state.Reason, key string, e *effect) error {
	if len(ids) == 0 {
		return nil
	}
	stored, err := s.load(ctx, n.ID, ids, nil)
	if err != nil {
		return err
	}
	when := whole(at)
	var some []replacement
	for _, id := range ids {
		was := stored[id]
		if was == nil || !was.RemovedAt.IsZero() || when.Before(was.ObservedAt) {
			continue
		}
		delete(stored, id) // named twice
		now := *was
		now.RemovedAt, now.Because, now.ObservedAt, now.ChangedBy = when, string(because(id)), when, key
		some = append(some, replacement{was, &now})
	}
	done, err := s.replaceAll(ctx, n.ID, some)
	for _, r := range some {
		if done[r.now.ItemID] { // what was changed meanwhile was seen meanwhile
			e.differ(r.was, r.now)
			e.removed = append(e.removed, r.now.ItemID)
		}
	}
	return err
}

// goneBy marks what a page calls gone.
func (s *Store) goneBy(ctx context.Context, n *network, p state.Page, items []sighting, key string, e *effect) error {
	ids := slices.DeleteFunc(slices.Clone(p.Removed), func(id string) bool {
		return slices.ContainsFunc(items, func(it sighting) bool { return it.ID == id })
	})
	return s.gone(ctx, n, ids, p.ObservedAt, func(string) state.Reason { return state.Unliked }, key, e)
}
