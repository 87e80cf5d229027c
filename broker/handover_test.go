package broker_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
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

const quickly = "/queue/quick"

// taker is a consumer that keeps each message for a while before it acknowledges it.
type taker struct {
	*world
	stream broker.Stream

	mu    sync.Mutex
	keeps time.Duration
	got   []broker.Message
}

func (w *world) takes(b *broker.Broker, keeps time.Duration, sub broker.Subscription) *taker {
	sub.Destination = quickly
	t := &taker{world: w, stream: w.subscribe(b, sub), keeps: keeps}
	ctx, cancel := context.WithCancel(w.ctx)
	var done sync.WaitGroup
	done.Go(func() {
		for {
			ms, err := t.stream.Receive(ctx)
			if err != nil {
				return
			}
			t.mu.Lock()
			keeps := t.keeps
			t.mu.Unlock()
			time.Sleep(keeps)
			t.mu.Lock()
			t.got = append(t.got, ms...)
			t.mu.Unlock()
			if err := t.stream.Ack(ctx, time.Now(), ids(ms)...); err != nil && ctx.Err() == nil {
				w.Errorf("acknowledging %v: %v", ids(ms), err)
			}
		}
	})
	w.Cleanup(func() { cancel(); done.Wait() })
	synctest.Wait() // it is there, and the queue was seen to be empty
	return t
}

// keep makes it keep messages for so long from now on.
func (t *taker) keep(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keeps = d
}

func (t *taker) bodies() (out []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, m := range t.got {
		out = append(out, string(m.Body))
	}
	return out
}

// note is a message that the broker names.
func note(n int) broker.Message {
	return broker.Message{Destination: quickly, Body: fmt.Append(nil, n)}
}

// sends sends messages, each when the one before can be acknowledged.
func (w *world) sends(from, to int) {
	w.Helper()
	for n := from; n < to; n++ {
		w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{note(n)}))
		time.Sleep(2 * time.Millisecond)
	}
}

func numbers(from, to int) (out []string) {
	for n := from; n < to; n++ {
		out = append(out, fmt.Sprint(n))
	}
	return out
}

// TestWhatIsTakenQuicklyIsNotStored: after its consumer was quick for a while, messages go
// from hand to hand; they are counted all the same.
func TestWhatIsTakenQuicklyIsNotStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{Poll: time.Hour})
		c := w.takes(w.b, time.Millisecond, broker.Subscription{Ack: broker.Individual})
		w.sends(0, 20)
		w.store.set(true, 0)
		begun := time.Now()
		w.sends(20, 120)
		if took := time.Since(begun); took > 100*3*time.Millisecond {
			t.Errorf("100 messages that each were kept for a millisecond took %v", took)
		}
		if tried := w.store.failures(); tried > 0 {
			t.Errorf("%d calls of a store that does not answer", tried)
		}
		w.store.set(false, 0)
		if got := c.bodies(); !slices.Equal(got, numbers(0, 120)) {
			t.Errorf("received %v", got)
		}
		time.Sleep(2 * time.Second)
		stats, err := w.store.Stats(w.ctx)
		w.must(err)
		if len(stats) != 1 || stats[0].Added != 120 || stats[0].Completed != 120 || stats[0].Running+stats[0].Ready != 0 {
			t.Errorf("counts %+v", stats)
		}
	})
}

// TestWhatIsKeptIsStored: Send returns when a message that its consumer keeps is stored, under that
// consumer's claim, and not before. A process that ends with it leaves it to others,
// who are told.
func TestWhatIsKeptIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		other := w.broker(broker.Options{})
		c := w.takes(w.b, time.Millisecond, broker.Subscription{Ack: broker.Individual})
		w.sends(0, 20)
		c.keep(time.Hour)
		begun := time.Now()
		w.sends(20, 21)
		if took := time.Since(begun); took == 0 || took > time.Second {
			t.Errorf("a message that is kept was stored after %v", took)
		}
		jobs, _, err := w.store.Jobs(w.ctx, queue.Filter{}, queue.Page{})
		w.must(err)
		if len(jobs) != 1 || jobs[0].State != queue.Running || jobs[0].Owner != "test" || jobs[0].Deliveries != 1 {
			t.Fatalf("stored %+v", jobs)
		}
		w.store.set(true, 0)
		begun = time.Now()
		if err := w.b.Send(w.within(10*time.Minute), time.Now(), []broker.Message{note(21)}); err == nil {
			t.Errorf("sent after %v to a store that does not answer and a consumer that does not either", time.Since(begun))
		}
		w.store.set(false, 0)
		time.Sleep(time.Minute)
		synctest.Wait()
		w.must(c.stream.Close(w.ctx, time.Now()))
		next := w.subscribe(other, broker.Subscription{Destination: quickly, Ack: broker.Individual})
		marked := map[string]bool{}
		for len(marked) < 2 {
			got, err := next.Receive(w.within(time.Minute))
			if err != nil {
				t.Fatalf("after %v: %v", marked, err)
			}
			for _, m := range got {
				marked[string(m.Body)] = m.Redelivered
			}
		}
		if want := map[string]bool{"20": true, "21": false}; !maps.Equal(marked, want) { // 21 was never received
			t.Errorf("redelivered: %v, want %v", marked, want)
		}
	})
}

// TestALostAnswerLeavesTheClaim: what was stored under its consumer's claim, and nobody was
// told so, is acknowledged as all others.
func TestALostAnswerLeavesTheClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		s := w.subscribe(w.b, broker.Subscription{Destination: quickly, Ack: broker.Individual})
		synctest.Wait()
		w.store.lose(2)
		w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{note(1)}))
		got, err := s.Receive(w.within(time.Second))
		w.must(err)
		w.must(s.Ack(w.ctx, time.Now(), ids(got)...))
		stats, err := w.store.Stats(w.ctx)
		w.must(err)
		if len(w.jobs()) > 0 || stats[0].Added != 1 || stats[0].Completed != 1 {
			t.Errorf("left %v, counts %+v", w.jobs(), stats)
		}
	})
}

// TestWhatIsNotTakenIsStoredAsItIs: what became of a message that was handed over and not
// acknowledged is what would have become of it from the store.
func TestWhatIsNotTakenIsStoredAsItIs(t *testing.T) {
	for what, end := range map[string]struct {
		do          func(w *world, s broker.Stream, id string)
		redelivered bool
		dead        int64
	}{
		"nack":   {func(w *world, s broker.Stream, id string) { w.must(s.Nack(w.ctx, time.Now(), id)) }, true, 0},
		"reject": {func(w *world, s broker.Stream, id string) { w.must(s.Reject(w.ctx, time.Now(), id)) }, false, 1},
		"close":  {func(w *world, s broker.Stream, _ string) { w.must(s.Close(w.ctx, time.Now())) }, true, 0},
		"commit": {func(w *world, s broker.Stream, id string) {
			w.must(w.b.Commit(w.ctx, time.Now(), broker.Transaction{Nack: []broker.Receipt{{Stream: s, IDs: []string{id}}}}))
		}, true, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, brokermemory.New(), broker.Options{})
			c := w.takes(w.b, 0, broker.Subscription{Ack: broker.Individual})
			w.sends(0, 20)
			synctest.Wait()
			w.must(c.stream.Close(w.ctx, time.Now()))
			s := w.subscribe(w.b, broker.Subscription{Destination: quickly, Ack: broker.Individual, Prefetch: 1})
			synctest.Wait()
			w.must(w.b.Post(w.ctx, time.Now(), []broker.Message{note(20), note(21)}))
			got, err := s.Receive(w.within(time.Second))
			if err != nil || len(got) != 1 || got[0].Redelivered || got[0].Deliveries != 1 {
				t.Fatalf("%s: received %v, %v", what, got, err)
			}
			end.do(w, s, got[0].ID)
			w.must(s.Close(w.ctx, time.Now()))
			w.must(w.b.Flush(w.ctx))
			next := w.subscribe(w.b, broker.Subscription{Destination: quickly, Ack: broker.Individual})
			var bodies []string
			for len(bodies) < 2-int(end.dead) {
				got, err := next.Receive(w.within(time.Minute))
				if err != nil {
					t.Fatalf("%s: after %v: %v", what, bodies, err)
				}
				for _, m := range got {
					bodies = append(bodies, string(m.Body))
					if m.Redelivered != (end.redelivered && string(m.Body) == "20") {
						t.Errorf("%s: %s is redelivered: %v", what, m.Body, m.Redelivered)
					}
				}
			}
			slices.Sort(bodies)
			stats, err := w.store.Stats(w.ctx)
			w.must(err)
			if stats[0].Dead != end.dead || !slices.Equal(bodies, numbers(20+int(end.dead), 22)) {
				t.Errorf("%s: %v came again, %d are dead", what, bodies, stats[0].Dead)
			}
		})
	}
}

// TestNothingIsHandedOverOutOfTurn: what somebody else named, what a filter does not want, and
// what is sent to a paused queue goes the way of all others.
func TestNothingIsHandedOverOutOfTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		c := w.takes(w.b, 0, broker.Subscription{Ack: broker.Individual, Filter: func(m broker.Message) bool { return !strings.HasPrefix(string(m.Body), "no") }})
		w.sends(0, 20)
		c.keep(time.Millisecond) // so that the first is there when it is sent again
		begun := time.Now()
		named := note(20)
		named.ID = "mine"
		for range 2 {
			w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{named}))
		}
		if jobs := w.jobs(); !slices.Equal(jobs, []string{"mine"}) && len(c.bodies()) < 21 {
			t.Errorf("what a producer named is not stored: %v", jobs)
		}
		w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{{Destination: quickly, Body: []byte("not wanted")}}))
		if took := time.Since(begun); took > 0 {
			t.Errorf("nobody would have taken them, and it took %v to store them", took)
		}
		time.Sleep(10 * time.Second)
		w.must(w.store.Pause(w.ctx, quickly, true))
		time.Sleep(2 * time.Second) // it was looked whether it is
		w.sends(21, 22)
		time.Sleep(time.Minute)
		if got := c.bodies(); !slices.Equal(got, numbers(0, 21)) {
			t.Errorf("received %v; 20 was sent twice under one id, and then the queue was paused", got)
		}
		w.must(w.store.Pause(w.ctx, quickly, false))
		time.Sleep(time.Minute)
		if got := c.bodies(); !slices.Equal(got, numbers(0, 22)) {
			t.Errorf("received %v after the pause", got)
		}
	})
}

// TestWhoTakesItsOwnMessagesIsNotHeldUp: one program sends and then takes what it sent. It is
// waited for in vain, so seldom.
func TestWhoTakesItsOwnMessagesIsNotHeldUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		s := w.subscribe(w.b, broker.Subscription{Destination: quickly, Ack: broker.Individual, Prefetch: 10})
		synctest.Wait()
		begun := time.Now()
		const rounds, burst = 500, 20 // twice as many as it takes at once
		for round := range rounds {
			var ms []broker.Message
			for n := range burst {
				ms = append(ms, note(round*burst+n))
			}
			w.must(w.b.Send(w.ctx, time.Now(), ms))
			for taken := 0; taken < burst; {
				got, err := s.Receive(w.within(time.Minute))
				w.must(err)
				w.must(s.Ack(w.ctx, time.Now(), ids(got)...))
				taken += len(got)
			}
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%d rounds took %v more than the store", rounds, took)
		}
	})
}

// TestHandedOverOrNotNothingIsLost lets producers and consumers of two processes do as they
// please over a store that is away from time to time. Each message for which Send returned nil
// comes, none comes again unmarked once it was acknowledged, and one consumer at most is told that it
// acknowledged it.
func TestHandedOverOrNotNothingIsLost(t *testing.T) {
	const histories = 40
	sent := 0
	for seed := range uint64(histories) {
		synctest.Test(t, func(t *testing.T) { sent += chaos(t, rand.New(rand.NewPCG(seed, 1))) })
	}
	if sent < 100*histories {
		t.Errorf("only %d messages were sent", sent)
	}
}

// chaos is one history, and returns how many messages were sent in it.
func chaos(t *testing.T, r *rand.Rand) int {
	w := newWorld(t, brokermemory.New(), broker.Options{Deliveries: 1 << 20, Poll: 100 * time.Millisecond})
	brokers := []*broker.Broker{w.b, w.broker(broker.Options{Deliveries: 1 << 20, Poll: 100 * time.Millisecond})}
	var mu sync.Mutex // of r and of what follows
	pick := func(n int) int { mu.Lock(); defer mu.Unlock(); return r.IntN(n) }
	pause := func(most time.Duration) { time.Sleep(time.Duration(pick(int(most)))) }
	sent, acked := map[string]bool{}, map[string]int{}
	var work sync.WaitGroup
	stop := make(chan struct{})
	stopped := func() bool {
		select {
		case <-stop:
			return true
		default:
			return false
		}
	}
	for p := range 2 {
		work.Go(func() {
			for n := 0; !stopped(); n++ {
				pause(20 * time.Millisecond)
				m := broker.Message{Destination: quickly, Body: fmt.Appendf(nil, "%d-%d", p, n)}
				if brokers[p].Send(w.within(5*time.Second), time.Now(), []broker.Message{m}) == nil {
					mu.Lock()
					sent[string(m.Body)] = true
					mu.Unlock()
				}
			}
		})
	}
	consume := func(c int, last bool) {
		s := w.subscribe(brokers[c], broker.Subscription{Destination: quickly, Ack: broker.Individual, Prefetch: 1 + pick(8)})
		for left := 1 + pick(30); left > 0 || last; left-- {
			got, err := s.Receive(w.within(3 * time.Second))
			if err != nil {
				break
			}
			for _, m := range got {
				mu.Lock()
				if acked[string(m.Body)] > 0 && !m.Redelivered {
					t.Errorf("%s was acknowledged and comes unmarked", m.Body)
				}
				mu.Unlock()
			}
			if pause(10 * time.Millisecond); pick(10) == 0 {
				pause(100 * time.Millisecond)
			}
			var taken []string
			for _, m := range got {
				if pick(20) == 0 && !last {
					_ = s.Nack(w.within(5*time.Second), time.Now(), m.ID)
				} else if err := s.Ack(w.within(time.Minute), time.Now(), m.ID); err == nil {
					taken = append(taken, string(m.Body))
				} else if !errors.Is(err, broker.ErrLost) {
					t.Errorf("acknowledging %s: %v", m.Body, err)
				}
			}
			mu.Lock()
			for _, body := range taken {
				if acked[body]++; acked[body] > 1 {
					t.Errorf("two were told that they acknowledged %s", body)
				}
			}
			mu.Unlock()
		}
		_ = s.Close(w.within(5*time.Second), time.Now())
	}
	for c := range 2 {
		work.Go(func() {
			for !stopped() {
				consume(c, false)
			}
		})
	}
	for range 10 {
		pause(2 * time.Second)
		w.store.set(pick(2) == 0, 0)
		pause(500 * time.Millisecond)
		w.store.lose(pick(3))
	}
	close(stop)
	work.Wait()
	time.Sleep(time.Minute) // leases of what was not given back end
	consume(0, true)
	mu.Lock()
	defer mu.Unlock()
	for _, body := range slices.Sorted(maps.Keys(sent)) {
		if acked[body] == 0 {
			left, _, err := w.store.Jobs(w.ctx, queue.Filter{}, queue.Page{})
			w.must(err)
			t.Errorf("%s was sent and never acknowledged; the store has %+v, and was told of %v", body, left, w.reports())
		}
	}
	return len(sent)
}

// TestMessagesKeepTheirOrder: however quick one consumer is, and whether the store is there,
// what one producer sends in many calls comes in its order, once.
func TestMessagesKeepTheirOrder(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			w := newWorld(t, brokermemory.New(), broker.Options{Poll: 100 * time.Millisecond})
			w.broker(broker.Options{})
			w.store.slow(time.Millisecond) // what comes while a claim is answered is not in it
			s := w.subscribe(w.b, broker.Subscription{Destination: quickly, Ack: broker.Individual, Prefetch: 1 + r.IntN(8)})
			const n = 2000
			var sending sync.WaitGroup
			sending.Go(func() {
				r := rand.New(rand.NewPCG(seed, 3))
				for at := 0; at < n; {
					var ms []broker.Message
					for range 1 + r.IntN(5) {
						ms = append(ms, note(at))
						at++
					}
					send := w.b.Post
					if r.IntN(2) == 0 {
						send = w.b.Send
					}
					w.must(send(w.ctx, time.Now(), ms))
					if r.IntN(50) == 0 {
						w.store.set(r.IntN(2) == 0, 0)
						time.AfterFunc(time.Duration(r.IntN(int(3*time.Second))), func() { w.store.set(false, 0) })
					}
					time.Sleep(time.Duration(r.IntN(int(4 * time.Millisecond))))
				}
				w.store.set(false, 0)
			})
			var got []string
			for len(got) < n {
				ms, err := s.Receive(w.within(time.Minute))
				if err != nil {
					t.Fatalf("after %d messages: %v", len(got), err)
				}
				for _, m := range ms {
					got = append(got, string(m.Body))
				}
				if r.IntN(100) == 0 {
					time.Sleep(time.Duration(r.IntN(int(200 * time.Millisecond))))
				}
				time.Sleep(time.Duration(r.IntN(int(3 * time.Millisecond))))
				w.must(s.Ack(w.ctx, time.Now(), ids(ms)...))
			}
			sending.Wait()
			for i, want := range numbers(0, len(got)) {
				if got[i] != want {
					t.Fatalf("seed %d: message %s came as number %d", seed, got[i], i)
				}
			}
		})
	}
}

// TestAPassedOverMessageIsNoFailure: a consumer whose filter wants none of ten thousand messages
// makes none of them a dead letter, however slow the store is.
func TestAPassedOverMessageIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		for range 10 {
			var ms []broker.Message
			for n := range 1000 {
				ms = append(ms, note(n))
			}
			w.must(w.b.Send(w.ctx, time.Now(), ms))
		}
		w.store.slow(2 * time.Second)
		s := w.subscribe(w.b, broker.Subscription{Destination: quickly, Ack: broker.Individual, Prefetch: 1, Filter: func(broker.Message) bool { return false }})
		time.Sleep(10 * time.Minute)
		w.must(s.Close(w.ctx, time.Now()))
		stats, err := w.store.Stats(w.ctx)
		w.must(err)
		if stats[0].Rescued > 0 || stats[0].Dead > 0 {
			t.Errorf("%d messages that nobody wanted were taken from a dead consumer, %d are dead letters", stats[0].Rescued, stats[0].Dead)
		}
		all := w.subscribe(w.b, broker.Subscription{Destination: quickly, Ack: broker.Individual})
		if got, err := all.Receive(w.within(time.Hour)); err != nil || got[0].Redelivered {
			t.Errorf("afterwards: %v, %v", ids(got), err)
		}
	})
}
