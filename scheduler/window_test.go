package scheduler

import (
	"strings"
	"testing"
	"time"

	"collector/state"
)

// The window guard: a list of which only a part is shown is read before a quarter of
// that part can be new, however slow the rhythm is that the policy asks for.
func TestWindowGuard(t *testing.T) {
	slow := policy
	slow.Daily = 24 * time.Hour
	for _, c := range []struct {
		window          int
		rate            float64 // likes an hour
		atLeast, atMost time.Duration
		guarded         bool
	}{
		{0, 1, 4 * time.Hour, 6 * time.Hour, false},
		{1000, 1, 4 * time.Hour, 6 * time.Hour, false},
		{8, 1, 110 * time.Minute, 130 * time.Minute, true},
		{40, 10, 55 * time.Minute, 65 * time.Minute, true},
		{1, 10, 5 * time.Minute, 6 * time.Minute, true}, // no sooner than the floor
		{40, 0, 5 * time.Hour, 6 * time.Hour, false},
	} {
		out := after(nil, state.Progress{Mode: state.Normal, Rate: c.rate, RateAt: noon, Window: c.window})
		out.Since, out.Added = time.Millisecond, 0 // the rate stays as it is
		got := Next(noon, slow, out)
		wait := got.ScheduledTo.Sub(noon)
		if wait < c.atLeast || wait > c.atMost || strings.Contains(got.Reason, "of which the service shows") != c.guarded {
			t.Errorf("a window of %d at %g likes an hour: polled after %v (%s), want %v to %v", c.window, c.rate, wait, got.Reason, c.atLeast, c.atMost)
		}
	}
}
