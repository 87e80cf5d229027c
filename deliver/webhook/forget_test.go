package webhook

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/queue"
)

// TestSweep: what was queued for an endpoint that is not there goes, also what a dead
// worker had, and nothing else does.
func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stays, goes := w.add(nil), w.add(func(e *Endpoint) { e.URL = "https://other.example/" })
		w.answer = func(int) (int, error) { return http.StatusBadGateway, nil }
		w.commit("poll", 3)
		w.run(4 * 24 * time.Hour)
		if w.waiting(stays.ID) != 3 || w.waiting(goes.ID) != 3 {
			t.Fatalf("%d and %d are dead", w.waiting(stays.ID), w.waiting(goes.ID))
		}
		if _, err := queue.Requeue(t.Context(), w.jobs, time.Now(), time.Time{}, queue.Filter{Queue: QueueOf(goes.ID)}); err != nil {
			t.Fatal(err)
		}
		held, err := w.jobs.Claim(t.Context(), queue.Claim{Queue: QueueOf(goes.ID), N: 2, Owner: "dead", Now: time.Now(), Until: time.Now().Add(time.Minute)})
		if err != nil || len(held) != 2 {
			t.Fatalf("%d are held, %v", len(held), err)
		}
		w.must(w.hooks.Remove(t.Context(), goes.ID))
		w.must(Sweep(t.Context(), w.hooks, w.jobs, time.Now()))
		if w.waiting(stays.ID) != 3 || w.waiting(goes.ID) != 2 {
			t.Errorf("%d and %d are left while a worker has 2", w.waiting(stays.ID), w.waiting(goes.ID))
		}
		time.Sleep(time.Minute)
		w.must(Sweep(t.Context(), w.hooks, w.jobs, time.Now()))
		if w.waiting(stays.ID) != 3 || w.waiting(goes.ID) != 0 {
			t.Errorf("%d and %d are left", w.waiting(stays.ID), w.waiting(goes.ID))
		}
	})
}

// TestRemovedWhileItIsCalled: what a process that runs queues for an endpoint that is removed
// at that moment does not stay.
func TestRemovedWhileItIsCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(nil)
		goes := w.add(func(e *Endpoint) { e.URL = "https://other.example/"; e.Parallel = 1 })
		w.takes = 10 * time.Second
		w.commit("poll", 5)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		ended := make(chan struct{})
		s := w.service(time.Second)
		go func() {
			defer close(ended)
			s.Run(ctx)
		}()
		time.Sleep(5 * time.Second)
		w.must(w.hooks.Remove(t.Context(), goes.ID)) // without its queue, as a command that was cut off
		time.Sleep(time.Minute)
		if n := w.waiting(goes.ID); n != 0 {
			t.Errorf("%d messages are kept for a webhook that is not there", n)
		}
		stop()
		<-ended
	})
}

// TestForget: of what waits, what names a network goes.
func TestForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.add(nil)
		for i, network := range []string{"net", "other", "net"} {
			j, err := message{ID: fmt.Sprint("msg_", i), Endpoint: e.ID, Network: network, Item: "1"}.job(0)
			w.must(err)
			_, err = w.jobs.Add(t.Context(), time.Now(), "", []queue.Job{j})
			w.must(err)
		}
		w.must(Forget(t.Context(), w.jobs, func(network string) bool { return network == "net" }, time.Now()))
		list, _, err := w.jobs.Jobs(t.Context(), queue.Filter{}, queue.Page{})
		if err != nil || len(list) != 1 || list[0].ID != "msg_1-0" {
			t.Errorf("left are %+v, %v", list, err)
		}
	})
}

// TestNothingIsReadAgainForNothing: a process that runs reads the endpoints when one was
// changed, and sees it within a moment.
func TestNothingIsReadAgainForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.add(nil)
		c := &counting{Store: w.hooks}
		w.hooks = &faulty{c, works}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		ended := make(chan struct{})
		s := w.service(time.Second)
		go func() {
			defer close(ended)
			s.Run(ctx)
		}()
		time.Sleep(time.Minute + time.Millisecond)
		before := c.lists.Load()
		if before > 3 {
			t.Errorf("they were read %d times in a minute", before)
		}
		w.change(e.ID, func(e *Endpoint) { e.Paused = true })
		time.Sleep(2 * time.Second)
		if n := c.lists.Load() - before; n != 1 {
			t.Errorf("after a change they were read %d times", n)
		}
		w.commit("poll", 2)
		time.Sleep(time.Minute)
		stop()
		<-ended
		if len(w.got) != 0 {
			t.Errorf("%d calls to a paused webhook", len(w.got))
		}
	})
}

// counting counts how often the endpoints are listed.
type counting struct {
	Store
	lists atomic.Int64
}

func (c *counting) List(ctx context.Context, after string, n int) ([]Record, error) {
	c.lists.Add(1)
	return c.Store.List(ctx, after, n)
}
