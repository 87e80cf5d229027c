package memory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"collector/queue"
)

// Claim is queue.Store.Claim.
func (s *Store) Claim(ctx context.Context, c queue.Claim) ([]queue.Job, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now, until := queue.Milli(c.Now), queue.Milli(c.Until)
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.queues[c.Queue]
	if l == nil || l.stats.Paused {
		return nil, nil
	}
	s.promote(l, now)
	var out []queue.Job
	token := queue.NewToken()
	for len(out) < c.N {
		e := l.next(c.Kinds)
		if e == nil {
			break
		}
		s.change(e, func(j *queue.Job) {
			j.State, j.Owner, j.Token, j.LeaseUntil, j.Started = queue.Running, c.Owner, token, until, now
			j.Attempts++
			j.Deliveries++
		})
		out = append(out, shown(e.Job))
	}
	return out, nil
}

// promote makes ready what is due.
func (s *Store) promote(l *line, now time.Time) {
	for {
		e := l.scheduled.first()
		if e == nil || e.Due.After(now) {
			return
		}
		s.change(e, func(j *queue.Job) { j.State = queue.Ready })
	}
}

// next is the first of the ready jobs of some kinds, nil where there is none.
func (l *line) next(kinds []string) *entry {
	var first *entry
	for kind, h := range l.ready {
		if len(kinds) > 0 && !slices.Contains(kinds, kind) {
			continue
		}
		if e := h.first(); e != nil && (first == nil || byRank(e.Job, first.Job)) {
			first = e
		}
	}
	return first
}

// Claimable is queue.Store.Claimable.
func (s *Store) Claimable(ctx context.Context, now time.Time, queues []string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now = queue.Milli(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, name := range queues {
		l := s.queues[name]
		if l == nil || l.stats.Paused {
			continue
		}
		if e := l.scheduled.first(); l.stats.Ready > 0 || e != nil && !e.Due.After(now) {
			out = append(out, name)
		}
	}
	return out, nil
}

// NextDue is queue.Store.NextDue.
func (s *Store) NextDue(ctx context.Context, queues []string) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var next time.Time
	for _, name := range queues {
		l := s.queues[name]
		if l == nil || l.stats.Paused {
			continue
		}
		if e := l.scheduled.first(); e != nil && (next.IsZero() || e.Due.Before(next)) {
			next = e.Due
		}
	}
	return next, nil
}

// held is the entry of a claim that stands.
func (s *Store) held(r queue.Ref) *entry {
	if e := s.running[r.ID]; e != nil && e.Token == r.Token {
		return e
	}
	return nil
}

// Renew is queue.Store.Renew.
func (s *Store) Renew(ctx context.Context, claims []queue.Ref, until time.Time) ([]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stood := make([]bool, len(claims))
	for i, r := range claims {
		if e := s.held(r); e != nil {
			e.LeaseUntil, stood[i] = queue.Milli(until), true
		}
	}
	return stood, nil
}

// Finish is queue.Store.Finish.
func (s *Store) Finish(ctx context.Context, now time.Time, outcomes []queue.Outcome) ([]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := queue.CheckOutcomes(outcomes); err != nil {
		return nil, err
	}
	stood := make([]bool, len(outcomes))
	var woken []string
	s.mu.Lock()
	for i, o := range outcomes {
		e := s.held(o.Ref)
		if e == nil {
			continue
		}
		stood[i] = true
		s.finish(e, queue.Milli(now), o)
		if waits := e.State == queue.Ready || e.State == queue.Scheduled; waits && !slices.Contains(woken, e.Queue) {
			woken = append(woken, e.Queue)
		}
	}
	s.mu.Unlock()
	s.wakes.Tell(woken...)
	return stood, nil
}

func (s *Store) finish(e *entry, now time.Time, o queue.Outcome) {
	stats := &s.line(e.Queue).stats
	s.change(e, func(j *queue.Job) {
		j.Owner, j.Token, j.LeaseUntil = "", "", time.Time{}
		switch o.Verb {
		case queue.Complete:
			j.State, j.Finished = queue.Done, now
			stats.Completed++
		case queue.Bury:
			j.State, j.Finished, j.LastError = queue.Dead, now, queue.Cut(o.Error)
			stats.Buried++
		case queue.Retry:
			j.LastError = queue.Cut(o.Error)
			stats.Retried++
			j.Due = queue.Milli(o.Due)
		case queue.Snooze:
			j.Attempts--
			j.Due = queue.Milli(o.Due)
		case queue.Release:
			j.Attempts--
			j.Deliveries--
		}
		if j.Finished.IsZero() {
			j.State = waiting(*j, now)
		}
	})
	if e.State == queue.Done && e.Keep == 0 {
		s.forget(e)
	}
}

// waiting is the state of a job that nobody holds.
func waiting(j queue.Job, now time.Time) queue.State {
	if j.Due.After(now) {
		return queue.Scheduled
	}
	return queue.Ready
}

// Rescue is queue.Store.Rescue.
func (s *Store) Rescue(ctx context.Context, now time.Time, limit int) ([]queue.Job, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now = queue.Milli(now)
	var out []queue.Job
	var woken []string
	s.mu.Lock()
	for _, e := range s.running {
		if len(out) >= limit {
			break
		}
		if e.LeaseUntil.After(now) {
			continue
		}
		owner := e.Owner
		s.rescue(e, now)
		j := shown(e.Job)
		j.Owner = owner
		out = append(out, j)
		if e.State == queue.Ready && !slices.Contains(woken, e.Queue) {
			woken = append(woken, e.Queue)
		}
	}
	removed := 0
	for _, e := range s.done {
		if removed >= limit {
			break
		}
		if over(e.Job, now) {
			s.forget(e)
			removed++
		}
	}
	s.mu.Unlock()
	s.wakes.Tell(woken...)
	return out, nil
}

func (s *Store) rescue(e *entry, now time.Time) {
	stats := &s.line(e.Queue).stats
	stats.Rescued++
	s.change(e, func(j *queue.Job) {
		j.LastError = queue.LeaseEnded(*j)
		j.Owner, j.Token, j.LeaseUntil = "", "", time.Time{}
		j.State, j.Due = queue.Ready, now
		if j.MaxAttempts > 0 && j.Attempts >= j.MaxAttempts {
			j.State, j.Finished = queue.Dead, now
			stats.Buried++
		}
	})
}

// Pause is queue.Store.Pause.
func (s *Store) Pause(ctx context.Context, name string, paused bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if name == "" || len(name) > queue.MaxName {
		return fmt.Errorf("pausing: %q is no name of a queue; it has 1 to %d bytes", name, queue.MaxName)
	}
	s.mu.Lock()
	s.line(name).stats.Paused = paused
	s.mu.Unlock()
	if !paused {
		s.wakes.Tell(name)
	}
	return nil
}
