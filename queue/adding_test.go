package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"collector/queue"
)

// lateAnswer is a store whose answers to Add come an hour after the jobs are there; err is
// what the answer is then.
type lateAnswer struct {
	queue.Store
	err error
}

func (s lateAnswer) Add(ctx context.Context, now time.Time, mark string, jobs []queue.Job) ([]bool, error) {
	added, err := s.Store.Add(ctx, now, mark, jobs)
	if wait(ctx, time.Hour) != nil || err != nil {
		return added, err
	}
	return added, s.err
}

// TestAddedIsToldFirst: a job is done before the store has answered that it was added, and so
// are others that are nothing to that call.
func TestAddedIsToldFirst(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Store: lateAnswer{Store: r.store}, Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}})
		r.add(queue.Job{ID: "there", Due: time.Now().Add(24 * time.Hour)})
		added := make(chan error, 2)
		go func() {
			added <- m.Add(context.Background(), queue.Job{ID: "a", Kind: "work"}, queue.Job{ID: "there", Kind: "work"})
		}()
		r.pass(30 * time.Minute)
		go func() { added <- m.Add(context.Background(), queue.Job{ID: "b", Kind: "work"}) }()
		r.pass(time.Minute)
		r.add(queue.Job{ID: "c"})
		r.pass(19 * time.Minute)
		same(t, "what was done", r.began(), []string{"a", "b", "c"})
		same(t, "meanwhile", r.told("a"), []string{})
		same(t, "of a job that others added", r.told("c"), []string{"started", "done"})
		r.pass(20 * time.Minute)
		if err := <-added; !errors.Is(err, queue.ErrExists) {
			t.Errorf("one is there: %v", err)
		}
		same(t, "of the first", r.told("a"), []string{"added", "started", "done"})
		same(t, "of one whose call goes on", r.told("b"), []string{})
		r.pass(24 * time.Hour)
		r.must(<-added)
		same(t, "of the second", r.told("b"), []string{"added", "started", "done"})
		same(t, "of one that was there", r.told("there"), []string{"started", "done"})
		var last time.Time
		for _, e := range r.events {
			if e.Job.ID == "a" {
				if e.At.Before(last) {
					t.Errorf("%s is of %v, what was told before of %v", e.Type, e.At, last)
				}
				last = e.At
			}
		}
	})
}

// lateEnd is a store whose answers to Finish come late.
type lateEnd struct {
	queue.Store
	late time.Duration
}

func (s lateEnd) Finish(ctx context.Context, now time.Time, o []queue.Outcome) ([]bool, error) {
	stood, err := s.Store.Finish(ctx, now, o)
	return stood, errors.Join(err, wait(ctx, s.late))
}

// TestTheEndOfAnEarlierJobIsTold: before the next job with its id is, also where it becomes known
// while that one is being added.
func TestTheEndOfAnEarlierJobIsTold(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Store: lateAnswer{Store: lateEnd{r.store, 2 * time.Second}}, Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}})
		r.add(queue.Job{ID: "a"})
		r.pass(2 * time.Second)
		r.must(m.Add(context.Background(), queue.Job{ID: "a", Kind: "work"})) // the first was carried out and is gone
		r.pass(24 * time.Hour)
		same(t, "of both", r.told("a"), []string{"started", "done", "added", "started", "done"})
	})
}

// TestAddedTwiceAtOnce: of two calls with one id one adds it, and what it told is not lost with the other.
func TestAddedTwiceAtOnce(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Store: lateAnswer{Store: r.store}, Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(2*time.Hour))}})
		for range 2 {
			go func() { _ = m.Add(context.Background(), queue.Job{ID: "a", Kind: "work"}) }()
			r.pass(30 * time.Minute)
		}
		r.pass(10 * time.Second)
		same(t, "while the second waits", r.told("a"), []string{"added"})
		r.pass(24 * time.Hour)
		same(t, "at last", r.told("a"), []string{"added", "started", "done"})
	})
}

// TestNotKnownWhetherAdded: where the answer is an error, and where the Master ends before it comes,
// what was kept is told all the same.
func TestNotKnownWhetherAdded(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Store: lateAnswer{r.store, errNo}, Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}})
		if err := m.Add(context.Background(), queue.Job{ID: "a", Kind: "work"}); !errors.Is(err, errNo) {
			t.Errorf("an answer that is an error: %v", err)
		}
		r.pass(time.Second)
		same(t, "the answer is an error", r.told("a"), []string{"started", "done"})
	})
	var r2 *rig
	virtual(t, func(r *rig) {
		r2 = r
		ctx, cancel := context.WithCancel(context.Background())
		r.Cleanup(cancel) // after the Master has ended
		m := r.run(queue.Config{Store: lateAnswer{Store: r.store}, Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}})
		go func() { _ = m.Add(ctx, queue.Job{ID: "a", Kind: "work"}) }()
		r.pass(time.Minute)
	})
	same(t, "the Master has ended", r2.told("a"), []string{"started", "done"})
}
