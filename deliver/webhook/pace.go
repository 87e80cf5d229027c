package webhook

import (
	"context"
	"time"

	"golang.org/x/time/rate"

	"collector/queue"
)

// patience is how long a worker waits for an endpoint's rate; what has to wait longer
// gives its place to others.
const patience = time.Second

// turns are when one endpoint may be called.
type turns struct {
	rate *rate.Limiter // nil: as often as one likes
	// next is for when the next message is put off that comes too early: each gets a time
	// of its own, since those of one time would all come back for one call.
	next time.Time
	// rests is until when the endpoint has asked not to be called. Who resumes it ends that.
	rests   time.Time
	resumes int
}

// pace waits until the endpoint may be called, or lets the message wait.
func (s *Service) pace(ctx context.Context, e Endpoint) error {
	wait, off := s.turn(e, s.c.Now())
	switch {
	case off > 0:
		return queue.SnoozeFor(off)
	case wait == 0:
		return nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// turn takes the endpoint's next turn and returns how long to wait for it. One that is too
// far is not taken: then off is for how long to put the message off.
func (s *Service) turn(e Endpoint, now time.Time) (wait, off time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.turnsOf(e)
	if rest := t.rests.Sub(now); rest > 0 {
		return 0, min(rest, longest)
	}
	if e.PerMinute == 0 {
		return 0, 0
	}
	every := time.Minute / time.Duration(e.PerMinute)
	if t.rate == nil || t.rate.Limit() != rate.Every(every) {
		t.rate, t.next = rate.NewLimiter(rate.Every(every), 1), time.Time{}
	}
	r := t.rate.ReserveN(now, 1)
	d := r.DelayFrom(now)
	if d <= patience {
		return d, 0
	}
	r.CancelAt(now) // nobody has reserved since, so all of it is given back
	at := now.Add(d)
	if t.next.After(at) {
		at = t.next
	}
	t.next = at.Add(every)
	return 0, at.Sub(now)
}

// rest lets the endpoint alone for as long as it asked: all that waits for it does, and
// not only the message that it answered so.
func (s *Service) rest(e Endpoint, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.turnsOf(e)
	if until := s.c.Now().Add(d); until.After(t.rests) {
		t.rests = until
	}
}

// turnsOf is called with s.mu held.
func (s *Service) turnsOf(e Endpoint) *turns {
	t := s.turns[e.ID]
	if t == nil {
		t = &turns{}
		s.turns[e.ID] = t
	}
	if t.resumes != e.Resumes {
		t.rests, t.resumes = time.Time{}, e.Resumes
	}
	return t
}
