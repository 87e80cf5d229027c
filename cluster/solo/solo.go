// Package solo is a cluster inside one process: the registry of an instance that
// runs alone, of the demo, and of tests in virtual time. What it knows ends with
// the process.
package solo

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"collector/cluster"
)

// kept is how many changes are remembered for who watches from an earlier revision.
const kept = 1000

// Hub is the map that the members of one process share. Its zero value is not
// ready: use New.
type Hub struct {
	mu       sync.Mutex
	revision int64
	keys     map[string]cluster.Entry
	leases   map[cluster.LeaseID]*lease
	log      []cluster.Change
	since    int64         // the log has all changes after this revision
	changed  chan struct{} // closed at the next change
}

type lease struct {
	ttl time.Duration
	end *time.Timer
}

// New returns an empty registry.
func New() *Hub {
	return &Hub{keys: map[string]cluster.Entry{}, leases: map[cluster.LeaseID]*lease{}, changed: make(chan struct{})}
}

// Describe says what it is.
func (h *Hub) Describe() string { return "this process alone" }

// Close ends nothing: the registry is given up with the process.
func (h *Hub) Close() error { return nil }

// Grant makes a lease.
func (h *Hub) Grant(ctx context.Context, ttl time.Duration) (cluster.LeaseID, time.Duration, error) {
	if ctx.Err() != nil {
		return 0, 0, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.revision++ // so that no two leases have one name
	id := cluster.LeaseID(h.revision)
	h.leases[id] = &lease{ttl: ttl, end: time.AfterFunc(ttl, func() { h.end(id) })}
	return id, ttl, nil
}

// Renew gives a lease its whole length again.
func (h *Hub) Renew(ctx context.Context, id cluster.LeaseID) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	l, lives := h.leases[id]
	if !lives {
		return cluster.ErrLeaseGone
	}
	l.end.Reset(l.ttl)
	return nil
}

// Revoke ends a lease.
func (h *Hub) Revoke(ctx context.Context, id cluster.LeaseID) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	h.end(id)
	return nil
}

func (h *Hub) end(id cluster.LeaseID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, lives := h.leases[id]
	if !lives {
		return
	}
	l.end.Stop()
	delete(h.leases, id)
	var ops []cluster.Op
	for key, e := range h.keys {
		if e.Lease == id {
			ops = append(ops, cluster.Op{Key: key, Delete: true})
		}
	}
	h.write(ops)
}

// write carries operations out in one revision.
func (h *Hub) write(ops []cluster.Op) {
	if len(ops) == 0 {
		return
	}
	h.revision++
	for _, op := range ops {
		was, there := h.keys[op.Key]
		e := cluster.Entry{Key: op.Key, Value: slices.Clone(op.Value), Created: h.revision, Modified: h.revision, Lease: op.Lease}
		switch {
		case op.Delete && !there:
			continue
		case op.Delete:
			delete(h.keys, op.Key)
			h.log = append(h.log, cluster.Change{Entry: cluster.Entry{Key: op.Key, Modified: h.revision}, Deleted: true})
			continue
		case there:
			e.Created = was.Created
		}
		h.keys[op.Key] = e
		h.log = append(h.log, cluster.Change{Entry: e})
	}
	if len(h.log) > 2*kept {
		h.forget(h.log[len(h.log)-kept].Modified - 1)
	}
	close(h.changed)
	h.changed = make(chan struct{})
}

// forget drops changes up to a revision.
func (h *Hub) forget(revision int64) {
	h.since = max(h.since, revision)
	h.log = slices.DeleteFunc(h.log, func(c cluster.Change) bool { return c.Modified <= h.since })
}

// Compact forgets all changes that were, as a registry on a disk does now and then.
func (h *Hub) Compact() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forget(h.revision)
}

// Commit carries a guarded change out.
func (h *Hub) Commit(ctx context.Context, t cluster.Txn) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range t.If {
		e := h.keys[g.Key]
		if g.Written && e.Modified != g.Revision || !g.Written && e.Created != g.Revision {
			return false, nil
		}
	}
	for _, op := range t.Then {
		if _, lives := h.leases[op.Lease]; op.Lease != 0 && !lives {
			return false, cluster.ErrLeaseGone
		}
	}
	h.write(t.Then)
	return true, nil
}

// List returns all keys.
func (h *Hub) List(ctx context.Context) ([]cluster.Entry, int64, error) {
	if ctx.Err() != nil {
		return nil, 0, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	all := slices.SortedFunc(maps.Values(h.keys), func(a, b cluster.Entry) int { return cmp.Compare(a.Key, b.Key) })
	return all, h.revision, nil
}

// errForgotten says that a watch began before what is remembered.
var errForgotten = errors.New("changes since then are no longer known")

// Watch tells of all changes after a revision.
func (h *Hub) Watch(ctx context.Context, after int64, fn func([]cluster.Change)) error {
	for {
		h.mu.Lock()
		if after < h.since {
			h.mu.Unlock()
			return errForgotten
		}
		var news []cluster.Change
		for _, c := range h.log {
			if c.Modified > after {
				news = append(news, c)
			}
		}
		after = h.revision
		changed := h.changed
		h.mu.Unlock()
		if len(news) > 0 {
			fn(news)
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}
