package metrics

import (
	"sync"
	"testing"
	"time"
)

// TestMinute counts what is no older than a minute, from many goroutines, also before 1970.
func TestMinute(t *testing.T) {
	for _, begin := range []time.Time{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), time.Date(1969, 12, 31, 23, 59, 30, 0, time.UTC)} {
		var m Minute
		at := func(d time.Duration) time.Time { return begin.Add(d) }
		if n := m.Count(begin); n != 0 {
			t.Errorf("%d before anything was counted", n)
		}
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for j := range 300 {
					m.Add(at(time.Duration(j%30) * time.Second))
					if n := m.Count(at(30 * time.Second)); n < 1 || n > 2400 {
						t.Errorf("%d in goroutine %d", n, i)
					}
				}
			})
		}
		all.Wait()
		for after, want := range map[time.Duration]int{29 * time.Second: 2400, 59 * time.Second: 2400, 60 * time.Second: 2320, 74 * time.Second: 1200, 89 * time.Second: 0, time.Hour: 0, 9 * time.Second: 800} {
			if n := m.Count(at(after)); n != want {
				t.Errorf("%v after the first: %d, want %d", after, n, want)
			}
		}
		m.Add(at(61 * time.Second)) // in the place of the second second
		if n := m.Count(at(61 * time.Second)); n != 2400-2*80+1 {
			t.Errorf("%d, the old second is counted still, or the new one is not", n)
		}
	}
}
