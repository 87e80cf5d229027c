package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/store"
)

// told is the filter of entries that tell something; of others only the number is
// left.
func told() bson.D { return where("page", where("$exists", true)) }

// logged is the filter of entries that tell of a network. The index has no others.
func logged(network string) bson.D { return append(where("networkId", network), told()...) }

// Changes returns what happened after since. It reads what a majority of the
// servers has: a number that was read is never given to another entry.
func (s *Store) Changes(ctx context.Context, user string, since int64, most int) ([]store.Change, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	out, err := s.readLog(ctx, user, since, most)
	if errors.Is(err, store.ErrGone) {
		return nil, err
	}
	return out, wrap("reading the change log", err)
}

func (s *Store) readLog(ctx context.Context, user string, since int64, most int) ([]store.Change, error) {
	if most <= 0 {
		return nil, nil
	}
	filter := append(where("_id", where("$gt", since)), told()...)
	if user != "" {
		filter = append(filter, bson.E{Key: "user", Value: user})
	}
	cursor, err := settled(s.changes).Find(ctx, filter, options.Find().SetSort(where("_id", 1)).SetLimit(int64(most)))
	entries, err := all[entry](ctx, cursor, err)
	if err != nil {
		return nil, err
	}
	floor, err := s.floor(ctx) // asked last: what was dropped meanwhile may be missing above
	if err != nil {
		return nil, err
	}
	if since < floor {
		return nil, store.ErrGone
	}
	nets, err := s.namedIn(ctx, entries)
	if err != nil {
		return nil, err
	}
	var out []store.Change
	for _, e := range entries {
		c := e.change(nets)
		c.Added, c.Changed, c.Removed = e.Added, e.Changed, e.Removed
		out = append(out, c)
	}
	return out, nil
}

// namedIn returns the networks that entries tell of, by id.
func (s *Store) namedIn(ctx context.Context, entries []entry) (map[string]*network, error) {
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Network)
	}
	return s.named(ctx, ids)
}

// change is an entry without its items.
func (e *entry) change(nets map[string]*network) store.Change {
	c := store.Change{Seq: e.Seq, At: e.At, User: e.User, NetworkID: e.Network, Page: e.Page, Kind: e.Kind}
	if n := nets[e.Network]; n != nil {
		c.Network = n.name()
	}
	return c
}

// NewestChanges counts what the newest changes tell of; see store.Items. The server
// counts, so that no ids are sent.
func (s *Store) NewestChanges(ctx context.Context, user string, before int64, most int) ([]store.ChangeCount, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	out, err := s.countLog(ctx, user, before, most)
	return out, wrap("reading the change log", err)
}

func (s *Store) countLog(ctx context.Context, user string, before int64, most int) ([]store.ChangeCount, error) {
	if most <= 0 {
		return nil, nil
	}
	cursor, err := settled(s.changes).Find(ctx, newestFilter(user, before), options.Find().SetSort(where("_id", -1)).SetLimit(int64(most)).SetProjection(countedEntry))
	counted, err := all[struct {
		Entry entry `bson:",inline"`
		N     [3]int
	}](ctx, cursor, err)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, len(counted))
	for i, c := range counted {
		entries[i] = c.Entry
	}
	nets, err := s.namedIn(ctx, entries)
	if err != nil {
		return nil, err
	}
	var out []store.ChangeCount
	for i, c := range counted {
		count := entries[i].change(nets).Count()
		count.Added, count.Changed, count.Removed = c.N[0], c.N[1], c.N[2]
		out = append(out, count)
	}
	return out, nil
}

// newestFilter chooses entries below a number, 0 for all, and of one user, "" for all.
func newestFilter(user string, before int64) bson.D {
	filter := told()
	if before > 0 {
		filter = append(filter, bson.E{Key: "_id", Value: where("$lt", before)})
	}
	if user != "" {
		filter = append(filter, bson.E{Key: "user", Value: user})
	}
	return filter
}

// countedEntry is an entry with the numbers of its items, added, changed and removed,
// instead of them.
var countedEntry = bson.D{
	{Key: "page", Value: 1},
	{Key: "kind", Value: 1},
	{Key: "at", Value: 1},
	{Key: "user", Value: 1},
	{Key: "networkId", Value: 1},
	{Key: "n", Value: bson.A{sizeOf("$added"), sizeOf("$changed"), sizeOf("$removed")}},
}

// sizeOf is the length of a list that may be absent.
func sizeOf(list string) bson.D {
	return where("$size", bson.D{{Key: "$ifNull", Value: bson.A{list, bson.A{}}}})
}

// LastChange is the newest number, also when its entry is gone.
func (s *Store) LastChange(ctx context.Context) (int64, error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	n, err := s.last(ctx)
	return n, wrap("reading the change log", err)
}

// PruneChanges drops changes from the old end of the log up to the first that is
// not older than before.
func (s *Store) PruneChanges(ctx context.Context, before time.Time) (int, error) {
	if err := s.writing(ctx); err != nil {
		return 0, err
	}
	n, err := s.prune(ctx, before)
	return n, wrap("dropping old changes", err)
}

func (s *Store) prune(ctx context.Context, before time.Time) (int, error) {
	ctx, done := patient(ctx)
	defer done()
	ascending := options.FindOne().SetSort(where("_id", 1)).SetProjection(where("_id", 1))
	older := told()
	var kept entry
	err := s.changes.FindOne(ctx, append(told(), bson.E{Key: "at", Value: where("$gte", before)}), ascending).Decode(&kept)
	switch {
	case err == nil:
		older = append(older, bson.E{Key: "_id", Value: where("$lt", kept.Seq)})
	case !errors.Is(err, driver.ErrNoDocuments):
		return 0, err
	}
	var newest entry
	err = s.changes.FindOne(ctx, older, options.FindOne().SetSort(where("_id", -1)).SetProjection(where("_id", 1))).Decode(&newest)
	if errors.Is(err, driver.ErrNoDocuments) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := s.changes.CountDocuments(ctx, append(told(), bson.E{Key: "_id", Value: where("$lte", newest.Seq)}))
	if err != nil {
		return 0, err
	}
	if err := s.takeOff(ctx, before); err != nil {
		return 0, err
	}
	// First nobody may ask for them any more, then they go.
	if _, err := s.meta.UpdateByID(ctx, logID, bson.D{{Key: "$max", Value: where("floor", newest.Seq)}}, options.UpdateOne().SetUpsert(true)); err != nil {
		return 0, fmt.Errorf("noting where the log begins: %w", err)
	}
	_, err = s.changes.DeleteMany(ctx, where("_id", where("$lte", newest.Seq)))
	return int(n), err
}

// takeOff takes old entries that are in the log off their networks: once it is not
// known any more that they are there, they would be appended again.
func (s *Store) takeOff(ctx context.Context, before time.Time) error {
	cursor, err := s.networks.Find(ctx, bson.D{{Key: "pending", Value: true}, {Key: "unpublished.at", Value: where("$lt", before)}})
	listing, err := all[*network](ctx, cursor, err)
	for _, n := range listing {
		if err == nil {
			err = s.publish(ctx, n.ID, n.Unpublished)
		}
	}
	return err
}
