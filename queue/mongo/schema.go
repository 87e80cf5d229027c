package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// schemaID is the document of meta that says how many migrations have run.
const schemaID = "schema"

// migrations are run in order, each at least once: two processes may run the same
// one at a time, and a killed one runs again. A published one is never changed.
func (s *Store) migrations() []func(context.Context) error {
	return []func(context.Context) error{s.firstIndexes}
}

// migrate brings the collections to the present schema, and refuses one that a newer
// program wrote.
func (s *Store) migrate(ctx context.Context) error {
	var at struct{ Version int }
	if err := s.meta.FindOne(ctx, is("_id", schemaID)).Decode(&at); err != nil && !errors.Is(err, driver.ErrNoDocuments) {
		return fmt.Errorf("reading the schema: %w", err)
	}
	steps := s.migrations()
	if at.Version > len(steps) {
		return fmt.Errorf("the jobs have schema %d, this program knows %d; upgrade the program", at.Version, len(steps))
	}
	for v := at.Version; v < len(steps); v++ {
		if err := steps[v](ctx); err != nil {
			return fmt.Errorf("bringing the jobs to schema %d: %w; look at the rights of this user", v+1, err)
		}
		if _, err := s.meta.UpdateByID(ctx, schemaID, is("$max", is("version", v+1)), options.UpdateOne().SetUpsert(true)); err != nil {
			return fmt.Errorf("noting schema %d: %w", v+1, err)
		}
	}
	return nil
}

// Names of indexes. All but the first have only the jobs that they are for, so a job
// stands in few of them at a time.
const (
	indexID    = "_id_"
	indexReady = "ready" // in the order of claims, with all that a choice needs
	indexDue   = "due"   // of what is scheduled
	indexLease = "lease" // of what runs, and of what is gone and not removed yet; becoming that changes no index
	indexDead  = "dead"
	indexKept  = "kept"
)

// firstIndexes makes the collections with their indexes. The collection of signals
// begins with one, since the server lets nobody wait at an empty one.
func (s *Store) firstIndexes(ctx context.Context) error {
	index := func(name string, only bson.D, keys ...bson.E) driver.IndexModel {
		return driver.IndexModel{Keys: bson.D(keys), Options: options.Index().SetName(name).SetPartialFilterExpression(only)}
	}
	up := func(field string) bson.E { return bson.E{Key: field, Value: 1} }
	_, err := s.jobs.Indexes().CreateMany(ctx, []driver.IndexModel{
		index(indexReady, is("state", queue.Ready), up("state"), up("queue"), bson.E{Key: "priority", Value: -1}, up("due"), up("_id"), up("kind")),
		index(indexDue, is("state", queue.Scheduled), up("state"), up("queue"), up("due")),
		index(indexLease, is("leaseUntil", is("$exists", true)), up("leaseUntil")),
		index(indexDead, is("state", queue.Dead), up("state"), up("_id")),
		index(indexKept, is("keptUntil", is("$exists", true)), up("keptUntil")),
	})
	if err != nil {
		return err
	}
	const exists = 48 // NamespaceExists
	err = s.db.CreateCollection(ctx, s.signals.Name(), options.CreateCollection().SetCapped(true).SetSizeInBytes(signalsSize).SetMaxDocuments(signalsMost))
	if err != nil && !coded(err, exists) {
		return err
	}
	_, err = s.signals.InsertOne(ctx, signal{ID: bson.NewObjectID()})
	return err
}
