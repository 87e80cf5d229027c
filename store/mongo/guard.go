package mongo

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"

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

// asRead is the filter of a document that is as it was read. The version alone does
// not tell: what was read at a primary may be taken back with it, and the next one
// gives the same number to another update, which left another mark.
func asRead(id any, version int64, by string) bson.D {
	marked := bson.E{Key: "by", Value: by}
	if by == "" { // nobody has left one yet
		marked.Value = where("$in", bson.A{nil, ""})
	}
	return bson.D{{Key: "_id", Value: id}, {Key: "version", Value: version}, marked}
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
// errChanged when it finds none. The update leaves the mark on the document. When
// the answer is lost, the document tells whether the update was made: it is read
// again, and the update is tried again only if its guard still holds. One that was
// on its way all the time may be what makes the guard of the next try fail, so then
// the document is read as well.
func (s *Store) guarded(ctx context.Context, c *driver.Collection, id any, filter, update any, by string) error {
	for lost := false; ; lost = true {
		r, err := c.UpdateOne(ctx, filter, update)
		if err == nil && r.MatchedCount > 0 {
			return nil
		}
		if err == nil && !lost {
			return errChanged
		}
		if err != nil && (!ambiguous(err) || driver.SessionFromContext(ctx) != nil) {
			return err // in a transaction, it is the transaction that is made or not
		}
		var now marked
		again := s.firm(c).FindOne(ctx, where("_id", id)).Decode(&now)
		switch {
		case again != nil && !errors.Is(again, driver.ErrNoDocuments):
			return errors.Join(err, again)
		case again == nil && now.with(by):
			return nil
		case again != nil || err == nil:
			return errChanged
		}
	}
}

// marked is what a document says of the updates that it has had: the newest one, the
// newest release of a network, and the newest ones of each process at a row of the
// ledger. Others may have changed it since the one that is asked for.
type marked struct {
	By    string   `bson:"by"`
	Freed release  `bson:"freed"`
	Marks []string `bson:"marks"`
}

// with tells whether an update of this mark was made.
func (m marked) with(by string) bool {
	return m.By == by || m.Freed == release(by) || slices.Contains(m.Marks, by)
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
