package broker_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/queue"
)

// TestLeasesAreRenewed keeps a message for many leases, and gives those of a process that
// stopped to another one.
func TestLeasesAreRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		other := w.broker(broker.Options{})
		w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{message("/queue/a", "1")}))
		s := w.subscribe(w.b, broker.Subscription{Destination: "/queue/a", Ack: broker.Individual, Prefetch: 1})
		if got, err := s.Receive(w.within(10 * time.Minute)); err != nil || len(got) != 1 {
			t.Fatalf("received %v, %v", ids(got), err)
		}
		next := w.subscribe(other, broker.Subscription{Destination: "/queue/a", Ack: broker.Individual, Prefetch: 1})
		if got, err := next.Receive(w.within(10 * time.Minute)); err == nil {
			t.Fatalf("%v is in two consumers' hands", ids(got))
		}
		w.store.set(true, 0) // nobody can renew
		time.Sleep(time.Minute)
		w.store.set(false, 0)
		got, err := next.Receive(w.within(time.Minute))
		if err != nil || len(got) != 1 || !got[0].Redelivered {
			t.Fatalf("after the lease: %v, %v", got, err)
		}
		if err := s.Ack(w.ctx, time.Now(), "1"); !errors.Is(err, broker.ErrLost) {
			t.Errorf("a late acknowledgement: %v", err)
		}
		w.must(next.Ack(w.ctx, time.Now(), "1"))
	})
}

// TestWhatIsReadyIsNotHandedOutAfterItsLease has a message be claimed for a consumer that
// receives it only when somebody else may have it.
func TestWhatIsReadyIsNotHandedOutAfterItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{message("/queue/a", "1")}))
		s := w.subscribe(w.b, broker.Subscription{Destination: "/queue/a", Ack: broker.Individual, Prefetch: 1})
		synctest.Wait() // it is claimed and not received
		w.store.set(true, 0)
		time.Sleep(31 * time.Second)
		if got, err := s.Receive(w.within(time.Second)); err == nil {
			t.Errorf("%v was handed out after its lease", ids(got))
		}
	})
}

// TestATransactionThatWasCutOff ends a process between the note of a transaction and its
// messages: another one does the rest, once.
func TestATransactionThatWasCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{message("/queue/a", "1")}))
		s := w.subscribe(w.b, broker.Subscription{Destination: "/queue/a", Ack: broker.Individual, Prefetch: 1})
		if _, err := s.Receive(w.within(10 * time.Minute)); err != nil {
			t.Fatal(err)
		}
		cut := &cutLog{faulty: w.store}
		dying := broker.New(w.store, cut, broker.Options{Owner: "dying"})
		done := make(chan error)
		tx := broker.Transaction{
			Send: []broker.Message{message("/topic/a", "x"), message("/queue/b", "x")},
			Ack:  []broker.Receipt{{Stream: s, IDs: []string{"1"}}},
		}
		go func() { done <- dying.Commit(w.within(5*time.Second), time.Now(), tx) }()
		if err := <-done; err == nil {
			t.Fatal("a commit that was cut off returned nil")
		}
		dying.Close(w.within(time.Second)) // as it dies
		notes, _, err := w.store.Jobs(w.ctx, queue.Filter{Kind: "transaction"}, queue.Page{})
		if err != nil || len(notes) != 1 {
			t.Fatalf("%d notes, %v", len(notes), err)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := w.jobs(); !slices.Equal(got, []string{"x"}) {
			t.Errorf("in the queues are %v, want the one that was sent", got)
		}
		if got, err := w.store.Read(w.ctx, "/topic/a", 1, 10); err != nil || !slices.Equal(ids(got), []string{"x"}) {
			t.Errorf("in the topic is %v, %v", ids(got), err)
		}
	})
}

// cutLog is a log that a process does not reach any more.
type cutLog struct{ *faulty }

func (cutLog) Append(_ context.Context, _ time.Time, _ []broker.Message) ([]int64, error) {
	return nil, errDown
}
