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
}

var errCut = errors.New("the line is cut")

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
	return l.Registry.Grant(ctx, ttl)
}

func (l *line) Renew(ctx context.Context, id cluster.LeaseID) error {
	if err := l.err(); err != nil {
		return err
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
