package clustertest

import (
	"context"
	"errors"
	"sync"
	"time"

	"collector/cluster"
)

// line is a connection that can be cut and mended, and that can be deaf: what it
// asks is answered, what it watches is not told.
type line struct {
	cluster.Registry
	mu     sync.Mutex
	broken chan struct{} // closed while it is cut
	isCut  bool
	isDeaf bool
	full   bool                                                // no new lease is granted
	renews func(ctx context.Context, renew func() error) error // nil: a renewal is answered at once
}

var (
	errCut  = errors.New("the line is cut")
	errFull = errors.New("no space is left")
)

func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isCut {
		l.isCut = true
		close(l.broken)
	}
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isCut, l.broken = false, make(chan struct{})
}

func (l *line) deafen(deaf bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isDeaf = deaf
}

// fill has the registry grant no new leases, as one whose disk is full: what it has
// can be read, and lives on.
func (l *line) fill() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full = true
}

// renewing has fn do the renewals.
func (l *line) renewing(fn func(ctx context.Context, renew func() error) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renews = fn
}

func (l *line) state() (cut, deaf bool, broken chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.isCut, l.isDeaf, l.broken
}

func (l *line) err() error {
	if cut, _, _ := l.state(); cut {
		return errCut
	}
	return nil
}

func (l *line) Grant(ctx context.Context, ttl time.Duration) (cluster.LeaseID, time.Duration, error) {
	if err := l.err(); err != nil {
		return 0, 0, err
	}
	l.mu.Lock()
	full := l.full
	l.mu.Unlock()
	if full {
		return 0, 0, errFull
	}
	return l.Registry.Grant(ctx, ttl)
}

func (l *line) Renew(ctx context.Context, id cluster.LeaseID) error {
	if err := l.err(); err != nil {
		return err
	}
	l.mu.Lock()
	renews := l.renews
	l.mu.Unlock()
	if renews != nil {
		return renews(ctx, func() error { return l.Registry.Renew(ctx, id) })
	}
	return l.Registry.Renew(ctx, id)
}

func (l *line) Revoke(ctx context.Context, id cluster.LeaseID) error {
	if err := l.err(); err != nil {
		return err
	}
	return l.Registry.Revoke(ctx, id)
}

func (l *line) Commit(ctx context.Context, t cluster.Txn) (bool, error) {
	if err := l.err(); err != nil {
		return false, err
	}
	return l.Registry.Commit(ctx, t)
}

func (l *line) List(ctx context.Context) ([]cluster.Entry, int64, error) {
	if err := l.err(); err != nil {
		return nil, 0, err
	}
	return l.Registry.List(ctx)
}

func (l *line) Watch(ctx context.Context, after int64, fn func([]cluster.Change)) error {
	cut, _, broken := l.state()
	if cut {
		return errCut
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-broken:
			cancel()
		case <-ctx.Done():
		}
	}()
	return l.Registry.Watch(ctx, after, func(cs []cluster.Change) {
		if _, deaf, _ := l.state(); !deaf {
			fn(cs)
		}
	})
}
