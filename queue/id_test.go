package queue_test

import (
	"slices"
	"testing"
	"time"

	"collector/queue"
)

// TestIDsAreInTheOrderOfTheCalls: what is added later stands behind, within a millisecond and
// also where the clock is put back, since jobs of one priority and due time are claimed by their ids.
func TestIDsAreInTheOrderOfTheCalls(t *testing.T) {
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	var ids []string
	for _, d := range []time.Duration{0, time.Millisecond, time.Hour, -time.Hour, 2 * time.Hour} {
		for range 10_000 {
			ids = append(ids, queue.NewID(at.Add(d)))
		}
	}
	if !slices.IsSorted(ids) {
		t.Error("they do not sort in the order of the calls")
	}
	if n := len(slices.Compact(ids)); n != 50_000 {
		t.Errorf("%d of 50,000 differ", n)
	}
	if queue.NewID(at.AddDate(200, 0, 0)) < ids[len(ids)-1] || len(ids[0]) != 26 {
		t.Errorf("%q, and two centuries later something before it", ids[0])
	}
}
