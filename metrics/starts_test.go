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
	if got := NewStarts(noon).Lags(noon.Add(25 * time.Minute)); len(got.Half) != 21 || !got.From.Equal(noon) || got.Runs != 0 {
		t.Errorf("of a process that began 25 minutes ago: %+v", got)
	}
}

// TestStartsOfAYoungProcess are told in short pieces, that there is something to see within
// minutes; they grow with its age, and none is lost when they do.
func TestStartsOfAYoungProcess(t *testing.T) {
	s := NewStarts(noon)
	runs := 0
	for at := noon; at.Before(noon.Add(26 * time.Hour)); at = at.Add(time.Minute) {
		s.add(time.Second, at)
		runs++
		got := s.Lags(at)
		if age := at.Sub(noon); age < 23*time.Hour && got.Runs != runs {
			t.Fatalf("after %s there are %d runs, want %d", age, got.Runs, runs)
		}
		pieces := 0
		for _, half := range got.Half {
			if half >= 0 {
				pieces++
			}
		}
		switch age := at.Sub(noon); {
		case len(got.Half) > startsKept:
			t.Fatalf("after %s there are %d pieces", age, len(got.Half))
		case age == 7*time.Minute && pieces < 5:
			t.Errorf("after %s there are %d pieces with runs, too few to be drawn", age, pieces)
		case age >= 3*time.Hour && pieces < startsKept/2:
			t.Errorf("after %s there are %d pieces", age, pieces)
		}
	}
	if got := s.Lags(noon.Add(26 * time.Hour)); len(got.Half) != startsKept || !got.From.Equal(noon.Add(2*time.Hour+10*time.Minute)) {
		t.Errorf("after a day there are %d pieces since %s", len(got.Half), got.From)
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
