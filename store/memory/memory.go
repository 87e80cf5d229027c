// Package memory keeps everything in maps under one lock: a store that is
// obviously right and gone with the process. It serves tests, the demo and as
// the reference that the other stores are compared with. Nothing that it is
// given or gives away shares memory with what it keeps.
package memory

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"collector/auth"
	"collector/limit"
	"collector/state"
	"collector/store"
)

var _ store.Store = (*Store)(nil)

// Store is one handle on data in memory. It is safe for concurrent use.
type Store struct {
	*data
	closed atomic.Bool
}

// data is what the handles share.
type data struct {
	mu       sync.Mutex
	accounts map[string]state.Account
	networks map[string]*network
	log      []store.Change
	pages    map[string]bool // ids of the pages in the log
	last     int64           // newest Seq ever given
	floor    int64           // newest Seq that was pruned
	rows     map[string]limit.Row
	sealed   map[string]auth.Record
	refresh  map[string]refresh
	meta     map[string]string
	beats    map[string]store.Instance
}

// network is a state document with what hangs on it.
type network struct {
	state.Network
	hurry   bool      // a person wants it due at once when the lease ends
	asked   time.Time // when
	setAt   time.Time // when WakeAt was written, by the writer's clock
	removed bool      // collecting was ended, the items were kept
	items   map[string]*stored
	bad     map[string]state.Bad
	swept   int64             // the last sweep that has ended
	shown   shown             // since the sweep in progress began
	unseen  map[string]unseen // by item id
}

// refresh is the right to refresh a credential.
type refresh struct {
	owner string
	until time.Time
}

// New returns a handle on an empty store.
func New() *Store {
	return &Store{data: &data{
		accounts: map[string]state.Account{},
		networks: map[string]*network{},
		pages:    map[string]bool{},
		rows:     map[string]limit.Row{},
		sealed:   map[string]auth.Record{},
		refresh:  map[string]refresh{},
		meta:     map[string]string{},
		beats:    map[string]store.Instance{},
	}}
}

// Open is a store.Opener: every call gives a new, empty store.
func Open(context.Context, string, store.Options) (store.Store, error) { return New(), nil }

// Handle returns a further handle on the same data, as another process has one
// on a shared database.
func (s *Store) Handle() *Store { return &Store{data: s.data} }

var errClosed = errors.New("the store is closed")

// begin takes the lock for one operation. After an error nothing is locked.
func (s *Store) begin(ctx context.Context) (end func(), err error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	s.mu.Lock()
	if err := ctx.Err(); err != nil { // asked under the lock: whoever waited may have been cancelled meanwhile
		s.mu.Unlock()
		return nil, err
	}
	return s.mu.Unlock, nil
}

// Describe says what the store is.
func (s *Store) Describe() string { return "in memory, gone when the program ends" }

// Close ends this handle; the data live as long as any handle.
func (s *Store) Close() error {
	s.closed.Store(true)
	return nil
}

// Meta reads a named value of the installation, "" when it is not set.
func (s *Store) Meta(ctx context.Context, key string) (string, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return "", err
	}
	defer end()
	return s.meta[key], nil
}

// SetMeta sets a named value of the installation.
func (s *Store) SetMeta(ctx context.Context, key, value string) error {
	end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	s.meta[key] = value
	return nil
}

// SwapMeta sets a named value if it is as given.
func (s *Store) SwapMeta(ctx context.Context, key, old, value string) (bool, error) {
	end, err := s.begin(ctx)
	if err != nil {
		return false, err
	}
	defer end()
	if s.meta[key] != old {
		return false, nil
	}
	s.meta[key] = value
	return true, nil
}
