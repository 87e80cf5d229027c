package scheduler

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"collector/executor"
	"collector/failpoint"
	"collector/fault"
	"collector/state"
)

// held is a lease in work and how long it is known to be ours.
type held struct {
	mu    sync.Mutex
	until time.Time
}

// check refuses once the lease may have gone to another: on the wall clock, or
// on the monotonic one when the wall clock was set back.
func (h *held) check(now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !now.Before(h.until) || !now.Round(0).Before(h.until.Round(0)) {
		return fmt.Errorf("the lease ended before the call could be sent: %w", state.ErrLeaseLost)
	}
	return nil
}

func (h *held) extend(until time.Time) {
	h.mu.Lock()
	h.until = until
	h.mu.Unlock()
}

// start works on a claimed network in a goroutine of its own, once there is a worker
// for it.
func (s *Scheduler) start(work context.Context, c state.Claimed, until time.Time) {
	h := &held{until: until}
	suspect := c.Crashes > suspectAfter
	s.mu.Lock()
	s.running[c.Service]++
	s.total++
	s.held[h] = true
	wait := suspect && s.suspects > 0
	drain := s.drain
	if suspect {
		s.suspects++
	}
	run := func() {
		s.workers.Go(func() {
			defer s.end(c.Service, h, suspect)
			switch {
			case c.Crashes > poisonAfter:
				s.save(work, c, quarantine(c.Network))
			case wait:
				// Several networks were in work when the process ended. One at a
				// time shows which of them did it.
				s.postpone(work, c)
			default:
				s.run(work, drain, c, h)
			}
		})
	}
	vacant := s.begin(c.Service)
	if !vacant {
		s.waiting = append(s.waiting, waiter{c, h, suspect, s.Now(), run})
	}
	s.mu.Unlock()
	if vacant {
		run()
	}
}

// leave forgets a network that is in hand no more. The caller holds s.mu.
func (s *Scheduler) leave(service string, h *held, suspect bool) {
	s.running[service]--
	s.total--
	delete(s.held, h)
	if suspect {
		s.suspects--
	}
}

// end gives a worker to who waits for it. The loop is to claim where nobody does, or
// soon nobody will.
func (s *Scheduler) end(service string, h *held, suspect bool) {
	s.mu.Lock()
	s.leave(service, h, suspect)
	s.begun[service]--
	s.active--
	s.ended++
	run := s.next()
	s.unfed = s.unfed || run == nil
	if run == nil || len(s.waiting) <= s.ahead/2 {
		select {
		case s.free <- struct{}{}:
		default:
		}
	}
	s.mu.Unlock()
	if run != nil {
		run()
	}
}

func (s *Scheduler) run(work context.Context, drain chan struct{}, c state.Claimed, h *held) {
	work = s.traced(work, c)
	c.Progress = c.Progress.SetRight(s.Now()) // whoever ran it last
	out := s.executor.Run(work, executor.Job{
		Claimed: c, Connector: s.connectors[c.Service], Drain: drain,
		Held: func() error { return h.check(s.Now()) },
	})
	s.save(work, c, out)
}

// save releases a network with what its run came to.
func (s *Scheduler) save(work context.Context, c state.Claimed, out executor.Outcome) {
	now := s.Now()
	out.Network.Progress = out.Network.Progress.SetRight(now) // the clock may have been set meanwhile
	log := s.Log.With("service", c.Service, "network", c.Name(), "user", c.User, "run", fmt.Sprintf("%s/%d", c.ID, c.Lease.Epoch))
	switch {
	case errors.Is(out.Err, state.ErrLeaseLost):
		s.lost(work, c, log)
		return
	case out.NotStored:
		s.storeFailed(work, "saving what was read", out.Err)
	}
	var p state.Progress
	if out.Drained || out.NotStored || work.Err() != nil && out.Err != nil {
		p = out.Network.Progress // as far as it got: due again as before
		p.LastRunAt, p.ScheduledTo, p.Reason = now, now, "interrupted by a restart"
		if out.NotStored {
			p.Reason = "the store could not be written"
		} else if s.noRoom() != nil {
			p.Reason = "interrupted: the disk is nearly full"
		}
	} else {
		floor, ceiling := s.Poll(c.Service)
		p = Next(now, Policy{PollMin: floor, PollMax: ceiling, BackoffMin: s.BackoffMin, BackoffMax: s.BackoffMax}, out)
	}
	saving := context.WithoutCancel(work)
	if err := failpoint.Hit(saving, "schedule.before"); err != nil {
		return
	}
	// The time for it begins here: a process that was stopped before has all of it.
	ctx, cancel := s.ending(work)
	defer cancel()
	if err := s.store.Release(ctx, c.Lease, p); err != nil {
		if errors.Is(err, state.ErrLeaseLost) {
			log.Warn("another instance took the network over; the release changed nothing")
			return
		}
		s.storeFailed(work, "releasing a network", err)
		return
	}
	s.wrote(now)
	out.Network.Progress = p
	told(work, p, out.Err, now)
	s.report(log, out, now)
	if s.Ended != nil {
		s.Ended(out)
	}
}

// ending is a context for giving a lease back, also while the work is cut off.
func (s *Scheduler) ending(work context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(work), s.toEnd())
}

// toEnd is how long giving a lease back may take.
func (s *Scheduler) toEnd() time.Duration { return max(2*time.Second, s.Grace/10) }

// lost ends work whose lease ended before it. Where nobody has taken the network
// over, because only this process stood still, it is given back: the lease still
// has our name, so our own renewals would keep everybody from it.
func (s *Scheduler) lost(work context.Context, c state.Claimed, log interface{ Warn(string, ...any) }) {
	ctx, cancel := s.ending(work)
	defer cancel()
	switch err := s.store.Postpone(ctx, c.Lease, s.Now()); {
	case err == nil:
		log.Warn("the lease ended while this process or its machine stood still; the page in hand changed nothing, and the network is due again")
	case errors.Is(err, state.ErrLeaseLost):
		log.Warn("another instance took the network over; the page in hand changed nothing")
	default:
		s.storeFailed(work, "giving a network back", err)
	}
}

// postpone gives a network back untouched, due again in a moment.
func (s *Scheduler) postpone(work context.Context, c state.Claimed) {
	if err := s.store.Postpone(work, c.Lease, s.Now().Add(2*time.Second)); err != nil && !errors.Is(err, state.ErrLeaseLost) {
		s.storeFailed(work, "postponing a network", err)
	}
}

// renewing keeps all leases of this process alive in one statement, until ctx ends.
func (s *Scheduler) renewing(ctx context.Context) {
	t := time.NewTicker(s.Lease / 3)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		until := s.Now().Add(s.Lease)
		s.mu.Lock()
		before := make([]*held, 0, len(s.held))
		for h := range s.held {
			before = append(before, h)
		}
		s.mu.Unlock()
		if len(before) == 0 {
			continue
		}
		if err := s.store.Renew(ctx, s.Owner, until); err != nil {
			s.Log.Warn("leases could not be renewed; work on them stops when they end", "err", err)
			continue
		}
		// A lease that had ended before the renewal may be someone else's: the
		// store did not touch it, and neither do we.
		for _, h := range before {
			if h.check(s.Now()) == nil {
				h.extend(until)
			}
		}
	}
}

// report writes the one line of a run.
func (s *Scheduler) report(log interface {
	Info(string, ...any)
	Warn(string, ...any)
}, out executor.Outcome, now time.Time,
) {
	n := out.Network
	args := []any{"kind", out.Kind, "pages", out.Pages, "added", out.Added, "condition", string(n.Condition), "next", n.ScheduledTo, "reason", n.Reason}
	if out.Removed > 0 {
		args = append(args, "removed", out.Removed)
	}
	if out.Filled > 0 {
		args = append(args, "details", out.Filled)
	}
	if out.Err == nil || fault.KindOf(out.Err) == fault.RateLimited {
		log.Info("run", args...)
		return
	}
	args = append(args, "err", out.Err)
	if out.Stack != "" {
		args = append(args, "stack", out.Stack)
	}
	log.Warn("run", args...)
}
