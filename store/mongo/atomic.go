package mongo

import (
	"context"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// atomically runs fn, all of whose writes happen or none. fn runs again when
// somebody else changed what it read. A server alone has no transactions: there
// the writes happen one after the other, so fn writes in an order in which a crash
// between two of them loses nothing, and guards the last one.
func (s *Store) atomically(ctx context.Context, fn func(context.Context) error) error {
	if !s.replica {
		return fn(ctx)
	}
	session, err := s.client.StartSession()
	if err != nil {
		return err
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	together := options.Transaction().SetReadConcern(readconcern.Snapshot()).SetWriteConcern(writeconcern.Majority())
	_, err = session.WithTransaction(ctx, func(ctx context.Context) (any, error) { return nil, fn(ctx) }, together)
	return err
}

// all reads every document that a query gives.
func all[T any](ctx context.Context, cursor *driver.Cursor, err error) ([]T, error) {
	if err != nil {
		return nil, err
	}
	var out []T
	err = cursor.All(ctx, &out)
	return out, err
}
