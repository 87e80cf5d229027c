package mongo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/failpoint"
	"collector/store"
)

// schemaID is the document of meta that says which migrations have run.
const schemaID = "schema"

// migrations are run in order, each at least once: two processes may run the same
// one at a time, and a killed one runs again. A published one is never changed.
func (s *Store) migrations() []func(context.Context) error {
	return []func(context.Context) error{s.firstIndexes, s.unseenItems, s.removedItems}
}

// migrate brings the database to the present schema. It refuses one that is not
// the collector's, and one that a newer collector has written.
func (s *Store) migrate(ctx context.Context) error {
	steps := s.migrations()
	version, err := s.schema(ctx)
	if err == nil && version < len(steps) {
		if s.o.Reading {
			return fmt.Errorf("%w: %s has schema %d and needs %d; start the collector once", store.ErrReadOnly, s.where, version, len(steps))
		}
		version, err = s.bringUp(ctx, steps, version)
	}
	if err != nil {
		return err
	}
	if version > len(steps) {
		return fmt.Errorf("%w: %s has schema %d, this program knows %d; upgrade the collector", store.ErrNewer, s.where, version, len(steps))
	}
	return nil
}

// bringUp runs the migrations that a database of a version lacks, and returns the
// version that it has then.
func (s *Store) bringUp(ctx context.Context, steps []func(context.Context) error, version int) (int, error) {
	ctx, done := patient(ctx)
	defer done()
	for version < len(steps) {
		if err := failpoint.Hit(ctx, "migrate.before"); err != nil {
			return version, err
		}
		if err := steps[version](ctx); err != nil {
			return version, fmt.Errorf("%w: bringing %s to schema %d: %w; look at the rights of this user", store.ErrReadOnly, s.where, version+1, err)
		}
		if err := failpoint.Hit(ctx, "migrate.after"); err != nil {
			return version, err
		}
		var err error
		if version, err = s.reached(ctx, version+1); err != nil {
			return version, fmt.Errorf("%w: noting the schema in %s: %w", store.ErrReadOnly, s.where, err)
		}
	}
	return version, nil
}

// schemaDoc is the document of meta that says how many migrations have run.
type schemaDoc struct {
	Version int `bson:"version"`
}

// reached notes that a version was reached, and returns the newest one that anybody has
// noted. It only ever grows: who is slow does not set back what another process, of a
// newer program perhaps, has reached meanwhile.
func (s *Store) reached(ctx context.Context, version int) (int, error) {
	var now schemaDoc
	err := s.meta.FindOneAndUpdate(ctx, where("_id", schemaID), bson.D{{Key: "$max", Value: where("version", version)}},
		options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&now)
	return now.Version, err
}

// schema is how many migrations have run; 0 for an empty database.
func (s *Store) schema(ctx context.Context) (int, error) {
	version, noted, err := s.schemaNoted(ctx)
	if err != nil || noted {
		return version, err
	}
	empty, err := s.empty(ctx)
	if err != nil || empty {
		return 0, err
	}
	// What is there now may be of a collector that has begun with it since the first look.
	version, noted, err = s.schemaNoted(ctx)
	if err == nil && !noted {
		err = fmt.Errorf("%w: %s holds the data of another program; name another database with --store=mongodb://HOST/DATABASE", store.ErrForeign, s.where)
	}
	return version, err
}

// schemaNoted reads the version that the database says it has, if it says one.
func (s *Store) schemaNoted(ctx context.Context) (version int, noted bool, err error) {
	var doc schemaDoc
	err = s.meta.FindOne(ctx, where("_id", schemaID)).Decode(&doc)
	if errors.Is(err, driver.ErrNoDocuments) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("%w: %s: %w; see that MongoDB lets this user in", store.ErrMissing, s.where, err)
	}
	return doc.Version, true, nil
}

// empty tells whether the database holds no document. A first start that was ended
// leaves empty collections.
func (s *Store) empty(ctx context.Context) (bool, error) {
	var n int64
	names, err := s.meta.Database().ListCollectionNames(ctx, bson.D{})
	for _, name := range names {
		if err == nil && n == 0 && !strings.HasPrefix(name, "system.") {
			n, err = s.meta.Database().Collection(name).EstimatedDocumentCount(ctx)
		}
	}
	if err != nil {
		return false, fmt.Errorf("%w: %s: %w", store.ErrMissing, s.where, err)
	}
	return n == 0, nil
}

// Names of indexes that tests look for in plans.
const (
	indexDue    = "due"
	indexSet    = "set"
	indexNamed  = "named"
	indexPerson = "person"
	indexEnded  = "ended"
	indexLikes  = "likes"
	indexWords  = "words"
	indexOnce   = "once"
	indexBare   = "bare"
)

// firstIndexes makes the collections with their indexes.
func (s *Store) firstIndexes(ctx context.Context) error {
	has := func(field string) bson.D { return where(field, bson.D{{Key: "$exists", Value: true}}) }
	index := func(name string, partial any, keys ...any) driver.IndexModel {
		o := options.Index().SetName(name)
		if partial != nil {
			o.SetPartialFilterExpression(partial)
		}
		var d bson.D
		for _, k := range keys {
			switch k := k.(type) {
			case string:
				d = append(d, bson.E{Key: k, Value: 1})
			case descending:
				d = append(d, bson.E{Key: string(k), Value: -1})
			}
		}
		return driver.IndexModel{Keys: d, Options: o}
	}
	unique := func(m driver.IndexModel) driver.IndexModel {
		m.Options.SetUnique(true)
		return m
	}
	for _, of := range []struct {
		c       *driver.Collection
		indexes []driver.IndexModel
	}{
		{s.networks, []driver.IndexModel{
			index(indexDue, has("wakeAt"), "mode", "service", "wakeAt", "_id"), // with _id, so that a claim chooses without reading documents
			index(indexSet, has("setAt"), "setAt"),
			index("leases", has("leaseUntil"), "leaseUntil", "owner"),
			unique(index("list", has("list"), "list")),
			index("user", nil, "user", "service", "account", "_id"),
			index("account", nil, "accountId"),
			index(indexEnded, has("removed"), "user"),
			index("condition", nil, "condition", "_id"),
			index("unpublished", has("pending"), "pending"),
			index("attempts", has("attempts"), "attempts.epoch"),
			index("uncounted", has("uncounted"), "uncounted"),
			index("purging", has("purging"), "purging"),
		}},
		{s.items, []driver.IndexModel{
			unique(index(indexOnce, nil, "net", "itemId")),
			index(indexLikes, nil, "user", descending("likedAt"), "net", "itemId"),
			index(indexWords, nil, "user", "words", descending("likedAt")),
			index(indexBare, has("bareDue"), "net", descending("likedAt"), "itemId"),
		}},
		{s.quarantine, []driver.IndexModel{unique(index("object", nil, "net", "key")), index("age", nil, "net", "at")}},
		{s.changes, []driver.IndexModel{
			unique(index("page", has("page"), "page")),
			index("user", has("page"), "user", "_id"),
			index("network", has("page"), "networkId"),
		}},
		{s.accounts, []driver.IndexModel{
			unique(index(indexPerson, has("remoteId"), "user", "provider", "server", "remoteId")),
			index("user", nil, "user", "provider", "name"),
			index(indexNamed, nil, "user", "provider", "server", "name"),
		}},
		{s.instances, []driver.IndexModel{index("seen", nil, "seen")}},
		{s.quotas, nil},
		{s.credentials, nil},
		{s.refreshes, nil},
		{s.counts, nil},
		{s.users, nil},
	} {
		if err := indexed(ctx, of.c, of.indexes); err != nil {
			return err
		}
	}
	return nil
}

// indexed makes a collection with its indexes, if they are not there.
func indexed(ctx context.Context, c *driver.Collection, indexes []driver.IndexModel) error {
	if err := failpoint.Hit(ctx, "migrate.step"); err != nil {
		return err
	}
	if err := c.Database().CreateCollection(ctx, c.Name()); err != nil && !is(err, codeExists) {
		return err
	}
	if err := failpoint.Hit(ctx, "migrate.created"); err != nil || len(indexes) == 0 {
		return err
	}
	_, err := c.Indexes().CreateMany(ctx, indexes)
	return err
}

// codeExists is NamespaceExists of the server.
const codeExists = 48

// descending is a field of an index whose greatest value comes first.
type descending string

// where is a filter of one field.
func where(field string, value any) bson.D { return bson.D{{Key: field, Value: value}} }

// set is an update that sets fields.
func set(fields any) bson.D { return bson.D{{Key: "$set", Value: fields}} }
