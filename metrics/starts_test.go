package metrics

import (
	"testing"
	"time"

	"collector/state"
)

// TestStartsAreRemembered for a day, by ten minutes, with what half of them and most needed.
func TestStartsAreRemembered(t *testing.T) {
	s := NewStarts(noon.Add(-100 * time.Hour))
	start := func(at time.Time, lags ...time.Duration) {
		t.Helper()
		var got []state.Claimed
		for _, lag := range lags {
			var n state.Network
			n.ScheduledTo = at.Add(-lag)
			got = append(got, state.Claimed{Network: n})
		}
		if out, err := s.Store(&fakeStore{claimed: got}).Claim(t.Context(), state.Claim{Now: at}); err != nil || len(out) != len(lags) {
			t.Fatalf("%d networks, %v", len(out), err)
		}
	}
	start(noon.Add(-25*time.Hour), time.Hour) // forgotten
	var twenty []time.Duration
	for i := range 20 {
		twenty = append(twenty, time.Duration(i+1)*time.Second)
	}
	start(noon.Add(-23*time.Hour), twenty...)
	start(noon, 0, 5*time.Millisecond, -time.Minute) // the last was asked for by a person
	got := s.Lags(noon.Add(time.Minute))
	if len(got.Half) != 144 || len(got.Most) != 144 || !got.From.Equal(noon.Add(10*time.Minute-24*time.Hour)) || got.Runs != 22 {
		t.Fatalf("%d pieces since %s, %d runs", len(got.Half), got.From, got.Runs)
	}
	near := func(what string, got, want time.Duration) {
		t.Helper()
		if got < want || got > want*5/4 {
			t.Errorf("%s: %s, want %s or at most a quarter more", what, got, want)
		}
	}
	near("half of 20", got.Half[5], 10*time.Second)
	near("95 % of 20", got.Most[5], 19*time.Second)
	near("half of 2", got.Half[143], firstLag)
	near("half of all", got.HalfOfAll, 9*time.Second)
	near("95 % of all", got.MostOfAll, 19*time.Second)
	for i, half := range got.Half {
		if i != 5 && i != 143 && (half != -1 || got.Most[i] != -1) {
			t.Errorf("piece %d: %s, though nothing started", i, half)
		}
	}
	if got := s.Lags(noon.Add(25 * time.Hour)); got.Runs != 0 {
		t.Errorf("a day later there are %d runs", got.Runs)
	}
	ahead := NewStarts(noon.AddDate(1, 0, 0)) // of a clock that was set right since
	ahead.add(time.Second, noon.AddDate(1, 0, 0))
	ahead.add(time.Second, noon.AddDate(1, 0, 0).Add(-startsFor*365)) // the same place in the ring
	if got := ahead.Lags(noon.AddDate(1, 0, 0).Add(-startsFor*365 + time.Minute)); got.Runs != 1 {
		t.Errorf("after a clock that was ahead there are %d runs", got.Runs)
	}
	if got := NewStarts(noon).Lags(noon.Add(25 * time.Minute)); len(got.Half) != 3 || !got.From.Equal(noon) || got.Runs != 0 {
		t.Errorf("of a process that began 25 minutes ago: %+v", got)
	}
}

// TestLagsHaveSteps: none is told shorter than it was, nor by more than a quarter longer.
func TestLagsHaveSteps(t *testing.T) {
	for lag := firstLag; lag < 100*24*time.Hour; lag = lag * 11 / 10 {
		if told := ofStep(stepOf(lag)); told < lag-time.Microsecond || float64(told) > float64(lag)*lagFactor*1.001 {
			t.Errorf("%s is told as %s", lag, told)
		}
	}
}
