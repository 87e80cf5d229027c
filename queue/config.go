package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"time"
)

// Config is what a Master works with. Only Store is needed.
type Config struct {
	Store Store
	// Local holds jobs that need not outlive the process (queue/memory); they come before
	// those of Store. AddLocal adds to it.
	Local Store

	Handlers []Handler
	// Queues are the queues to take jobs from; none is the default queue alone. A Master
	// takes only jobs of kinds that it has a handler for. Master.SetQueues changes them.
	Queues []Queue
	// InOrder gives a queue its turn only when those before it in Queues have nothing due,
	// whatever their weights.
	InOrder bool

	// Workers is how many jobs may run at once, at least 1; 0 is the number of processors.
	Workers int
	// KeepAlive is how long a worker without a job, and its child process, are kept: 0 ends
	// them at once, less is for ever.
	KeepAlive time.Duration
	// Prefetch is how many jobs may be claimed beyond the free workers, so that the next one
	// is at hand the moment one ends; no more than the workers start within 100 ms, by how long
	// jobs took. They are given back when they waited a second. 0 is 50; less is none.
	Prefetch int

	// Owner names this Master in leases; empty is host:process:random.
	Owner string
	// Lease is how long a job is held without being renewed; every third of it it is
	// renewed. 0 is 30 s.
	Lease time.Duration
	// Poll is how often the store is looked at without a wake-up: for what other processes
	// did where Store.Watch does not tell. 0 is 2 s.
	Poll time.Duration
	// Grace is how long Run waits for running handlers once its context ended, and how
	// long a handler has to return once its own has. 0 is 10 s.
	Grace time.Duration

	// Hush, while it is on, has the Master be quiet, as Master.Quiet does; nil: it never is.
	Hush *Hush

	Recurring []Recurring
	// Messages answers Task.Call. The answer is written as JSON.
	Messages func(ctx context.Context, m Message) (any, error)
	// Child starts a child process for isolated handlers; see ServeChild. The zero value
	// starts the program itself.
	Child ChildCommand

	// Log hears of each job's start and end (Info), failure (Warn) and death (Error), never
	// of its data. nil: nobody.
	Log *slog.Logger
	Now func() time.Time // nil: time.Now
}

// Queue is a queue that a Master takes jobs from.
type Queue struct {
	Name string
	// Weight is the share of what is free, among the queues that have something due. 0 is 1.
	Weight int
	// Reserved workers are kept for this queue, also when it has nothing to do.
	Reserved int
	// Max is how many of its jobs may run at once here; 0 is no limit.
	Max int
}

// ack is how long an outcome may wait for others to be told to the store with it.
const ack = 20 * time.Millisecond

// batchMax is how many jobs a claim and how many outcomes a call may have.
const batchMax = 250

// complete fills in the defaults, and refuses what cannot work.
func (c *Config) complete() error {
	if c.Store == nil {
		return errors.New("a master needs a store of jobs: set Config.Store")
	}
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&c.Lease, 30*time.Second)
	set(&c.Poll, 2*time.Second)
	set(&c.Grace, 10*time.Second)
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Prefetch == 0 {
		c.Prefetch = 50
	}
	c.Prefetch = max(0, c.Prefetch)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Owner == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "localhost"
		}
		c.Owner = fmt.Sprintf("%s:%d:%s", host, os.Getpid(), NewToken()[:6])
	}
	if len(c.Queues) == 0 {
		c.Queues = []Queue{{Name: DefaultQueue}}
	}
	return c.check()
}

func (c *Config) check() error {
	switch {
	case c.Workers < 1:
		return fmt.Errorf("%d workers do nothing: Config.Workers is at least 1", c.Workers)
	case c.Lease < 30*time.Millisecond || c.Poll < 0 || c.Grace < 0:
		return fmt.Errorf("a lease of %v (at least 30 ms), a poll of %v and a grace of %v cannot be", c.Lease, c.Poll, c.Grace)
	}
	kinds := map[string]bool{}
	for _, h := range c.Handlers {
		if h.Kind == "" || h.Do == nil {
			return fmt.Errorf("a handler needs a kind and Do: %q has not both", h.Kind)
		}
		if kinds[h.Kind] {
			return fmt.Errorf("two handlers are there for the kind %q: remove one", h.Kind)
		}
		kinds[h.Kind] = true
	}
	if err := checkQueues(c.Queues, c.Workers); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range c.Recurring {
		r := &c.Recurring[i]
		if seen[r.Name] {
			return fmt.Errorf("two recurring jobs are called %q", r.Name)
		}
		seen[r.Name] = true
		if err := r.parse(); err != nil {
			return err
		}
	}
	return nil
}

// kinds are the kinds that there are handlers for.
func (c *Config) kinds() []string {
	var out []string
	for _, h := range c.Handlers {
		out = append(out, h.Kind)
	}
	return out
}
