package scheduler

import (
	"context"
	"time"
)

// setBack says that the wall clock went back between two looks at it: it shows
// an earlier time, or it went on by less than the monotonic one. What a machine
// that slept shows is the opposite.
func setBack(before, now time.Time) bool {
	wall := now.Round(0).Sub(before.Round(0))
	return wall < 0 || wall < now.Sub(before)-time.Second
}

// setRight makes due, at the start and whenever the wall clock was set back, what
// was put off by a clock that was ahead. A service that asked for a pause meanwhile
// is not asked before its time: the ledger keeps that, in the service's own clock.
func (s *Scheduler) setRight(ctx context.Context) {
	now := s.Now()
	s.mu.Lock()
	written := s.written
	s.written = now
	s.mu.Unlock()
	due := s.seen.IsZero() || setBack(s.seen, now) || setBack(written, now)
	s.seen = now
	if !due {
		return
	}
	n, err := s.store.SetRight(ctx, now)
	if err != nil {
		s.seen = time.Time{} // tried again at the next look
		s.storeFailed(ctx, "looking for what a wrong clock put off", err)
		return
	}
	if n > 0 {
		s.Log.Warn("the clock was ahead for a while; what was put off by it is due now", "networks", n)
	}
}

// wrote notes the time with which a network was saved: a clock may be ahead, and
// right again, between two looks at it.
func (s *Scheduler) wrote(now time.Time) {
	s.mu.Lock()
	if now.Round(0).After(s.written.Round(0)) {
		s.written = now
	}
	s.mu.Unlock()
}
