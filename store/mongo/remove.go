package mongo

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/store"
)

// ending is what becomes of a network whose collecting ends: no lease holds any
// more, and nothing wakes it.
func ending(purge bool) bson.D {
	fields := bson.D{{Key: "removed", Value: true}, {Key: "uncounted", Value: true}}
	if purge {
		fields = append(fields, bson.E{Key: "purging", Value: true})
	}
	return bson.D{
		{Key: "$set", Value: fields},
		{Key: "$inc", Value: where("version", 1)},
		{Key: "$unset", Value: bson.D{{Key: "owner", Value: ""}, {Key: "leaseUntil", Value: ""}, {Key: "wakeAt", Value: ""}, {Key: "list", Value: ""}, {Key: "hurry", Value: ""}, {Key: "taking", Value: ""}}},
	}
}

// RemoveNetwork ends the collecting of a network; purge also deletes its data. The
// end is one fact; the data go afterwards, and whoever finds them goes on with it.
func (s *Store) RemoveNetwork(ctx context.Context, id string, purge bool) (store.Removed, error) {
	if err := s.writing(ctx); err != nil {
		return store.Removed{}, err
	}
	var r store.Removed
	err := s.atomically(ctx, func(ctx context.Context) error {
		r = store.Removed{Networks: 1}
		filter := live(id)
		if purge {
			filter = where("_id", id)
		}
		n, err := s.read(ctx, id, filter)
		if err != nil {
			return err
		}
		if err := s.lockUser(ctx, n.User); err != nil {
			return err
		}
		if _, err := s.networks.UpdateOne(ctx, filter, ending(purge)); err != nil {
			return err
		}
		if err := s.forgetUnseen(ctx, where("net", id)); err != nil { // its walks will not go on
			return err
		}
		return s.forsake(ctx, n.AccountID, &r)
	})
	if err == nil && purge {
		var gone store.Removed
		gone, err = s.purge(ctx, id)
		r.Items, r.Changes, r.Quarantined = gone.Items, gone.Changes, gone.Quarantined
	}
	if err != nil {
		return store.Removed{}, wrap("removing a network", err)
	}
	return r, nil
}

// PurgeUser deletes everything of a user.
func (s *Store) PurgeUser(ctx context.Context, user string) (store.Removed, error) {
	if err := s.writing(ctx); err != nil {
		return store.Removed{}, err
	}
	if user == "" { // names nobody; it must not read as everybody
		return store.Removed{}, nil
	}
	r, err := s.purgeUser(ctx, user)
	if err != nil {
		return store.Removed{}, wrap("purging a user", err)
	}
	return r, nil
}

func (s *Store) purgeUser(ctx context.Context, user string) (r store.Removed, err error) {
	var ns []*network
	err = s.atomically(ctx, func(ctx context.Context) error {
		r = store.Removed{}
		if err := s.lockUser(ctx, user); err != nil {
			return err
		}
		cursor, err := s.networks.Find(ctx, where("user", user), options.Find().SetProjection(where("_id", 1)))
		if ns, err = all[*network](ctx, cursor, err); err != nil {
			return err
		}
		if _, err := s.networks.UpdateMany(ctx, where("user", user), ending(true)); err != nil {
			return err
		}
		cursor, err = s.accounts.Find(ctx, where("user", user))
		accounts, err := all[account](ctx, cursor, err)
		for _, a := range accounts {
			if err == nil {
				err = s.forsake(ctx, a.ID, &r)
			}
		}
		return err
	})
	for _, n := range ns {
		if err != nil {
			return r, err
		}
		var gone store.Removed
		gone, err = s.purge(ctx, n.ID)
		r.Networks++
		r.Items, r.Changes, r.Quarantined = r.Items+gone.Items, r.Changes+gone.Changes, r.Quarantined+gone.Quarantined
	}
	if err == nil {
		_, err = s.users.DeleteOne(ctx, where("_id", user))
	}
	return r, err
}

// purge deletes what was collected through a network that has ended, and then the
// network.
func (s *Store) purge(ctx context.Context, id string) (r store.Removed, err error) {
	ctx, done := patient(ctx)
	defer done()
	if err := s.endTransactions(ctx, where("_id", id)); err != nil { // of who was saving a page
		return r, fmt.Errorf("ending what is written of network %s: %w", id, err)
	}
	for _, part := range []struct {
		c     *driver.Collection
		count *int
	}{{s.items, &r.Items}, {s.quarantine, &r.Quarantined}} {
		gone, err := part.c.DeleteMany(ctx, where("net", id))
		if err != nil {
			return r, fmt.Errorf("deleting %s of network %s: %w", part.c.Name(), id, err)
		}
		*part.count = int(gone.DeletedCount)
	}
	if err := s.forgetUnseen(ctx, where("net", id)); err != nil {
		return r, err
	}
	if r.Changes, err = s.bury(ctx, where("networkId", id)); err != nil {
		return r, fmt.Errorf("deleting the changes of network %s: %w", id, err)
	}
	if _, err := s.recordChanged(ctx, where("_id", id)); err != nil {
		return r, fmt.Errorf("counting network %s out: %w", id, err)
	}
	if _, err = s.networks.DeleteOne(ctx, where("_id", id)); err != nil {
		return r, err
	}
	// What came meanwhile of a page of an owner who has not looked at his lease yet. What
	// comes still later he takes back himself, see late.
	late, err := s.items.DeleteMany(ctx, where("net", id))
	if err != nil {
		return r, fmt.Errorf("deleting late items of network %s: %w", id, err)
	}
	r.Items += int(late.DeletedCount)
	told, err := s.bury(ctx, where("networkId", id))
	r.Changes += told
	return r, err
}

// forsake deletes an account that no network is collected through any more.
func (s *Store) forsake(ctx context.Context, id string, r *store.Removed) error {
	n, err := s.networks.CountDocuments(ctx, bson.D{{Key: "accountId", Value: id}, {Key: "removed", Value: nil}}, options.Count().SetLimit(1))
	if err != nil || n > 0 {
		return err
	}
	for _, part := range []struct {
		c     *driver.Collection
		count *int
	}{{s.accounts, &r.Accounts}, {s.credentials, &r.Credentials}, {s.refreshes, new(int)}} {
		gone, err := part.c.DeleteOne(ctx, where("_id", id))
		if err != nil {
			return err
		}
		*part.count += int(gone.DeletedCount)
	}
	return nil
}

// lockUser makes changes of a user's accounts and lists happen one after another:
// two transactions that write the same document cannot both be made.
func (s *Store) lockUser(ctx context.Context, user string) error {
	_, err := s.users.UpdateByID(ctx, user, bson.D{{Key: "$inc", Value: where("changes", 1)}}, options.UpdateOne().SetUpsert(true))
	return err
}
