package scheduler

import (
	"math"
	"testing"
	"time"

	"collector/fault"
	"collector/state"
)

// Promise R8: however fast a list changes and whatever a service says, polls
// keep the floor, and nothing is due at once but what goes on.
func TestFloorOfPolls(t *testing.T) {
	for _, rate := range []float64{0, 1, 20, 1e6, 1e300, math.MaxFloat64} {
		for _, added := range []int{0, 1, 50_000} {
			out := after(nil, state.Progress{Mode: state.Normal, Rate: rate, RateAt: noon.Add(-time.Minute)})
			out.Since, out.Added = time.Second, added
			if d := Next(noon, policy, out).ScheduledTo.Sub(noon); d < policy.PollMin || d > policy.PollMax*106/100 {
				t.Errorf("at %g likes an hour and %d new ones: due in %v", rate, added, d)
			}
		}
	}
	for _, p := range []Policy{{}, {PollMin: -time.Hour, PollMax: -time.Hour, BackoffMin: -time.Hour, BackoffMax: -time.Hour}} {
		for _, err := range []error{
			&fault.Error{Kind: fault.RateLimited, Reason: "429"}, &fault.Error{Kind: fault.RateLimited, Busy: true, Reason: "busy"},
		} {
			if d := Next(noon, p, after(err, state.Progress{Mode: state.Normal})).ScheduledTo.Sub(noon); d < time.Second {
				t.Errorf("policy %v, %v: due in %v", p, err, d)
			}
		}
	}
}

// Promise R13: what seems to have taken no time, or less, says nothing about how
// often something is liked.
func TestRhythmIgnoresAClockThatWasSetBack(t *testing.T) {
	p := state.Progress{Mode: state.Normal, Rate: 1, RateAt: noon}
	learnt := Next(noon, policy, after(nil, p)).Rate // one poll of ten minutes
	for _, since := range []time.Duration{-time.Nanosecond, -time.Hour, -24 * time.Hour, -12 * 365 * 24 * time.Hour} {
		for _, added := range []int{0, 5} {
			out := after(nil, p)
			out.Since, out.Added = since, added
			if got := Next(noon, policy, out).Rate; got != p.Rate && got != 1.0/6 { // kept, or begun anew
				t.Errorf("%v and %d new ones make %v of a rate of %v", since, added, got, p.Rate)
			}
		}
	}
	if learnt == p.Rate {
		t.Error("nothing is learnt at all")
	}
}
