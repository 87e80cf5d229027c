package queue_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"collector/queue"
	"collector/queue/memory"
)

// crowd are n queues, q0 and so on.
func crowd(n int) (out []queue.Queue) {
	for i := range n {
		out = append(out, queue.Queue{Name: fmt.Sprint("q", i)})
	}
	return out
}

// statements is a store that wakes nobody, and counts what it is asked.
type statements struct {
	queue.Store
	n atomic.Int64
}

func (s *statements) Watch(ctx context.Context, _ func(string)) error { <-ctx.Done(); return ctx.Err() }

func (s *statements) Claim(ctx context.Context, c queue.Claim) ([]queue.Job, error) {
	s.n.Add(1)
	return s.Store.Claim(ctx, c)
}

func (s *statements) Claimable(ctx context.Context, now time.Time, queues []string) ([]string, error) {
	s.n.Add(1)
	return s.Store.Claimable(ctx, now, queues)
}

func (s *statements) NextDue(ctx context.Context, queues []string) (time.Time, error) {
	s.n.Add(1)
	return s.Store.NextDue(ctx, queues)
}

// TestIdleQueuesAreLookedAtTogether: a thousand queues without a job cost two questions a poll,
// and what comes into one of them starts at the next poll, or when it is due.
func TestIdleQueuesAreLookedAtTogether(t *testing.T) {
	virtual(t, func(r *rig) {
		s, local := &statements{Store: r.store}, &statements{Store: memory.New()}
		m := r.run(queue.Config{Store: s, Local: local, Workers: 5, Poll: time.Second, Queues: crowd(1000), Handlers: []queue.Handler{r.kind("work", takes(0))}})
		r.pass(20*time.Second - time.Millisecond)
		if n := s.n.Load(); n < 20 || n > 2*20 {
			t.Errorf("a thousand idle queues were asked for by %d questions in 20 polls", n)
		}
		before := s.n.Load()
		r.add(queue.Job{ID: "due", Queue: "q3", Due: r.begin.Add(20*time.Second + 1500*time.Millisecond)})
		r.pass(2 * time.Second)
		same(t, "when it is due", times(r.begun("due")), []time.Duration{20*time.Second + 1500*time.Millisecond})
		r.add(queue.Job{ID: "now", Queue: "q777"})
		r.must(m.AddLocal(context.Background(), queue.Job{ID: "local", Kind: "work", Queue: "q5"}))
		r.pass(8 * time.Second)
		same(t, "now", times(r.begun("now")), []time.Duration{22 * time.Second})
		same(t, "local", times(r.begun("local")), []time.Duration{22 * time.Second})
		if n := s.n.Load() - before; n > 40 {
			t.Errorf("%d questions in 10 polls with two jobs", n)
		}
	})
}

// TestManyBusyQueuesAreAllServed: what a look found is claimed to its end, in turns.
func TestManyBusyQueuesAreAllServed(t *testing.T) {
	virtual(t, func(r *rig) {
		s := &statements{Store: r.store}
		r.run(queue.Config{Store: s, Workers: 20, Poll: time.Second, Queues: crowd(100), Handlers: []queue.Handler{r.kind("work", takes(10*time.Millisecond))}})
		r.pass(time.Millisecond)
		for i := range 100 {
			for n := range 10 {
				r.add(queue.Job{ID: fmt.Sprint(i, "-", n), Queue: fmt.Sprint("q", i)})
			}
		}
		r.pass(3 * time.Second)
		same(t, "jobs", len(r.begun("99-9"))+len(r.starts), 1001)
	})
}

// noisy is a store that wakes many queues all the time, for nothing, and takes long to say so.
type noisy struct{ queue.Store }

func (s noisy) Watch(ctx context.Context, wake func(string)) error {
	for wait(ctx, 3*time.Millisecond) == nil {
		for i := range 20 {
			wake(fmt.Sprint("q", i))
		}
	}
	return ctx.Err()
}

func (s noisy) Claimable(ctx context.Context, now time.Time, queues []string) ([]string, error) {
	found, err := s.Store.Claimable(ctx, now, queues)
	wait(ctx, 5*time.Millisecond)
	return found, err
}

// TestLooksHoldNoClaimUp although there is always something else to look at.
func TestLooksHoldNoClaimUp(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{Store: noisy{r.store}, Workers: 5, Poll: time.Second, Queues: crowd(20), Handlers: []queue.Handler{r.kind("work", takes(0))}})
		r.pass(100 * time.Millisecond)
		r.add(queue.Job{ID: "a", Queue: "q7"})
		r.pass(100 * time.Millisecond)
		same(t, "starts", len(r.begun("a")), 1)
		r.add(in("q9", 400)...) // more than a claim takes
		r.pass(500 * time.Millisecond)
		same(t, "starts of many", len(r.began()), 401)
	})
}

// slowLook is a store that needs long to say where something is, and tells of what is added to one queue.
type slowLook struct {
	queue.Store
	looked chan struct{} // has room, and gets one when a look has found something and is not told yet
}

func (s slowLook) Watch(ctx context.Context, wake func(string)) error {
	return s.Store.Watch(ctx, func(queue string) {
		if queue == "q3" {
			wake(queue)
		}
	})
}

func (s slowLook) Claimable(ctx context.Context, now time.Time, queues []string) ([]string, error) {
	found, err := s.Store.Claimable(ctx, now, queues)
	if len(found) > 0 {
		s.looked <- struct{}{}
		wait(ctx, 5*time.Millisecond)
	}
	return found, err
}

// TestAQueueBeforeThatIsWokenDuringALook has its turn before what the look finds behind it.
func TestAQueueBeforeThatIsWokenDuringALook(t *testing.T) {
	virtual(t, func(r *rig) {
		s := slowLook{r.store, make(chan struct{}, 9000)}
		m := r.run(queue.Config{Store: s, Workers: 1, Poll: time.Second, InOrder: true, Queues: crowd(20), Handlers: []queue.Handler{r.kind("work", takes(time.Hour))}})
		r.add(queue.Job{ID: "behind", Queue: "q19"}) // of which the store tells nobody
		<-s.looked
		r.must(m.Add(context.Background(), queue.Job{ID: "before", Queue: "q3", Kind: "work"}))
		r.pass(3 * time.Hour)
		same(t, "starts", r.began(), []string{"before", "behind"})
	})
}
