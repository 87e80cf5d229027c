package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
	"collector/store"
)

// forgotten is how long an instance that died without leaving stays listed.
const forgotten = 30 * 24 * time.Hour

// valueID keeps named values apart from the documents that the store has for
// itself.
const valueID = "value:"

// Meta reads a named value of the installation, "" when it is not set.
func (s *Store) Meta(ctx context.Context, key string) (string, error) {
	if err := s.begin(ctx); err != nil {
		return "", err
	}
	var doc struct{ Value string }
	err := s.meta.FindOne(ctx, where("_id", valueID+key)).Decode(&doc)
	if errors.Is(err, driver.ErrNoDocuments) {
		return "", nil
	}
	return doc.Value, wrap("reading "+key, err)
}

// SetMeta saves a named value.
func (s *Store) SetMeta(ctx context.Context, key, value string) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	_, err := s.meta.UpdateByID(ctx, valueID+key, set(where("value", value)), options.UpdateOne().SetUpsert(true))
	return wrap("saving "+key, err)
}

// SwapMeta saves a named value if it is as given.
func (s *Store) SwapMeta(ctx context.Context, key, old, value string) (bool, error) {
	if err := s.writing(ctx); err != nil {
		return false, err
	}
	as, o := bson.D{{Key: "_id", Value: valueID + key}, {Key: "value", Value: old}}, options.UpdateOne()
	if old == "" { // not set, or set to nothing
		as[1].Value = where("$in", bson.A{"", nil})
		o.SetUpsert(true)
	}
	done, err := s.meta.UpdateOne(ctx, as, set(where("value", value)), o)
	if driver.IsDuplicateKeyError(err) { // it is there, with another value
		return false, nil
	}
	if err != nil {
		return false, wrap("saving "+key, err)
	}
	return done.MatchedCount+done.UpsertedCount == 1, nil
}

// instance is the document of a running daemon.
type instance struct {
	ID      string    `bson:"_id"`
	Host    string    `bson:"host"`
	PID     int       `bson:"pid"`
	Mode    string    `bson:"mode"`
	Version string    `bson:"version"`
	Started time.Time `bson:"started"`
	Seen    time.Time `bson:"seen"`
	Running int       `bson:"running"`
	Quiet   bool      `bson:"quiet,omitempty"`
	// Wish is not written with a heartbeat, but where the document is new. A version that
	// knows of no wishes replaces the document, and with it what was wished in vain.
	Wish   store.Wish    `bson:"wish,omitempty"`
	Vitals *store.Vitals `bson:"vitals,omitempty"`
}

// Heartbeat records that an instance lives, and returns what is wished of it.
func (s *Store) Heartbeat(ctx context.Context, in store.Instance) (store.Wish, error) {
	if err := s.writing(ctx); err != nil {
		return "", err
	}
	_, err := s.instances.DeleteMany(ctx, where("seen", where("$lt", in.Seen.Add(-forgotten))))
	var now instance
	if err == nil {
		err = s.instances.FindOneAndUpdate(ctx, where("_id", in.ID), bson.D{
			{Key: "$set", Value: bson.D{
				{Key: "host", Value: in.Host},
				{Key: "pid", Value: in.PID},
				{Key: "mode", Value: in.Mode},
				{Key: "version", Value: in.Version},
				{Key: "started", Value: in.Started},
				{Key: "seen", Value: in.Seen},
				{Key: "running", Value: in.Running},
				{Key: "quiet", Value: in.Quiet},
				{Key: "vitals", Value: in.Vitals},
			}},
			{Key: "$setOnInsert", Value: where("wish", in.Wish)},
		}, options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After).SetProjection(where("wish", 1))).Decode(&now)
	}
	return now.Wish, wrap("noting that this instance lives", err)
}

// Ask says what is wished of an instance.
func (s *Store) Ask(ctx context.Context, id string, w store.Wish) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	done, err := s.instances.UpdateByID(ctx, id, set(where("wish", w)))
	if err == nil && done.MatchedCount == 0 {
		err = fmt.Errorf("instance %s: %w", id, state.ErrNotFound)
	}
	return wrap("noting what is wished of an instance", err)
}

// Beats returns the instances seen at since or later, by id.
func (s *Store) Beats(ctx context.Context, since time.Time) ([]store.Instance, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	cursor, err := s.instances.Find(ctx, where("seen", where("$gte", since)), options.Find().SetSort(where("_id", 1)))
	found, err := all[instance](ctx, cursor, err)
	var out []store.Instance
	for _, in := range found {
		out = append(out, store.Instance(in))
	}
	return out, wrap("listing instances", err)
}

// Leave removes an instance at shutdown.
func (s *Store) Leave(ctx context.Context, id string) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	_, err := s.instances.DeleteOne(ctx, where("_id", id))
	return wrap("taking this instance off the list", err)
}
