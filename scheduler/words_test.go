package scheduler

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"collector/fault"
	"collector/state"
)

// The ceiling that an operator sets is one: no network is polled later.
func TestNoPollIsLaterThanTheCeiling(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, rate := range []float64{0, 1.0 / 177 / 24, 1.0 / 175 / 24} { // silent, about the ceiling, just below it
		apart := map[time.Duration]bool{}
		for i := range 200 {
			out := after(nil, state.Progress{Mode: state.Normal, Rate: rate, RateAt: noon})
			out.Network.ID = fmt.Sprintf("01a203a1-4b07-%016x", rnd.Uint64()) // as ids are
			out.Since = time.Second
			d := Next(noon, policy, out).ScheduledTo.Sub(noon)
			if d > policy.PollMax || d < policy.PollMax*85/100 {
				t.Fatalf("rate %v, network %d: due in %v", rate, i, d)
			}
			apart[d.Round(time.Minute)] = true
		}
		if len(apart) < 20 {
			t.Errorf("rate %v: 200 networks are due at %d different minutes", rate, len(apart))
		}
	}
}

// Every failure says whose fault it is and what to do, once.
func TestFailuresSayWhoseAndWhatNext(t *testing.T) {
	for name, err := range map[string]error{
		"temporary":    fault.New(fault.Temporary, "no answer"),
		"odd reply":    fmt.Errorf("understanding page 1: %w", fault.New(fault.Malformed, "HTML")),
		"own mistake":  fault.New(fault.Bug, "out of range"),
		"unclassified": errors.New("oops"),
		"a service's":  fmt.Errorf("reading page 1: %w", &fault.Error{Kind: fault.Temporary, Reason: "502", Whose: "github", Next: "nothing: the collector tries again"}),
	} {
		p := Next(noon, policy, after(err, state.Progress{Mode: state.Normal}))
		if p.Whose == "" || p.NextStep == "" || p.LastError == "" {
			t.Errorf("%s: error %q, whose %q, next %q", name, p.LastError, p.Whose, p.NextStep)
		}
		if strings.Contains(p.LastError, p.NextStep) {
			t.Errorf("%s: the error repeats the next step: %q", name, p.LastError)
		}
	}
}

func TestPerTime(t *testing.T) {
	for perHour, want := range map[float64]string{
		20: "20 likes an hour", 1: "one like an hour", 4.0 / 24: "4 likes a day", 1.2 / 24: "one like a day",
		0.9 / 24: "one like a day", 1.0 / 48: "one like in 2 days", 1.0 / 168: "one like in 7 days",
	} {
		if got := perTime(perHour); got != want {
			t.Errorf("%v an hour: %q, want %q", perHour, got, want)
		}
	}
}
