package mongo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
)

// object is the document of a quarantined object.
type object struct {
	Net     string    `bson:"net"`
	User    string    `bson:"user"`
	Key     string    `bson:"key"`
	ItemID  string    `bson:"itemId"`
	Raw     []byte    `bson:"raw"`
	Reason  string    `bson:"reason"`
	Version string    `bson:"version"`
	Walk    int64     `bson:"walk"`
	At      time.Time `bson:"at"`
}

// Quarantined returns objects that another version than version could not map,
// oldest first.
func (s *Store) Quarantined(ctx context.Context, network, version string, n int) ([]state.Bad, error) {
	if err := s.begin(ctx); err != nil || n <= 0 {
		return nil, err
	}
	cursor, err := s.quarantine.Find(ctx, bson.D{{Key: "net", Value: network}, {Key: "version", Value: where("$ne", version)}},
		options.Find().SetLimit(int64(n)).SetSort(bson.D{{Key: "at", Value: 1}, {Key: "key", Value: 1}}))
	objects, err := all[object](ctx, cursor, err)
	var out []state.Bad
	for _, o := range objects {
		out = append(out, o.bad())
	}
	return out, wrap("reading the quarantine", err)
}

// Remapped records what became of quarantined objects. An item is as old as the
// object it was made of, so it replaces nothing that was observed since.
func (s *Store) Remapped(ctx context.Context, l state.Lease, r state.Remap) (int, error) {
	for _, it := range r.Items {
		if it.ID == "" {
			return 0, wrap("saving objects from quarantine", errNoID)
		}
	}
	e, err := s.save(ctx, l, attempt{Page: r.ID, Kind: "remap", At: r.At}, len(r.Items), func(ctx context.Context, n *network, key string, _ bool) (effect, bson.D, error) {
		e, err := s.remap(ctx, n, r, key)
		return e, bson.D{}, err
	})
	if err != nil {
		return 0, wrap("saving objects from quarantine of network "+l.Network, err)
	}
	return len(e.added), nil
}

// remap stores the items before it takes their objects out of the quarantine.
func (s *Store) remap(ctx context.Context, n *network, r state.Remap, key string) (effect, error) {
	mapped := bson.D{{Key: "net", Value: n.ID}, {Key: "key", Value: where("$in", append([]string{}, slices.Sorted(maps.Keys(r.Items))...))}}
	cursor, err := s.quarantine.Find(ctx, mapped, options.Find().SetSort(where("key", 1)))
	objects, err := all[object](ctx, cursor, err)
	if err != nil {
		return effect{}, fmt.Errorf("reading the quarantine: %w", err)
	}
	var items []sighting
	for _, o := range objects { // one that is not there was read as an item since
		items = append(items, sighting{Item: r.Items[o.Key], observed: o.At})
	}
	if items, err = onePerID(items); err != nil {
		return effect{}, err
	}
	e, err := s.put(ctx, n, arrival{key: key, walk: r.Walk}, items)
	if err != nil {
		return e, err
	}
	for _, still := range slices.Sorted(maps.Keys(r.Still)) {
		_, err := s.quarantine.UpdateOne(ctx, bson.D{{Key: "net", Value: n.ID}, {Key: "key", Value: still}},
			set(bson.D{{Key: "reason", Value: r.Still[still]}, {Key: "version", Value: r.Version}}))
		if err != nil {
			return e, fmt.Errorf("keeping the quarantine: %w", err)
		}
	}
	gone, err := s.quarantine.DeleteMany(ctx, mapped)
	if err != nil {
		return e, fmt.Errorf("emptying the quarantine: %w", err)
	}
	e.bad -= int(gone.DeletedCount)
	return e, nil
}
