package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Pool is a few things that many handlers share: 20 connections for 100 workers. It
// makes them when they are asked for, and closes those that nobody asked for in a while.
type Pool[T any] struct {
	c     PoolConfig[T]
	slots chan struct{} // one for each that is out

	mu     sync.Mutex
	idle   []pooled[T] // the one used last is the last
	closed bool
	timer  *time.Timer
}

type pooled[T any] struct {
	it    T
	since time.Time
}

// PoolConfig says what a Pool holds.
type PoolConfig[T any] struct {
	Max       int // at least 1
	New       func(ctx context.Context) (T, error)
	Close     func(T)       // nil: nothing is to be done
	KeepAlive time.Duration // how long an idle one is kept; 0 is for ever
}

// ErrPoolClosed says that the pool gives nothing any more.
var ErrPoolClosed = errors.New("the pool is closed")

// NewPool returns an empty pool.
func NewPool[T any](c PoolConfig[T]) (*Pool[T], error) {
	if c.Max < 1 || c.New == nil {
		return nil, fmt.Errorf("a pool needs New and a maximum of at least 1, not %d", c.Max)
	}
	return &Pool[T]{c: c, slots: make(chan struct{}, c.Max)}, nil
}

// Get waits for one until ctx ends. The caller gives it back with put(true), or with
// put(false) where it is broken: then it is closed. Only the first call of put counts.
func (p *Pool[T]) Get(ctx context.Context) (it T, put func(good bool), err error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return it, nil, fmt.Errorf("waiting for one of %d that are shared: %w", p.c.Max, context.Cause(ctx))
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		<-p.slots
		return it, nil, ErrPoolClosed
	}
	if n := len(p.idle); n > 0 {
		it = p.idle[n-1].it
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
	} else {
		p.mu.Unlock()
		if it, err = p.fresh(ctx); err != nil {
			return it, nil, err
		}
	}
	var once sync.Once
	return it, func(good bool) { once.Do(func() { p.put(it, good) }) }, nil
}

// fresh makes a new one. Where that fails, or panics, its place is free again.
func (p *Pool[T]) fresh(ctx context.Context) (it T, err error) {
	made := false
	defer func() {
		if !made {
			<-p.slots
		}
	}()
	it, err = p.c.New(ctx)
	made = err == nil
	return it, err
}

func (p *Pool[T]) put(it T, good bool) {
	defer func() { <-p.slots }()
	p.mu.Lock()
	good = good && !p.closed
	if good {
		p.idle = append(p.idle, pooled[T]{it, time.Now()})
		if p.c.KeepAlive > 0 && p.timer == nil {
			p.timer = time.AfterFunc(p.c.KeepAlive, p.expire)
		}
	}
	p.mu.Unlock()
	if !good {
		p.close(it)
	}
}

// expire closes what has been idle too long.
func (p *Pool[T]) expire() {
	p.mu.Lock()
	n := 0
	for n < len(p.idle) && time.Since(p.idle[n].since) >= p.c.KeepAlive {
		n++
	}
	old := p.idle[:n:n]
	p.idle = p.idle[n:]
	p.timer = nil
	if len(p.idle) > 0 {
		p.timer = time.AfterFunc(p.c.KeepAlive-time.Since(p.idle[0].since), p.expire)
	}
	p.mu.Unlock()
	for _, o := range old {
		p.close(o.it)
	}
}

func (p *Pool[T]) close(it T) {
	if p.c.Close != nil {
		p.c.Close(it)
	}
}

// Close closes what is idle; what is out is closed when it is given back.
func (p *Pool[T]) Close() {
	p.mu.Lock()
	old := p.idle
	p.idle, p.closed = nil, true
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	p.mu.Unlock()
	for _, o := range old {
		p.close(o.it)
	}
}
