package broker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/queue"
)

// TestNothingIsAcknowledgedBeforeItIsStored has the store be away for a while: Send waits,
// Post does not, and nobody is told that something is stored that is not.
func TestNothingIsAcknowledgedBeforeItIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		w.store.set(true, 0)
		if err := w.b.Post(w.ctx, time.Now(), []broker.Message{message("/queue/a", "1"), message("/topic/a", "1")}); err != nil {
			t.Fatal(err)
		}
		sent, flushed := make(chan error, 1), make(chan error, 1)
		go func() { sent <- w.b.Send(w.ctx, time.Now(), []broker.Message{message("/queue/a", "2")}) }()
		go func() { flushed <- w.b.Flush(w.ctx) }()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		select {
		case err := <-sent:
			t.Fatalf("Send returned %v while the store was away", err)
		case err := <-flushed:
			t.Fatalf("Flush returned %v while the store was away", err)
		default:
		}
		w.store.set(false, 0)
		if err := errors.Join(<-sent, <-flushed); err != nil {
			t.Fatal(err)
		}
		if got := w.jobs(); !slices.Equal(got, []string{"1", "2"}) {
			t.Errorf("stored %v", got)
		}
		told := w.reports()
		storing := slices.DeleteFunc(told, func(err error) bool { return !strings.HasPrefix(err.Error(), "storing messages") })
		if len(storing) != 1 || !errors.Is(storing[0], errDown) {
			t.Errorf("reported %v", told)
		}
	})
}

// TestMemoryForProducersIsBounded fills the memory while the store is away.
func TestMemoryForProducersIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{Buffer: 10_000})
		w.store.set(true, 0)
		posted := 0
		for ; ; posted++ {
			m := message("/queue/a", fmt.Sprintf("%03d", posted))
			m.Body = make([]byte, 900)
			err := w.b.Post(w.within(time.Second), time.Now(), []broker.Message{m})
			if errors.Is(err, broker.ErrFull) && errors.Is(err, context.DeadlineExceeded) {
				break
			}
			if err != nil || posted > 20 {
				t.Fatalf("posting message %d: %v", posted, err)
			}
		}
		if posted < 8 {
			t.Errorf("only %d messages of 1 kB went into 10 kB", posted)
		}
		if err := w.b.Send(w.within(time.Second), time.Now(), []broker.Message{message("/queue/a", strings.Repeat("x", 100))}); !errors.Is(err, broker.ErrFull) {
			t.Errorf("sending while the memory is full: %v", err)
		}
		late := make(chan error)
		go func() { // waits for room, and gets it
			m := message("/queue/a", "late")
			m.Body = make([]byte, 5000)
			late <- w.b.Send(w.ctx, time.Now(), []broker.Message{m})
		}()
		synctest.Wait()
		w.store.set(false, 0)
		if err := <-late; err != nil {
			t.Fatal(err)
		}
		if got := w.jobs(); len(got) != posted+1 {
			t.Errorf("%d messages are stored, %d were taken", len(got), posted+1)
		}
	})
}

// TestWhoGivesUpIsToldTheTruth lets the time of a Send end while it waits.
func TestWhoGivesUpIsToldTheTruth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		w.store.set(true, 0)
		// The first is in the writer's hands, the second behind it.
		first := make(chan error)
		go func() {
			first <- w.b.Send(w.within(time.Second), time.Now(), []broker.Message{message("/queue/a", "1")})
		}()
		synctest.Wait()
		err := w.b.Send(w.within(time.Second), time.Now(), []broker.Message{message("/queue/a", "2")})
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "nothing was stored") {
			t.Errorf("the second: %v", err)
		}
		if err := <-first; !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "not known") {
			t.Errorf("the first: %v", err)
		}
		w.store.set(false, 0)
		if err := w.b.Flush(w.ctx); err != nil {
			t.Fatal(err)
		}
		if got := w.jobs(); slices.Contains(got, "2") {
			t.Errorf("stored %v, though the second was said not to be", got)
		}
	})
}

// TestLostAnswers has the store carry out calls whose answers are lost: nothing is stored
// or delivered twice, and what was acknowledged is not called lost.
func TestLostAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		topic := w.subscribe(w.b, broker.Subscription{Destination: "/topic/a"})
		w.store.set(false, 3) // the queue's, its repetition, the topic's
		w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{message("/queue/a", "1"), message("/topic/a", "1"), message("/topic/a", "2")}))
		if n := w.store.failures(); n != 3 {
			t.Fatalf("%d answers were lost", n)
		}
		if got, err := topic.Receive(w.within(10 * time.Minute)); err != nil || !slices.Equal(ids(got), []string{"1", "2"}) {
			t.Errorf("the topic brought %v, %v", ids(got), err)
		}
		s := w.subscribe(w.b, broker.Subscription{Destination: "/queue/a", Ack: broker.Individual})
		if got, err := s.Receive(w.within(10 * time.Minute)); err != nil || len(got) != 1 {
			t.Fatalf("received %v, %v", ids(got), err)
		}
		w.store.set(false, 2)
		w.must(s.Ack(w.ctx, time.Now(), "1"))
		if got := w.jobs(); len(got) != 0 {
			t.Errorf("%v is left", got)
		}
		w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{message("/queue/a", "3")}))
		if got, err := s.Receive(w.within(10 * time.Minute)); err != nil || len(got) != 1 {
			t.Fatalf("received %v, %v", ids(got), err)
		}
		w.store.set(false, 1)
		w.must(s.Nack(w.ctx, time.Now(), "3"))
	})
}

// TestWhatIsDoneIsNotStoredAgain has another process take and acknowledge a message while the
// answer to its producer is on its way, and gets lost: the producer's process stores it no more.
// In a transaction, and where the log of topics fails after the queues, it is the same.
func TestWhatIsDoneIsNotStoredAgain(t *testing.T) {
	for name, transaction := range map[string]bool{"alone": false, "in a transaction": true} {
		for n := range 9 { // lost answers of the queues, and of the log
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, brokermemory.New(), broker.Options{})
					taken := w.taking("/queue/a")
					w.store.mu.Lock()
					w.store.mute, w.store.deaf = n/3, n%3
					w.store.mu.Unlock()
					ms := []broker.Message{message("/queue/a", "1"), message("/topic/a", "1")}
					if transaction {
						w.must(w.b.Commit(w.ctx, time.Now(), broker.Transaction{Send: ms}))
					} else {
						w.must(w.b.Send(w.ctx, time.Now(), ms))
					}
					time.Sleep(time.Hour)
					synctest.Wait()
					if *taken != 1 {
						t.Errorf("the message was delivered %d times", *taken)
					}
				})
			})
		}
	}
}

// TestWhatTransactionsSentGoes: messages of transactions stay for a while when they are done, and
// are removed as fast as they are sent.
func TestWhatTransactionsSentGoes(t *testing.T) {
	const sent = 5000
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		taken := w.taking("/queue/a")
		for part := range sent / broker.MaxBatch {
			w.must(w.b.Commit(w.ctx, time.Now(), broker.Transaction{Send: several("/queue/a", part*broker.MaxBatch+1, (part+1)*broker.MaxBatch)}))
		}
		time.Sleep(15 * time.Second)
		w.store.mu.Lock()
		looks := w.store.looks
		w.store.mu.Unlock()
		if looks < sent/1000 {
			t.Errorf("looked %d times for what is to be removed", looks)
		}
		time.Sleep(time.Hour)
		if all, _, err := w.store.Jobs(w.ctx, queue.Filter{}, queue.Page{}); *taken != sent || len(all) > 0 || err != nil {
			t.Errorf("%d messages were delivered, %d jobs are left, %v", *taken, len(all), err)
		}
	})
}

// TestATransactionThatOthersCarriedOut is noted without an answer; then its process does not
// reach the store until another one has carried it out. It is done, and not done again.
func TestATransactionThatOthersCarriedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, notes := range map[string]int{"the note has an answer": 0, "it has none": 1} {
			w := newWorld(t, brokermemory.New(), broker.Options{})
			taken := w.taking("/queue/a")
			reached := &faulty{Store: w.store.Store, Log: w.store.Log, deaf: 1000} // as its process does
			late := broker.New(reached, reached, broker.Options{Owner: "late"})
			synctest.Wait()
			reached.set(false, notes)
			sent := make(chan error, 1)
			go func() {
				sent <- late.Commit(w.ctx, time.Now(), broker.Transaction{Send: []broker.Message{message("/queue/a", "1"), message("/topic/a", "1")}})
			}()
			time.Sleep(20 * time.Millisecond)
			reached.set(true, 0)
			time.Sleep(time.Hour)
			reached.set(false, 0)
			if err := <-sent; err != nil {
				t.Errorf("%s: %v", name, err)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			if *taken != 1 {
				t.Errorf("%s: the message was delivered %d times", name, *taken)
			}
			w.must(late.Close(w.ctx))
			w.must(w.b.Close(w.ctx))
		}
	})
}

// TestOneConsumerIsToldThatItAcknowledged has the store be out of one process's reach while
// it acknowledges, until another one has got the message and has acknowledged it: what is
// gone then was not acknowledged by the first. In a transaction of its own it is the same.
func TestOneConsumerIsToldThatItAcknowledged(t *testing.T) {
	for name, acknowledge := range map[string]func(ctx context.Context, b *broker.Broker, s broker.Stream) error{
		"alone": func(ctx context.Context, _ *broker.Broker, s broker.Stream) error { return s.Ack(ctx, time.Now(), "1") },
		"in a transaction": func(ctx context.Context, b *broker.Broker, s broker.Stream) error {
			return b.Commit(ctx, time.Now(), broker.Transaction{Ack: []broker.Receipt{{Stream: s, IDs: []string{"1"}}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, brokermemory.New(), broker.Options{})
				reached := &faulty{Store: w.store.Store, Log: w.store.Log} // as the first process does
				first := broker.New(&deafEnds{faulty: reached}, reached, broker.Options{Owner: "first"})
				w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{message("/queue/a", "1")}))
				of := broker.Subscription{Destination: "/queue/a", Ack: broker.Individual, Prefetch: 1}
				early := w.subscribe(first, of)
				if got, err := early.Receive(w.within(time.Minute)); err != nil || len(got) != 1 {
					t.Fatalf("received %v, %v", ids(got), err)
				}
				told := make(chan error, 1)
				go func() { told <- acknowledge(w.ctx, first, early) }()
				synctest.Wait()
				reached.set(true, 0)
				late := w.subscribe(w.b, of)
				if got, err := late.Receive(w.within(5 * time.Minute)); err != nil || len(got) != 1 {
					t.Fatalf("after the lease: %v, %v", ids(got), err)
				}
				w.must(late.Ack(w.ctx, time.Now(), "1"))
				reached.set(false, 0)
				if err := <-told; !errors.Is(err, broker.ErrLost) {
					t.Errorf("the first was told %v, and the second that it acknowledged the message", err)
				}
				w.must(first.Close(w.ctx))
			})
		})
	}
}

// deafEnds is a store that does not hear the first end of a claim.
type deafEnds struct {
	*faulty
	heard bool // of the one goroutine that ends claims
}

func (d *deafEnds) Finish(ctx context.Context, now time.Time, outcomes []queue.Outcome) ([]bool, error) {
	if !d.heard {
		d.heard = true
		return nil, errDown
	}
	return d.faulty.Finish(ctx, now, outcomes)
}

// TestConsumersOutliveAnOutage has a queue and a topic go on by themselves.
func TestConsumersOutliveAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		q, topic := w.subscribe(w.b, broker.Subscription{Destination: "/queue/a"}), w.subscribe(w.b, broker.Subscription{Destination: "/topic/a"})
		w.store.set(true, 0)
		var both sync.WaitGroup
		for _, s := range []broker.Stream{q, topic} {
			both.Go(func() {
				ms, err := s.Receive(w.within(10 * time.Minute))
				if err != nil || !slices.Equal(ids(ms), []string{"1"}) {
					t.Errorf("received %v, %v", ids(ms), err)
				}
			})
		}
		time.Sleep(5 * time.Minute)
		w.must(w.b.Post(w.ctx, time.Now(), []broker.Message{message("/queue/a", "1"), message("/topic/a", "1")}))
		w.store.set(false, 0)
		both.Wait()
	})
}

// TestEachFailureOfALongCallIsTold: a follower that worked for hours and fails again is told
// of again, and begins again soon.
func TestEachFailureOfALongCallIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		log := breaking{w.store, make(chan struct{})}
		var told []error
		b := broker.New(w.store, log, broker.Options{Report: func(err error) { told = append(told, err) }})
		s := w.subscribe(b, broker.Subscription{Destination: "/topic/a"})
		for range 10 {
			time.Sleep(time.Hour)
			log.breaks <- struct{}{}
		}
		synctest.Wait()
		if len(told) != 10 {
			t.Errorf("ten failures are told %d times: %v", len(told), told)
		}
		begun := time.Now()
		w.must(b.Send(w.ctx, time.Now(), []broker.Message{message("/topic/a", "1")}))
		if got, err := s.Receive(w.within(time.Minute)); err != nil || len(got) != 1 || time.Since(begun) > 100*time.Millisecond {
			t.Errorf("after %s came %v, %v", time.Since(begun), ids(got), err)
		}
		w.must(b.Close(w.ctx))
	})
}

// breaking is a log whose Follow can be made to fail.
type breaking struct {
	*faulty
	breaks chan struct{}
}

func (b breaking) Follow(ctx context.Context, from int64, fn func([]broker.Message)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() { done <- b.faulty.Follow(ctx, from, fn) }()
	select {
	case <-b.breaks:
		cancel(errDown)
		return errors.Join(errDown, <-done)
	case err := <-done:
		return err
	}
}

// TestClosingSaysWhatIsLost ends a broker whose store does not come back.
func TestClosingSaysWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		w.store.set(true, 0)
		w.must(w.b.Post(w.ctx, time.Now(), []broker.Message{message("/queue/a", "1"), message("/queue/a", "2")}))
		sent := make(chan error)
		go func() { sent <- w.b.Send(w.ctx, time.Now(), []broker.Message{message("/queue/a", "3")}) }()
		synctest.Wait()
		err := w.b.Close(w.within(10 * time.Second))
		if err == nil || !strings.Contains(err.Error(), "2 posted messages") {
			t.Errorf("closing: %v", err)
		}
		if err := <-sent; !errors.Is(err, broker.ErrClosed) {
			t.Errorf("who waited got %v", err)
		}
	})
}
