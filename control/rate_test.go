package control

import (
	"fmt"
	"testing"
	"time"

	"collector/queue"
)

// TestRates are over five minutes, or as far back as was looked.
func TestRates(t *testing.T) {
	var r Rates
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	look := func(after time.Duration, done, buried int64, want string) {
		t.Helper()
		rate, known := r.Look([]queue.Stats{{Queue: "a", Completed: done, Buried: buried, Retried: 1000}}, begin.Add(after))["a"]
		got := "unknown"
		if known {
			got = fmt.Sprint(rate.Ended, " in ", rate.Over)
		}
		if got != want {
			t.Errorf("after %v: %s, want %s", after, got, want)
		}
	}
	look(0, 1000, 10, "unknown")
	look(5*time.Second, 1005, 10, "unknown")
	look(10*time.Second, 1010, 11, "11 in 10s")
	for i := range 100 {
		r.Look([]queue.Stats{{Queue: "a", Completed: 1010 + int64(i), Buried: 11}}, begin.Add(20*time.Second+time.Duration(i)*5*time.Second))
	}
	look(10*time.Minute, 2000, 11, fmt.Sprint(2000-1010-56, " in 5m0s"))
	if n := len(r.seen); n > 40 {
		t.Errorf("%d looks are remembered", n)
	}
	look(10*time.Hour, 2600, 11, fmt.Sprint(2600-2000, " in ", 10*time.Hour-10*time.Minute))
	look(10*time.Hour+time.Minute, 5, 0, "unknown") // another store
	if _, known := r.Look([]queue.Stats{{Queue: "new", Completed: 50}}, begin.Add(11*time.Hour))["new"]; known {
		t.Error("a queue that was never seen has a rate")
	}
	if got := (Rate{}).PerMinute(); got != 0 {
		t.Error(got)
	}
}

// TestVersionsAreCompared by their numbers.
func TestVersionsAreCompared(t *testing.T) {
	for _, c := range []struct {
		is, than string
		want     int
	}{{"0.9.8", "1.0.0", -1}, {"1.10.0", "1.9.8", 1}, {"v1.2", "1.2.1", -1}, {"1.2.3", "v1.2.3", 0}, {"devel", "1.0.0", 0}, {"1.0.0", "", 0}, {"1.0.0-rc.1", "1.0.0", 0}, {"1.-1", "1.0", 0}} {
		if got := Older(c.is, c.than); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.is, c.than, got, c.want)
		}
	}
}
