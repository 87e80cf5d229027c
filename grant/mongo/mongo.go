// Package mongo keeps grants in a collection of a MongoDB database that the caller opened
// (server 4.4 or later, a server alone or a replica set).
//
// A grant is one document under its hash, and making, using up and revoking one are one
// write each, which the driver repeats once by itself. Where the answer is lost all the
// same, the error says so: what may have been made was shown to nobody, what may have been
// used up is asked for again, and what may have been revoked is revoked again.
package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/grant"
)

// Names of collections.
const (
	collection = "grants"
	versions   = "grants_meta"
)

// row is the document of a grant.
type row struct {
	Hash    []byte `bson:"_id"`
	ID      string `bson:"id"`
	User    string `bson:"user"`
	Kind    string `bson:"kind"`
	Expires int64  `bson:"expires"` // milliseconds; 0 for never
	Used    int64  `bson:"used"`    // milliseconds; 0 for never
	Body    string `bson:"body"`    // the rest, as JSON
}

// Store is a grant.Store.
type Store struct {
	grants *driver.Collection // reads what the primary has
	meta   *driver.Collection
}

// Made says whether the collection is there.
func Made(ctx context.Context, db *driver.Database) (bool, error) {
	names, err := db.ListCollectionNames(ctx, is("name", collection))
	if err != nil {
		return false, fmt.Errorf("looking for grants: %w", err)
	}
	return len(names) > 0, nil
}

// Open makes the collection and its indexes unless they are there. The client stays the
// caller's.
func Open(ctx context.Context, db *driver.Database) (*Store, error) {
	o := options.Collection().SetWriteConcern(writeconcern.Majority()).SetReadPreference(readpref.Primary()).SetReadConcern(readconcern.Local())
	s := &Store{grants: db.Collection(collection, o), meta: db.Collection(versions, o)}
	if err := s.migrate(ctx); err != nil {
		return nil, fmt.Errorf("opening the grants: %w", err)
	}
	return s, nil
}

// schemaID is the document of versions that says how many migrations have run.
const schemaID = "schema"

// migrations are run in order, each at least once: two processes may run the same one at
// a time, and a killed one runs again. A published one is never changed.
func (s *Store) migrations() []func(context.Context) error {
	return []func(context.Context) error{s.firstIndexes}
}

// migrate brings the collection to the present schema, and refuses one that a newer
// program wrote.
func (s *Store) migrate(ctx context.Context) error {
	var at struct{ Version int }
	if err := s.meta.FindOne(ctx, is("_id", schemaID)).Decode(&at); err != nil && !errors.Is(err, driver.ErrNoDocuments) {
		return fmt.Errorf("reading the schema: %w; see that MongoDB lets this user in", err)
	}
	steps := s.migrations()
	if at.Version > len(steps) {
		return fmt.Errorf("the grants have schema %d, this program knows %d; upgrade the program", at.Version, len(steps))
	}
	for v := at.Version; v < len(steps); v++ {
		if err := steps[v](ctx); err != nil {
			return fmt.Errorf("bringing them to schema %d: %w; look at the rights of this user", v+1, err)
		}
		if _, err := s.meta.UpdateByID(ctx, schemaID, is("$max", is("version", v+1)), options.UpdateOne().SetUpsert(true)); err != nil {
			return fmt.Errorf("noting schema %d: %w", v+1, err)
		}
	}
	return nil
}

func (s *Store) firstIndexes(ctx context.Context) error {
	_, err := s.grants.Indexes().CreateMany(ctx, []driver.IndexModel{
		{Keys: is("id", 1), Options: options.Index().SetName("id").SetUnique(true)},
		{Keys: bson.D{{Key: "user", Value: 1}, {Key: "id", Value: 1}}, Options: options.Index().SetName("user")},
		{Keys: is("expires", 1), Options: options.Index().SetName("expires")},
	})
	return err
}

// is is a filter or an expression of one field.
func is(field string, value any) bson.D { return bson.D{{Key: field, Value: value}} }

func (r row) record() (out grant.Record, err error) {
	err = json.Unmarshal([]byte(r.Body), &out)
	if err == nil && len(r.Hash) != len(out.Hash) {
		err = errors.New("its hash has another length")
	}
	if err != nil {
		return out, fmt.Errorf("grant %s is damaged: %w; revoke it and make another", r.ID, err)
	}
	// The fields are what is looked up, so they count.
	out.Hash, out.ID, out.User, out.Kind = grant.Hash(r.Hash), r.ID, r.User, grant.Kind(r.Kind)
	out.ExpiresAt, out.UsedAt = at(r.Expires), at(r.Used)
	return out, nil
}

func rowOf(r grant.Record) (row, error) {
	r = grant.Kept(r)
	body, err := json.Marshal(r)
	return row{Hash: r.Hash[:], ID: r.ID, User: r.User, Kind: string(r.Kind), Expires: milli(r.ExpiresAt), Used: milli(r.UsedAt), Body: string(body)}, err
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func at(milli int64) time.Time {
	if milli == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milli).UTC()
}

// one reads the grant that a command returned.
func one(found *driver.SingleResult) (grant.Record, error) {
	var r row
	err := found.Decode(&r)
	if errors.Is(err, driver.ErrNoDocuments) {
		return grant.Record{}, grant.ErrUnknown
	}
	if err != nil {
		return grant.Record{}, fmt.Errorf("reading a grant: %w", err)
	}
	return r.record()
}

// Find is grant.Store.Find.
func (s *Store) Find(ctx context.Context, h grant.Hash) (grant.Record, error) {
	return one(s.grants.FindOne(ctx, is("_id", h[:])))
}

// Take is grant.Store.Take.
func (s *Store) Take(ctx context.Context, h grant.Hash) (grant.Record, error) {
	return one(s.grants.FindOneAndDelete(ctx, is("_id", h[:])))
}

// List is grant.Store.List.
func (s *Store) List(ctx context.Context, user, after string, n int) ([]grant.Record, error) {
	if n <= 0 {
		return nil, ctx.Err()
	}
	filter := is("id", is("$gt", after))
	if user != "" {
		filter = append(filter, bson.E{Key: "user", Value: user})
	}
	c, err := s.grants.Find(ctx, filter, options.Find().SetSort(is("id", 1)).SetLimit(int64(n)))
	var rows []row
	if err == nil {
		err = c.All(ctx, &rows)
	}
	if err != nil {
		return nil, fmt.Errorf("listing grants: %w", err)
	}
	var out []grant.Record
	for _, r := range rows {
		rec, err := r.record()
		if err != nil {
			return nil, err
		}
		out = append(out, rec)
	}
	return out, nil
}

// Count is grant.Store.Count.
func (s *Store) Count(ctx context.Context) (int, error) {
	n, err := s.grants.CountDocuments(ctx, bson.D{})
	if err != nil {
		return 0, fmt.Errorf("counting grants: %w", err)
	}
	return int(n), nil
}
