package mongo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/item"
)

// A list whose collecting ended keeps its items. Should the same person have it
// collected again, the new network goes on with them, so that nothing is found
// twice.

// keptBy tells whether old is the ended network of the same list of the same person.
func (n *network) keptBy(old *network) bool {
	return old.Removed && !old.Purging && old.User == n.User && old.Service == n.Service && old.Provider == n.Provider && old.Server == n.Server &&
		(old.AccountID == n.AccountID || n.RemoteID != "" && old.RemoteID == n.RemoteID) && maps.Equal(old.Params, n.Params)
}

// kept finds what was kept of networks, by their ids, newest first.
func (s *Store) kept(ctx context.Context, of []*network) (map[string][]*network, error) {
	users := map[string]bool{}
	for _, n := range of {
		users[n.User] = true
	}
	cursor, err := s.networks.Find(ctx, bson.D{{Key: "user", Value: where("$in", slices.Collect(maps.Keys(users)))}, {Key: "removed", Value: true}}, options.Find().SetHint(indexEnded))
	ended, err := all[*network](ctx, cursor, err)
	if err != nil {
		return nil, fmt.Errorf("looking for what was kept: %w", err)
	}
	slices.SortFunc(ended, func(a, b *network) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	out := map[string][]*network{}
	for _, n := range of {
		for _, old := range ended {
			if n.keptBy(old) {
				out[n.ID] = append(out[n.ID], old)
			}
		}
	}
	return out, nil
}

// settleKept ends what the ended networks of an account's user have left: entries
// that are not in the log yet, and that they are counted. They are about to go.
func (s *Store) settleKept(ctx context.Context, accountID string) error {
	a, err := s.accountOf(ctx, accountID)
	if err != nil {
		return err
	}
	ended := bson.D{{Key: "user", Value: a.User}, {Key: "removed", Value: true}}
	for n := countMost; n == countMost; {
		if n, err = s.recordChanged(ctx, ended); err != nil {
			return err
		}
	}
	unfinished := bson.E{Key: "$or", Value: bson.A{where("pending", true), attempted()}}
	cursor, err := s.networks.Find(ctx, append(ended, unfinished))
	left, err := all[*network](ctx, cursor, err)
	for _, n := range left {
		if err == nil {
			err = s.settle(ctx, n)
		}
	}
	return err
}

// numberOn has a new network, before it is saved, number its walks on, so that what the
// newest of the ended ones kept is of earlier walks than its own.
func (s *Store) numberOn(ctx context.Context, n *network, kept []*network) error {
	if len(kept) == 0 {
		return nil
	}
	old := kept[0]
	p, err := n.progress()
	if err != nil {
		return err
	}
	was, err := old.progress()
	if err != nil {
		return err
	}
	p.Walks = max(p.Walks, was.Walks)
	var last row
	err = s.items.FindOne(ctx, where("net", old.ID), options.FindOne().SetSort(where("walk", -1)).SetProjection(where("walk", 1))).Decode(&last)
	if err == nil {
		p.Walks = max(p.Walks, last.Walk)
	} else if !errors.Is(err, driver.ErrNoDocuments) {
		return err
	}
	return n.put(p)
}

// takeUp gives a new network all that ended ones kept. It is saved by then: were it not,
// what a process that dies has moved would be nobody's where there are no transactions.
func (s *Store) takeUp(ctx context.Context, n *network, kept []*network) error {
	if len(kept) == 0 {
		return nil
	}
	ctx, done := patient(ctx)
	defer done()
	if err := s.move(ctx, n, kept[0]); err != nil {
		return errors.Join(err, s.leaveNone(ctx, n.ID))
	}
	if err := s.join(ctx, n, kept[1:], kept); err != nil {
		return err
	}
	return s.hasAll(ctx, n)
}

// move gives a network without items all that an ended one kept.
func (s *Store) move(ctx context.Context, n, old *network) error {
	for _, c := range []*driver.Collection{s.items, s.quarantine} {
		if _, err := c.UpdateMany(ctx, where("net", old.ID), set(where("net", n.ID))); err != nil {
			return err
		}
	}
	return s.rename(ctx, old, n, nil)
}

// join gives a network what some ended ones kept, counts it, and drops all of which it
// has everything. It may be repeated.
func (s *Store) join(ctx context.Context, n *network, some, all []*network) error {
	return errors.Join(s.joinAll(ctx, n, some, all), s.leaveNone(ctx, n.ID))
}

// leaveNone deletes what was moved to a network that is being purged or was, where there
// are no transactions: the purge may have looked for it before it came.
func (s *Store) leaveNone(ctx context.Context, id string) error {
	if s.replica {
		return nil
	}
	ctx, done := finishing(ctx)
	defer done()
	n, err := s.networks.CountDocuments(ctx, bson.D{{Key: "_id", Value: id}, {Key: "purging", Value: nil}}, options.Count().SetLimit(1))
	if err != nil || n > 0 {
		return err
	}
	for _, c := range []*driver.Collection{s.items, s.quarantine} {
		if _, err := c.DeleteMany(ctx, where("net", id)); err != nil {
			return fmt.Errorf("deleting what network %s was given since it was purged: %w", id, err)
		}
	}
	if _, err = s.bury(ctx, where("networkId", id)); err != nil {
		err = fmt.Errorf("deleting the changes that network %s was given since it was purged: %w", id, err)
	}
	return err
}

func (s *Store) joinAll(ctx context.Context, n *network, some, all []*network) error {
	for _, old := range some {
		if err := s.absorb(ctx, n, old); err != nil {
			return err
		}
	}
	if err := s.joined(ctx, n); err != nil {
		return err
	}
	for _, old := range all { // the last step: as long as one is there, it is known that there is something left to do
		if _, err := s.networks.DeleteOne(ctx, where("_id", old.ID)); err != nil {
			return err
		}
	}
	return nil
}

// joined counts anew what a network holds that was given items of others. A page that
// was counted since the network was read, where there are no transactions, is counted
// with them.
func (s *Store) joined(ctx context.Context, n *network) error {
	for {
		if err := s.recount(ctx, n); err != nil {
			return err
		}
		by := mark()
		err := s.guarded(ctx, s.networks, n.ID, asRead(n.ID, n.Version, n.By), bson.D{
			{Key: "$set", Value: append(n.counters(), bson.E{Key: "uncounted", Value: true}, bson.E{Key: "by", Value: by})},
			{Key: "$inc", Value: bson.D{{Key: "version", Value: 1}, {Key: "recounts", Value: 1}}},
		}, by)
		if !errors.Is(err, errChanged) {
			return err
		}
		if n, err = s.read(ctx, n.ID, where("_id", n.ID)); err != nil {
			return err
		}
	}
}

// absorb moves what an ended network kept into one that has items of its own and
// may be in the middle of a walk. What it lacks counts as stored before its first
// walk; of what both have, its own entry stays and learns from the other, which goes
// once the log tells of one alone. All of this may be repeated, as long as the ended
// network is there.
func (s *Store) absorb(ctx context.Context, n, old *network) error {
	cursor, err := s.items.Find(ctx, where("net", n.ID))
	own, err := all[*row](ctx, cursor, err)
	if err != nil {
		return err
	}
	mine := make(map[string]*row, len(own))
	var ids []string
	for _, r := range own {
		mine[r.ItemID] = r
		ids = append(ids, r.ItemID)
	}
	cursor, err = s.items.Find(ctx, where("net", old.ID))
	theirs, err := all[*row](ctx, cursor, err)
	if err != nil {
		return err
	}
	var writes []driver.WriteModel
	var both []string
	twins := bson.A{}
	for _, r := range theirs {
		now := mine[r.ItemID]
		if now == nil {
			writes = append(writes, driver.NewUpdateOneModel().SetFilter(where("_id", r.ID)).
				SetUpdate(set(bson.D{{Key: "net", Value: n.ID}, {Key: "walk", Value: 0}})))
			continue
		}
		both, twins = append(both, r.ItemID), append(twins, r.ID)
		now.join(r)
		writes = append(writes, driver.NewReplaceOneModel().SetFilter(where("_id", now.ID)).SetReplacement(now))
	}
	if len(writes) > 0 {
		if _, err := s.items.BulkWrite(ctx, writes); err != nil {
			return fmt.Errorf("joining the items of two networks: %w", err)
		}
	}
	if err := s.absorbBad(ctx, n, old, ids); err != nil {
		return err
	}
	if err := s.rename(ctx, old, n, both); err != nil {
		return err
	}
	for some := range slices.Chunk(twins, 1000) {
		if _, err := s.items.DeleteMany(ctx, where("_id", where("$in", some))); err != nil {
			return fmt.Errorf("joining the items of two networks: %w", err)
		}
	}
	return nil
}

// absorbBad moves the quarantine of an ended network, but for what the other has.
func (s *Store) absorbBad(ctx context.Context, n, old *network, ids []string) error {
	var keys []string
	if err := s.quarantine.Distinct(ctx, "key", where("net", n.ID)).Decode(&keys); err != nil {
		return err
	}
	has := bson.D{{Key: "net", Value: old.ID}, {Key: "$or", Value: bson.A{
		where("key", where("$in", append([]string{}, keys...))), where("itemId", where("$in", append([]string{}, ids...))),
	}}}
	if _, err := s.quarantine.DeleteMany(ctx, has); err != nil {
		return err
	}
	_, err := s.quarantine.UpdateMany(ctx, where("net", old.ID), set(where("net", n.ID)))
	return err
}

// join adds to an item what another network saw of it.
func (r *row) join(other *row) {
	older, newer := other, r
	if other.ObservedAt.After(r.ObservedAt) {
		older, newer = r, other
	}
	raw := newer.Raw
	if len(raw) == 0 {
		raw = older.Raw
	}
	it := item.Merge(older.item(), newer.item())
	it.Raw = raw
	observed := newer.ObservedAt
	r.put(it) // nothing is owed of what is whole by now
	r.ObservedAt = observed
	if other.FirstSeen.Before(r.FirstSeen) {
		r.FirstSeen = other.FirstSeen
	}
}

// rename has the log tell of n what it tells of an ended network, but for the items
// that n tells of itself.
func (s *Store) rename(ctx context.Context, old, n *network, both []string) error {
	for some := range slices.Chunk(both, 1000) {
		if _, err := s.changes.UpdateMany(ctx, logged(old.ID), where("$pull", bson.D{
			{Key: "added", Value: where("$in", some)}, {Key: "changed", Value: where("$in", some)}, {Key: "removed", Value: where("$in", some)},
		})); err != nil {
			return fmt.Errorf("joining the changes of two networks: %w", err)
		}
	}
	if _, err := s.changes.UpdateMany(ctx, logged(old.ID), set(where("networkId", n.ID))); err != nil {
		return fmt.Errorf("renaming changes: %w", err)
	}
	return nil
}

// recount counts what a network holds.
func (s *Store) recount(ctx context.Context, n *network) error {
	for _, part := range []struct {
		c      *driver.Collection
		filter bson.D
		count  *int
	}{
		{s.items, bson.D{{Key: "net", Value: n.ID}, {Key: "removedAt", Value: nil}}, &n.Items},
		{s.items, bson.D{{Key: "net", Value: n.ID}, {Key: "removedAt", Value: nil}, {Key: "bareDue", Value: where("$exists", true)}}, &n.Bare},
		{s.quarantine, where("net", n.ID), &n.Bad},
	} {
		count, err := part.c.CountDocuments(ctx, part.filter)
		if err != nil {
			return fmt.Errorf("counting the items of network %s: %w", n.ID, err)
		}
		*part.count = int(count)
	}
	return nil
}
