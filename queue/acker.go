package queue

import (
	"context"
	"errors"
	"sync"
	"time"
)

// acker tells stores what became of jobs, many in one call: an outcome waits for
// others as long as other jobs run, but no longer than ack.
type acker struct {
	m       *Master
	more    chan struct{} // holds one when the list has got something
	settled chan struct{} // holds one when some outcomes are off the list
	hurry   chan struct{} // closed by giveUp
	ctx     context.Context
	drop    context.CancelFunc // ends what the store is asked

	mu    sync.Mutex
	list  []*settling
	open  int // on the list or being told
	given bool
}

// settling is an outcome on its way.
type settling struct {
	*held
	outcome Outcome
	err     error
	worker  int
	took    time.Duration
	since   time.Time
	failed  bool // an earlier call for it failed: it may have been carried out
}

func newAcker(ctx context.Context, m *Master) *acker {
	a := &acker{m: m, more: make(chan struct{}, 1), settled: make(chan struct{}, 1), hurry: make(chan struct{})}
	a.ctx, a.drop = context.WithCancel(ctx)
	return a
}

func (a *acker) put(h *held, o Outcome, err error, worker int, took time.Duration) {
	h.acked.Store(true)
	a.mu.Lock()
	a.list = append(a.list, &settling{held: h, outcome: o, err: err, worker: worker, took: took, since: a.m.c.Now()})
	a.open++
	a.mu.Unlock()
	signal(a.more)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (a *acker) empty() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open == 0
}

// lastTry is how long a store is asked once the Master gives up.
const lastTry = time.Second

// giveUp drops what a store does not take, now that it is asked a last time: leases run out.
func (a *acker) giveUp() {
	a.mu.Lock()
	a.given = true
	a.mu.Unlock()
	close(a.hurry)
	time.AfterFunc(lastTry, a.drop)
}

func (a *acker) run(ctx context.Context) {
	defer a.drop()
	failures := 0
	for {
		batch := a.wait(ctx)
		if ctx.Err() != nil {
			return
		}
		again := a.flush(a.ctx, batch)
		a.mu.Lock()
		a.open -= len(batch) - len(again)
		a.list = append(again, a.list...)
		a.mu.Unlock()
		signal(a.settled)
		if len(again) == 0 {
			failures = 0
			continue
		}
		failures++
		wait := time.NewTimer(Exponential(50*time.Millisecond, 5*time.Second)(failures))
		select {
		case <-wait.C:
		case <-a.hurry:
		case <-ctx.Done():
			return
		}
	}
}

// wait returns the next batch.
func (a *acker) wait(ctx context.Context) []*settling {
	for {
		a.mu.Lock()
		n := len(a.list)
		first := time.Time{}
		if n > 0 {
			first = a.list[0].since
		}
		a.mu.Unlock()
		left := time.Duration(-1) // without an end
		if n > 0 {
			left = ack - a.m.c.Now().Sub(first)
			if n >= batchMax || left <= 0 || !a.m.holdsMore(n) {
				a.mu.Lock()
				n = min(batchMax, len(a.list))
				batch := a.list[:n:n]
				a.list = a.list[n:]
				a.mu.Unlock()
				return batch
			}
		}
		var end <-chan time.Time
		if left > 0 {
			t := time.NewTimer(left)
			end = t.C
		}
		select {
		case <-a.more:
		case <-end:
		case <-ctx.Done():
			return nil
		}
	}
}

// holdsMore says whether more jobs are held than so many.
func (m *Master) holdsMore(n int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.held) > n
}

// flush tells one batch, and returns what is to be tried again.
func (a *acker) flush(ctx context.Context, batch []*settling) (again []*settling) {
	for i, s := range a.m.stores() {
		var mine []*settling
		var outcomes []Outcome
		for _, one := range batch {
			if one.lane.source == i {
				mine, outcomes = append(mine, one), append(outcomes, one.outcome)
			}
		}
		if len(mine) == 0 {
			continue
		}
		limited, cancel := context.WithTimeout(ctx, max(a.m.c.Lease/3, 5*time.Second))
		stood, err := s.Finish(limited, a.m.c.Now(), outcomes)
		cancel()
		if err != nil {
			again = append(again, a.failed(mine, err)...)
			continue
		}
		for i, one := range mine {
			a.settle(one, stood[i] || one.failed && a.carriedOut(ctx, one))
		}
	}
	return again
}

// failed keeps the outcomes that a later call may still bring in time.
func (a *acker) failed(all []*settling, err error) (again []*settling) {
	a.mu.Lock()
	given := a.given
	a.mu.Unlock()
	a.m.c.Log.Error("outcomes of jobs cannot be stored; it is tried again until their leases are long over", "error", err, "jobs", len(all))
	for _, one := range all {
		if given || errors.Is(err, ErrInvalid) || a.m.c.Now().After(a.m.leaseEnd(one.held).Add(a.m.c.Lease)) {
			a.m.lose(one.held)
			continue
		}
		one.failed = true
		again = append(again, one)
	}
	return again
}

// carriedOut says whether a job is as an earlier call would have left it: then that call was
// carried out and only its answer lost. What was completed is gone, or done and kept; gone
// after its lease it may have been completed by the next one who had it, who alone is told.
// Of anything else the job tells as long as nobody had it since.
func (a *acker) carriedOut(ctx context.Context, one *settling) bool {
	j, err := one.lane.store.Job(ctx, one.job.ID)
	if one.outcome.Verb == Complete {
		gone := errors.Is(err, ErrNotFound) && a.m.c.Now().Before(a.m.leaseEnd(one.held))
		return gone || err == nil && j.State == Done && j.Started.Equal(one.job.Started)
	}
	if err != nil || !j.Started.Equal(one.job.Started) {
		return false
	}
	o, waits := one.outcome, j.State == Ready || j.State == Scheduled
	same := j.Deliveries == one.job.Deliveries
	switch o.Verb {
	case Bury:
		return same && j.State == Dead && j.LastError == Cut(o.Error)
	case Retry:
		return same && waits && j.LastError == Cut(o.Error) && j.Due.Equal(Milli(o.Due))
	case Snooze:
		return same && waits && j.Attempts == one.job.Attempts-1 && j.Due.Equal(Milli(o.Due))
	default: // Release
		return waits && j.Deliveries == one.job.Deliveries-1 && j.Due.Equal(one.job.Due)
	}
}

// settle tells the listeners what the store has taken.
func (a *acker) settle(s *settling, stood bool) {
	if !stood {
		a.m.lose(s.held)
		return
	}
	a.m.forget(s.held)
	tell := func(t EventType, due time.Time) {
		a.m.tell(Event{Type: t, Job: s.job, Worker: s.worker, Err: s.err, Due: due, Took: s.took})
	}
	log := a.m.c.Log.With("job", s.job.ID, "kind", s.job.Kind, "queue", s.job.Queue, "attempt", s.job.Attempts, "took", s.took)
	switch s.outcome.Verb {
	case Complete:
		log.Info("job done")
		a.m.tell(Event{Type: EventDone, Job: s.job, Worker: s.worker, Took: s.took, Value: s.value})
		if s.job.Keep > 0 || s.job.Deliveries > 1 { // some stores leave it to a rescue to remove these
			a.m.leftovers[s.lane.source].Add(1)
		}
	case Retry:
		log.Warn("job failed, and is tried again", "due", s.outcome.Due, "error", s.err)
		tell(EventError, time.Time{})
		tell(EventRetry, s.outcome.Due)
	case Bury:
		log.Error("job failed for good", "error", s.err)
		tell(EventError, time.Time{})
		tell(EventDead, time.Time{})
	}
}
