package mongo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"collector/state"
)

// The clocks of many machines disagree, so leases are kept by one: the server's.
// Each process knows how far its own clock is from it.

const (
	measureEach = time.Minute
	measuredFor = 5 * time.Minute // older than this, an offset is not believed
	waitMost    = time.Second     // an answer that took longer tells the time to no better than half of that
	stepMost    = time.Second     // our clock was set since, or the machine slept, if it went on by so much more or less than time did
)

// offset is the server's clock minus ours.
type offset struct {
	mu   sync.Mutex
	by   time.Duration
	at   time.Time // when it was measured, by our clock; zero if it never was
	fail error     // why the last try failed
}

// errLate says that the server's time came too late to be of use.
var errLate = errors.New("the answer came too late")

// measure asks the server for its time. The answer counts as given in the middle
// of the wait for it, so one that was long waited for, as while the servers elect
// their primary, changes nothing.
func (s *Store) measure(ctx context.Context) error {
	asked := s.o.Now()
	var hello struct {
		LocalTime time.Time `bson:"localTime"`
	}
	err := s.hello(ctx, &hello)
	now := s.o.Now()
	if wait := max(now.Sub(asked), now.Round(0).Sub(asked.Round(0)).Abs()); err == nil && wait > waitMost { // our clock may have been set as well
		err = fmt.Errorf("%w: %v after the question, and above %v the time is not known well enough; see what slows the server or the way to it down", errLate, wait.Round(time.Millisecond), waitMost)
	}
	s.offset.mu.Lock()
	defer s.offset.mu.Unlock()
	if s.offset.fail = err; err != nil {
		return wrap("asking for the server's time", err)
	}
	s.offset.at, s.offset.by = now, hello.LocalTime.Sub(asked.Add(now.Sub(asked)/2))
	return nil
}

// Offset is what has to be added to this machine's clock to have the server's, and
// whether that is known.
func (s *Store) Offset() (time.Duration, bool) {
	s.offset.mu.Lock()
	defer s.offset.mu.Unlock()
	now := s.o.Now()
	age := now.Sub(s.offset.at)
	step := now.Round(0).Sub(s.offset.at.Round(0)) - age // the wall clock against the monotonic one
	return s.offset.by, !s.offset.at.IsZero() && age <= measuredFor && age >= -measuredFor && step.Abs() < stepMost
}

// doubtful says whether the server is to be asked again soon: nothing is known, or the
// last try failed.
func (s *Store) doubtful() bool {
	_, known := s.Offset()
	s.offset.mu.Lock()
	defer s.offset.mu.Unlock()
	return !known || s.offset.fail != nil
}

// Now is the server's time, which all processes share; our own while it is not known.
func (s *Store) Now() time.Time {
	by, _ := s.Offset()
	return s.o.Now().Add(by)
}

// clocked refuses what needs the server's time while that is unknown.
func (s *Store) clocked() error {
	if _, known := s.Offset(); known {
		return nil
	}
	s.offset.mu.Lock()
	defer s.offset.mu.Unlock()
	if s.offset.fail == nil {
		return fmt.Errorf("%w: this machine's clock was set, and how far the server's is from it has not been measured since, so nothing new is taken in hand", state.ErrUnavailable)
	}
	return fmt.Errorf("%w: how far the server's clock is from ours has been unknown for more than %v, so nothing new is taken in hand (%w)",
		state.ErrUnavailable, measuredFor, s.offset.fail)
}
