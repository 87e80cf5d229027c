package queue_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"collector/queue"
	"collector/queue/memory"
)

// TestAStopIsNoAttempt also where it was the last one: a job does not die of a restart.
func TestAStopIsNoAttempt(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 3, Handlers: []queue.Handler{
			r.kind("work", takes(time.Hour)),
			r.kind("later", func(ctx context.Context, _ *queue.Task) error {
				return queue.RetryIn(time.Minute, wait(ctx, time.Hour))
			}),
			r.kind("never", func(ctx context.Context, _ *queue.Task) error { return queue.Permanent(wait(ctx, time.Hour)) }),
		}})
		r.add(queue.Job{ID: "last", MaxAttempts: 1}, queue.Job{ID: "later", Kind: "later", MaxAttempts: 1}, queue.Job{ID: "never", Kind: "never"})
		r.pass(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		r.must(m.Stop(ctx))
		if j := r.job("last"); j.State != queue.Ready || j.Attempts != 0 {
			t.Errorf("the job of one attempt: %+v", j)
		}
		if j := r.job("later"); j.State != queue.Scheduled || j.Attempts != 0 || !j.Due.Equal(queue.Milli(r.begin.Add(2*time.Second+time.Minute))) {
			t.Errorf("the job with its own time: %+v", j)
		}
		same(t, "the one that no attempt makes better", r.job("never").State, queue.Dead)
	})
}

// TestStopByAContextThatHasEnded is what is left when others took all of the time.
func TestStopByAContextThatHasEnded(t *testing.T) {
	for range 20 {
		virtual(t, func(r *rig) {
			m := r.run(queue.Config{Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(time.Hour))}})
			r.add(queue.Job{ID: "a"})
			r.pass(time.Second)
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			r.must(m.Stop(ctx))
			same(t, "the job", r.job("a").State, queue.Ready)
		})
	}
}

// TestAListenerMayStopTheMaster although the master waits for its listeners.
func TestAListenerMayStopTheMaster(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 1, Grace: 3 * time.Second, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}})
		stopped := make(chan error, 1)
		m.Listen(queue.Events{Types: []queue.EventType{queue.EventDone}}, func(queue.Event) { stopped <- m.Stop(context.Background()) })
		r.add(queue.Job{ID: "a"})
		r.must(<-stopped)
		if d := time.Since(r.begin); d > 5*time.Second {
			t.Errorf("stopped after %v", d)
		}
	})
}

// TestAListenerThatWasRemovedHearsNothing of what was told before, either.
func TestAListenerThatWasRemovedHearsNothing(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(0))}})
		heard := 0
		remove := m.Listen(queue.Events{Types: []queue.EventType{queue.EventDone}}, func(queue.Event) {
			heard++
			wait(context.Background(), time.Minute)
		})
		r.add(numbered(9, nil)...)
		r.pass(90 * time.Second)
		remove()
		r.pass(time.Hour)
		same(t, "heard", heard, 2)
	})
}

// TestAStoreThatSaysNothingHoldsNoStopUp has leases that are far longer than the grace.
func TestAStoreThatSaysNothingHoldsNoStopUp(t *testing.T) {
	for call, most := range map[string]time.Duration{"claim": 0, "finish": 7 * time.Second} {
		virtual(t, func(r *rig) {
			f := newFaulty(r.store)
			m, err := queue.New(queue.Config{Store: f, Workers: 1, Lease: time.Hour, Grace: 3 * time.Second, Handlers: []queue.Handler{r.kind("work", takes(0))}})
			r.must(err)
			f.silences(call)
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			r.add(queue.Job{ID: "a"})
			go func() { done <- m.Run(ctx) }()
			r.pass(time.Minute)
			cancel()
			begun := time.Now()
			r.must(<-done)
			if d := time.Since(begun); d > most {
				t.Errorf("a store that does not answer to %s: ended after %v, want %v", call, d, most)
			}
		})
	}
}

// TestWhatWasDoneIsToldThoughAHandlerIsLeftBehind: giving that one up takes no other along.
func TestWhatWasDoneIsToldThoughAHandlerIsLeftBehind(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		m := r.run(queue.Config{Store: f, Workers: 2, Grace: time.Second, Handlers: []queue.Handler{
			r.kind("work", takes(0)),
			r.kind("deaf", func(context.Context, *queue.Task) error { return wait(context.Background(), time.Hour) }),
		}})
		f.breaks(errors.New("no route"), "finish")
		r.add(queue.Job{ID: "a"}, queue.Job{ID: "deaf", Kind: "deaf"})
		r.pass(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		go func() {
			wait(context.Background(), 1500*time.Millisecond)
			f.breaks(nil, "finish") // while the backoff goes on
		}()
		r.must(m.Stop(ctx))
		same(t, "what was done", r.told("a"), []string{"started", "done"})
		r.pass(2 * time.Hour)
	})
}

// TestAJobWhoseLeaseIsOverIsNotStarted has a claim whose answer takes longer than its lease.
func TestAJobWhoseLeaseIsOverIsNotStarted(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		f.after = func() {
			wait(context.Background(), 31*time.Second)
			_, err := r.store.Rescue(context.Background(), time.Now(), 1)
			r.must(err)
			_, err = r.store.Claim(context.Background(), queue.Claim{
				Queue: queue.DefaultQueue, N: 1, Owner: "two", Now: time.Now(), Until: time.Now().Add(time.Hour),
			})
			r.must(err)
		}
		r.add(queue.Job{ID: "a"})
		r.run(queue.Config{Owner: "one", Store: f, Workers: 1, Lease: 30 * time.Second, Handlers: []queue.Handler{r.kind("work", takes(time.Minute))}})
		f.breaks(errors.New("cut off"), "rescue")
		r.pass(2 * time.Minute)
		same(t, "started", r.began(), []string{})
		same(t, "its owner", r.job("a").Owner, "two")
	})
}

// TestADrainWithoutHandlers waits for nothing: there is nothing that it could do.
func TestADrainWithoutHandlers(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{})
		r.add(queue.Job{ID: "a"})
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		r.must(m.Drain(ctx))
	})
}

// TestADueTimeIsHeardOfAlthoughTheOtherStoreFails when both are asked together.
func TestADueTimeIsHeardOfAlthoughTheOtherStoreFails(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		f.breaks(errors.New("no route"), "claim")
		m := r.run(queue.Config{
			Store: f, Local: memory.New(), Poll: never, Workers: 5, Queues: []queue.Queue{{Name: "a", Max: 1}, {Name: "b"}},
			Handlers: []queue.Handler{r.kind("work", takes(0))},
		})
		r.must(m.AddLocal(context.Background(), queue.Job{ID: "local", Queue: "a", Kind: "work", Due: time.Now().Add(time.Hour)}))
		r.pass(10 * time.Minute)
		f.breaks(nil, "claim")
		r.pass(2 * time.Hour)
		same(t, "it began after", times(r.begun("local")), []time.Duration{time.Hour})
	})
}

// TestErrorsThatPanicHurtNobody but their own jobs.
func TestErrorsThatPanicHurtNobody(t *testing.T) {
	virtual(t, func(r *rig) {
		backoff := r.kind("backoff", fails(errNo))
		backoff.Policy.Backoff = func(int) time.Duration { panic("oh") }
		r.run(queue.Config{Workers: 1, Handlers: []queue.Handler{
			r.kind("error", func(context.Context, *queue.Task) error { var none *named; return none }), backoff, r.kind("work", takes(0)),
		}})
		r.add(queue.Job{ID: "error", Kind: "error"}, queue.Job{ID: "backoff", Kind: "backoff"}, queue.Job{ID: "work"})
		r.pass(500 * time.Millisecond)
		for id, want := range map[string]string{"error": "the handler panicked: ", "backoff": "no (its Backoff panicked: oh)"} {
			if j := r.job(id); j.State != queue.Scheduled || len(j.LastError) < len(want) || j.LastError[:len(want)] != want {
				t.Errorf("job %s: %+v", id, j)
			}
		}
		same(t, "the other job", r.told("work"), []string{"started", "done"})
	})
}

// named is an error by its name, which a nil one does not have.
type named struct{ name string }

func (n *named) Error() string { return n.name }

// TestKeptJobsGoAsFastAsTheyCome: more of them than one rescue removes.
func TestKeptJobsGoAsFastAsTheyCome(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{Workers: 100, Handlers: []queue.Handler{r.kind("work", takes(0))}})
		for range 60 { // 100 a second for a minute
			r.add(numbered(100, func(_ int, j *queue.Job) { j.ID, j.Keep = "", time.Second })...)
			r.pass(time.Second)
		}
		s := r.stats(queue.DefaultQueue)
		if s.Completed != 6000 || s.Done > 1700 {
			t.Errorf("%d of %d are still there, want those of one second and half a lease", s.Done, s.Completed)
		}
	})
}

func TestAPoolWhoseNewPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := true
		pool, err := queue.NewPool(queue.PoolConfig[int]{Max: 1, New: func(context.Context) (int, error) {
			if panics {
				panic("oh")
			}
			return 1, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() { same(t, "the panic", recover(), "oh") }()
			pool.Get(t.Context())
		}()
		panics = false
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := pool.Get(ctx); err != nil {
			t.Errorf("a panic uses up a place: %v", err)
		}
	})
}
