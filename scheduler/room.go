package scheduler

import (
	"fmt"

	"collector/state"
)

// look asks whether there is room to store more. When there is none, nothing is
// claimed and the runs in work end with the page in hand; when there is again,
// collecting goes on. Each change is logged once.
func (s *Scheduler) look() {
	if s.Room == nil {
		return
	}
	err := s.Room()
	s.mu.Lock()
	was := s.crowded
	if s.crowded = err; err == nil && was != nil {
		s.drain = make(chan struct{})
	}
	s.mu.Unlock()
	switch {
	case err != nil && was == nil:
		s.wind()
		s.Log.Error("the disk is nearly full; collecting pauses and goes on by itself", "err", err, "running", s.Running())
	case err == nil && was != nil:
		s.Log.Info("the disk has room again; collecting goes on")
	}
}

// wind lets the runs in work end with the page in hand. It may be called again.
func (s *Scheduler) wind() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.drain:
	default:
		close(s.drain)
	}
}

// noRoom says why nothing more may be stored, or nil.
func (s *Scheduler) noRoom() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.crowded == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", state.ErrUnavailable, s.crowded)
}
