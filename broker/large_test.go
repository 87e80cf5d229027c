package broker_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"weak"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/queue"
	queuememory "collector/queue/memory"
)

// large are messages of half a MiB.
func large(destination string, n int) (out []broker.Message) {
	for i := range n {
		m := message(destination, fmt.Sprintf("%05d", i))
		m.Body = make([]byte, 512<<10)
		out = append(out, m)
	}
	return out
}

// TestASlowConsumerHoldsLittle: of a queue of large messages no more is claimed than some MiB,
// however many the consumer would take.
func TestASlowConsumerHoldsLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		for _, m := range large("/queue/a", 60) {
			w.must(w.b.Send(w.ctx, time.Now(), []broker.Message{m}))
		}
		s := w.subscribe(w.b, broker.Subscription{Destination: "/queue/a", Ack: broker.Individual})
		for got := 0; got < 60; {
			time.Sleep(5 * time.Second) // it is slow
			synctest.Wait()
			stats, err := w.store.Stats(w.ctx)
			w.must(err)
			if waiting := int(stats[0].Running) - got; waiting > 32 {
				t.Fatalf("%d messages of half a MiB wait in memory for a slow consumer", waiting)
			}
			ms, err := s.Receive(w.within(time.Minute))
			w.must(err)
			got += len(ms)
		}
	})
}

// TestWhatIsInHandTakesNoMemory: a message that was received and not acknowledged is
// remembered without its body.
func TestWhatIsInHandTakesNoMemory(t *testing.T) {
	jobs := &watched{Store: queuememory.New()}
	b := broker.New(jobs, brokermemory.New(), broker.Options{})
	if err := b.Send(t.Context(), time.Now(), large("/queue/a", 4)); err != nil {
		t.Fatal(err)
	}
	s, err := b.Subscribe(t.Context(), time.Now(), broker.Subscription{Destination: "/queue/a", Ack: broker.Individual})
	if err != nil {
		t.Fatal(err)
	}
	for got := 0; got < 4; {
		ms, err := s.Receive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got += len(ms)
	}
	for range 3 {
		runtime.GC()
	}
	if len(jobs.bodies) != 4 {
		t.Fatalf("%d messages were claimed", len(jobs.bodies))
	}
	for i, body := range jobs.bodies {
		if body.Value() != nil {
			t.Errorf("the body of message %d is still in memory", i)
		}
	}
	if err := b.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// watched knows which bodies that it gave are still in memory. Only the one feeder claims.
type watched struct {
	queue.Store
	bodies []weak.Pointer[byte]
}

func (s *watched) Claim(ctx context.Context, c queue.Claim) ([]queue.Job, error) {
	jobs, err := s.Store.Claim(ctx, c)
	for i := range jobs {
		jobs[i].Data = bytes.Clone(jobs[i].Data)
		s.bodies = append(s.bodies, weak.Make(&jobs[i].Data[0]))
	}
	return jobs, err
}

// TestALateSubscriberReadsLittleAtOnce: from a topic of large messages some MiB are read at a
// time, and each once or twice.
func TestALateSubscriberReadsLittleAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, brokermemory.New(), broker.Options{})
		counting := &reads{Log: w.store.Log}
		b := broker.New(w.store, counting, broker.Options{})
		const n = 60
		for _, m := range large("/topic/a", n) {
			w.must(b.Send(w.ctx, time.Now(), []broker.Message{m}))
		}
		s := w.subscribe(b, broker.Subscription{Destination: "/topic/a", From: broker.Oldest, Prefetch: 1000})
		for got := 0; got < n; {
			ms, err := s.Receive(w.within(time.Minute))
			w.must(err)
			got += len(ms)
		}
		if most, all := counting.most.Load(), counting.all.Load(); most > 32 || all > 2*n {
			t.Errorf("up to %d messages of half a MiB are read at once, %d in all to give %d", most, all, n)
		}
		w.must(b.Close(w.ctx))
	})
}

// reads counts what is read.
type reads struct {
	*brokermemory.Log
	most, all atomic.Int64
}

func (r *reads) Read(ctx context.Context, topic string, from int64, n int) ([]broker.Message, error) {
	ms, err := r.Log.Read(ctx, topic, from, n)
	r.most.Store(max(r.most.Load(), int64(len(ms))))
	r.all.Add(int64(len(ms)))
	return ms, err
}
