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

	"collector/state"
)

// changed finds what attempts have changed, by their keys. No index leads there: all
// items of the network are looked at, once.
func (s *Store) changed(ctx context.Context, network string, keys ...string) (map[string]effect, error) {
	in := where("$in", keys)
	cursor, err := s.items.Find(ctx, bson.D{{Key: "net", Value: network}, {Key: "$or", Value: bson.A{where("addedBy", in), where("changedBy", in)}}},
		options.Find().SetSort(where("_id", 1)).SetProjection(bson.D{{Key: "itemId", Value: 1}, {Key: "addedBy", Value: 1}, {Key: "changedBy", Value: 1}, {Key: "removedAt", Value: 1}}))
	rows, err := all[row](ctx, cursor, err)
	if err != nil {
		return nil, fmt.Errorf("looking for what an attempt changed: %w", err)
	}
	out := map[string]effect{}
	for _, r := range rows {
		for _, key := range keys {
			e := out[key]
			switch {
			case r.AddedBy == key:
				e.added = append(e.added, r.ItemID)
			case r.ChangedBy != key:
				continue
			case !r.RemovedAt.IsZero():
				e.removed = append(e.removed, r.ItemID)
			default:
				e.changed = append(e.changed, r.ItemID)
			}
			out[key] = e
		}
	}
	return out, nil
}

// tells says whether the log has something to tell of it.
func (e effect) tells() bool { return len(e.added)+len(e.changed)+len(e.removed) > 0 }

// but is an effect without the items that an entry tells of.
func (e effect) but(told entry) effect {
	has := func(id string) bool {
		return slices.Contains(told.Added, id) || slices.Contains(told.Changed, id) || slices.Contains(told.Removed, id)
	}
	e.added, e.changed, e.removed = slices.DeleteFunc(e.added, has), slices.DeleteFunc(e.changed, has), slices.DeleteFunc(e.removed, has)
	return e
}

// abandoned are the entries of attempts that came to nothing.
func (s *Store) abandoned(ctx context.Context, n *network, attempts []attempt) ([]entry, error) {
	if len(attempts) == 0 {
		return nil, nil
	}
	var keys []string
	for _, a := range attempts {
		keys = append(keys, a.Key)
	}
	changed, err := s.changed(ctx, n.ID, keys...)
	if err != nil {
		return nil, err
	}
	var out []entry
	for _, a := range attempts {
		if e := changed[a.Key]; e.tells() {
			out = append(out, a.entry(n, e))
		}
	}
	return out, nil
}

// settle ends the attempts on a network that nobody can bring to an end any more, since
// their lease is another's or was ended, as it is here where nobody takes it over. It
// publishes what they changed.
func (s *Store) settle(ctx context.Context, n *network) error {
	if n.Purging { // nothing of it is to be told any more
		return nil
	}
	if sessions := sessionsOf([]*network{n}); len(sessions) > 0 && !n.LeaseUntil.After(s.Now()) { // its transaction would hold us up
		if err := s.endSessions(ctx, sessions); err != nil {
			return err
		}
	}
	if s.rests(n) {
		if err := s.endLease(ctx, n); err != nil {
			return err
		}
	}
	var entries []entry
	over := func(a attempt) bool { return n.Owner == "" || a.Epoch < n.Epoch }
	if len(n.Attempts) > 0 && !slices.ContainsFunc(n.Attempts, func(a attempt) bool { return !over(a) }) {
		var err error
		if entries, err = s.abandoned(ctx, n, n.Attempts); err != nil {
			return err
		}
		if err := s.tell(ctx, n, bson.E{Key: "$unset", Value: where("attempts", "")}, entries); err != nil {
			return err
		}
	}
	return s.publish(ctx, n.ID, append(n.Unpublished, entries...))
}

// endLease ends a lease that is over, so that its owner, should he live, brings nothing to
// an end any more. The network is due as it was.
func (s *Store) endLease(ctx context.Context, n *network) error {
	by := mark()
	fields := append(freed(n.LeaseUntil, s.Now()), bson.E{Key: "by", Value: by})
	if err := s.guarded(ctx, s.networks, n.ID, asRead(n.ID, n.Version, n.By), bson.A{set(fields)}, by); err != nil {
		return err
	}
	n.Owner, n.LeaseUntil, n.Version, n.By = "", time.Time{}, n.Version+1, by
	return nil
}

// tell gives a network entries to publish and counts what it holds anew, if it is
// as it was read.
func (s *Store) tell(ctx context.Context, n *network, end bson.E, entries []entry) error {
	if err := s.recount(ctx, n); err != nil {
		return err
	}
	by := mark()
	fields := append(n.counters(), bson.E{Key: "uncounted", Value: true}, bson.E{Key: "by", Value: by})
	update := bson.D{end, {Key: "$inc", Value: bson.D{{Key: "version", Value: 1}, {Key: "recounts", Value: 1}}}}
	if len(entries) > 0 {
		fields = append(fields, bson.E{Key: "pending", Value: true})
		update = append(update, bson.E{Key: "$push", Value: where("unpublished", where("$each", entries))})
	}
	return s.guarded(ctx, s.networks, n.ID, asRead(n.ID, n.Version, n.By), append(update, bson.E{Key: "$set", Value: fields}), by)
}

// late is what remains to be done for an attempt that had written items when it
// found its lease lost: whoever took over has told what there was by then, and the
// rest is told now. Of a network that is gone nothing may be left.
func (s *Store) late(ctx context.Context, n *network, a attempt) error {
	for {
		now, err := s.read(ctx, n.ID, where("_id", n.ID))
		if errors.Is(err, state.ErrNotFound) || err == nil && now.Purging {
			_, err := s.items.DeleteMany(ctx, bson.D{{Key: "net", Value: n.ID}, {Key: "addedBy", Value: a.Key}})
			return err
		}
		if err != nil {
			return err
		}
		changed, err := s.changed(ctx, n.ID, a.Key)
		if err != nil {
			return err
		}
		e := changed[a.Key]
		rest := a // what is to be told
		if i := slices.IndexFunc(now.Attempts, func(b attempt) bool { return b.Key == a.Key }); i < 0 {
			told, err := s.toldOf(ctx, now, a.Key)
			if err != nil {
				return err
			}
			if e = e.but(told); !e.tells() {
				return nil
			}
			if told.Key != "" {
				rest.Key += "'"
			}
		}
		var entries []entry
		if e.tells() {
			entries = append(entries, rest.entry(now, e))
		}
		ended := bson.E{Key: "$pull", Value: where("attempts", where("key", a.Key))}
		if len(now.Attempts) == 1 && now.Attempts[0].Key == a.Key {
			ended = bson.E{Key: "$unset", Value: where("attempts", "")}
		}
		err = s.tell(ctx, now, ended, entries)
		if errors.Is(err, errChanged) {
			continue
		}
		if err != nil {
			return err
		}
		return s.publish(ctx, n.ID, append(now.Unpublished, entries...))
	}
}

// toldOf is the entry of an attempt, on its way to the log or in it; zero if there
// is none.
func (s *Store) toldOf(ctx context.Context, n *network, key string) (entry, error) {
	for _, e := range n.Unpublished {
		if e.Key == key {
			return e, nil
		}
	}
	var e entry
	err := s.changes.FindOne(ctx, append(told(), bson.E{Key: "networkId", Value: n.ID}, bson.E{Key: "key", Value: key})).Decode(&e)
	if errors.Is(err, driver.ErrNoDocuments) {
		return entry{}, nil
	}
	return e, err
}
