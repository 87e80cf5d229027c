// Package scheduler decides which network runs when: it claims what is due,
// hands it to a bounded number of workers so that no service and no network
// starves another, keeps the leases alive, and computes the next run.
//
// What is due is asked of the store; nothing is kept in memory but which
// networks run here. So any number of processes can work side by side, and the
// death of one loses nothing: its leases end and others claim its networks.
package scheduler

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"collector/connectors"
	"collector/executor"
	"collector/failpoint"
	"collector/limit"
	"collector/state"
	"collector/trace"
)

// Config is what a scheduler is told. All fields are required but Once, Archive,
// Shard, Room, Quiet, Ended, Traces, Duty, Left, Stir and Settled.
type Config struct {
	Modes                  []state.Mode
	Owner                  string        // instance id
	Lease                  time.Duration // length of a lease, renewed every third of it
	Grace                  time.Duration // for the work in hand after the stop
	Workers                int           // networks in work at once
	Pages                  int           // the most pages of one network in one run
	Once                   bool          // one pass over what is due, then return
	BackoffMin, BackoffMax time.Duration
	Poll                   func(service string) (floor, ceiling time.Duration)
	Version                string
	Archive                bool
	Log                    *slog.Logger
	Now                    func() time.Time
	Room                   func() error           // why nothing more may be stored now, or nil; nil: there is always room
	Quiet                  func() bool            // whether nothing is to be claimed; what is in work goes on. nil: never
	Ended                  func(executor.Outcome) // told of every run that was saved; nil: nobody
	Traces                 *trace.Kept            // what runs did, step by step; nil: nobody wants to know
	Shard                  state.Shard            // claims networks of these users only; zero: of all
	Duty                   func() bool            // whether this one looks for the dead of which the store knows; nil: always
	Left                   func() []string        // instances that are gone and this one's to take over from, each told once; nil: none
	Stir                   <-chan struct{}        // Left or Duty may have something new; nil: never
	Settled                func()                 // returns once the limits that were met are stored, or never will be; nil: they always are
}

// Scheduler runs the loop of one process.
type Scheduler struct {
	Config
	store      state.Store
	ledger     *limit.Ledger
	connectors map[string]connectors.Connector
	executor   *executor.Executor

	mu       sync.Mutex
	running  map[string]int // service -> networks in hand: in work, or claimed ahead
	total    int
	begun    map[string]int // service -> networks in work
	active   int            // networks in work
	waiting  []waiter       // claimed ahead, in the order of their claims
	ahead    int            // how many are to wait
	ended    int            // runs that ended since that was decided
	unfed    bool           // a worker has become free in this turn for which nothing waited
	suspects int            // networks in hand that may have ended the process before
	held     map[*held]bool // leases in work
	badStore time.Time      // no claims before: the store could not be written
	seen     time.Time      // what the clock showed when it was last looked at; zero: the store is to be set right
	written  time.Time      // the latest time that was saved with a network since seen
	turned   time.Time      // when the loop last came round
	crowded  error          // why the store should not grow; nil while there is room
	drain    chan struct{}  // closed when the runs in work are to end with the page in hand
	free     chan struct{}  // a worker has become free
	gone     []string       // instances whose leases are to be ended; of the loop alone
	owing    []string       // instances whose reserved quota is to be freed
	freeing  bool           // that is being done
	workers  sync.WaitGroup
}

// New returns a scheduler; e runs the claimed networks.
func New(c Config, s state.Store, l *limit.Ledger, cs []connectors.Connector, e *executor.Executor) *Scheduler {
	byName := map[string]connectors.Connector{}
	for _, one := range cs {
		byName[one.Info().Name] = one
	}
	return &Scheduler{
		Config: c, store: s, ledger: l, connectors: byName, executor: e,
		running: map[string]int{}, begun: map[string]int{}, held: map[*held]bool{}, free: make(chan struct{}, 1),
		drain: make(chan struct{}),
	}
}

// Running returns how many networks are in hand.
func (s *Scheduler) Running() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// Working returns how many networks are in work; those in hand may wait for a worker.
func (s *Scheduler) Working() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.active
}

// quiet says whether nothing is to be claimed.
func (s *Scheduler) quiet() bool { return s.Quiet != nil && s.Quiet() }

// Turned is when the loop last came round, zero before it began. While it works
// that is at most a second ago, and as long as the store takes to answer.
func (s *Scheduler) Turned() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turned
}

// turn notes that the loop comes round.
func (s *Scheduler) turn(ctx context.Context) error {
	s.mu.Lock()
	s.turned, s.unfed = s.Now(), false
	s.mu.Unlock()
	return failpoint.Hit(ctx, "loop.turn")
}

// tick is how often the store is asked for what has become due, for wishes of
// people, and for leases of the dead.
const tick = time.Second

// Run works until ctx is done, then drains: it claims nothing more, lets the
// pages in hand be finished within Grace, and releases every lease. It takes longer
// where a limit that was met still has to be stored (Config.Settled). With Once
// it returns after one pass over what was due at its start.
func (s *Scheduler) Run(ctx context.Context) error {
	work, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	kept, let := context.WithCancel(context.WithoutCancel(ctx)) // also once the work is cut off: who still stores a limit keeps others away
	defer let()
	var upkeep sync.WaitGroup
	upkeep.Go(func() { s.renewing(kept) })
	err := s.loop(ctx, work)
	s.wind()
	s.giveBack(work, true)
	s.finish(abort)
	let()
	upkeep.Wait()
	return err
}

// loop claims and hands out until ctx is done.
func (s *Scheduler) loop(ctx, work context.Context) error {
	begun := s.Now()
	again := time.NewTicker(tick) // whatever is free meanwhile: the disk and the clock are looked at under load, too
	defer again.Stop()
	s.upkeep(work)
	for first := true; ctx.Err() == nil; first = !first {
		if err := s.turn(work); err != nil {
			return err
		}
		claimed, soon := s.round(ctx, work, begun, first)
		s.sated()
		if s.Once && claimed == 0 && !soon && s.Running() == 0 {
			return s.noRoom()
		}
		select {
		case <-ctx.Done():
		case <-s.free:
		case <-s.Stir:
			s.rescue(work)
		case <-again.C:
			s.upkeep(work)
		}
	}
	return nil
}

// upkeep is done once a tick.
func (s *Scheduler) upkeep(work context.Context) {
	s.look()
	s.pace()
	s.giveBack(work, s.noRoom() != nil || s.quiet())
	s.setRight(work)
	s.rescue(work)
}

// finish waits for the work in hand, and cuts it off shortly before Grace ends
// so that there is time to release. A met limit that is not stored by then has the
// time it needs: whoever comes next knows of it by the store alone.
func (s *Scheduler) finish(abort context.CancelCauseFunc) {
	idle := make(chan struct{})
	go func() { s.workers.Wait(); close(idle) }()
	within := func(d time.Duration) bool {
		end := time.NewTimer(d)
		defer end.Stop()
		select {
		case <-idle:
			return true
		case <-end.C:
			return false
		}
	}
	if within(s.Grace * 4 / 5) {
		return
	}
	abort(errStopping)
	if within(s.Grace / 5) {
		return
	}
	if s.Settled != nil {
		s.Settled()
		if within(s.toEnd()) { // whoever waited for that gives its network back
			return
		}
	}
	s.Log.Warn("work did not end within the grace period; its leases end by themselves", "running", s.Running())
}
