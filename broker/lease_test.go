package broker_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
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

// TestATransactionOfADeadConsumer: what the transaction of a process that died acknowledges is
// not delivered again, although nobody renews its leases any more.
func TestATransactionOfADeadConsumer(t *testing.T) {
	for name, others := range map[string]int{"beside others": 1, "alone, and started again": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, brokermemory.New(), broker.Options{})
				if others == 0 {
					w.must(w.b.Close(w.ctx))
				}
				reached := &faulty{Store: w.store.Store, Log: w.store.Log} // as the dying process does
				dying := broker.New(reached, cutLog{reached}, broker.Options{Owner: "dying"})
				w.must(dying.Send(w.ctx, time.Now(), several("/queue/a", 1, 20)))
				s := w.subscribe(dying, broker.Subscription{Destination: "/queue/a", Ack: broker.Client})
				got, err := s.Receive(w.within(time.Minute))
				for len(got) < 20 && err == nil {
					var more []broker.Message
					more, err = s.Receive(w.within(time.Minute))
					got = append(got, more...)
				}
				w.must(err)
				go dying.Commit(w.ctx, time.Now(), broker.Transaction{
					Send: []broker.Message{message("/topic/a", "x"), message("/queue/b", "x")},
					Ack:  []broker.Receipt{{Stream: s, IDs: []string{"00020"}}},
				})
				synctest.Wait()
				reached.set(true, 0)
				dying.Close(w.within(time.Second)) // as it dies
				if others == 0 {
					time.Sleep(time.Hour)
					w.broker(broker.Options{})
				}
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				if got := w.jobs(); !slices.Equal(got, []string{"x"}) {
					t.Errorf("in the queues are %v, want the one that was sent", got)
				}
			})
		})
	}
}

// TestATransactionThatGoesOnByItself: what a Commit acknowledges whose caller gave up is not
// given back when the consumer leaves, since the transaction is carried out all the same.
func TestATransactionThatGoesOnByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		cut := &mended{faulty: w.store}
		b := broker.New(w.store, cut, broker.Options{})
		w.must(b.Send(w.ctx, time.Now(), []broker.Message{message("/queue/a", "1")}))
		s := w.subscribe(b, broker.Subscription{Destination: "/queue/a", Ack: broker.Individual})
		if _, err := s.Receive(w.within(time.Minute)); err != nil {
			t.Fatal(err)
		}
		tx := broker.Transaction{Send: []broker.Message{message("/topic/a", "x")}, Ack: []broker.Receipt{{Stream: s, IDs: []string{"1"}}}}
		if err := b.Commit(w.within(5*time.Second), time.Now(), tx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		w.must(s.Close(w.ctx, time.Now()))
		cut.whole.Store(true)
		time.Sleep(time.Minute)
		if got := w.jobs(); len(got) != 0 {
			t.Errorf("%v is delivered again", got)
		}
		if got, err := w.store.Read(w.ctx, "/topic/a", 1, 10); err != nil || len(got) != 1 {
			t.Errorf("in the topic is %v, %v", ids(got), err)
		}
		w.must(b.Close(w.ctx))
	})
}

// mended is a log that is reached again at some time.
type mended struct {
	*faulty
	whole atomic.Bool
}

func (m *mended) Append(ctx context.Context, now time.Time, ms []broker.Message) ([]int64, error) {
	if !m.whole.Load() {
		return nil, errDown
	}
	return m.faulty.Append(ctx, now, ms)
}

// TestALostNote: the answer to the note of a transaction is lost, and until it is looked for
// another consumer has the message. Nothing says that nothing was done, while it is done.
func TestALostNote(t *testing.T) {
	for name, stored := range map[string]bool{"stored": true, "not stored": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, brokermemory.New(), broker.Options{})
				notes := &lostNote{faulty: w.store, stored: stored}
				b := broker.New(notes, w.store, broker.Options{})
				w.must(b.Send(w.ctx, time.Now(), []broker.Message{message("/queue/a", "1")}))
				s := w.subscribe(b, broker.Subscription{Destination: "/queue/a", Ack: broker.Individual, Prefetch: 1})
				if _, err := s.Receive(w.within(time.Minute)); err != nil {
					t.Fatal(err)
				}
				err := b.Commit(w.ctx, time.Now(), broker.Transaction{Send: []broker.Message{message("/queue/b", "x")}, Ack: []broker.Receipt{{Stream: s, IDs: []string{"1"}}}})
				if stored && err != nil || !stored && err == nil || errors.Is(err, broker.ErrLost) {
					t.Errorf("the commit says %v", err)
				}
				time.Sleep(5 * time.Minute)
				if got := w.jobs(); slices.Contains(got, "x") != stored {
					t.Errorf("in the queues are %v", got)
				}
				w.must(b.Close(w.ctx))
			})
		})
	}
}

// lostNote loses the answer to the first note of a transaction, carried out or not; then the
// messages are taken from their consumers.
type lostNote struct {
	*faulty
	stored, done bool
}

func (l *lostNote) Add(ctx context.Context, now time.Time, mark string, jobs []queue.Job) ([]bool, error) {
	if l.done || jobs[0].Kind != "transaction" {
		return l.faulty.Add(ctx, now, mark, jobs)
	}
	l.done = true
	if l.stored {
		if _, err := l.faulty.Add(ctx, now, mark, jobs); err != nil {
			return nil, err
		}
	}
	if _, err := l.Rescue(ctx, now.Add(time.Hour), 10); err != nil {
		return nil, err
	}
	return nil, errDown
}

// cutLog is a log that a process does not reach any more.
type cutLog struct{ *faulty }

func (cutLog) Append(_ context.Context, _ time.Time, _ []broker.Message) ([]int64, error) {
	return nil, errDown
}
