package broker_test

import (
	"testing"
	"testing/synctest"
	"time"

	"collector/broker"
	brokermemory "collector/broker/memory"
)

// TestHandedOutAtOnce: who waits for a message gets it when it is there, and the next when an
// acknowledgement makes room, not when it is looked for the next time.
func TestHandedOutAtOnce(t *testing.T) {
	for _, dest := range []string{"/queue/a", "/topic/a"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, brokermemory.New(), broker.Options{Poll: time.Hour})
			s := w.subscribe(w.b, broker.Subscription{Destination: dest, Ack: broker.Individual, Prefetch: 1})
			begun := time.Now()
			for _, sent := range []int{1, 2} { // the second time two are there
				synctest.Wait()
				w.must(w.b.Send(w.ctx, time.Now(), several(dest, 10*sent, 10*sent+sent-1)))
				for range sent {
					got, err := s.Receive(w.within(10 * time.Minute))
					if err != nil || len(got) != 1 {
						t.Fatalf("%s: received %v, %v", dest, ids(got), err)
					}
					w.must(s.Ack(w.ctx, time.Now(), got[0].ID))
				}
			}
			if took := time.Since(begun); took > 0 {
				t.Errorf("%s: three messages took %s", dest, took)
			}
		})
	}
}

// TestAnotherProcessWakes: what another process sends is handed out when the store tells of
// it, not at the next look.
func TestAnotherProcessWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{Poll: time.Hour})
		other := w.broker(broker.Options{Poll: time.Hour})
		s := w.subscribe(w.b, broker.Subscription{Destination: "/queue/a", Ack: broker.Individual, Prefetch: 1})
		synctest.Wait() // it has looked, and found nothing
		begun := time.Now()
		w.must(other.Send(w.ctx, begun, several("/queue/a", 1, 1)))
		got, err := s.Receive(w.within(2 * time.Hour))
		if err != nil || len(got) != 1 || time.Since(begun) > 0 {
			t.Fatalf("after %s: %v, %v", time.Since(begun), ids(got), err)
		}
		w.must(s.Ack(w.ctx, time.Now(), got[0].ID))
	})
}
