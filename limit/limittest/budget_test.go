package limittest

import (
	"testing"
	"time"
)

// TestBudgetCounts: the service that the ledger is held against counts right
// itself, in each shape.
func TestBudgetCounts(t *testing.T) {
	noon := time.Date(2026, 3, 7, 20, 0, 0, 0, time.UTC) // noon in California, the day before its clocks change
	day := 24 * time.Hour
	for _, c := range []struct {
		name  string
		shape Shape
		per   time.Duration
		next  time.Duration // after noon, when there is room again
	}{
		{"from the first call", FromFirst, time.Hour, time.Hour},
		{"aligned", Aligned, 8 * time.Hour, 4 * time.Hour},
		{"rolling", Rolling, time.Hour, time.Hour},
		{"Pacific", Pacific, day, 12 * time.Hour},
		{"UTC day", UTCDay, day, 4 * time.Hour},
		{"month", UTCMonth, 31 * day, 24*day + 4*time.Hour},
	} {
		b := &Budget{N: 2, Per: c.per, Shape: c.shape}
		call := func(at time.Time) bool {
			if !b.fits(at, 1) {
				b.refuse()
				return false
			}
			b.spend(at, 1, false)
			return true
		}
		for i, want := range []bool{true, true, false} {
			if got := call(noon); got != want {
				t.Errorf("%s: call %d answered: %v", c.name, i+1, got)
			}
		}
		if b.left() != 0 || b.Refused() != 1 {
			t.Errorf("%s: %d left, %d refused", c.name, b.left(), b.Refused())
		}
		if call(noon.Add(c.next - time.Second)) {
			t.Errorf("%s: room before the window ends", c.name)
		}
		if !call(noon.Add(c.next)) {
			t.Errorf("%s: no room once the window ended", c.name)
		}
	}
	b := &Budget{N: 1, Per: day, Shape: Pacific}
	b.fits(noon.Add(12*time.Hour), 1)
	if w := b.present(); w.End.Sub(w.Start) != 23*time.Hour {
		t.Errorf("the day on which the clocks change has %v", w.End.Sub(w.Start))
	}
}
