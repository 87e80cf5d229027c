package scheduler

import (
	"context"
	"errors"
	"slices"
	"time"

	"collector/state"
)

var errStopping = errors.New("the daemon is stopping")

const (
	storeRest    = 5 * time.Second // claims rest so long after the store refused a write
	onceSoon     = 3 * time.Second // a pass waits for what becomes due within this
	suspectAfter = 3               // crashes in a row after which a network runs without others like it
	poisonAfter  = 6               // crashes in a row after which it is not run
)

// round claims what is due in each mode as far as workers are free, and a little
// ahead, and hands it out. Which mode goes first alternates, and while both have work neither
// gets more than half of the free workers, so that neither starves the other.
// soon says that a pass of Once has to wait for something.
func (s *Scheduler) round(ctx, work context.Context, begun time.Time, first bool) (claimed int, soon bool) {
	if s.noRoom() != nil {
		return 0, false
	}
	if s.resting() || s.quiet() {
		return 0, true
	}
	modes := slices.Clone(s.Modes)
	if !first {
		slices.Reverse(modes)
	}
	due := make([]map[string]time.Time, len(modes))
	busy := 0
	for i, m := range modes {
		now := s.due(m, begun)
		wakes, err := s.store.Wakes(ctx, m)
		if err != nil {
			s.storeFailed(ctx, "asking what is due", err)
			return 0, true
		}
		for service, at := range wakes {
			// Claim takes a time beyond belief for past, and so must who asks it.
			if _, ours := s.connectors[service]; !ours || at.After(now) && !at.After(now.Add(maxDue)) {
				soon = soon || ours && m == state.Initial && at.Before(s.Now().Add(onceSoon))
				delete(wakes, service)
			}
		}
		if due[i] = wakes; len(wakes) > 0 {
			busy++
		}
	}
	s.mu.Lock()
	free := s.Workers + s.ahead - s.total
	s.mu.Unlock()
	for i, m := range modes {
		if len(due[i]) == 0 || free <= 0 {
			continue
		}
		n := (free + busy - 1) / busy
		busy--
		got := s.claim(ctx, work, m, s.due(m, begun), n, due[i])
		claimed += got
		free -= got
	}
	return claimed, soon
}

// due is the time up to which networks count as due. A pass of Once polls what
// was due when it began and nothing twice, but reads backfills to their end.
func (s *Scheduler) due(m state.Mode, begun time.Time) time.Time {
	if s.Once && m == state.Normal {
		return begun
	}
	return s.Now()
}

// claim leases at most n networks of a mode, and starts a worker for each that can
// have one.
func (s *Scheduler) claim(ctx, work context.Context, m state.Mode, now time.Time, n int, due map[string]time.Time) int {
	services := map[string]int{}
	s.mu.Lock()
	for name := range due {
		if slots := Slots(s.Workers) + s.ahead - s.running[name]; slots > 0 {
			services[name] = slots
		}
	}
	s.mu.Unlock()
	if len(services) == 0 {
		return 0
	}
	until := s.Now().Add(s.Lease)
	claimed, err := s.store.Claim(ctx, state.Claim{Mode: m, Owner: s.Owner, Now: now, Until: until, N: n, Services: services, Shard: s.Shard})
	if err != nil {
		s.storeFailed(ctx, "claiming what is due", err)
		return 0
	}
	for _, c := range claimed {
		s.start(work, c, until)
	}
	return len(claimed)
}

// Slots is how many of the workers of an instance one service may have: not all,
// so that a service that hangs leaves room for the others.
func Slots(workers int) int { return max(1, workers-workers/4) }

func (s *Scheduler) resting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Now().Before(s.badStore)
}

// storeFailed pauses claiming for a while: what cannot be stored need not be
// asked for.
func (s *Scheduler) storeFailed(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	s.badStore = s.Now().Add(storeRest)
	s.mu.Unlock()
	s.Log.Error("the store does not work; collecting pauses and goes on by itself", "while", what, "err", err, "again", s.Now().Add(storeRest))
}

// rescue makes networks of dead instances due at once, and has the quota freed that
// they had reserved: of those that the store knows to be dead, where one instance
// looks for all, and of those that are known to have left. Where that fails in the
// middle, all of it is done again in the next tick.
func (s *Scheduler) rescue(ctx context.Context) {
	defer s.forget(ctx)
	if s.Left != nil {
		s.gone = append(s.gone, s.Left()...)
	}
	if s.Duty == nil || s.Duty() {
		dead, err := s.store.FreeDead(ctx, s.Now())
		if err != nil {
			s.storeFailed(ctx, "looking for dead instances", err)
			return
		}
		s.gone = append(s.gone, dead...)
	}
	if len(s.gone) == 0 {
		return
	}
	for _, id := range s.gone {
		if err := s.store.FreeOwner(ctx, id, s.Now()); err != nil {
			s.storeFailed(ctx, "taking over from instances that left", err)
			return
		}
	}
	s.Log.Info("took over from instances that are gone", "instances", s.gone)
	s.mu.Lock()
	s.owing = append(s.owing, s.gone...)
	s.mu.Unlock()
	s.gone = nil
}

// forgetWait is how long the loop waits for quota to be freed: what is claimed next may
// want it. Of an instance that worked on thousands of accounts it takes longer, and nobody
// waits for it with claims, and with those who die next.
const forgetWait = tick / 2

// forget frees the quota that instances had reserved whose networks are free. It is done
// beside the loop, and again in the next tick where it fails.
func (s *Scheduler) forget(ctx context.Context) {
	s.mu.Lock()
	gone := s.owing
	if len(gone) == 0 || s.freeing {
		s.mu.Unlock()
		return
	}
	s.owing, s.freeing = nil, true
	s.mu.Unlock()
	done := make(chan struct{})
	s.workers.Go(func() {
		defer close(done)
		err := s.ledger.Forget(ctx, gone)
		if err != nil {
			s.storeFailed(ctx, "freeing reserved quota", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.freeing = false
		if err != nil {
			s.owing = append(gone, s.owing...)
		}
	})
	wait := time.NewTimer(forgetWait)
	defer wait.Stop()
	select {
	case <-done:
	case <-wait.C:
	}
}
