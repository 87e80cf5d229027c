// Package mongo keeps the endpoints of webhooks in a collection of a MongoDB database that
// the caller opened (server 4.4 or later, a server alone or a replica set).
//
// An endpoint is one document, and each change of it is one guarded update that leaves a
// mark. Where an answer is lost the document is read again: the mark tells whether the
// change was made.
package mongo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"

	"collector/deliver/webhook"
	"collector/store/mongo/beside"
)

// Names of collections. That of jobs begins with webhook_ too.
const (
	collection = "webhooks"
	versions   = "webhooks_meta"
)

// row is the document of an endpoint. What people set and what the daemon knows are JSON,
// as in other stores; of an endpoint that was removed the id and the version are left.
type row struct {
	ID       string `bson:"_id"`
	Version  int64  `bson:"version"`
	By       string `bson:"by"` // the mark of the newest change
	Removed  bool   `bson:"removed"`
	User     string `bson:"user,omitempty"` // absent of what was removed, and of what an earlier program wrote
	Endpoint string `bson:"endpoint"`
	Place    string `bson:"place"`
	Health   string `bson:"health"`
}

// Store is a webhook.Store.
type Store struct {
	hooks   *driver.Collection // reads what the primary has
	settled *driver.Collection // the same, as a majority of the servers has it: no failover takes that back
}

// Made says whether the collection is there.
func Made(ctx context.Context, db *driver.Database) (bool, error) {
	return beside.Made(ctx, db, collection, "webhooks")
}

// Open makes the collection and its index unless they are there. The client stays the
// caller's. The error wraps store.ErrNewer where a newer program wrote them.
func Open(ctx context.Context, db *driver.Database) (*Store, error) {
	s := &Store{hooks: beside.Collection(db, collection)}
	s.settled = s.hooks.Clone(options.Collection().SetReadConcern(readconcern.Majority()))
	if err := beside.Migrate(ctx, beside.Collection(db, versions), "webhooks", s.firstIndex, s.userIndex); err != nil {
		return nil, err
	}
	return s, nil
}

// firstIndex is what Revision reads.
func (s *Store) firstIndex(ctx context.Context) error {
	_, err := s.hooks.Indexes().CreateOne(ctx, driver.IndexModel{Keys: is("version", 1), Options: options.Index().SetName(indexVersion)})
	return err
}

const indexVersion = "version"

// userIndex is what Of reads.
func (s *Store) userIndex(ctx context.Context) error {
	_, err := s.hooks.Indexes().CreateOne(ctx, driver.IndexModel{Keys: bson.D{{Key: "user", Value: 1}, {Key: "_id", Value: 1}}, Options: options.Index().SetName("user")})
	return err
}

// is is a filter or an expression of one field.
func is(field string, value any) bson.D { return bson.D{{Key: field, Value: value}} }

// there is the filter of an endpoint that was not removed.
func there(id string) bson.D { return append(is("_id", id), bson.E{Key: "removed", Value: false}) }

// record reads a record, or says that it is damaged.
func (r row) record() (out webhook.Record) {
	out.Version = r.Version
	err := errors.Join(json.Unmarshal([]byte(r.Endpoint), &out.Endpoint), json.Unmarshal([]byte(r.Place), &out.Place), json.Unmarshal([]byte(r.Health), &out.Health))
	if err != nil {
		return webhook.Record{Endpoint: webhook.Endpoint{ID: r.ID}, Version: r.Version, Damaged: webhook.Broken(r.ID, err)}
	}
	return out
}

func rowOf(r webhook.Record, version int64, by string) (row, error) {
	out := row{ID: r.ID, Version: version, By: by, User: r.User}
	for _, f := range []struct {
		into *string
		of   any
	}{{&out.Endpoint, r.Endpoint}, {&out.Place, r.Place}, {&out.Health, r.Health}} {
		text, err := json.Marshal(f.of)
		if err != nil {
			return out, err
		}
		*f.into = string(text)
	}
	return out, nil
}

// Get is webhook.Store.Get.
func (s *Store) Get(ctx context.Context, id string) (webhook.Record, error) {
	var r row
	err := s.hooks.FindOne(ctx, there(id)).Decode(&r)
	if errors.Is(err, driver.ErrNoDocuments) {
		return webhook.Record{}, fmt.Errorf("%w: %s", webhook.ErrUnknown, id)
	}
	if err != nil {
		return webhook.Record{}, fmt.Errorf("reading webhook %s: %w", id, err)
	}
	out := r.record()
	if out.Damaged != nil {
		return webhook.Record{}, out.Damaged
	}
	return out, nil
}

// List is webhook.Store.List.
func (s *Store) List(ctx context.Context, after string, n int) ([]webhook.Record, error) {
	if n <= 0 {
		return nil, ctx.Err()
	}
	return s.list(ctx, is("_id", is("$gt", after)), options.Find().SetLimit(int64(n)))
}

// Of is webhook.Store.Of. Whose those are that an earlier program wrote only they tell.
func (s *Store) Of(ctx context.Context, user string) ([]webhook.Record, error) {
	list, err := s.list(ctx, is("user", is("$in", bson.A{user, nil})), options.Find())
	return slices.DeleteFunc(list, func(r webhook.Record) bool { return r.Damaged != nil || r.User != user }), err
}

// list reads those of the endpoints that are there which a filter lets through.
func (s *Store) list(ctx context.Context, filter bson.D, o *options.FindOptionsBuilder) ([]webhook.Record, error) {
	c, err := s.hooks.Find(ctx, append(filter, bson.E{Key: "removed", Value: false}), o.SetSort(is("_id", 1)))
	var rows []row
	if err == nil {
		err = c.All(ctx, &rows)
	}
	if err != nil {
		return nil, fmt.Errorf("listing webhooks: %w", err)
	}
	var out []webhook.Record
	for _, r := range rows {
		out = append(out, r.record())
	}
	return out, nil
}

// Put is webhook.Store.Put.
func (s *Store) Put(ctx context.Context, r webhook.Record) (int64, error) {
	by := rand.Text()
	next, err := rowOf(r, r.Version+1, by)
	if err != nil {
		return 0, fmt.Errorf("saving webhook %s: %w", r.ID, err)
	}
	err = s.made(ctx, r.ID, by, webhook.ErrChanged, func() (bool, error) {
		if r.Version == 0 {
			_, err := s.hooks.InsertOne(ctx, next)
			if driver.IsDuplicateKeyError(err) {
				return false, nil
			}
			return err == nil, err
		}
		res, err := s.hooks.UpdateOne(ctx, append(there(r.ID), bson.E{Key: "version", Value: r.Version}),
			is("$set", bson.D{{Key: "version", Value: next.Version}, {Key: "by", Value: by}, {Key: "user", Value: next.User}, {Key: "endpoint", Value: next.Endpoint}}))
		return err == nil && res.MatchedCount > 0, err
	})
	if err != nil {
		return 0, fmt.Errorf("saving webhook %s: %w", r.ID, err)
	}
	return next.Version, nil
}

// made makes a change, which leaves the mark by. Where its answer did not come the document
// tells whether it was made. nothing is the error where it found nothing to change.
func (s *Store) made(ctx context.Context, id, by string, nothing error, change func() (bool, error)) error {
	ok, err := change()
	switch {
	case ok:
		return nil
	case err == nil:
		return nothing
	case ctx.Err() != nil:
		return err
	}
	var now row
	if again := s.settled.FindOne(ctx, is("_id", id)).Decode(&now); again == nil && now.By == by {
		return nil
	}
	return err
}

// Note is webhook.Store.Note.
func (s *Store) Note(ctx context.Context, notes []webhook.Note) error {
	var all []driver.WriteModel
	for _, n := range notes {
		var set bson.D
		for _, f := range []struct {
			name string
			is   bool
			of   any
		}{{"place", n.Place != nil, n.Place}, {"health", n.Health != nil, n.Health}} {
			if !f.is {
				continue
			}
			text, err := json.Marshal(f.of)
			if err != nil {
				return fmt.Errorf("noting how webhook %s went: %w", n.ID, err)
			}
			set = append(set, bson.E{Key: f.name, Value: string(text)})
		}
		if set != nil {
			all = append(all, driver.NewUpdateOneModel().SetFilter(there(n.ID)).SetUpdate(is("$set", set)))
		}
	}
	if len(all) == 0 {
		return ctx.Err()
	}
	if _, err := s.hooks.BulkWrite(ctx, all); err != nil {
		return fmt.Errorf("noting how webhooks went: %w", err)
	}
	return nil
}

// Remove is webhook.Store.Remove.
func (s *Store) Remove(ctx context.Context, id string) error {
	by := rand.Text()
	err := s.made(ctx, id, by, webhook.ErrUnknown, func() (bool, error) {
		res, err := s.hooks.UpdateOne(ctx, there(id), bson.D{
			{Key: "$set", Value: bson.D{{Key: "by", Value: by}, {Key: "removed", Value: true}, {Key: "endpoint", Value: ""}, {Key: "place", Value: ""}, {Key: "health", Value: ""}}},
			{Key: "$unset", Value: is("user", "")},
			{Key: "$inc", Value: is("version", 1)},
		})
		return err == nil && res.MatchedCount > 0, err
	})
	if err != nil {
		return fmt.Errorf("removing webhook %s: %w", id, err)
	}
	return nil
}

// Count is webhook.Store.Count.
func (s *Store) Count(ctx context.Context) (int, error) {
	n, err := s.hooks.CountDocuments(ctx, is("removed", false))
	if err != nil {
		return 0, fmt.Errorf("counting webhooks: %w", err)
	}
	return int(n), nil
}

// Revision is webhook.Store.Revision: versions only grow, so their sum does. It reads an
// index alone.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	c, err := s.hooks.Aggregate(ctx, bson.A{
		is("$match", is("version", is("$gt", 0))),
		is("$group", bson.D{{Key: "_id", Value: nil}, {Key: "sum", Value: is("$sum", "$version")}}),
	}, options.Aggregate().SetHint(indexVersion))
	var got []struct{ Sum int64 }
	if err == nil {
		err = c.All(ctx, &got)
	}
	if err != nil {
		return 0, fmt.Errorf("looking for changes of webhooks: %w", err)
	}
	if len(got) == 0 {
		return 0, nil
	}
	return got[0].Sum, nil
}

// Bring is webhook.Store.Bring.
func (s *Store) Bring(ctx context.Context, rs []webhook.Record) error {
	var all []driver.WriteModel
	for _, r := range rs {
		next, err := rowOf(r, r.Version, rand.Text())
		if err != nil {
			return fmt.Errorf("saving webhook %s: %w", r.ID, err)
		}
		all = append(all, driver.NewReplaceOneModel().SetFilter(is("_id", r.ID)).SetReplacement(next).SetUpsert(true))
	}
	if len(all) == 0 {
		return ctx.Err()
	}
	if _, err := s.hooks.BulkWrite(ctx, all); err != nil {
		return fmt.Errorf("saving webhooks: %w", err)
	}
	return nil
}
