package queue_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/queue"
)

// TestAHundredWorkersShareTwenty are as many connections as there may be, and no more.
func TestAHundredWorkersShareTwenty(t *testing.T) {
	virtual(t, func(r *rig) {
		var mu sync.Mutex
		made, closed := 0, 0
		pool, err := queue.NewPool(queue.PoolConfig[int]{
			Max: 20, KeepAlive: time.Minute,
			New:   func(context.Context) (int, error) { mu.Lock(); defer mu.Unlock(); made++; return made, nil },
			Close: func(int) { mu.Lock(); defer mu.Unlock(); closed++ },
		})
		r.must(err)
		out := map[int]bool{}
		most := 0
		m := r.run(queue.Config{Workers: 100, Handlers: []queue.Handler{r.kind("work", func(ctx context.Context, _ *queue.Task) error {
			c, put, err := pool.Get(ctx)
			if err != nil {
				return err
			}
			defer put(true)
			mu.Lock()
			if out[c] {
				t.Errorf("connection %d is out twice", c)
			}
			out[c] = true
			most = max(most, len(out))
			mu.Unlock()
			err = wait(ctx, 200*time.Millisecond)
			mu.Lock()
			delete(out, c)
			mu.Unlock()
			return err
		})}})
		r.add(numbered(1000, nil)...)
		r.pass(time.Second)
		seen := map[string]bool{} // those that wait for a connection, too
		for _, w := range m.Workers() {
			if w.Job != nil {
				seen[w.Job.ID] = true
			}
		}
		same(t, "workers that are seen at work", len(seen), 100)
		r.pass(10 * time.Second) // 1000 jobs of 0.2 s on 20 connections: ten seconds
		same(t, "completed", r.stats(queue.DefaultQueue).Completed, 1000)
		same(t, "made", made, 20)
		same(t, "at once", most, 20)
		r.pass(2 * time.Minute)
		same(t, "closed when nobody asked for them", closed, 20)
		_, put, err := pool.Get(r.Context())
		r.must(err)
		pool.Close()
		put(true)
		put(true)
		same(t, "closed at the end", closed, 21)
		if _, _, err := pool.Get(r.Context()); !errors.Is(err, queue.ErrPoolClosed) {
			t.Errorf("a closed pool: %v", err)
		}
	})
}

func TestAPoolThatHasNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fails := true
		closed := 0
		pool, err := queue.NewPool(queue.PoolConfig[int]{Max: 1, Close: func(int) { closed++ }, New: func(context.Context) (int, error) {
			if fails {
				return 0, errNo
			}
			return 1, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // a failure does not use up a place
			if _, _, err := pool.Get(t.Context()); !errors.Is(err, errNo) {
				t.Fatalf("New failed: %v", err)
			}
		}
		fails = false
		_, put, err := pool.Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := pool.Get(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for the only one: %v", err)
		}
		put(false)
		same(t, "the broken one is closed", closed, 1)
		if _, _, err := pool.Get(t.Context()); err != nil {
			t.Errorf("a new one: %v", err)
		}
		if _, err := queue.NewPool(queue.PoolConfig[int]{}); err == nil {
			t.Error("a pool of nothing was made")
		}
	})
}
