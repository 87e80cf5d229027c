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

	"collector/grant"
	"collector/store/mongo/beside"
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
}

// Made says whether the collection is there.
func Made(ctx context.Context, db *driver.Database) (bool, error) {
	return beside.Made(ctx, db, collection, "grants")
}

// Open makes the collection and its indexes unless they are there. The client stays the
// caller's. The error wraps store.ErrNewer where a newer program wrote them.
func Open(ctx context.Context, db *driver.Database) (*Store, error) {
	s := &Store{grants: beside.Collection(db, collection)}
	if err := beside.Migrate(ctx, beside.Collection(db, versions), "grants", s.firstIndexes); err != nil {
		return nil, err
	}
	return s, nil
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
