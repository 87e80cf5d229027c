package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"collector/queue"
	"collector/store"
)

var quiet = slog.New(slog.DiscardHandler)

// TestNothingIsLostByDeaths lets the process die at each of its writes, before or after
// it is carried out, again and again: in the end each item is in the queue, once.
func TestNothingIsLostByDeaths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.add(nil)
		for range 300 {
			w.commit("poll", 1)
		}
		chance, deaths := rand.New(rand.NewPCG(1, 2)), map[string]int{}
		dies := func(what string) func() (bool, error) {
			return func() (bool, error) {
				switch chance.IntN(3) {
				case 0:
					deaths[what+" before"]++
					return false, errLost
				case 1:
					deaths[what+" after"]++
					return true, errLost
				}
				return true, nil
			}
		}
		w.jobs.fail, w.hooks.fail = dies("queue"), dies("place")
		for looked := 1; looked > 0; {
			r := newRelay(w.st, w.hooks, w.jobs) // of a new process
			for {
				last, err := w.st.LastChange(t.Context())
				w.must(err)
				if looked, err = r.step(t.Context(), e, last, time.Now()); err != nil {
					looked = 1
					break
				}
				if looked == 0 {
					break
				}
			}
		}
		list, _, err := w.jobs.Jobs(t.Context(), queue.Filter{Queue: QueueOf(e.ID)}, queue.Page{})
		if err != nil || len(list) != 300 {
			t.Errorf("%d jobs for 300 items, %v", len(list), err)
		}
		for _, what := range []string{"queue before", "queue after", "place before", "place after"} {
			if deaths[what] == 0 {
				t.Errorf("no process died at: %s (%v)", what, deaths)
			}
		}
	})
}

// TestAtLeastOnce runs one process after another against a receiver that fails, loses
// answers and is cut off: it hears of everything, and each thing has one id.
func TestAtLeastOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(nil)
		w.add(func(e *Endpoint) { e.URL = "https://other.example/"; e.Query = "1" })
		w.takes = 300 * time.Millisecond
		w.answer = func(n int) (int, error) {
			switch n % 4 {
			case 0:
				return 0, errLost
			case 1:
				return http.StatusInternalServerError, nil
			}
			return http.StatusOK, nil
		}
		for range 6 {
			w.commit("poll", 7)
			w.run(1500 * time.Millisecond)
		}
		w.run(24 * time.Hour)
		ids := w.ids()
		want := 0
		for page := 1; page <= 6; page++ {
			for i := range 7 {
				id := fmt.Sprintf("%d-%d", page, i)
				urls := []string{"https://hooks.example/"}
				if page == 1 || i == 1 {
					urls = append(urls, "https://other.example/")
				}
				for _, u := range urls {
					want++
					if ids[u+" item.added "+id] == "" {
						t.Errorf("%s never heard of %s", u, id)
					}
				}
			}
		}
		if len(ids) != want || len(w.got) <= want {
			t.Errorf("%d things were told in %d calls, wanted %d and some twice", len(ids), len(w.got), want)
		}
	})
}

// TestKinds: a first reading tells nobody, unless it is asked for.
func TestKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(nil)
		w.add(func(e *Endpoint) { e.URL = "https://all.example/"; e.Kinds = Kinds[:] })
		w.commit("backfill", 5)
		w.commit("poll", 2)
		w.run(time.Minute)
		n := map[string]int{}
		for _, c := range w.got {
			n[c.url]++
		}
		if n["https://hooks.example/"] != 2 || n["https://all.example/"] != 7 {
			t.Errorf("told: %v", n)
		}
	})
}

// TestADeadEndpointIsStopped: after days of failures nothing is called any more, what it
// missed waits, and comes when it is resumed.
func TestADeadEndpointIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.add(nil)
		w.answer = func(int) (int, error) { return http.StatusBadGateway, nil }
		w.commit("poll", 3)
		w.run(4 * 24 * time.Hour)
		tries := len(w.got)
		if tries != 3*Tries {
			t.Errorf("3 messages were tried %d times, wanted %d", tries, 3*Tries)
		}
		dead, err := w.jobs.Stats(t.Context())
		w.must(err)
		if dead[0].Dead != 3 {
			t.Errorf("%d are dead", dead[0].Dead)
		}
		time.Sleep(2 * 24 * time.Hour)
		n, err := queue.Requeue(t.Context(), w.jobs, time.Now(), time.Time{}, queue.Filter{Queue: QueueOf(e.ID)})
		if n != 3 {
			t.Fatalf("%d of 3 are sent again, %v", n, err)
		}
		w.run(time.Hour)
		if h := w.health(e.ID); h.Stopped == "" {
			t.Fatalf("after days it is still called: %+v", h)
		}
		w.answer = nil
		before := len(w.got)
		w.run(time.Hour)
		if len(w.got) != before {
			t.Errorf("a stopped endpoint was called %d times", len(w.got)-before)
		}
		w.change(e.ID, func(e *Endpoint) { e.Resumes++ })
		w.run(24 * time.Hour)
		if h := w.health(e.ID); h.Stopped != "" || h.Failures != 0 || h.LastOK.IsZero() {
			t.Errorf("after it was resumed: %+v", h)
		}
		if got := len(w.got) - before; got != 3 {
			t.Errorf("%d calls after it was resumed", got)
		}
	})
}

// TestPausedAndRemoved: a paused endpoint misses nothing, a removed one hears nothing.
func TestPausedAndRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.add(func(e *Endpoint) { e.Paused = true })
		w.commit("poll", 3)
		w.run(time.Hour)
		if len(w.got) != 0 {
			t.Fatalf("%d calls while it was paused", len(w.got))
		}
		w.change(e.ID, func(e *Endpoint) { e.Paused = false })
		w.run(time.Hour)
		if len(w.got) != 3 {
			t.Errorf("%d calls of 3", len(w.got))
		}
		w.must(w.hooks.Remove(t.Context(), e.ID))
		w.commit("poll", 3)
		w.run(time.Hour)
		if len(w.got) != 3 {
			t.Errorf("%d calls after it was removed", len(w.got)-3)
		}
	})
}

// TestRewind sends everything again under the ids that it had.
func TestRewind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.add(nil)
		w.commit("poll", 3)
		w.run(time.Minute)
		w.change(e.ID, func(e *Endpoint) { e.From, e.Rewinds = 0, 1 })
		w.run(time.Minute)
		w.run(time.Minute)
		if ids := w.ids(); len(w.got) != 6 || len(ids) != 3 {
			t.Errorf("%d calls of 6 about %d things of 3", len(w.got), len(ids))
		}
	})
}

// TestPurged: what was deleted before it could be sent is not sent.
func TestPurged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(nil)
		w.answer = func(int) (int, error) { return http.StatusBadGateway, nil }
		w.commit("poll", 3)
		w.run(3 * time.Second)
		before := len(w.got)
		if _, err := w.st.RemoveNetwork(t.Context(), "net", true); err != nil {
			t.Fatal(err)
		}
		w.run(24 * time.Hour)
		if before != 3 || len(w.got) != before {
			t.Errorf("%d calls before, %d after the purge", before, len(w.got)-before)
		}
	})
}

// gone is a store whose log was shortened.
type gone struct{ store.Store }

func (g gone) Changes(ctx context.Context, user string, since int64, n int) ([]store.Change, error) {
	if since < 2 {
		return nil, store.ErrGone
	}
	return g.Store.Changes(ctx, user, since, n)
}

// TestMissed: what the log no longer holds is told as missed, once, and what follows as ever.
func TestMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(nil)
		w.commit("poll", 1)
		w.commit("poll", 1)
		w.st = gone{w.st}
		w.run(time.Minute)
		w.commit("poll", 1)
		w.run(time.Minute)
		if len(w.got) != 2 || w.got[0].body.Type != "changes.missed" || w.got[0].body.Data.Change != 2 || w.got[1].body.Type != "item.added" {
			t.Errorf("told: %+v", w.got)
		}
	})
}

// TestOwnPace: an endpoint is not called more often or more at once than it wants.
func TestOwnPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(func(e *Endpoint) { e.Parallel = 2 })
		w.takes = 100 * time.Millisecond
		w.commit("poll", 40)
		w.run(time.Minute)
		if len(w.got) != 40 || w.busiest != 2 {
			t.Errorf("%d calls, %d at once", len(w.got), w.busiest)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(func(e *Endpoint) { e.PerMinute = 60 })
		w.commit("poll", 40)
		w.run(5 * time.Minute)
		if len(w.got) != 40 {
			t.Fatalf("%d calls of 40", len(w.got))
		}
		for i := range w.got[1:] {
			if d := w.got[i+1].at.Sub(w.got[i].at); d < 990*time.Millisecond {
				t.Fatalf("call %d came %v after the one before", i+1, d)
			}
		}
	})
}

// TestWorkersAreSeen: each worker says what it does now.
func TestWorkersAreSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(func(e *Endpoint) { e.Parallel = MaxParallel })
		w.takes = 10 * time.Second
		w.commit("poll", 120)
		s := w.service(time.Second)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.Run(ctx)
		}()
		time.Sleep(5 * time.Second)
		busy := 0
		for _, x := range s.Workers() {
			if x.Job != nil && x.Note == "item.added to hooks.example, try 1" {
				busy++
			}
		}
		stop()
		<-ended
		if busy != Workers {
			t.Errorf("%d of %d workers are seen at work", busy, Workers)
		}
	})
}

// TestFinish: a process that ends at once has told of what was found.
func TestFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(nil)
		w.finish, w.takes = true, 300*time.Millisecond
		w.commit("poll", 12)
		w.run(0)
		if len(w.ids()) != 12 || len(w.got) != 12 {
			t.Errorf("%d calls of 12", len(w.got))
		}
	})
}
