package mongo

import (
	"context"
	"crypto/rand"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"

	"collector/state"
)

// errChanged says that a document is not what it was when it was read.
var errChanged = errors.New("the document was changed meanwhile")

// mark names one attempt to write.
func mark() string { return rand.Text() }

// fence is the filter of a network whose lease still holds.
func fence(l state.Lease) bson.D {
	return bson.D{
		{Key: "_id", Value: l.Network}, {Key: "owner", Value: l.Owner}, {Key: "epoch", Value: l.Epoch}, {Key: "removed", Value: nil},
	}
}

// held returns the network of a lease that still holds.
func (s *Store) held(ctx context.Context, l state.Lease) (*network, error) {
	if l.Owner == "" {
		return nil, state.ErrLeaseLost
	}
	n, err := s.read(ctx, l.Network, fence(l))
	if errors.Is(err, state.ErrNotFound) {
		return nil, state.ErrLeaseLost
	}
	return n, err
}

// guarded makes one update of the one document that a filter finds, and returns
// errChanged when it finds none. The update sets the field by to the mark. When
// the answer is lost, the document tells whether the update was made: it is read
// again, and the update is tried again only if its guard still holds.
func (s *Store) guarded(ctx context.Context, c *driver.Collection, id any, filter, update any, by string) error {
	for {
		r, err := c.UpdateOne(ctx, filter, update)
		if err == nil && r.MatchedCount == 0 {
			return errChanged
		}
		if err == nil || !ambiguous(err) || driver.SessionFromContext(ctx) != nil {
			return err // in a transaction, it is the transaction that is made or not
		}
		var now struct{ By string }
		again := s.firm(c).FindOne(ctx, where("_id", id)).Decode(&now)
		switch {
		case errors.Is(again, driver.ErrNoDocuments):
			return errChanged
		case again != nil:
			return errors.Join(err, again)
		case now.By == by:
			return nil
		}
	}
}

// firm reads what no failover can take back: a majority of the servers has it, and
// the one that is read is still their primary.
func (s *Store) firm(c *driver.Collection) *driver.Collection {
	if !s.replica {
		return c
	}
	return c.Clone(options.Collection().SetReadConcern(readconcern.Linearizable()))
}

// settled reads what a majority of the servers had a moment ago: nothing of it is
// ever taken back, but it may be old. Unlike firm it waits for nobody.
func settled(c *driver.Collection) *driver.Collection {
	return c.Clone(options.Collection().SetReadConcern(readconcern.Majority()))
}
