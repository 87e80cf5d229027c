package queue

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Master takes jobs from a store and runs their handlers. Its methods may be called
// at once.
type Master struct {
	c         Config
	handlers  map[string]Handler
	listeners listeners

	commands chan func(*dispatcher) // carried out by the dispatcher
	wakes    chan struct{}          // holds one when woken has got something
	begun    atomic.Bool
	ended    chan struct{} // closed when Run has returned

	leftovers [2]atomic.Int64 // by store: jobs that were ended and may need a rescue to remove them

	mu      sync.Mutex
	woken   map[wakeup]bool
	held    map[*held]bool
	workers map[int]*Worker // as they are shown
}

// wakeup is a queue of a store that may have something; queue "" is all of them.
type wakeup struct {
	source int // its place in Master.stores
	queue  string
}

// New returns a Master that does nothing yet. The error says what of the
// configuration cannot be.
func New(c Config) (*Master, error) {
	c.Handlers = append([]Handler(nil), c.Handlers...)
	c.Queues = append([]Queue(nil), c.Queues...)
	c.Recurring = append([]Recurring(nil), c.Recurring...)
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("making a master of jobs: %w", err)
	}
	m := &Master{
		c: c, handlers: map[string]Handler{}, listeners: listeners{log: c.Log, adding: map[string]*adding{}},
		commands: make(chan func(*dispatcher)), wakes: make(chan struct{}, 1), ended: make(chan struct{}),
		woken: map[wakeup]bool{}, held: map[*held]bool{}, workers: map[int]*Worker{},
	}
	for _, h := range c.Handlers {
		m.handlers[h.Kind] = h
	}
	return m, nil
}

// Owner is the name of this Master in leases.
func (m *Master) Owner() string { return m.c.Owner }

// Store is the store that it takes jobs from.
func (m *Master) Store() Store { return m.c.Store }

// Add adds jobs to the store. Those whose id is there already are named by an error
// that wraps ErrExists; the others are added all the same.
func (m *Master) Add(ctx context.Context, jobs ...Job) error { return m.add(ctx, m.c.Store, jobs) }

// AddLocal adds jobs to the store of this process, Config.Local.
func (m *Master) AddLocal(ctx context.Context, jobs ...Job) error {
	if m.c.Local == nil {
		return errors.New("this master has no store of its own: set Config.Local")
	}
	return m.add(ctx, m.c.Local, jobs)
}

func (m *Master) add(ctx context.Context, s Store, jobs []Job) error {
	now := m.c.Now()
	jobs, err := prepare(now, jobs)
	if err != nil {
		return err
	}
	m.listeners.expect(jobs)
	var happened []Event
	defer func() { m.listeners.arrived(jobs, happened) }()
	added, err := add(ctx, s, now, jobs)
	for i, ok := range added {
		if ok {
			happened = append(happened, Event{Type: EventAdded, At: now, Job: jobs[i]})
		}
	}
	return err
}

// prepare gives jobs ids, so that each can be named.
func prepare(now time.Time, jobs []Job) ([]Job, error) {
	out := make([]Job, len(jobs))
	for i, j := range jobs {
		var err error
		if out[i], err = Prepare(j, now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// add adds jobs that are prepared, and says which it added.
func add(ctx context.Context, s Store, now time.Time, jobs []Job) ([]bool, error) {
	added, err := s.Add(ctx, now, "", jobs)
	if err != nil {
		return nil, fmt.Errorf("adding %d jobs: %w", len(jobs), err)
	}
	for i, ok := range added {
		if !ok {
			err = errors.Join(err, fmt.Errorf("%w: %s", ErrExists, jobs[i].ID))
		}
	}
	return added, err
}

// On adds jobs to a store where there is no Master.
func On(s Store, now func() time.Time) Adder { return adder{s, now} }

type adder struct {
	store Store
	now   func() time.Time
}

func (a adder) Add(ctx context.Context, jobs ...Job) error {
	now := a.now()
	jobs, err := prepare(now, jobs)
	if err != nil {
		return err
	}
	_, err = add(ctx, a.store, now, jobs)
	return err
}

// Listen calls tell for each event that matches, one after another, until remove is
// called. What tell does, and whether it panics, is nothing to the jobs or to other
// listeners. While it takes longer than events come, the newest 10,000 are kept for it, or fewer
// where their jobs have more than 16 MiB of data together; how many older ones it missed says
// the next event that it is told (Event.Missed). What must not be missed is in the store:
// after a gap, ask it for the jobs (Store.Jobs). What was told and is kept is heard
// before Run returns, unless that takes longer than Config.Grace. Of a job that is added
// through this Master, EventAdded is told before all else.
func (m *Master) Listen(f Events, tell func(Event)) (remove func()) {
	return m.listeners.add(f, tell)
}

func (m *Master) tell(e Event) {
	e.At = m.c.Now()
	m.listeners.tell(e)
}

// Worker is a worker as it is shown.
type Worker struct {
	Number  int
	Since   time.Time
	Jobs    int    // that it has ended
	Job     *Job   // that it does now; nil: none
	Note    string // the newest of Task.Note
	Process int    // the id of its child process; 0: it has none
}

// Workers returns what each worker does now, by number.
func (m *Master) Workers() []Worker {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Worker
	for _, w := range m.workers {
		out = append(out, *w)
	}
	sortWorkers(out)
	return out
}

// Quiet claims nothing more, gives back what was not started, and goes on with what
// runs. Resume ends that.
func (m *Master) Quiet(ctx context.Context) error {
	return m.command(ctx, func(d *dispatcher) { d.quiet = true })
}

// Resume claims again, after Quiet or Drain. A Master that stops claims nothing any more,
// and the error is ErrStopped.
func (m *Master) Resume(ctx context.Context) error {
	stopping := false
	err := m.command(ctx, func(d *dispatcher) {
		if stopping = d.stopping; !stopping {
			d.quiet = false
			d.lookEverywhere()
		}
	})
	if err == nil && stopping {
		return ErrStopped
	}
	return err
}

// Drain works off what is due, waits until nothing is left to claim or to run, and
// is quiet then. Jobs that are not due yet, or of paused queues, are not waited for.
func (m *Master) Drain(ctx context.Context) error {
	if err := m.Resume(ctx); err != nil {
		return err
	}
	done := make(chan struct{})
	if err := m.command(ctx, func(d *dispatcher) { d.drains = append(d.drains, done) }); err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-m.ended:
		return ErrStopped
	case <-ctx.Done():
		return fmt.Errorf("draining: %w", context.Cause(ctx))
	}
}

// Stop ends Run: nothing more is claimed, what runs is waited for until ctx ends, and
// then cancelled. It returns when Run does.
func (m *Master) Stop(ctx context.Context) error {
	if !m.begun.Load() {
		return errors.New("stopping: the master does not run")
	}
	// It is told in any case: a context that has ended already cuts off, and hinders nothing.
	if err := m.command(context.WithoutCancel(ctx), func(d *dispatcher) { d.stop() }); err != nil && !errors.Is(err, ErrStopped) {
		return err
	}
	select {
	case <-m.ended:
		return nil
	case <-ctx.Done():
	}
	if err := m.command(context.WithoutCancel(ctx), func(d *dispatcher) { d.cutOff() }); err != nil && !errors.Is(err, ErrStopped) {
		return err
	}
	<-m.ended
	return nil
}

// Pause lets nothing be claimed from a queue any more, or again, in all processes
// that share the store.
func (m *Master) Pause(ctx context.Context, queue string, paused bool) error {
	return m.c.Store.Pause(ctx, queue, paused)
}

// Requeue lets the dead that match wait again, all of them: due at due (now where that
// is zero), with no attempts used. It returns how many.
func Requeue(ctx context.Context, s Store, now, due time.Time, f Filter) (int, error) {
	f.State = Dead
	return byBatches(func() (int, error) { return s.Requeue(ctx, now, due, f, batchMax) })
}

// Remove removes all jobs that match and do not run. It returns how many.
func Remove(ctx context.Context, s Store, f Filter) (int, error) {
	return byBatches(func() (int, error) { return s.Remove(ctx, f, batchMax) })
}

func byBatches(do func() (int, error)) (int, error) {
	all := 0
	for {
		n, err := do()
		all += n
		if err != nil || n < batchMax {
			return all, err
		}
	}
}

// command lets the dispatcher do something, and waits until it has.
func (m *Master) command(ctx context.Context, do func(*dispatcher)) error {
	done := make(chan struct{})
	select {
	case m.commands <- func(d *dispatcher) { do(d); close(done) }:
		<-done
		return nil
	case <-m.ended:
		return ErrStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wake is told by a store.
func (m *Master) wake(source int, queue string) {
	m.mu.Lock()
	m.woken[wakeup{source, queue}] = true
	m.mu.Unlock()
	select {
	case m.wakes <- struct{}{}:
	default:
	}
}

// Run takes and runs jobs until ctx ends or Stop is called, and then ends as Stop does,
// within Config.Grace where it is ctx that ended. A Master runs once. The error is nil:
// what goes wrong on the way is logged, and tried again.
func (m *Master) Run(ctx context.Context) error {
	if !m.begun.CompareAndSwap(false, true) {
		return errors.New("a master runs once: make another one")
	}
	defer close(m.ended)
	// What helps goes on until the last outcome is told.
	helpers, end := context.WithCancel(context.WithoutCancel(ctx))
	var wait sync.WaitGroup
	acks := newAcker(helpers, m)
	wait.Go(func() { acks.run(helpers) })
	wait.Go(func() { m.renewing(helpers) })
	for i, s := range m.stores() {
		wait.Go(func() { m.watching(helpers, i, s) })
		wait.Go(func() { m.rescuing(helpers, i, s) })
	}
	repeat, endRepeat := context.WithCancel(helpers)
	for i := range m.c.Recurring {
		wait.Go(func() { m.recurring(repeat, &m.c.Recurring[i]) })
	}
	d := newDispatcher(m, acks, endRepeat)
	hushed := m.c.Hush.On()
	d.quiet = hushed
	wait.Go(func() { m.hushing(helpers, hushed) })
	d.run(ctx)
	endRepeat()
	end()
	wait.Wait()
	m.listeners.close(m.c.Grace)
	return nil
}

// stores are those that jobs are taken from, the local one first.
func (m *Master) stores() []Store {
	if m.c.Local != nil {
		return []Store{m.c.Local, m.c.Store}
	}
	return []Store{m.c.Store}
}
