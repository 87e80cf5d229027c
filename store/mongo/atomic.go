package mongo

import (
	"context"
	"slices"
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
	if err != nil {
		t.leave(ctx)
	}
	return err
}

// leave has the driver's session forget its transaction. A commit whose answer does not
// come in time leaves it in the middle of that, and none could begin in it ever again
// (https://github.com/mongodb/mongo-go-driver/pull/569). The server is not asked: it
// ends what it has of it with the next transaction of the session, or with the session.
func (t transaction) leave(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	_ = t.session.AbortTransaction(ctx) // an error says that it is in none
}

// sessions are those that page saves use, and nothing else does: another process may
// end one at any time.
type sessions struct {
	mu    sync.Mutex
	idle  []*driver.Session
	own   []*driver.Session // of groups, which every lease names
	spare []*driver.Session // of those

	pages gather[*page]
	frees gather[*freeing]
	told  map[string][]string // by network: keys of entries that the log holds and the network may list still
	vague map[string]bool     // networks of which it is not known whether a transaction is over
}

// start makes the sessions of groups. s.mu is held.
func (s *sessions) start(c *driver.Client) error {
	for len(s.own) < groups {
		session, err := c.StartSession()
		if err != nil {
			return err
		}
		s.own, s.spare = append(s.own, session), append(s.spare, session)
	}
	return nil
}

// ids names the sessions in which networks of this process are saved.
func (s *sessions) ids(c *driver.Client) (ids bson.A, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.start(c)
	for _, session := range s.own {
		ids = append(ids, session.ID())
	}
	return ids, err
}

// lend lends a session for a group. There are as many as groups.
func (s *sessions) lend(c *driver.Client) (*driver.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.start(c); err != nil {
		return nil, err
	}
	last := len(s.spare) - 1
	session := s.spare[last]
	s.spare = s.spare[:last]
	return session, nil
}

func (s *sessions) giveBack(session *driver.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = append(s.spare, session)
}

// tell notes keys of entries that the log holds.
func (s *sessions) tell(network string, keys []string) {
	if len(keys) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told == nil {
		s.told = map[string][]string{}
	}
	s.told[network] = append(s.told[network], keys...)
}

// untold returns those entries of a network that the log may lack.
func (s *sessions) untold(n *network) (left []entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var still []string
	for _, e := range n.Unpublished {
		if slices.Contains(s.told[n.ID], e.Key) {
			still = append(still, e.Key)
		} else {
			left = append(left, e)
		}
	}
	if len(s.told[n.ID]) > 0 {
		s.told[n.ID] = still
	}
	return left
}

// doubt notes that a transaction may hold a network.
func (s *sessions) doubt(network string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.vague == nil {
		s.vague = map[string]bool{}
	}
	s.vague[network] = true
}

// forget ends what is kept for a network whose lease ends: what the log holds of it,
// and whether its transactions are over.
func (s *sessions) forget(network string) (told []string, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	told, over = s.told[network], !s.vague[network]
	delete(s.told, network)
	delete(s.vague, network)
	return told, over
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
