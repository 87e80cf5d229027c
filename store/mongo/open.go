package mongo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/store"
)

var (
	_ store.Store  = (*Store)(nil)
	_ store.Pooled = (*Store)(nil)
)

// Store is one handle on a database. It is safe for concurrent use.
type Store struct {
	client  *driver.Client
	where   string // address for people, without a password
	replica bool   // several documents can change together
	handle  string // names this handle in marks of updates
	o       store.Options

	accounts, networks, items, quarantine, changes, counts *driver.Collection
	shown, unseen                                          *driver.Collection
	quotas, credentials, refreshes, instances, meta, users *driver.Collection

	offset offset
	saves  sessions
	pages  saving
	log    gather[*appended]  // under one name
	rows   gather[*rowChange] // by keys of the ledger
	looks  gather[*rowLook]   // by prefixes of them
	sealed gather[*credentialLook]
	keys   keyLocks
	conns  *pools
	closed atomic.Bool
	stop   context.CancelFunc
	after  sync.WaitGroup // background work
}

// A server that has gone silent, as behind a network that swallows everything, is
// noticed after heartbeat and twice connecting, 6.5 s, and what waits for its answer is
// cut off then: the driver gives a silent server a second chance. With the driver's
// own 10 and 30 s, writing would stand still for minutes after another primary is
// elected. The address may say others (heartbeatFrequencyMS, connectTimeoutMS).
const (
	heartbeat  = 500 * time.Millisecond
	connecting = 3 * time.Second
)

// answered is how long a call waits for its answer, tries on other servers included:
// a single connection may swallow what is sent while its server lives. It is shorter
// than a lease, so that a renewal that is swallowed can be made again. The address may
// say another (timeoutMS).
const answered = 20 * time.Second

// idle is how long an unused connection is kept: what a time of trouble opened goes
// again, and so does what a firewall forgets silently. The address may say another
// (maxIdleTimeMS).
const idle = time.Minute

// reopened is how long opening waits before it begins again.
const reopened = 200 * time.Millisecond

// patient is a context for statements over everything that a network or a collection
// has, which take as long as that is large: up to an hour.
func patient(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, time.Hour)
}

// Open is a store.Opener for addresses that begin with "mongodb:". A server is looked
// for, and a primary while a replica set elects one, for 20 s, or as the address says
// (timeoutMS, serverSelectionTimeoutMS).
func Open(ctx context.Context, rest string, o store.Options) (store.Store, error) {
	return open(ctx, "mongodb:"+rest, o)
}

// OpenSRV is a store.Opener for addresses that begin with "mongodb+srv:", whose
// servers are found in the DNS.
func OpenSRV(ctx context.Context, rest string, o store.Options) (store.Store, error) {
	return open(ctx, "mongodb+srv:"+rest, o)
}

func open(ctx context.Context, address string, o store.Options) (*Store, error) {
	where, database, err := Locate(address)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	conns := new(pools)
	client, err := driver.Connect(options.Client().SetHeartbeatInterval(heartbeat).SetConnectTimeout(connecting).SetTimeout(answered).SetMaxConnIdleTime(idle).
		ApplyURI(address).SetAppName("collector").SetRetryWrites(true).SetRetryReads(true).SetHTTPClient(besides()).SetPoolMonitor(conns.monitor()).
		SetReadPreference(readpref.Primary()).SetReadConcern(readconcern.Local()).SetWriteConcern(writeconcern.Majority()))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w; look at the address after --store", store.ErrMissing, where, hidden(address, err))
	}
	s := &Store{client: client, where: where, handle: mark(), o: o, conns: conns}
	s.name(client.Database(database))
	if err := s.prepared(ctx); err != nil {
		return nil, errors.Join(err, client.Disconnect(context.WithoutCancel(ctx)))
	}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	if !o.Reading {
		s.after.Go(func() { s.maintain(background) })
	}
	return s, nil
}

// besides is the HTTP client of the driver, for what it asks beside the database: whether
// a certificate was revoked, credentials of a cloud. It has a transport of its own, since
// net/http's is lent to notifications (fetch.Outside).
func besides() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: idle, TLSHandshakeTimeout: 2 * connecting,
	}}
}

// name names the collections. Those that people may know have the names that the
// original program gave them.
func (s *Store) name(db *driver.Database) {
	for name, c := range map[string]**driver.Collection{
		"accounts": &s.accounts, "networks": &s.networks, "items": &s.items, "quarantine": &s.quarantine,
		"changes": &s.changes, "counts": &s.counts, "quotas": &s.quotas, "credentials": &s.credentials,
		"refreshes": &s.refreshes, "instances": &s.instances, "meta": &s.meta, "users": &s.users,
		"shown": &s.shown, "unseen": &s.unseen,
	} {
		*c = db.Collection(name)
	}
}

// prepared is prepare, again where a connection breaks or the primary changes, for as long
// as one call may take. A server that is not found in its time is not looked for again.
func (s *Store) prepared(ctx context.Context) error {
	begun := time.Now()
	for {
		err := s.prepare(ctx)
		if !unwritable(err) || driver.IsTimeout(err) || time.Since(begun) > answered {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(reopened):
		}
	}
}

// prepare looks at the server and brings the database to the present schema.
func (s *Store) prepare(ctx context.Context) error {
	var hello struct {
		SetName        string `bson:"setName"`
		Msg            string `bson:"msg"`
		MaxWireVersion int    `bson:"maxWireVersion"`
	}
	if err := s.hello(ctx, &hello); err != nil {
		return fmt.Errorf("%w: %s: %w; see that MongoDB runs there and lets this user in", store.ErrMissing, s.where, err)
	}
	const wire44 = 9 // https://github.com/mongodb/specifications/blob/master/source/wireversion-featurelist/wireversion-featurelist.md
	if hello.MaxWireVersion < wire44 {
		return fmt.Errorf("%w: %s is older than MongoDB 4.4; upgrade the server", store.ErrMissing, s.where)
	}
	s.replica = hello.SetName != "" || hello.Msg == "isdbgrid"
	if err := s.migrate(ctx); err != nil {
		return err
	}
	err := s.measure(ctx)
	for tries := 0; errors.Is(err, errLate) && tries < 2; tries++ {
		err = s.measure(ctx)
	}
	if errors.Is(err, errLate) { // until the upkeep has measured it, what needs that time says why it is refused
		return nil
	}
	return err
}

func (s *Store) hello(ctx context.Context, into any) error {
	return s.networks.Database().Client().Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(into)
}

// Locate checks an address, and returns it without its password and the name of
// its database.
func Locate(address string) (where, database string, err error) {
	scheme, rest, _ := strings.Cut(address, "://")
	before, _, _ := strings.Cut(rest, "?")
	at := strings.LastIndex(before, "@") + 1
	hosts, database, _ := strings.Cut(before[at:], "/")
	if hosts == "" || database == "" {
		return "", "", fmt.Errorf("%w: the address names no server or no database; write --store=mongodb://HOST/DATABASE", store.ErrMissing)
	}
	if database, err = url.PathUnescape(database); err != nil || strings.ContainsAny(database, "/\\. \"$\x00") {
		return "", "", fmt.Errorf("%w: the address names no database that can be; write --store=mongodb://HOST/DATABASE", store.ErrMissing)
	}
	return scheme + "://" + hosts + "/" + database, database, nil
}

// hidden is an error about an address that does not show it: it may hold a
// password.
func hidden(address string, err error) error {
	_, rest, _ := strings.Cut(address, "://")
	userinfo, _, found := strings.Cut(rest, "@")
	if text := err.Error(); found && strings.Contains(text, userinfo) {
		return errors.New(strings.ReplaceAll(text, userinfo, "(secret)"))
	}
	return err
}

// Describe says what the store is.
func (s *Store) Describe() string { return s.where + " (MongoDB)" }

// Close ends this handle. Leases live on until their end.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.stop()
	s.after.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, session := range slices.Concat(s.saves.idle, s.saves.own) {
		session.EndSession(ctx)
	}
	return s.client.Disconnect(ctx)
}

// begin refuses what must not begin.
func (s *Store) begin(ctx context.Context) error {
	if s.closed.Load() {
		return errClosed
	}
	return ctx.Err()
}

// writing is begin for what writes.
func (s *Store) writing(ctx context.Context) error {
	if s.o.Reading {
		return errReading
	}
	return s.begin(ctx)
}
