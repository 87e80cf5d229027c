package mongo

import (
	"context"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// transaction is the right to write several documents together. A server alone has
// none: there the writes happen one after the other, so what is run writes in an
// order in which a crash between two of them loses nothing.
type transaction struct{ session *driver.Session }

// possible tells whether all writes happen or none.
func (t transaction) possible() bool { return t.session != nil }

// id names the session, nil where there is none.
func (t transaction) id() bson.Raw {
	if t.session == nil {
		return nil
	}
	return t.session.ID()
}

// run runs fn, all of whose writes happen or none. fn runs again when somebody else
// changed what it read.
func (t transaction) run(ctx context.Context, fn func(context.Context) error) error {
	if t.session == nil {
		return fn(ctx)
	}
	together := options.Transaction().SetReadConcern(readconcern.Snapshot()).SetWriteConcern(writeconcern.Majority())
	_, err := t.session.WithTransaction(ctx, func(ctx context.Context) (any, error) { return nil, fn(ctx) }, together)
	return err
}

// sessions are those that page saves use, and nothing else does: another process may
// end one at any time.
type sessions struct {
	mu   sync.Mutex
	idle []*driver.Session
}

// inSession lends fn a session for its transaction, where one is wanted and possible.
func (s *Store) inSession(ctx context.Context, wanted bool, fn func(transaction) error) error {
	if !s.replica || !wanted {
		return fn(transaction{})
	}
	s.saves.mu.Lock()
	var session *driver.Session
	if n := len(s.saves.idle); n > 0 {
		session, s.saves.idle = s.saves.idle[n-1], s.saves.idle[:n-1]
	}
	s.saves.mu.Unlock()
	if session == nil {
		var err error
		if session, err = s.client.StartSession(); err != nil {
			return err
		}
	}
	err := fn(transaction{session})
	s.saves.mu.Lock()
	defer s.saves.mu.Unlock()
	s.saves.idle = append(s.saves.idle, session) // never back to the driver, which would lend it to others
	return err
}

// atomically runs fn, all of whose writes happen or none where that is possible.
func (s *Store) atomically(ctx context.Context, fn func(context.Context) error) error {
	if !s.replica {
		return fn(ctx)
	}
	session, err := s.client.StartSession()
	if err != nil {
		return err
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	return transaction{session}.run(ctx, fn)
}

// begun are the sessions of the attempts that stand on networks.
func begun(ns []*network) (ids bson.A) {
	for _, n := range ns {
		for _, a := range n.Attempts {
			if a.Session != nil {
				ids = append(ids, a.Session)
			}
		}
	}
	return ids
}

// endSessions ends sessions of processes that may be dead, and with them their
// transactions. (Without ids the server would end every session there is.)
func (s *Store) endSessions(ctx context.Context, ids bson.A) error {
	if len(ids) == 0 {
		return nil
	}
	return s.networks.Database().RunCommand(ctx, bson.D{{Key: "killSessions", Value: ids}}).Err()
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
