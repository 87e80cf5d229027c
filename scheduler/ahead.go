package scheduler

import (
	"context"
	"errors"
	"slices"
	"time"

	"collector/state"
)

// A claim takes the store some commands, as many for one network as for many, and
// a worker that has become free would stand still for so long. So where runs end
// fast, some networks are claimed ahead of the workers that will run them: about as
// many as end while they wait. Where runs take long nothing is claimed ahead, and
// what another instance could run at once does not wait here.

// aheadPart is the part of a tick for which what is claimed ahead is to last.
const aheadPart = 8

// waiter is a network that was claimed ahead.
type waiter struct {
	claimed state.Claimed
	held    *held
	suspect bool
	since   time.Time
	run     func()
}

// pace decides how many networks are claimed ahead, by how many runs ended within
// the tick that is over.
func (s *Scheduler) pace() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = min(s.ended/aheadPart, s.Workers/4)
	s.ended = 0
}

// begin takes a worker for a run, or says that there is none: all are busy, or as
// many as one service may have. The caller holds s.mu.
func (s *Scheduler) begin(service string) bool {
	if s.active >= s.Workers || s.begun[service] >= Slots(s.Workers) {
		return false
	}
	s.active++
	s.begun[service]++
	return true
}

// next takes a worker for the network that waits longest and may have one; nil if
// there is none. The caller holds s.mu.
func (s *Scheduler) next() (run func()) {
	i := slices.IndexFunc(s.waiting, func(w waiter) bool { return s.begin(w.claimed.Service) })
	if i < 0 {
		return nil
	}
	run = s.waiting[i].run
	s.waiting = slices.Delete(s.waiting, i, i+1)
	return run
}

// sated forgets that workers became free while networks were claimed, where each
// found one that waited and enough wait now.
func (s *Scheduler) sated() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.unfed && len(s.waiting) > s.ahead/2 {
		select {
		case <-s.free:
		default:
		}
	}
}

// giveBack makes what has waited for a tick due again, for whoever comes first; or
// all that waits.
func (s *Scheduler) giveBack(work context.Context, all bool) {
	now := s.Now()
	s.mu.Lock()
	var back []waiter
	s.waiting = slices.DeleteFunc(s.waiting, func(w waiter) bool {
		over := all || now.Sub(w.since) >= tick
		if over {
			back = append(back, w)
		}
		return over
	})
	s.mu.Unlock()
	if len(back) == 0 {
		return
	}
	ctx, cancel := s.ending(work)
	defer cancel()
	for _, w := range back {
		if err := s.store.Postpone(ctx, w.claimed.Lease, now); err != nil && !errors.Is(err, state.ErrLeaseLost) {
			s.storeFailed(work, "giving a network back that was not begun", err)
		}
		s.mu.Lock()
		s.leave(w.claimed.Service, w.held, w.suspect)
		s.mu.Unlock()
	}
}
