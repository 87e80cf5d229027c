package queue_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/queue"
	"collector/queue/memory"
)

const never = 1000 * time.Hour // a poll that does not come

// numbered are n jobs with a change.
func numbered(n int, change func(i int, j *queue.Job)) []queue.Job {
	out := make([]queue.Job, n)
	for i := range out {
		out[i].ID = fmt.Sprintf("%04d", i)
		if change != nil {
			change(i, &out[i])
		}
	}
	return out
}

func TestTheNextJobStartsTheMomentOneEnds(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{Handlers: []queue.Handler{r.kind("work", takes(time.Second))}, Workers: 1, Poll: never})
		r.add(numbered(10, nil)...)
		r.pass(time.Minute)
		for i, s := range r.starts {
			if s.at != time.Duration(i)*time.Second {
				t.Errorf("job %d began after %v", i, s.at)
			}
		}
		same(t, "jobs", len(r.starts), 10)
		same(t, "counts", r.stats(queue.DefaultQueue), queue.Stats{Queue: queue.DefaultQueue, Added: 10, Completed: 10})
	})
}

func TestJobsStartWhenTheyAreDueAndWhenTheyAreAdded(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{Handlers: []queue.Handler{r.kind("work", takes(0))}, Workers: 2, Poll: never})
		due := time.Hour + 3*time.Millisecond
		r.add(queue.Job{ID: "later", Due: time.Now().Add(due)}, queue.Job{ID: "last", Due: time.Now().Add(2 * due)})
		r.pass(time.Minute)
		r.add(queue.Job{ID: "now"})
		r.pass(3 * time.Hour)
		same(t, "order", r.began(), []string{"now", "later", "last"})
		same(t, "times", times(r.starts), []time.Duration{time.Minute, due, 2 * due})
	})
}

func TestAnEarlierDueTimeIsHeardOf(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{Handlers: []queue.Handler{r.kind("work", takes(0))}, Workers: 1, Poll: never})
		r.add(queue.Job{ID: "late", Due: time.Now().Add(time.Hour)})
		r.pass(time.Second)
		r.add(queue.Job{ID: "early", Due: time.Now().Add(time.Minute)})
		r.pass(2 * time.Hour)
		same(t, "times", times(r.starts), []time.Duration{time.Minute + time.Second, time.Hour})
	})
}

// TestAWakeUpDuringAClaimIsHeard adds a job when the store has said that it has none,
// and the master has not heard that yet.
func TestAWakeUpDuringAClaimIsHeard(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		r.run(queue.Config{Store: f, Workers: 5, Poll: never, Handlers: []queue.Handler{r.kind("work", takes(0))}})
		r.pass(time.Minute)
		f.mu.Lock()
		f.after = func() { r.add(queue.Job{ID: "b"}) }
		f.mu.Unlock()
		r.add(queue.Job{ID: "a"})
		r.pass(time.Minute)
		same(t, "jobs", slices.Sorted(slices.Values(r.began())), []string{"a", "b"})
	})
}

func TestPriorityIsStrictInAQueue(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{Handlers: []queue.Handler{r.kind("work", takes(time.Second))}, Workers: 1})
		r.add(queue.Job{ID: "first"})
		r.pass(time.Millisecond)
		r.add(queue.Job{ID: "idle", Priority: -1}, queue.Job{ID: "plain"}, queue.Job{ID: "urgent", Priority: 5})
		r.pass(time.Second)
		r.add(queue.Job{ID: "more urgent", Priority: 9})
		r.pass(time.Minute)
		same(t, "order", r.began(), []string{"first", "urgent", "more urgent", "plain", "idle"})
	})
}

func TestNoMoreWorkersThanTheMaximum(t *testing.T) {
	virtual(t, func(r *rig) {
		var mu sync.Mutex
		now, most := 0, 0
		change := func(by int) {
			mu.Lock()
			defer mu.Unlock()
			now += by
			most = max(most, now)
		}
		r.run(queue.Config{Workers: 4, Handlers: []queue.Handler{r.kind("work", func(ctx context.Context, _ *queue.Task) error {
			change(1)
			defer change(-1)
			return wait(ctx, 10*time.Millisecond)
		})}})
		r.add(numbered(500, nil)...)
		r.pass(time.Minute)
		same(t, "most at once", most, 4)
		same(t, "jobs", len(r.starts), 500)
		if last := r.starts[499].at; last != 1240*time.Millisecond {
			t.Errorf("the last of 500 jobs of 10 ms began after %v: the workers waited", last)
		}
	})
}

// TestAsManyWorkersAsProcessors where the configuration says nothing.
func TestAsManyWorkersAsProcessors(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{Handlers: []queue.Handler{r.kind("work", takes(time.Hour))}})
		r.add(numbered(500, nil)...)
		r.pass(time.Second)
		same(t, "at work", len(r.starts), runtime.GOMAXPROCS(0))
	})
}

func TestLongJobsLeaveReservedWorkersAlone(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{
			Workers: 4, Queues: []queue.Queue{{Name: "slow", Weight: 100}, {Name: "critical", Reserved: 1}},
			Handlers: []queue.Handler{r.kind("work", takes(time.Hour))},
		})
		r.add(numbered(50, func(_ int, j *queue.Job) { j.Queue = "slow" })...)
		r.pass(time.Minute)
		same(t, "slow jobs begun", len(r.starts), 3)
		r.add(queue.Job{ID: "critical", Queue: "critical"})
		r.pass(time.Millisecond)
		same(t, "critical", times(r.begun("critical")), []time.Duration{time.Minute})
	})
}

func TestAQueueHasAMaximum(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{
			Workers: 10, Queues: []queue.Queue{{Name: "small", Max: 2}, {Name: "other"}},
			Handlers: []queue.Handler{r.kind("work", takes(time.Hour))},
		})
		r.add(numbered(20, func(i int, j *queue.Job) { j.Queue = []string{"small", "other"}[i%2] })...)
		r.pass(time.Minute)
		same(t, "small", r.stats("small").Running, 2)
		same(t, "other", r.stats("other").Running, 8)
	})
}

func TestWeightsShareWhatIsFree(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{
			Workers: 2, Queues: []queue.Queue{{Name: "a", Weight: 3}, {Name: "b"}},
			Handlers: []queue.Handler{r.kind("work", takes(10*time.Millisecond))},
		})
		r.add(numbered(200, func(_ int, j *queue.Job) { j.Queue = "a" })...)
		r.pass(time.Second) // a is alone, and gets everything
		if len(r.starts) < 190 {
			t.Fatalf("%d jobs of a alone", len(r.starts))
		}
		r.pass(time.Second)
		r.starts = nil
		r.add(numbered(400, func(i int, j *queue.Job) { j.Queue = "a"; j.ID = fmt.Sprint("a", i) })...)
		r.add(numbered(400, func(i int, j *queue.Job) { j.Queue = "b"; j.ID = fmt.Sprint("b", i) })...)
		r.pass(time.Minute)
		same(t, "jobs", len(r.starts), 800)
		a := 0
		for _, s := range r.starts[:400] {
			if s.job.Queue == "a" {
				a++
			}
		}
		if a < 280 || a > 320 {
			t.Errorf("%d of the first 400 were of the queue with three times the weight, want about 300", a)
		}
	})
}

func TestQueuesInOrder(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{
			Workers: 1, InOrder: true, Queues: []queue.Queue{{Name: "z"}, {Name: "a", Weight: 100}},
			Handlers: []queue.Handler{r.kind("work", takes(time.Second))},
		})
		r.add(queue.Job{ID: "first", Queue: "a"})
		r.pass(time.Millisecond)
		r.add(queue.Job{ID: "a1", Queue: "a", Priority: 9}, queue.Job{ID: "z1", Queue: "z"}, queue.Job{ID: "z2", Queue: "z"})
		r.pass(time.Minute)
		same(t, "order", r.began(), []string{"first", "z1", "z2", "a1"})
	})
}

func TestLocalJobsComeFirst(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Local: memory.New(), Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}})
		r.add(queue.Job{ID: "first"})
		r.pass(time.Millisecond)
		r.add(queue.Job{ID: "kept", Priority: 100})
		for _, id := range []string{"local1", "local2"} {
			r.must(m.AddLocal(context.Background(), queue.Job{ID: id, Kind: "work"}))
		}
		r.pass(time.Minute)
		same(t, "order", r.began(), []string{"first", "local1", "local2", "kept"})
		same(t, "what the store saw", r.stats(queue.DefaultQueue).Added, 2)
	})
}

// TestKindsOfOthersAreLeft has two programs on one store.
func TestKindsOfOthersAreLeft(t *testing.T) {
	virtual(t, func(r *rig) {
		r.run(queue.Config{Owner: "mailer", Handlers: []queue.Handler{r.kind("mail", takes(0))}})
		r.add(queue.Job{ID: "1", Kind: "pay"}, queue.Job{ID: "2", Kind: "mail"})
		r.pass(time.Minute)
		same(t, "what the mailer did", r.began(), []string{"2"})
		if j := r.job("1"); j.State != queue.Ready || j.Attempts != 0 {
			t.Errorf("the other program's job: %+v", j)
		}
		r.run(queue.Config{Owner: "cashier", Handlers: []queue.Handler{r.kind("pay", takes(0))}})
		r.pass(time.Millisecond)
		same(t, "both", r.began(), []string{"2", "1"})
	})
}

func TestWorkersComeAndGo(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 3, KeepAlive: time.Minute, Handlers: []queue.Handler{r.kind("work", func(ctx context.Context, t *queue.Task) error {
			t.Note("half of it")
			return wait(ctx, time.Second)
		})}})
		same(t, "at first", m.Workers(), []queue.Worker(nil))
		r.add(queue.Job{ID: "a"}, queue.Job{ID: "b"})
		r.pass(time.Millisecond)
		all := m.Workers()
		if len(all) != 2 || all[0].Number != 1 || all[0].Job == nil || all[0].Job.ID != "a" || all[0].Note != "half of it" || all[1].Job.ID != "b" {
			t.Errorf("at work: %+v", all)
		}
		r.pass(30 * time.Second)
		r.add(queue.Job{ID: "c"})
		r.pass(2 * time.Second)
		same(t, "workers after another job", r.count(queue.EventWorkerAdded), 2)
		r.pass(30 * time.Second) // one of them has been idle for a minute
		same(t, "workers left", len(m.Workers()), 1)
		r.pass(time.Minute)
		same(t, "workers at last", len(m.Workers()), 0)
		same(t, "removed", r.count(queue.EventWorkerRemoved), 2)
	})
}

func TestWorkersAreKept(t *testing.T) {
	for keep, want := range map[time.Duration]int{0: 0, -1: 1} {
		virtual(t, func(r *rig) {
			m := r.run(queue.Config{Workers: 3, Poll: never, Lease: never, KeepAlive: keep, Handlers: []queue.Handler{r.kind("work", takes(0))}})
			r.add(queue.Job{})
			r.pass(1000 * time.Hour)
			same(t, fmt.Sprint("workers kept for ", keep), len(m.Workers()), want)
		})
	}
}

// TestClaimedAheadAndGivenBack has short jobs, and then a long one that others would
// wait behind.
func TestClaimedAheadAndGivenBack(t *testing.T) {
	virtual(t, func(r *rig) {
		work := func(ctx context.Context, t *queue.Task) error {
			if t.Job.ID == "long" {
				return wait(ctx, time.Hour)
			}
			return wait(ctx, time.Millisecond)
		}
		f := newFaulty(r.store)
		r.run(queue.Config{Owner: "one", Store: f, Workers: 1, Handlers: []queue.Handler{r.kind("work", work)}})
		r.add(numbered(200, nil)...)
		r.pass(time.Second)
		same(t, "short jobs", len(r.starts), 200)
		if f.calls["claim"] > 60 {
			t.Errorf("%d claims for 200 short jobs", f.calls["claim"])
		}
		if n := len(f.finish); n > 60 {
			t.Errorf("%d calls ended 200 short jobs", n)
		}
		jobs := numbered(20, func(i int, j *queue.Job) { j.ID = fmt.Sprint("b", 10+i) })
		r.add(slices.Insert(jobs, 0, queue.Job{ID: "long", Priority: 1})...)
		r.pass(time.Millisecond)
		if n := r.stats(queue.DefaultQueue).Running; n < 2 {
			t.Errorf("%d jobs held: nothing was claimed ahead", n)
		}
		r.run(queue.Config{Owner: "two", Workers: 1, Handlers: []queue.Handler{r.kind("work", work)}})
		r.pass(5 * time.Second)
		for _, j := range jobs[1:] {
			starts := r.begun(j.ID)
			if len(starts) != 1 || starts[0].by != "two" || starts[0].job.Redelivered() || starts[0].job.Attempts != 1 {
				t.Errorf("job %s: %+v", j.ID, starts)
			}
		}
	})
}

func TestNothingIsClaimedAgainWhileItStops(t *testing.T) {
	virtual(t, func(r *rig) {
		ctx := context.Background()
		m := r.run(queue.Config{Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(time.Minute))}})
		r.add(queue.Job{ID: "a"}, queue.Job{ID: "b"})
		r.pass(time.Millisecond)
		stopped := make(chan error, 1)
		go func() { stopped <- m.Stop(ctx) }()
		r.pass(time.Second)
		if err := m.Resume(ctx); !errors.Is(err, queue.ErrStopped) {
			t.Errorf("resumed while it stops: %v", err)
		}
		if err := m.Drain(ctx); !errors.Is(err, queue.ErrStopped) {
			t.Errorf("drained while it stops: %v", err)
		}
		r.must(<-stopped)
		same(t, "begun", r.began(), []string{"a"})
		same(t, "what ran", r.told("a"), []string{"started", "done"})
	})
}

func TestQuietDrainAndPause(t *testing.T) {
	virtual(t, func(r *rig) {
		ctx := context.Background()
		m := r.run(queue.Config{Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}})
		r.add(queue.Job{ID: "a"}, queue.Job{ID: "b"}, queue.Job{ID: "c"})
		r.pass(time.Millisecond)
		r.must(m.Quiet(ctx))
		r.pass(time.Hour)
		same(t, "while quiet", r.began(), []string{"a"})
		same(t, "what was in hand", r.told("a"), []string{"started", "done"})
		r.must(m.Resume(ctx))
		r.pass(time.Millisecond)
		same(t, "afterwards", r.began(), []string{"a", "b"})

		r.must(m.Pause(ctx, queue.DefaultQueue, true))
		r.pass(time.Hour)
		same(t, "while paused", r.began(), []string{"a", "b"})
		r.must(m.Pause(ctx, queue.DefaultQueue, false))
		r.pass(time.Millisecond)
		same(t, "after the pause", r.began(), []string{"a", "b", "c"})

		r.add(queue.Job{ID: "d"}, queue.Job{ID: "e", Due: time.Now().Add(time.Hour)})
		r.must(m.Drain(ctx))
		synctest.Wait() // for the listeners
		same(t, "drained", r.began(), []string{"a", "b", "c", "d"})
		same(t, "drained to the end", r.told("d"), []string{"started", "done"})
		r.pass(2 * time.Hour)
		same(t, "quiet after it", len(r.began()), 4)

		r.must(m.Resume(ctx))
		short, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		if err := m.Drain(short); err == nil {
			t.Error("drained in a millisecond")
		}
	})
}

func TestStopWaitsForWhatRuns(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(time.Minute))}})
		r.add(queue.Job{ID: "a"}, queue.Job{ID: "b"})
		r.pass(time.Second)
		r.must(m.Stop(context.Background()))
		if d := time.Since(r.begin); d != time.Minute {
			t.Errorf("stopped after %v", d)
		}
		same(t, "the job in hand", r.told("a"), []string{"started", "done"})
		same(t, "the other", r.job("b").State, queue.Ready)
		if err := m.Run(context.Background()); err == nil {
			t.Error("a second run")
		}
	})
}

func TestStopCutsOffWhenToldTo(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 2, Grace: 5 * time.Second, Handlers: []queue.Handler{
			r.kind("work", takes(time.Hour)),
			r.kind("deaf", func(context.Context, *queue.Task) error { return wait(context.Background(), time.Hour) }),
		}})
		r.add(queue.Job{ID: "a"}, queue.Job{ID: "deaf", Kind: "deaf"})
		r.pass(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		r.must(m.Stop(ctx))
		if d := time.Since(r.begin); d != 7*time.Second {
			t.Errorf("stopped after %v, want 1 s, 1 s and the grace of 5 s", d)
		}
		if a := r.job("a"); a.State != queue.Ready || a.Attempts != 0 || a.Owner != "" {
			t.Errorf("the lease of what was cut off is still there: %+v", a)
		}
		if d := r.job("deaf"); d.State != queue.Running {
			t.Errorf("the job whose handler still runs was given to others: %+v", d)
		}
		r.pass(2 * time.Hour) // lets the deaf handler end
		same(t, "what it returned", r.job("deaf").State, queue.Running)
	})
}

// TestTheContextEndsARunWithinTheGrace is what a signal does.
func TestTheContextEndsARunWithinTheGrace(t *testing.T) {
	virtual(t, func(r *rig) {
		m, err := queue.New(queue.Config{Store: r.store, Grace: 3 * time.Second, Workers: 2, Handlers: []queue.Handler{
			r.kind("work", takes(time.Hour)), r.kind("short", takes(2*time.Second)),
		}})
		r.must(err)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- m.Run(ctx) }()
		r.add(queue.Job{ID: "long"}, queue.Job{ID: "short", Kind: "short"})
		r.pass(time.Second)
		cancel()
		r.must(<-done)
		if d := time.Since(r.begin); d != 4*time.Second {
			t.Errorf("ended after %v", d)
		}
		same(t, "the long one", r.job("long").State, queue.Ready)
		if _, err := r.store.Job(context.Background(), "short"); err == nil {
			t.Error("the short one was not waited for")
		}
	})
}

func TestConfigurationsThatCannotBe(t *testing.T) {
	do := func(context.Context, *queue.Task) error { return nil }
	s := memory.New()
	for what, c := range map[string]queue.Config{
		"no store":            {},
		"no workers":          {Store: s, Workers: -1},
		"no kind":             {Store: s, Handlers: []queue.Handler{{Do: do}}},
		"no function":         {Store: s, Handlers: []queue.Handler{{Kind: "a"}}},
		"two of a kind":       {Store: s, Handlers: []queue.Handler{{Kind: "a", Do: do}, {Kind: "a", Do: do}}},
		"a queue twice":       {Store: s, Queues: []queue.Queue{{Name: "a"}, {Name: "a"}}},
		"a queue without":     {Store: s, Queues: []queue.Queue{{}}},
		"a negative weight":   {Store: s, Queues: []queue.Queue{{Name: "a", Weight: -1}}},
		"too many reserved":   {Store: s, Workers: 2, Queues: []queue.Queue{{Name: "a", Reserved: 3}}},
		"all reserved":        {Store: s, Workers: 2, Queues: []queue.Queue{{Name: "a", Reserved: 2}, {Name: "b"}}},
		"more than its most":  {Store: s, Workers: 9, Queues: []queue.Queue{{Name: "a", Reserved: 3, Max: 2}}},
		"a lease of nothing":  {Store: s, Lease: time.Millisecond},
		"no cron expression":  {Store: s, Recurring: []queue.Recurring{{Name: "a", Cron: "x", Job: queue.Job{Kind: "a"}}}},
		"a bad time zone":     {Store: s, Recurring: []queue.Recurring{{Name: "a", Cron: "TZ=0", Job: queue.Job{Kind: "a"}}}},
		"a series from start": {Store: s, Recurring: []queue.Recurring{{Name: "a", Cron: "@every 1m", Job: queue.Job{Kind: "a"}}}},
		"a day that is none":  {Store: s, Recurring: []queue.Recurring{{Name: "a", Cron: "0 0 30 2 *", Job: queue.Job{Kind: "a"}}}},
		"both":                {Store: s, Recurring: []queue.Recurring{{Name: "a", Cron: "@daily", Every: time.Hour, Job: queue.Job{Kind: "a"}}}},
		"neither":             {Store: s, Recurring: []queue.Recurring{{Name: "a", Job: queue.Job{Kind: "a"}}}},
		"too often":           {Store: s, Recurring: []queue.Recurring{{Name: "a", Every: time.Millisecond, Job: queue.Job{Kind: "a"}}}},
		"a bad job":           {Store: s, Recurring: []queue.Recurring{{Name: "a", Every: time.Hour}}},
		"a series twice": {Store: s, Recurring: []queue.Recurring{
			{Name: "a", Every: time.Hour, Job: queue.Job{Kind: "a"}}, {Name: "a", Every: time.Hour, Job: queue.Job{Kind: "a"}},
		}},
	} {
		if _, err := queue.New(c); err == nil {
			t.Errorf("%s: a master was made", what)
		}
	}
}

// TestAStoreThatFailsIsAskedAgain counts how often: waits grow.
func TestAStoreThatFailsIsAskedAgain(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		f.breaks(fmt.Errorf("no route to the store"), "claim")
		r.run(queue.Config{Store: f, Workers: 1, Poll: 10 * time.Millisecond, Handlers: []queue.Handler{r.kind("work", takes(0))}})
		r.add(queue.Job{ID: "a"})
		r.pass(10 * time.Minute)
		if n := f.calls["claim"]; n < 10 || n > 60 {
			t.Errorf("%d claims in ten minutes", n)
		}
		f.breaks(nil, "claim")
		r.pass(time.Minute)
		synctest.Wait()
		same(t, "afterwards", r.told("a"), []string{"started", "done"})
	})
}
