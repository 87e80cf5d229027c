package broker_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/queue"
)

// closing closes a broker, which may take that long.
func (w *world) closing(d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), d)
	defer cancel()
	return w.b.Close(ctx)
}

// TestCloseTellsWhoWaits: nobody waits for a message that can no longer be stored, and those that nobody
// waits for are counted.
func TestCloseTellsWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		s := w.subscribe(w.b, broker.Subscription{Destination: quickly, Ack: broker.Individual})
		synctest.Wait()
		w.store.set(true, 0)
		told := make(chan error, 1)
		go func() { told <- w.b.Send(context.WithoutCancel(w.ctx), time.Now(), []broker.Message{note(1)}) }()
		if got, err := s.Receive(w.within(time.Second)); err != nil || len(got) != 1 {
			t.Fatalf("received %v, %v", ids(got), err)
		}
		w.must(w.b.Post(w.ctx, time.Now(), []broker.Message{note(2)}))
		synctest.Wait()
		if err := w.closing(time.Second); err == nil {
			t.Errorf("a posted message that could not be stored is not told of")
		}
		select {
		case err := <-told:
			if err == nil {
				t.Errorf("a message that is nowhere counts as sent")
			}
		case <-time.After(time.Hour):
			t.Errorf("a producer waits an hour after the end")
		}
	})
}

// TestCloseStoresWhatIsOnItsWayBack: what a consumer gave back before it was stored is stored
// by the time that Close returns.
func TestCloseStoresWhatIsOnItsWayBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		s := w.subscribe(w.b, broker.Subscription{Destination: quickly, Ack: broker.Individual})
		synctest.Wait()
		w.store.set(true, 0)
		w.must(w.b.Post(w.ctx, time.Now(), []broker.Message{note(1)}))
		got, err := s.Receive(w.within(time.Second))
		w.must(err)
		if err := s.Nack(w.within(time.Second), time.Now(), ids(got)...); err == nil {
			t.Errorf("given back to a store that does not answer")
		}
		time.AfterFunc(time.Second, func() { w.store.set(false, 0) })
		w.must(w.closing(time.Minute))
		jobs, _, err := w.store.Jobs(w.ctx, queue.Filter{}, queue.Page{})
		w.must(err)
		if len(jobs) != 1 || jobs[0].State != queue.Ready || jobs[0].Deliveries != 1 {
			t.Errorf("the store has %+v", jobs)
		}
	})
}

// TestWhatIsStoredIsGivenBackWithoutTheRest: that one message is not stored yet keeps no other from
// being given back.
func TestWhatIsStoredIsGivenBackWithoutTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		s := w.subscribe(w.b, broker.Subscription{Destination: quickly, Ack: broker.Individual})
		synctest.Wait()
		w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{note(1), note(2)}))
		synctest.Wait()
		w.store.set(true, 0)
		w.must(w.b.Post(w.ctx, time.Now(), []broker.Message{note(3)}))
		_, err := s.Receive(w.within(time.Second))
		w.must(err)
		if err := s.Close(w.within(time.Second), time.Now()); err == nil {
			t.Errorf("closed over a store that does not answer")
		}
		w.store.set(false, 0)
		time.Sleep(5 * time.Second) // less than a lease
		stats, err := w.store.Stats(w.ctx)
		w.must(err)
		if stats[0].Ready != 3 {
			t.Errorf("of three messages that were given back %+v", stats[0])
		}
	})
}

// TestAPauseIsSeenByTheBusy: a consumer that always has its hands full takes nothing of a paused
// queue, and takes what another process sent.
func TestAPauseIsSeenByTheBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		other := w.broker(broker.Options{})
		c := w.takes(w.b, time.Millisecond, broker.Subscription{Ack: broker.Individual, Prefetch: 1})
		ctx, stop := context.WithCancel(w.ctx)
		var sending sync.WaitGroup
		for range 4 {
			sending.Go(func() {
				for ctx.Err() == nil {
					_ = w.b.Send(ctx, time.Now(), []broker.Message{note(0)})
					time.Sleep(2 * time.Millisecond)
				}
			})
		}
		time.Sleep(2 * time.Second)
		w.must(other.Send(w.ctx, time.Now(), []broker.Message{note(1)}))
		time.Sleep(10 * time.Second)
		if !slices.Contains(c.bodies(), "1") {
			t.Errorf("what another process sent did not come in ten seconds")
		}
		w.must(w.store.Pause(w.ctx, quickly, true))
		time.Sleep(2 * time.Second)
		before := len(c.bodies())
		time.Sleep(100 * time.Millisecond)
		if after := len(c.bodies()); after > before {
			t.Errorf("%d messages of a paused queue came", after-before)
		}
		stop()
		sending.Wait()
	})
}
