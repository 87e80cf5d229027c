package webhook

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestALongBacklogHoldsUpNoOther pauses two webhooks with long backlogs when the second part
// is queued: each has had one, and what people have set meanwhile is seen before the next.
func TestALongBacklogHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a := w.add(nil)
		b := w.add(func(e *Endpoint) { e.URL = "https://other.example/" })
		for range 5 * pages {
			w.commit("poll", 1)
		}
		parts := 0
		w.jobs.fail = func() (bool, error) {
			if parts++; parts == 2 {
				for _, e := range []Endpoint{a, b} {
					w.change(e.ID, func(e *Endpoint) { e.Paused = true })
				}
			}
			return true, nil
		}
		w.takes = time.Hour
		w.run(10 * time.Second)
		for _, e := range []Endpoint{a, b} {
			if n := w.waiting(e.ID); n != pages {
				t.Errorf("%d messages are queued for a webhook that was paused after one part of %d", n, pages)
			}
			w.change(e.ID, func(e *Endpoint) { e.Paused = false })
		}
		w.takes = 0
		w.run(time.Hour)
		if len(w.ids()) != 2*5*pages {
			t.Errorf("%d of %d were told in the end", len(w.ids()), 2*5*pages)
		}
	})
}

// TestABacklogIsQueuedWithoutWaiting sees more than a part of a backlog queued before the
// service looks at the change log the next time.
func TestABacklogIsQueuedWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.add(nil)
		for range 5 * pages {
			w.commit("poll", 1)
		}
		w.takes = time.Hour
		begun := time.Now()
		var last time.Duration
		w.jobs.fail = func() (bool, error) { last = time.Since(begun); return true, nil }
		w.run(10 * time.Second)
		if n := w.waiting(e.ID); n != 5*pages || last > 0 {
			t.Errorf("%d of %d messages are queued, the last after %v, want all at once", n, 5*pages, last)
		}
	})
}
