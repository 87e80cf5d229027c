package scheduler

import (
	"errors"
	"testing"
	"time"
	"unsafe"

	"collector/fault"
	"collector/state"
)

// slept returns t as a clock shows it whose monotonic reading stood still for d
// while its wall clock went on, as a machine's does that sleeps. A negative d is
// a wall clock that was set back. Package time has no way to make such a Time,
// so its second word, the monotonic reading, is changed in place.
func slept(t *testing.T, at time.Time, d time.Duration) time.Time {
	t.Helper()
	out := at.Add(d)
	*(*int64)(unsafe.Add(unsafe.Pointer(&out), 8)) -= int64(d)
	if out.Sub(at) != 0 || out.Round(0).Sub(at.Round(0)) != d {
		t.Fatal("time.Time is laid out otherwise than this test believes")
	}
	return out
}

// Promise R13: a lease ends by the wall clock or by the monotonic one, whichever
// comes first: each can be wrong while the other is right.
func TestLeaseEndsOnBothClocks(t *testing.T) {
	now := time.Now() // with a monotonic reading, as in the product
	lease := 30 * time.Second
	for name, c := range map[string]struct {
		at   time.Time
		lost bool
	}{
		"in the middle":                     {now.Add(lease / 2), false},
		"at its end":                        {now.Add(lease), true},
		"the machine slept for an hour":     {slept(t, now, time.Hour), true},
		"the clock was set back an hour":    {slept(t, now.Add(lease), -time.Hour), true},
		"a wall clock alone, in the middle": {now.Round(0).Add(lease / 2), false},
		"a wall clock alone, at its end":    {now.Round(0).Add(lease), true},
	} {
		t.Run(name, func(t *testing.T) {
			err := (&held{until: now.Add(lease)}).check(c.at)
			if errors.Is(err, state.ErrLeaseLost) != c.lost {
				t.Errorf("got %v, want lost %v", err, c.lost)
			}
		})
	}
}

// Promise R13: a time that was told before the clock was set back, in the middle of
// a run, is not slept until: the wait is what counts.
func TestWaitToldBeforeTheClockWasSet(t *testing.T) {
	told := time.Now()
	err := &fault.Error{Kind: fault.RateLimited, Until: told.Add(time.Minute), Reason: "429"}
	now := slept(t, told.Add(time.Second), -time.Hour)
	n := Next(now, policy, after(err, state.Progress{Mode: state.Normal}))
	if wait := n.ScheduledTo.Round(0).Sub(now.Round(0)); wait != 59*time.Second {
		t.Errorf("due in %v, told was a wait of a minute a second ago", wait)
	}
}
