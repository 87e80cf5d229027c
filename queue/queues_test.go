package queue_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"collector/queue"
)

// in are n jobs of a queue, with ids of its name.
func in(name string, n int) []queue.Job {
	return numbered(n, func(i int, j *queue.Job) { j.ID, j.Queue = fmt.Sprintf("%s%03d", name, i), name })
}

// busy is how many workers have a job of a queue.
func busy(m *queue.Master, name string) (n int) {
	for _, w := range m.Workers() {
		if w.Job != nil && w.Job.Queue == name {
			n++
		}
	}
	return n
}

// asked is a store that wakes nobody, and counts what is asked of it.
type asked struct {
	queue.Store
	mu     sync.Mutex
	claims map[string]int // by queue
	after  func()         // once, before the answer of the next claim
}

func (a *asked) Watch(ctx context.Context, _ func(string)) error { <-ctx.Done(); return ctx.Err() }

func (a *asked) Claim(ctx context.Context, c queue.Claim) ([]queue.Job, error) {
	jobs, err := a.Store.Claim(ctx, c)
	a.mu.Lock()
	a.claims[c.Queue]++
	after := a.after
	a.after = nil
	a.mu.Unlock()
	if after != nil {
		after()
	}
	return jobs, err
}

// claimed is how often a queue was claimed from.
func (a *asked) claimed(name string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.claims[name]
}

// TestAnAddedQueueStartsAtOnce, and nobody is disturbed by that.
func TestAnAddedQueueStartsAtOnce(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 3, Poll: never, Queues: []queue.Queue{{Name: "a"}}, Handlers: []queue.Handler{r.kind("work", takes(time.Hour))}})
		r.add(in("a", 1)...)
		r.add(in("b", 1)...)
		r.add(queue.Job{ID: "later", Queue: "b", Due: time.Now().Add(10 * time.Minute)})
		r.pass(time.Minute)
		r.must(m.SetQueues(context.Background(), queue.Queue{Name: "b"}, queue.Queue{Name: "a"}))
		r.pass(2 * time.Hour)
		same(t, "starts of a", times(r.begun("a000")), []time.Duration{0})
		same(t, "starts of b", times(r.begun("b000")), []time.Duration{time.Minute})
		same(t, "starts of what was due later", times(r.begun("later")), []time.Duration{10 * time.Minute})
		same(t, "what was told of a", r.told("a000"), []string{"started", "done"})
	})
}

// TestAQueueThatIsLeftOutEndsWithWhatRuns: its job goes on, holds its worker as long, and
// counts when the queue comes back.
func TestAQueueThatIsLeftOutEndsWithWhatRuns(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 2, Poll: time.Minute, Queues: []queue.Queue{{Name: "a", Max: 1}}, Handlers: []queue.Handler{r.kind("work", takes(time.Hour))}})
		r.add(in("a", 2)...)
		r.add(in("b", 2)...)
		r.pass(time.Minute)
		r.must(m.SetQueues(context.Background(), queue.Queue{Name: "b"}))
		r.pass(time.Minute)
		same(t, "begun while the one of a runs", r.began(), []string{"a000", "b000"})
		r.must(m.SetQueues(context.Background(), queue.Queue{Name: "b"}, queue.Queue{Name: "a", Max: 1, Weight: 9}))
		r.must(m.SetQueues(context.Background(), queue.Queue{Name: "b"}))
		r.pass(time.Hour - time.Minute)
		same(t, "begun when it has ended", r.began(), []string{"a000", "b000", "b001"})
		same(t, "what was told of it", r.told("a000"), []string{"started", "done"})
		r.pass(5 * time.Hour)
		same(t, "the one that nobody claims", r.job("a001").State, queue.Ready)
		r.must(m.SetQueues(context.Background(), queue.Queue{Name: "a"}))
		r.pass(time.Millisecond)
		same(t, "begun when a is back", r.began(), []string{"a000", "b000", "b001", "a001"})
	})
}

// TestAReturningQueueKeepsItsMaximum: what still runs of it counts.
func TestAReturningQueueKeepsItsMaximum(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 5, Queues: []queue.Queue{{Name: "a", Max: 2}}, Handlers: []queue.Handler{r.kind("work", takes(time.Hour))}})
		r.add(in("a", 9)...)
		r.pass(time.Minute)
		r.must(m.SetQueues(context.Background()))
		r.pass(time.Minute)
		r.must(m.SetQueues(context.Background(), queue.Queue{Name: "a", Max: 3}))
		r.pass(time.Minute)
		same(t, "at work", busy(m, "a"), 3)
	})
}

// TestWhatIsOnItsWayIsGivenBack removes a queue while a claim of it is under way: its jobs are
// as they were, and nobody waits for them to be started.
func TestWhatIsOnItsWayIsGivenBack(t *testing.T) {
	for name, back := range map[string][]queue.Queue{"none is left": nil, "another one is left": {{Name: "b"}}} {
		t.Run(name, func(t *testing.T) {
			virtual(t, func(r *rig) {
				f := newFaulty(r.store)
				m := r.run(queue.Config{Store: f, Workers: 5, Poll: never, Queues: []queue.Queue{{Name: "a"}}, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}})
				r.pass(time.Minute)
				f.mu.Lock()
				f.after = func() { r.must(m.SetQueues(context.Background(), back...)) }
				f.mu.Unlock()
				r.add(in("a", 3)...)
				r.pass(time.Minute)
				same(t, "begun", r.began(), []string{})
				for _, j := range in("a", 3) {
					if j := r.job(j.ID); j.State != queue.Ready || j.Attempts != 0 || j.Deliveries != 0 {
						t.Errorf("it was never started: %+v", j)
					}
				}
				r.must(m.SetQueues(context.Background(), queue.Queue{Name: "a"}))
				r.pass(time.Millisecond)
				same(t, "begun when it is back", len(r.began()), 3)
			})
		})
	}
}

// TestAQueueThatIsBackDuringAClaimIsLookedAt: it is left out and comes back while a claim of
// it is under way that knows nothing of a job that was added meanwhile.
func TestAQueueThatIsBackDuringAClaimIsLookedAt(t *testing.T) {
	virtual(t, func(r *rig) {
		s, a := &asked{Store: r.store, claims: map[string]int{}}, queue.Queue{Name: "a"}
		m := r.run(queue.Config{Store: s, Workers: 5, Poll: time.Minute, Queues: []queue.Queue{a}, Handlers: []queue.Handler{r.kind("work", takes(0))}})
		r.pass(time.Second)
		s.mu.Lock()
		s.after = func() {
			r.must(m.SetQueues(context.Background()))
			r.add(in("a", 2)[1:]...)
			r.must(m.SetQueues(context.Background(), a))
		}
		s.mu.Unlock()
		r.add(in("a", 1)...)
		r.pass(10 * time.Minute)
		same(t, "times", times(r.starts), []time.Duration{time.Minute, time.Minute})
	})
}

// TestNothingIsAskedOfAQueueThatIsLeftOut also while something of it runs.
func TestNothingIsAskedOfAQueueThatIsLeftOut(t *testing.T) {
	virtual(t, func(r *rig) {
		s := &asked{Store: r.store, claims: map[string]int{}}
		m := r.run(queue.Config{Store: s, Workers: 5, Poll: time.Minute, Queues: []queue.Queue{{Name: "a", Max: 2}, {Name: "b"}}, Handlers: []queue.Handler{r.kind("work", takes(time.Hour))}})
		r.add(in("a", 1)...)
		r.pass(time.Minute)
		r.must(m.SetQueues(context.Background(), queue.Queue{Name: "b"}))
		r.add(in("a", 2)[1:]...)
		r.pass(time.Minute) // a claim that was under way has ended
		a, b := s.claimed("a"), s.claimed("b")
		r.pass(2 * time.Hour)
		if s.claimed("a") != a || s.claimed("b") == b {
			t.Errorf("%d claims of a, %d of b", s.claimed("a")-a, s.claimed("b")-b)
		}
		same(t, "what was told of the one that ran", r.told("a000"), []string{"started", "done"})
	})
}

// TestBoundsChangeWhileItRuns: more at once, fewer at once, and workers that are kept.
func TestBoundsChangeWhileItRuns(t *testing.T) {
	virtual(t, func(r *rig) {
		set := func(m *queue.Master, queues ...queue.Queue) {
			r.must(m.SetQueues(context.Background(), queues...))
			r.pass(time.Millisecond)
		}
		m := r.run(queue.Config{Workers: 6, Queues: []queue.Queue{{Name: "a", Max: 1}, {Name: "b"}}, Handlers: []queue.Handler{r.kind("work", takes(time.Minute))}})
		r.add(in("a", 60)...)
		r.pass(time.Second)
		same(t, "of one at most", busy(m, "a"), 1)
		set(m, queue.Queue{Name: "a", Max: 4}, queue.Queue{Name: "b"})
		same(t, "of four at most", busy(m, "a"), 4)
		set(m, queue.Queue{Name: "a", Max: 2}, queue.Queue{Name: "b"})
		same(t, "nobody is cut off", busy(m, "a"), 4)
		r.pass(2 * time.Minute)
		same(t, "of two at most", busy(m, "a"), 2)
		set(m, queue.Queue{Name: "a"}, queue.Queue{Name: "b"})
		same(t, "of any number", busy(m, "a"), 6)
		set(m, queue.Queue{Name: "a"}, queue.Queue{Name: "b", Reserved: 2})
		r.pass(time.Minute)
		same(t, "beside two that are kept", busy(m, "a"), 4)
		r.add(in("b", 2)...)
		r.pass(time.Millisecond)
		same(t, "at work on them", busy(m, "b"), 2)
		set(m, queue.Queue{Name: "a"}) // with its reserve
		r.pass(time.Minute)
		same(t, "with those of a queue that is left out", busy(m, "a"), 6)
	})
}

// TestWeightsChangeWhileItRuns, and so does the order of queues that have one.
func TestWeightsChangeWhileItRuns(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 2, Queues: []queue.Queue{{Name: "a"}, {Name: "b"}}, Handlers: []queue.Handler{r.kind("work", takes(10*time.Millisecond))}})
		r.add(in("a", 800)...)
		r.add(in("b", 800)...)
		r.pass(time.Second)
		r.must(m.SetQueues(context.Background(), queue.Queue{Name: "a"}, queue.Queue{Name: "b", Weight: 4}))
		r.pass(time.Second)
		before := len(r.began())
		r.pass(2 * time.Second)
		b, all := 0, r.starts[before:]
		for _, s := range all {
			if s.job.Queue == "b" {
				b++
			}
		}
		if len(all) < 380 || b < len(all)*3/4 || b > len(all)*17/20 {
			t.Errorf("%d of %d were of the queue with four times the weight", b, len(all))
		}
	})
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 1, InOrder: true, Queues: []queue.Queue{{Name: "a"}, {Name: "b"}}, Handlers: []queue.Handler{r.kind("work", takes(time.Minute))}})
		r.add(in("a", 3)...)
		r.pass(time.Second)
		r.add(in("b", 1)...)
		r.add(in("c", 1)...)
		r.must(m.SetQueues(context.Background(), queue.Queue{Name: "c"}, queue.Queue{Name: "b"}, queue.Queue{Name: "a"}))
		r.pass(time.Hour)
		same(t, "order", r.began(), []string{"a000", "c000", "b000", "a001", "a002"})
	})
}

// TestQueuesThatCannotBe change nothing.
func TestQueuesThatCannotBe(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 2, Queues: []queue.Queue{{Name: "a"}}, Handlers: []queue.Handler{r.kind("work", takes(0))}})
		for what, bad := range map[string][]queue.Queue{
			"no name": {{}}, "twice": {{Name: "b"}, {Name: "b"}}, "all reserved": {{Name: "b", Reserved: 2}, {Name: "c"}},
			"too many reserved": {{Name: "b", Reserved: 3}}, "a weight below 0": {{Name: "b", Weight: -1}},
		} {
			if err := m.SetQueues(context.Background(), bad...); err == nil || errors.Is(err, queue.ErrStopped) {
				t.Errorf("%s: %v", what, err)
			}
		}
		r.add(in("a", 1)...)
		r.add(in("b", 1)...)
		r.pass(time.Minute)
		same(t, "begun", r.began(), []string{"a000"})
		r.must(m.Stop(context.Background()))
		if err := m.SetQueues(context.Background()); !errors.Is(err, queue.ErrStopped) {
			t.Errorf("after the end: %v", err)
		}
		idle, err := queue.New(queue.Config{Store: r.store})
		r.must(err)
		ctx, cancel := context.WithTimeoutCause(context.Background(), time.Second, errLate)
		defer cancel()
		if err := idle.SetQueues(ctx); !errors.Is(err, errLate) {
			t.Errorf("before the start: %v", err)
		}
	})
}

var errLate = errors.New("it is too late")

// TestADrainForgetsWhatIsLeftOut: it waits for what runs, and not for what nobody claims.
func TestADrainForgetsWhatIsLeftOut(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 1, Queues: []queue.Queue{{Name: "a"}, {Name: "b"}}, Handlers: []queue.Handler{r.kind("work", takes(time.Minute))}})
		r.add(in("a", 5)...)
		r.pass(time.Second)
		r.must(m.SetQueues(context.Background()))
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		r.must(m.Drain(ctx))
		same(t, "it took", time.Since(r.begin).Round(time.Second), time.Minute)
		same(t, "begun", r.began(), []string{"a000"})
	})
}

// TestQueuesThatChangeAllTheTime: whatever is changed, each job runs once, no queue has more
// than its maximum, and never are there more than there are workers.
func TestQueuesThatChangeAllTheTime(t *testing.T) {
	for seed := range uint64(4) {
		virtual(t, func(r *rig) {
			chance := rand.New(rand.NewPCG(seed, 1))
			names, most := []string{"a", "b", "c", "d", "e"}, 3
			var mu sync.Mutex
			now, all := map[string]int{}, 0
			change := func(name string, by int) {
				mu.Lock()
				defer mu.Unlock()
				now[name] += by
				all += by
				if now[name] > most || all > 6 {
					t.Errorf("seed %d: %d jobs at once, %v", seed, all, now)
				}
			}
			m := r.run(queue.Config{Workers: 6, Poll: never, Handlers: []queue.Handler{r.kind("work", func(ctx context.Context, task *queue.Task) error {
				change(task.Job.Queue, 1)
				defer change(task.Job.Queue, -1)
				return wait(ctx, time.Duration(len(task.Job.ID)+int(task.Job.ID[len(task.Job.ID)-1]%7))*7*time.Millisecond)
			})}})
			for _, name := range names {
				r.add(in(name, 40)...)
			}
			for range 100 {
				var queues []queue.Queue
				for _, i := range chance.Perm(len(names))[:chance.IntN(len(names)+1)] {
					queues = append(queues, queue.Queue{Name: names[i], Weight: chance.IntN(4), Max: 1 + chance.IntN(most), Reserved: chance.IntN(2)})
				}
				r.must(m.SetQueues(context.Background(), queues...))
				wait(context.Background(), time.Duration(chance.IntN(20))*time.Millisecond)
			}
			var queues []queue.Queue
			for _, name := range names {
				queues = append(queues, queue.Queue{Name: name, Max: most})
			}
			r.must(m.SetQueues(context.Background(), queues...))
			r.pass(5 * time.Second)
			done := map[string]int{}
			for _, s := range r.starts {
				done[s.job.ID]++
			}
			if len(done) != 200 || len(r.starts) != 200 || r.count(queue.EventDone) != 200 || r.count(queue.EventLeaseLost) != 0 {
				t.Errorf("seed %d: %d starts of %d jobs, %d done, want 200 of each", seed, len(r.starts), len(done), r.count(queue.EventDone))
			}
		})
	}
}
