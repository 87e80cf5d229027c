package queue

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"time"
)

// held is a job that this Master has claimed.
type held struct {
	job    Job
	lane   *lane
	since  time.Time // when it was claimed, by our clock
	ctx    context.Context
	cancel context.CancelCauseFunc
	gone   atomic.Bool // the lease is lost
	acked  atomic.Bool // its outcome is on the way
	until  time.Time   // the end of the lease, by our clock; guarded by Master.mu

	// What the worker found, set before it says that it has ended.
	outcome Outcome
	err     error
	took    time.Duration
	value   json.RawMessage // of Task.Return
}

func (h *held) lost() bool { return h.gone.Load() }

// hold takes up a claimed job.
func (m *Master) hold(j Job, l *lane, now time.Time) *held {
	h := &held{job: j, lane: l, since: now, until: j.LeaseUntil}
	h.ctx, h.cancel = context.WithCancelCause(context.Background())
	m.mu.Lock()
	m.held[h] = true
	m.mu.Unlock()
	return h
}

// forget ends the holding of a job.
func (m *Master) forget(h *held) {
	m.mu.Lock()
	delete(m.held, h)
	m.mu.Unlock()
	h.cancel(context.Canceled)
}

// lose is told that somebody else may have the job now.
func (m *Master) lose(h *held) {
	if h.gone.Swap(true) {
		return
	}
	h.cancel(ErrLeaseLost)
	m.forget(h)
	m.tell(Event{Type: EventLeaseLost, Job: h.job, Err: ErrLeaseLost})
	m.c.Log.Warn("the lease of a job is lost", "job", h.job.ID, "kind", h.job.Kind)
	m.nudge()
}

// nudge lets the dispatcher look.
func (m *Master) nudge() {
	select {
	case m.wakes <- struct{}{}:
	default:
	}
}

// holding are the jobs of one store that are held and whose outcome is not on the way.
func (m *Master) holding(source int) []*held {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []*held
	for h := range m.held {
		if h.lane.source == source && !h.acked.Load() {
			out = append(out, h)
		}
	}
	return out
}

// renewing keeps the leases of what is held, one call for all of a store every third
// of their length.
func (m *Master) renewing(ctx context.Context) {
	every := m.c.Lease / 3
	wait := every
	for m.pass(ctx, wait) {
		wait = every
		for i, s := range m.stores() {
			if !m.renew(ctx, i, s) {
				wait = every / 4
			}
		}
	}
}

// renew returns whether the store answered.
func (m *Master) renew(ctx context.Context, source int, s Store) bool {
	all := m.holding(source)
	if len(all) == 0 {
		return true
	}
	refs := make([]Ref, len(all))
	for i, h := range all {
		refs[i] = h.job.Ref()
	}
	ctx, cancel := context.WithTimeout(ctx, m.untilLost(all))
	defer cancel()
	until := m.c.Now().Add(m.c.Lease)
	stood, err := s.Renew(ctx, refs, until)
	if err != nil {
		m.c.Log.Error("leases of jobs cannot be renewed; it is tried again", "error", err, "jobs", len(all))
	}
	now := m.c.Now()
	for i, h := range all {
		switch {
		case err == nil && stood[i]:
			m.mu.Lock()
			h.until = until
			m.mu.Unlock()
		case err == nil && !h.acked.Load(), err != nil && !now.Before(m.leaseEnd(h)) && !h.acked.Load():
			m.lose(h)
		}
	}
	return err == nil
}

// untilLost is how long a renewal may take: a store that says nothing is not to keep it from
// being seen that the first of these leases is over.
func (m *Master) untilLost(all []*held) time.Duration {
	first, now := m.leaseEnd(all[0]), m.c.Now()
	for _, h := range all[1:] {
		if end := m.leaseEnd(h); end.Before(first) {
			first = end
		}
	}
	return min(m.c.Lease/3, max(m.c.Lease/12, first.Sub(now)))
}

func (m *Master) leaseEnd(h *held) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return h.until
}

// rescuing gives jobs to others whose owner is gone, twice in each length of a lease, and at
// the start. A rescue also removes what is done and was kept long enough, up to a number:
// there are as many more as it takes to remove no less than this Master makes.
func (m *Master) rescuing(ctx context.Context, source int, s Store) {
	for {
		for rounds := 1 + m.leftovers[source].Swap(0)/batchMax; rounds > 0; rounds-- {
			n, err := m.rescue(ctx, s)
			if err != nil {
				break
			}
			if n == batchMax {
				rounds++ // there may be more of them
			}
		}
		if !m.pass(ctx, m.c.Lease/2) {
			return
		}
	}
}

// rescue is one call, and returns how many jobs it gave to others.
func (m *Master) rescue(ctx context.Context, s Store) (int, error) {
	jobs, err := s.Rescue(ctx, m.c.Now(), batchMax)
	if err != nil && ctx.Err() == nil {
		m.c.Log.Error("jobs of owners that are gone cannot be rescued; it is tried again", "error", err)
	}
	for _, j := range jobs {
		m.c.Log.Warn("the lease of a job ended without an outcome", "job", j.ID, "kind", j.Kind, "owner", j.Owner, "attempts", j.Attempts, "state", j.State)
		m.tell(Event{Type: EventRescued, Job: j})
		if j.State == Dead {
			m.tell(Event{Type: EventDead, Job: j, Err: ErrLeaseLost})
		}
	}
	return len(jobs), err
}

// watching is told by a store what there is.
func (m *Master) watching(ctx context.Context, source int, s Store) {
	for {
		err := s.Watch(ctx, func(queue string) { m.wake(source, queue) })
		if ctx.Err() != nil {
			return
		}
		m.c.Log.Warn("the store of jobs wakes nobody for a while; it is looked at from time to time", "error", err)
		if !m.pass(ctx, m.c.Poll) {
			return
		}
	}
}

// pass lets time go by, and returns whether ctx goes on.
func (m *Master) pass(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
