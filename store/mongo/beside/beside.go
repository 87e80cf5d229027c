// Package beside lets other packages keep small collections of their own in the MongoDB
// database of a store, brought up to date by numbered migrations.
package beside

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/store"
)

// Collection is one whose writes the majority has, and whose reads are those of the primary.
func Collection(db *driver.Database, name string) *driver.Collection {
	return db.Collection(name, options.Collection().SetWriteConcern(writeconcern.Majority()).SetReadPreference(readpref.Primary()).SetReadConcern(readconcern.Local()))
}

// Made says whether a collection is there. what names what it holds, for errors.
func Made(ctx context.Context, db *driver.Database, collection, what string) (bool, error) {
	names, err := db.ListCollectionNames(ctx, bson.D{{Key: "name", Value: collection}})
	if err != nil {
		return false, fmt.Errorf("looking for %s: %w", what, err)
	}
	return len(names) > 0, nil
}

// schemaID is the document that says how many migrations have run.
const schemaID = "schema"

// Migrate runs those of the steps that were not run yet, in their order, and notes each in
// versions. Each runs at least once: two processes may run the same one at a time, and a
// killed one runs again. A published one is never changed. The error wraps store.ErrNewer
// where a newer program has run more.
func Migrate(ctx context.Context, versions *driver.Collection, what string, steps ...func(context.Context) error) error {
	schema := bson.D{{Key: "_id", Value: schemaID}}
	var at struct{ Version int }
	if err := versions.FindOne(ctx, schema).Decode(&at); err != nil && !errors.Is(err, driver.ErrNoDocuments) {
		return fmt.Errorf("opening the %s: reading the schema: %w; see that MongoDB lets this user in", what, err)
	}
	if at.Version > len(steps) {
		return fmt.Errorf("opening the %s: %w (%d, and %d is known here)", what, store.ErrNewer, at.Version, len(steps))
	}
	for v := at.Version; v < len(steps); v++ {
		if err := steps[v](ctx); err != nil {
			return fmt.Errorf("bringing the %s to schema %d: %w; look at the rights of this user", what, v+1, err)
		}
		note := bson.D{{Key: "$max", Value: bson.D{{Key: "version", Value: v + 1}}}}
		if _, err := versions.UpdateOne(ctx, schema, note, options.UpdateOne().SetUpsert(true)); err != nil {
			return fmt.Errorf("noting schema %d of the %s: %w", v+1, what, err)
		}
	}
	return nil
}
