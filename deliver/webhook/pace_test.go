package webhook

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/queue"
	"collector/store"
)

// counted counts the jobs that are claimed.
type counted struct {
	queue.Store
	claims atomic.Int64
}

func (c *counted) Claim(ctx context.Context, want queue.Claim) ([]queue.Job, error) {
	got, err := c.Store.Claim(ctx, want)
	c.claims.Add(int64(len(got)))
	return got, err
}

// count counts what is claimed from now on.
func (w *world) count() *counted {
	c := &counted{Store: w.jobs.Store}
	w.jobs.Store = c
	return c
}

// TestABusyServerLosesNothing: one that names seconds for half a day, as many do while they
// are down, has got everything in the end.
func TestABusyServerLosesNothing(t *testing.T) {
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			e := w.add(nil)
			back := time.Now().Add(12 * time.Hour)
			w.answer = func(int) (int, error) {
				if time.Now().Before(back) {
					return status, nil
				}
				return http.StatusOK, nil
			}
			w.after = "1"
			w.commit("poll", 40)
			w.run(4 * 24 * time.Hour)
			stats, err := w.jobs.Stats(t.Context())
			w.must(err)
			if stats[0].Dead != 0 || w.waiting(e.ID) != 0 {
				t.Errorf("%d: %d are given up, %d wait", status, stats[0].Dead, w.waiting(e.ID))
			}
		})
	}
}

// TestTheServerIsLeftAlone: for as long as it asks, and not only with the messages that it
// answered so, which would all use up their tries; then all comes.
func TestTheServerIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.add(func(e *Endpoint) { e.Parallel = 2 })
		back := time.Now().Add(time.Hour)
		w.answer = func(int) (int, error) {
			if time.Now().Before(back) {
				return http.StatusTooManyRequests, nil
			}
			return http.StatusOK, nil
		}
		w.after = "3600"
		w.commit("poll", 100)
		w.run(30 * time.Minute)
		if len(w.got) > 4 {
			t.Errorf("%d calls to a server that asked for an hour", len(w.got))
		}
		w.run(3 * time.Hour)
		if n := w.waiting(e.ID); n != 0 || len(w.ids()) != 100 {
			t.Errorf("%d wait, %d of 100 came", n, len(w.ids()))
		}
	})
}

// TestRestEndsWithAResume.
func TestRestEndsWithAResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.add(nil)
		s := w.service(time.Second)
		s.rest(e, time.Hour)
		if _, off := s.turn(e, time.Now()); off != time.Hour {
			t.Errorf("it is put off by %v", off)
		}
		e.Resumes++
		if _, off := s.turn(e, time.Now()); off != 0 {
			t.Errorf("after it was resumed it is put off by %v", off)
		}
	})
}

// TestWhatWaitsForItsTurnIsNotTouched: neither for an endpoint's rate, nor while it is
// paused, is what waits claimed again and again.
func TestWhatWaitsForItsTurnIsNotTouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(func(e *Endpoint) { e.PerMinute = 6 })
		c := w.count()
		w.commit("poll", 200)
		begun := time.Now()
		w.run(time.Hour)
		if len(w.got) != 200 {
			t.Fatalf("%d calls of 200", len(w.got))
		}
		if took := w.got[199].at.Sub(begun); took > 199*10*time.Second+time.Minute {
			t.Errorf("200 calls, 6 a minute, took %v", took)
		}
		if n := c.claims.Load(); n > 3*200 {
			t.Errorf("%d claims for 200 messages", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.add(nil)
		w.answer = func(int) (int, error) { return http.StatusBadGateway, nil }
		w.commit("poll", 50)
		w.run(time.Second)
		w.change(e.ID, func(e *Endpoint) { e.Paused = true })
		w.answer = nil
		c := w.count()
		before := len(w.got)
		w.run(24 * time.Hour)
		if n := c.claims.Load(); n > 100 || len(w.got) != before {
			t.Errorf("%d claims and %d calls while it was paused", n, len(w.got)-before)
		}
		w.change(e.ID, func(e *Endpoint) { e.Paused = false })
		w.run(time.Hour)
		if len(w.ids()) != 50 || w.waiting(e.ID) != 0 {
			t.Errorf("%d of 50 came, %d wait", len(w.ids()), w.waiting(e.ID))
		}
	})
}

// TestASilentServerHoldsUpNoOther: those that do not answer never have all workers.
func TestASilentServerHoldsUpNoOther(t *testing.T) {
	for _, silent := range []struct{ servers, parallel int }{{1, MaxParallel}, {10, 10}} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			for i := range silent.servers {
				w.add(func(e *Endpoint) {
					e.URL = "https://silent.example/" + string(rune('a'+i))
					e.Parallel = silent.parallel
				})
			}
			w.silent = "https://silent.example/"
			w.commit("poll", 200)
			late := w.add(func(e *Endpoint) { e.From = 1 })
			s := w.service(time.Second)
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				s.Run(ctx)
			}()
			time.Sleep(15 * time.Second)
			w.commit("poll", 1)
			time.Sleep(4 * time.Second)
			w.mu.Lock()
			heard := false
			for _, c := range w.got {
				heard = heard || c.url == late.URL
			}
			w.mu.Unlock()
			stop()
			<-ended
			if !heard {
				t.Errorf("%d silent servers with %d calls at once hold up another one", silent.servers, silent.parallel)
			}
		})
	}
}

// short is a store whose log begins behind a number.
type short struct {
	store.Store
	floor int64
}

func (s short) Changes(ctx context.Context, user string, since int64, n int) ([]store.Change, error) {
	if since < s.floor {
		return nil, store.ErrGone
	}
	return s.Store.Changes(ctx, user, since, n)
}

// TestWhatTheLogHoldsIsTold: who was away for too long is told what the log has lost, and all
// that it still holds.
func TestWhatTheLogHoldsIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(nil)
		for range 5 {
			w.commit("poll", 1)
		}
		w.st = short{w.st, 3}
		w.finish = true // also a process that makes one pass tells all of it
		w.run(0)
		ids := w.ids()
		if len(w.got) != 3 || ids["https://hooks.example/ item.added 4-0"] == "" || ids["https://hooks.example/ item.added 5-0"] == "" {
			t.Errorf("told: %+v", w.got)
		}
		for _, c := range w.got {
			if c.body.Type == "changes.missed" && (c.body.Data.After != 0 || c.body.Data.Change != 3) {
				t.Errorf("what was missed: %+v", c.body.Data)
			}
		}
	})
}
