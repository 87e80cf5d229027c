package queue_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"collector/queue"
)

// patient is a store that wakes nobody, answers so many questions of a dispatcher, and then none
// any more: a dispatcher that asks without a pause would not let virtual time go on.
type patient struct {
	queue.Store
	mu    sync.Mutex
	most  int
	asked []string
}

func (p *patient) Watch(ctx context.Context, _ func(string)) error { <-ctx.Done(); return ctx.Err() }

func (p *patient) ask(what string, of any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked = append(p.asked, fmt.Sprint(what, " ", of)); len(p.asked) > p.most {
		return errors.New("that was asked before")
	}
	return nil
}

func (p *patient) Claim(ctx context.Context, c queue.Claim) ([]queue.Job, error) {
	if err := p.ask("claim", c.Queue); err != nil {
		return nil, err
	}
	return p.Store.Claim(ctx, c)
}

func (p *patient) Claimable(ctx context.Context, now time.Time, queues []string) ([]string, error) {
	if err := p.ask("claimable", len(queues)); err != nil {
		return nil, err
	}
	return p.Store.Claimable(ctx, now, queues)
}

func (p *patient) NextDue(ctx context.Context, queues []string) (time.Time, error) {
	if err := p.ask("due", len(queues)); err != nil {
		return time.Time{}, err
	}
	return p.Store.NextDue(ctx, queues)
}

// TestAFullQueueIsNotAskedForOverAndOver: something becomes due in a queue at its maximum, while
// others are empty. It starts when there is room, the others are served when something is due
// in them, and meanwhile the store is left alone.
func TestAFullQueueIsNotAskedForOverAndOver(t *testing.T) {
	for _, n := range []int{2, 20} { // that are claimed from, and that are looked at before
		t.Run(fmt.Sprint(n, " queues"), func(t *testing.T) {
			virtual(t, func(r *rig) {
				s, queues := &patient{Store: r.store, most: 50}, crowd(n)
				queues[0].Max = 1
				at := func(d time.Duration) time.Time { return r.begin.Add(d) }
				r.add(queue.Job{ID: "first", Queue: "q0"}, queue.Job{ID: "second", Queue: "q0", Due: at(time.Second)}, queue.Job{ID: "third", Queue: "q0", Due: at(25 * time.Second)},
					queue.Job{ID: "other", Queue: "q1", Due: at(3 * time.Second)})
				r.run(queue.Config{Store: s, Workers: 5, Poll: never, Queues: queues, Handlers: []queue.Handler{r.kind("work", takes(10*time.Second))}})
				r.pass(10*time.Second - time.Millisecond)
				s.mu.Lock()
				if len(s.asked) > 10 {
					t.Errorf("%d questions in 10 seconds with three jobs: %q", len(s.asked), s.asked)
				}
				s.mu.Unlock()
				r.pass(time.Minute)
				same(t, "in a queue with room", times(r.begun("other")), []time.Duration{3 * time.Second})
				same(t, "in the full queue", times(r.begun("second")), []time.Duration{10 * time.Second})
				same(t, "when it is empty", times(r.begun("third")), []time.Duration{25 * time.Second})
			})
		})
	}
}

// blunder is a store that wakes nobody and fails the first time that it is asked for a due time.
type blunder struct {
	queue.Store
	once sync.Once
}

func (b *blunder) Watch(ctx context.Context, _ func(string)) error { <-ctx.Done(); return ctx.Err() }

func (b *blunder) NextDue(ctx context.Context, queues []string) (due time.Time, err error) {
	if b.once.Do(func() { err = errors.New("it is away") }); err != nil {
		return due, err
	}
	return b.Store.NextDue(ctx, queues)
}

// TestWhatIsDueIsFoundAfterAFailedLook: the store said that nothing is to be claimed, and not when
// something will be. It is asked again, and the next poll is not waited for.
func TestWhatIsDueIsFoundAfterAFailedLook(t *testing.T) {
	for _, n := range []int{2, 20} {
		t.Run(fmt.Sprint(n, " queues"), func(t *testing.T) {
			virtual(t, func(r *rig) {
				r.add(queue.Job{ID: "a", Queue: "q1", Due: r.begin.Add(time.Minute)})
				r.run(queue.Config{Store: &blunder{Store: r.store}, Workers: 5, Poll: time.Hour, Queues: crowd(n), Handlers: []queue.Handler{r.kind("work", takes(0))}})
				r.pass(2 * time.Hour)
				same(t, "starts", times(r.begun("a")), []time.Duration{time.Minute})
			})
		})
	}
}
