package mongo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/queue"
)

var _ queue.Store = (*Store)(nil)

// Options are what a store may be told.
type Options struct {
	// Prefix begins the names of the collections, so that several stores may share a
	// database; "queue_" if it is empty.
	Prefix string
	// WriteConcern is that of jobs; majority if it is nil. With less, what was said
	// to be added or done may be undone by a failover.
	WriteConcern *writeconcern.WriteConcern
}

// Store is one handle on the jobs of a database. It is safe for concurrent use.
type Store struct {
	db                          *driver.Database
	commands                    *driver.Database // the same, that knows nothing of the caller's ways to write a document
	concern                     bson.D           // of jobs
	once                        insertions
	jobs, queues, signals, meta *driver.Collection
	loose                       *driver.Collection // jobs, for writes that nobody relies on
	replica                     bool

	me      string // names this handle in signals
	rivals  rivals
	tally   tally
	wakes   queue.Wakes
	telling telling
	hearing sync.Once
	ctx     context.Context // of what goes on beside the calls, until Close
	stop    context.CancelFunc
	after   sync.WaitGroup
}

// Open prepares the collections of a database and returns a handle on the jobs in
// them. The client stays the caller's; its time limits (SetTimeout) hold for each
// command. Close the store before the client.
func Open(ctx context.Context, db *driver.Database, o Options) (*Store, error) {
	if o.Prefix == "" {
		o.Prefix = "queue_"
	}
	if o.WriteConcern == nil {
		o.WriteConcern = writeconcern.Majority()
	}
	plain, registry := &options.BSONOptions{}, bson.NewRegistry()
	firm := options.Collection().SetWriteConcern(o.WriteConcern).SetReadPreference(readpref.Primary()).
		SetReadConcern(readconcern.Local()).SetRegistry(registry).SetBSONOptions(plain)
	s := &Store{
		db: db, commands: db.Client().Database(db.Name(), options.Database().SetRegistry(registry).SetBSONOptions(plain)),
		concern: concernOf(o.WriteConcern), me: queue.NewToken(), telling: newTelling(), tally: newTally(),
		jobs: db.Collection(o.Prefix+"jobs", firm), queues: db.Collection(o.Prefix+"queues", firm),
		signals: db.Collection(o.Prefix+"signals", firm), meta: db.Collection(o.Prefix+"meta", firm),
	}
	s.loose = s.jobs.Clone(options.Collection().SetWriteConcern(writeconcern.W1()))
	if err := s.prepare(ctx); err != nil {
		return nil, fmt.Errorf("opening the jobs in %s: %w", s.Describe(), err)
	}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.after.Go(s.send)
	return s, nil
}

// wire44 is the protocol of MongoDB 4.4
// (https://github.com/mongodb/specifications/blob/master/source/wireversion-featurelist/wireversion-featurelist.md).
const wire44 = 9

// prepare looks at the server and brings the collections to the present schema.
func (s *Store) prepare(ctx context.Context) error {
	var hello struct {
		SetName        string `bson:"setName"`
		Msg            string `bson:"msg"`
		MaxWireVersion int    `bson:"maxWireVersion"`
	}
	if err := s.db.RunCommand(ctx, is("hello", 1), options.RunCmd().SetReadPreference(readpref.Primary())).Decode(&hello); err != nil {
		return fmt.Errorf("asking the server: %w; see that MongoDB runs there and lets this user in", err)
	}
	if hello.MaxWireVersion < wire44 {
		return errors.New("the server is older than MongoDB 4.4; upgrade it")
	}
	s.replica = hello.SetName != "" || hello.Msg == "isdbgrid"
	return s.migrate(ctx)
}

// Close ends what goes on beside the calls, and every Watch. Claims live on until
// their leases end.
func (s *Store) Close() {
	s.count(context.Background(), nil) // what calls that were given up left to the next one
	s.stop()
	s.after.Wait()
}

// Describe says what the store is.
func (s *Store) Describe() string { return "the database " + s.db.Name() + " (MongoDB)" }

// finishMost is how long what has begun may take once nobody wants it any more.
const finishMost = 2 * time.Second

// finishing is a context for what should not be given up halfway: a lease that was
// written is to be known, or it stays until its end.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	on, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(finishMost, cancel) })
	return on, func() { stop(); cancel() }
}

// sure reads what no failover can take back: a majority of the servers has it, and
// the one that is asked is still their primary.
func (s *Store) sure() *driver.Collection {
	if !s.replica {
		return s.jobs
	}
	return s.jobs.Clone(options.Collection().SetReadConcern(readconcern.Linearizable()))
}
