package limit

import (
	"testing"
	"time"

	"collector/connectors"
)

// A refusal that says that nothing is left bars until the window ends; one window
// later the calls go on. Where no window is known it is a limit without a time.
func TestUsedUpBarsUntilTheWindowEnds(t *testing.T) {
	now := time.Date(2026, 7, 3, 20, 0, 0, 0, time.UTC)
	q := connectors.Quota{Name: "units", Scope: connectors.PerApp, Unit: "units", N: 10_000, Per: 24 * time.Hour, Calendar: connectors.DayPacific}
	var r Row
	r.roll(now, now, q)
	midnight := time.Date(2026, 7, 4, 7, 0, 0, 0, time.UTC) // in California
	if got := r.block(&Limited{UsedUp: true, Reason: "used up"}, now); !got.Equal(midnight.Add(margin)) || r.Because != "used up" || r.Waits != 0 {
		t.Errorf("barred until %v (%s)", got, r.Because)
	}
	var rolling Row
	if got := rolling.block(&Limited{UsedUp: true, Reason: "used up"}, now); !got.Equal(now.Add(time.Minute + margin)) {
		t.Errorf("without a window barred until %v", got)
	}
}
