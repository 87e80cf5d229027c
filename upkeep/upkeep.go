// Package upkeep is what a collector does for itself beside collecting: exports that
// were asked for, and the cleaning of lists that nobody uses. Each is a job on a queue of
// the collector's own, so that any number of collectors on one store do it once, it is
// tried again where it fails, and it can be looked at (`collector jobs`).
package upkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"collector/queue"
	"collector/store"
)

// Queue is the name of the queue.
const Queue = "upkeep"

// Workers is how many of its jobs may run at once in one process.
const Workers = 2

// look is how often it is asked by default whether there is anything to do.
const look = 5 * time.Second

// asked is the name of the value which says that the queue has been used: until then
// nobody makes room for it.
const asked = "upkeep"

// Config is what a Runner works with.
type Config struct {
	Store store.Store
	// Open opens the store of jobs, when the first one is there or is to come.
	Open      func(context.Context) (queue.Store, func() error, error)
	Handlers  []queue.Handler
	Recurring []queue.Recurring // with any, the store is opened at once
	// Look is how often it is asked whether there is a first job, and whether other
	// processes have added any; 0 is 5 s.
	Look  time.Duration
	Hush  *queue.Hush // while it is on nothing is claimed; nil: never
	Owner string
	Lease time.Duration
	Grace time.Duration
	Now   func() time.Time
	Log   *slog.Logger
}

// Runner takes jobs of the queue and does them.
type Runner struct {
	c      Config
	master atomic.Pointer[queue.Master] // nil: there was nothing to do yet
}

// InHand is how many of its jobs run now, of how many may, and how many leases it holds; all
// 0 before there was a job.
func (r *Runner) InHand() (running, of, leases int) {
	m := r.master.Load()
	if m == nil {
		return 0, 0, 0
	}
	running, leases = m.InHand()
	return running, Workers, leases
}

// New returns a runner that does nothing yet.
func New(c Config) *Runner {
	if c.Look == 0 {
		c.Look = look
	}
	return &Runner{c: c}
}

// Run does jobs until ctx ends. What goes wrong is logged and tried again.
func (r *Runner) Run(ctx context.Context) {
	t := time.NewTicker(r.c.Look)
	defer t.Stop()
	for {
		err := r.with(ctx, func(*queue.Master) error {
			<-ctx.Done()
			return nil
		})
		if err != nil && ctx.Err() == nil {
			r.c.Log.Warn("the upkeep", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// Finish does what is due, and returns when nothing is left or ctx ends: for a process that
// comes and goes, in place of Run.
func (r *Runner) Finish(ctx context.Context) error {
	return r.with(ctx, func(m *queue.Master) error {
		if err := r.addTurns(ctx, m); err != nil {
			return err
		}
		return m.Drain(ctx)
	})
}

// with lets a master run beside fn, if there is anything that it could do.
func (r *Runner) with(ctx context.Context, fn func(*queue.Master) error) (err error) {
	if len(r.c.Recurring) == 0 {
		if used, err := Used(ctx, r.c.Store); err != nil || !used {
			return err
		}
	}
	jobs, closing, err := r.c.Open(ctx)
	if err != nil {
		return fmt.Errorf("opening its jobs: %w", err)
	}
	defer func() { err = errors.Join(err, closing()) }()
	m, err := queue.New(queue.Config{
		Store: jobs, Handlers: r.c.Handlers, Recurring: r.c.Recurring, Queues: []queue.Queue{{Name: Queue}},
		Workers: Workers, Owner: r.c.Owner, Lease: r.c.Lease, Poll: r.c.Look, Grace: r.c.Grace, Now: r.c.Now, Log: r.c.Log,
		Hush: r.c.Hush,
	})
	if err != nil {
		return err
	}
	r.master.Store(m)
	defer r.master.Store(nil)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- m.Run(running) }()
	err = fn(m)
	stop()
	return errors.Join(err, <-ended)
}

// addTurns adds the newest turn of what recurs, where nobody has.
func (r *Runner) addTurns(ctx context.Context, m *queue.Master) error {
	for _, each := range r.c.Recurring {
		turn, ok, err := each.Newest(r.c.Now())
		if ok {
			err = m.Add(ctx, turn)
		}
		if err != nil && !errors.Is(err, queue.ErrExists) {
			return err
		}
	}
	return nil
}

// Used says whether a job was ever put on the queue.
func Used(ctx context.Context, st store.Store) (bool, error) {
	text, err := st.Meta(ctx, asked)
	return text != "", err
}

// Add puts jobs on the queue, and lets collectors that run know that it is in use.
func Add(ctx context.Context, st store.Store, jobs queue.Store, now func() time.Time, all ...queue.Job) error {
	if err := st.SetMeta(ctx, asked, "1"); err != nil {
		return fmt.Errorf("noting that there is upkeep to do: %w", err)
	}
	return queue.On(jobs, now).Add(ctx, all...)
}

// Move takes along the jobs of a kind that are still to be done, and returns how many there
// are. Nobody works on either store. Turns of what recurs are left: the target has its own.
func Move(ctx context.Context, from, to queue.Store, into store.Store, kind string, now time.Time) (int, error) {
	n, err := queue.Move(ctx, from, to, queue.Filter{Queue: Queue, Kind: kind}, now)
	if err == nil && n > 0 {
		err = into.SetMeta(ctx, asked, "1")
	}
	if err != nil {
		return n, fmt.Errorf("moving the upkeep that is to be done: %w", err)
	}
	return n, nil
}
