package cluster

import (
	"context"
	"errors"
	"time"
)

// Registry is a small map of keys that processes share and watch. Its revision
// grows with each change of any key. cluster/solo and cluster/etcd pass
// clustertest. A call that fails may have been carried out all the same.
type Registry interface {
	// Grant makes a lease and returns how long it lives without being renewed,
	// which may be more than was asked for.
	Grant(ctx context.Context, ttl time.Duration) (LeaseID, time.Duration, error)
	// Renew gives a lease its whole length again; ErrLeaseGone when it has ended.
	Renew(ctx context.Context, l LeaseID) error
	// Revoke ends a lease; its keys go at once. One that has ended is no error.
	Revoke(ctx context.Context, l LeaseID) error
	// Commit carries all of Then out, in one revision, if all of If hold, and
	// returns whether they did. A lease that has ended is ErrLeaseGone.
	Commit(ctx context.Context, t Txn) (bool, error)
	// List returns all keys in order, and the revision at which they were so.
	List(ctx context.Context) ([]Entry, int64, error)
	// Watch tells fn of all changes after a revision, in order, changes of one
	// revision together, until ctx ends or it cannot go on: then the keys are to be
	// listed again. It always returns an error.
	Watch(ctx context.Context, after int64, fn func([]Change)) error
	// Describe says what it is, for people and without secrets.
	Describe() string
	Close() error
}

// ErrLeaseGone says that a lease has ended, and its keys with it.
var ErrLeaseGone = errors.New("the lease has ended")

// LeaseID names a lease; 0 is none.
type LeaseID int64

// Entry is one key as it is.
type Entry struct {
	Key      string
	Value    []byte
	Created  int64   // revision that made the key
	Modified int64   // revision that wrote it last
	Lease    LeaseID // the key goes with it
}

// Change is a key that was written, or is no more.
type Change struct {
	Entry
	Deleted bool // then only Key and Modified are set
}

// Txn is a guarded change of some keys. Each key is written at most once.
type Txn struct {
	If   []Guard
	Then []Op
}

// Guard holds when a key was made or last written at a revision.
type Guard struct {
	Key      string
	Revision int64
	Written  bool // the revision that wrote it last; else the one that made it
}

// Absent holds while there is no such key.
func Absent(key string) Guard { return Guard{Key: key} }

// MadeAt holds while the key is the one that was made at a revision.
func MadeAt(key string, revision int64) Guard { return Guard{Key: key, Revision: revision} }

// Unchanged holds while nobody wrote the key since a revision.
func Unchanged(key string, revision int64) Guard {
	return Guard{Key: key, Revision: revision, Written: true}
}

// Op writes or deletes a key.
type Op struct {
	Key    string
	Value  []byte
	Lease  LeaseID
	Delete bool
}
