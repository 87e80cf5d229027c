package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"collector/queue"
	"collector/queue/memory"
)

// TestALongJobKeepsItsLease has a second Master that would take it.
func TestALongJobKeepsItsLease(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		h := []queue.Handler{r.kind("work", takes(10*time.Hour))}
		r.run(queue.Config{Owner: "one", Store: f, Workers: 50, Lease: 30 * time.Second, Handlers: h})
		r.add(numbered(50, nil)...)
		r.pass(time.Second)
		r.run(queue.Config{Owner: "two", Workers: 50, Handlers: h})
		r.pass(11 * time.Hour)
		same(t, "starts", len(r.starts), 50)
		same(t, "completed", r.stats(queue.DefaultQueue).Completed, 50)
		if n := f.calls["renew"]; n < 3599 || n > 3700 {
			t.Errorf("%d renewals of 50 jobs in ten hours, want one for all every ten seconds", n)
		}
	})
}

// TestAJobOfADeadOwnerIsGivenToAnother cuts one Master off its store for good.
func TestAJobOfADeadOwnerIsGivenToAnother(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		dead := r.kind("work", func(ctx context.Context, _ *queue.Task) error { <-ctx.Done(); return context.Cause(ctx) })
		r.run(queue.Config{Owner: "one", Store: f, Handlers: []queue.Handler{dead}})
		r.add(queue.Job{ID: "a"})
		r.pass(time.Second)
		f.breaks(errors.New("cut off"), "claim", "finish", "renew", "rescue")
		r.run(queue.Config{Owner: "two", Handlers: []queue.Handler{r.kind("work", takes(0))}})
		r.pass(time.Hour)
		starts := r.begun("a")
		if len(starts) != 2 || starts[1].by != "two" || !starts[1].job.Redelivered() || starts[1].at > 46*time.Second {
			t.Errorf("starts %+v", starts)
		}
		same(t, "completed", r.stats(queue.DefaultQueue).Completed, 1)
		same(t, "rescued", r.count(queue.EventRescued), 1)
		f.breaks(nil, "claim", "finish", "renew", "rescue")
	})
}

// TestALostLeaseCancelsTheHandler gives the job away behind its owner's back: the
// handler hears of it, and what it returns is not taken.
func TestALostLeaseCancelsTheHandler(t *testing.T) {
	virtual(t, func(r *rig) {
		var cause error
		var at time.Duration
		h := r.kind("work", func(ctx context.Context, t *queue.Task) error {
			if t.Job.Deliveries > 1 {
				return wait(ctx, time.Hour)
			}
			<-ctx.Done()
			cause, at = context.Cause(ctx), time.Since(r.begin)
			return nil // it believes that it is done
		})
		r.run(queue.Config{Owner: "one", Workers: 1, Lease: 30 * time.Second, Handlers: []queue.Handler{h}})
		r.add(queue.Job{ID: "a"})
		r.pass(time.Second)
		_, err := r.store.Rescue(context.Background(), time.Now().Add(time.Minute), 10) // somebody whose clock is ahead
		r.must(err)
		r.run(queue.Config{Owner: "two", Workers: 1, Handlers: []queue.Handler{h}})
		r.pass(time.Minute)
		if !errors.Is(cause, queue.ErrLeaseLost) || at > 10*time.Second {
			t.Errorf("the handler was told %v after %v", cause, at)
		}
		j := r.job("a")
		if j.State != queue.Running || j.Owner != "two" {
			t.Errorf("the job is %+v", j)
		}
		same(t, "events", r.told("a"), []string{"started", "started", "lease lost"})
		r.pass(2 * time.Hour)
		same(t, "completed", r.stats(queue.DefaultQueue).Completed, 1)
	})
}

// TestALeaseThatCannotBeRenewedIsLost also where the store says nothing at all.
func TestALeaseThatCannotBeRenewedIsLost(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		var causes []error
		var at []time.Duration
		h := r.kind("work", func(ctx context.Context, t *queue.Task) error {
			<-ctx.Done()
			causes, at = append(causes, context.Cause(ctx)), append(at, time.Since(r.begin))
			return nil
		})
		r.run(queue.Config{Store: f, Workers: 1, Lease: 30 * time.Second, Handlers: []queue.Handler{h}})
		f.breaks(errors.New("cut off"), "renew", "claim", "finish", "rescue")
		r.pass(time.Minute)
		f.breaks(nil, "claim")
		r.add(queue.Job{ID: "a"})
		r.pass(time.Minute + time.Second)
		if len(causes) != 1 || !errors.Is(causes[0], queue.ErrLeaseLost) {
			t.Fatalf("the handler was told %v", causes)
		}
		held := at[0] - r.starts[0].at
		if held < 30*time.Second || held > 33*time.Second {
			t.Errorf("cancelled after %v, want the length of the lease", held)
		}
		f.breaks(nil, "renew", "finish", "rescue")
	})
}

// TestASilentStoreLosesLeasesInTime: calls that wait for it do not put that off.
func TestASilentStoreLosesLeasesInTime(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		var at time.Duration
		h := r.kind("work", func(ctx context.Context, t *queue.Task) error {
			<-ctx.Done()
			at = time.Since(r.begin)
			return nil
		})
		r.run(queue.Config{Store: f, Workers: 1, Lease: 30 * time.Second, Handlers: []queue.Handler{h}})
		r.pass(6 * time.Second) // between two renewals
		f.breaks(errors.New("cut off"), "rescue")
		f.silences("renew", "finish")
		r.add(queue.Job{ID: "a"})
		r.pass(time.Minute)
		if held := at - 6*time.Second; held < 30*time.Second || held > 33*time.Second {
			t.Errorf("cancelled after %v, want the length of the lease", held)
		}
		f.breaks(nil, "renew", "finish", "rescue")
	})
}

// TestOutcomesAreToldInTheEnd although the store fails for a while.
func TestOutcomesAreToldInTheEnd(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		r.run(queue.Config{Store: f, Workers: 5, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}})
		r.add(numbered(20, nil)...)
		f.breaks(errors.New("no route"), "finish")
		r.pass(10 * time.Second)
		same(t, "done so far", r.count(queue.EventDone), 0)
		f.breaks(nil, "finish")
		r.pass(10 * time.Second)
		same(t, "starts", len(r.starts), 20)
		same(t, "completed", r.stats(queue.DefaultQueue).Completed, 20)
		same(t, "done", r.count(queue.EventDone), 20)
		same(t, "leases lost", r.count(queue.EventLeaseLost), 0)
	})
}

// TestALostAnswerIsNoLostLease has a store that completes jobs and whose answer is lost.
func TestALostAnswerIsNoLostLease(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		f.loses(errors.New("the connection broke"))
		r.run(queue.Config{Store: f, Workers: 5, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}})
		r.add(queue.Job{ID: "a"}, queue.Job{ID: "b", Keep: time.Hour})
		r.pass(3 * time.Second)
		f.loses(nil)
		r.pass(10 * time.Second)
		for _, id := range []string{"a", "b"} {
			same(t, id, r.told(id), []string{"started", "done"})
		}
	})
}

// TestALostAnswerToAFailureIsNoLostLease either: who listens is told of it, once.
func TestALostAnswerToAFailureIsNoLostLease(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		f.loses(errors.New("the connection broke"))
		again := r.kind("again", fails(errNo))
		again.Policy.Backoff = queue.Constant(time.Hour)
		r.run(queue.Config{Store: f, Workers: 5, Handlers: []queue.Handler{
			again, r.kind("dead", fails(queue.Permanent(errNo))), r.kind("sleeps", fails(queue.SnoozeFor(time.Hour))),
		}})
		r.add(queue.Job{ID: "again", Kind: "again"}, queue.Job{ID: "dead", Kind: "dead"}, queue.Job{ID: "sleeps", Kind: "sleeps"})
		r.pass(time.Second)
		f.loses(nil)
		r.pass(10 * time.Second)
		same(t, "tried again", r.told("again"), []string{"started", "error", "retry"})
		same(t, "dead", r.told("dead"), []string{"started", "error", "dead"})
		same(t, "asleep", r.told("sleeps"), []string{"started"})
	})
}

// TestALostAnswerProvesNothingOnceSomebodyElseHadTheJob, not that of a failure.
func TestALostAnswerProvesNothingOnceSomebodyElseHadTheJob(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		again := r.kind("again", fails(errNo))
		again.Policy.Backoff = queue.Constant(time.Hour)
		r.run(queue.Config{Store: f, Workers: 1, Handlers: []queue.Handler{again}})
		f.breaks(errors.New("no route"), "finish")
		r.add(queue.Job{ID: "a", Kind: "again"})
		r.pass(time.Second)
		f.breaks(errors.New("no route"), "claim") // the rescue wakes the one that failed: it must not be first
		ctx := context.Background()
		_, err := r.store.Rescue(ctx, time.Now().Add(time.Hour), 1)
		r.must(err)
		other, err := r.store.Claim(ctx, queue.Claim{Queue: queue.DefaultQueue, N: 1, Owner: "two", Now: time.Now().Add(time.Hour), Until: time.Now().Add(2 * time.Hour)})
		r.must(err)
		_, err = r.store.Finish(ctx, time.Now(), []queue.Outcome{{Ref: other[0].Ref(), Verb: queue.Retry, Due: r.begin.Add(time.Hour), Error: "no"}})
		r.must(err)
		f.breaks(nil, "finish", "claim")
		r.pass(10 * time.Second)
		same(t, "events", r.told("a"), []string{"started", "lease lost"})
	})
}

// TestOneMasterIsToldThatAJobIsDone: what is gone after an outage longer than the lease was
// done by the one who had it next, and a Master that cannot tell says that it lost the job.
func TestOneMasterIsToldThatAJobIsDone(t *testing.T) {
	for _, keep := range []time.Duration{0, time.Hour} {
		oneIsTold(t, keep)
	}
}

func oneIsTold(t *testing.T, keep time.Duration) {
	t.Helper()
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		r.run(queue.Config{Store: f, Workers: 1, Lease: time.Minute, Handlers: []queue.Handler{r.kind("work", takes(0))}})
		f.breaks(errors.New("no route"), "finish")
		r.add(queue.Job{ID: "a", Keep: keep})
		r.pass(time.Second)
		f.breaks(errors.New("no route"), "claim", "rescue")
		r.pass(70 * time.Second)
		ctx := context.Background()
		_, err := r.store.Rescue(ctx, time.Now(), 1)
		r.must(err)
		other, err := r.store.Claim(ctx, queue.Claim{Queue: queue.DefaultQueue, N: 1, Owner: "two", Now: time.Now(), Until: time.Now().Add(time.Minute)})
		r.must(err)
		same(t, "claimed by another", len(other), 1)
		_, err = r.store.Finish(ctx, time.Now(), []queue.Outcome{{Ref: other[0].Ref(), Verb: queue.Complete}})
		r.must(err)
		f.breaks(nil, "finish", "claim", "rescue")
		r.pass(10 * time.Second)
		same(t, "events", r.told("a"), []string{"started", "lease lost"})
	})
}

// TestOutcomesAreToldTogetherAndSoon looks at the calls and at their times.
func TestOutcomesAreToldTogetherAndSoon(t *testing.T) {
	virtual(t, func(r *rig) {
		f := newFaulty(r.store)
		m := r.run(queue.Config{Store: f, Workers: 100, Handlers: []queue.Handler{r.kind("work", func(ctx context.Context, t *queue.Task) error {
			return wait(ctx, time.Duration(len(t.Job.ID))*time.Hour)
		}), r.kind("short", takes(time.Millisecond))}})
		r.add(queue.Job{ID: "x"}) // something that goes on
		r.add(numbered(1000, func(_ int, j *queue.Job) { j.Kind = "short" })...)
		var late time.Duration
		m.Listen(queue.Events{Types: []queue.EventType{queue.EventDone}}, func(e queue.Event) {
			if e.Job.Kind == "short" {
				late = max(late, e.At.Sub(e.Job.Started)-e.Took)
			}
		})
		r.pass(time.Minute)
		same(t, "completed", r.stats(queue.DefaultQueue).Completed, 1000)
		if n := len(f.finish); n > 20 {
			t.Errorf("%d calls for 1000 outcomes: %v", n, f.finish)
		}
		if slices.Max(f.finish) > 250 {
			t.Errorf("a call with %d outcomes", slices.Max(f.finish))
		}
		if late > 130*time.Millisecond { // claimed ahead by up to 100 ms, told within 20 ms
			t.Errorf("an outcome was told %v after its end", late)
		}
	})
}

// TestAJobThatEndsItsOwnersDiesAtLast is the poison job: each owner is gone with it.
func TestAJobThatEndsItsOwnersDiesAtLast(t *testing.T) {
	virtual(t, func(r *rig) {
		r.add(queue.Job{ID: "bad", MaxAttempts: 3})
		for i := range 3 {
			got, err := r.store.Claim(context.Background(), queue.Claim{
				Queue: queue.DefaultQueue, N: 1, Owner: fmt.Sprint("gone", i), Now: time.Now(), Until: time.Now().Add(time.Minute),
			})
			r.must(err)
			same(t, "claimed", len(got), 1)
			r.pass(time.Minute)
			if i == 2 {
				r.run(queue.Config{Handlers: []queue.Handler{r.kind("work", takes(0))}})
				r.pass(time.Second)
				break
			}
			_, err = r.store.Rescue(context.Background(), time.Now(), 10)
			r.must(err)
		}
		same(t, "events", r.told("bad"), []string{"rescued", "dead"})
		same(t, "its state", r.job("bad").State, queue.Dead)
	})
}

// TestEachTurnOnceOnAllMasters has two Masters whose clocks are ten minutes apart, and
// one that is started now and then.
func TestEachTurnOnceOnAllMasters(t *testing.T) {
	virtual(t, func(r *rig) {
		recurring := []queue.Recurring{
			{Name: "daily", Cron: "CRON_TZ=Europe/Berlin 30 6 * * *", Job: queue.Job{Kind: "work"}},
			{Name: "often", Every: 15 * time.Minute, Job: queue.Job{Kind: "work", Queue: "q"}, CatchUp: true},
		}
		c := queue.Config{
			Store: r.store, Workers: 3, Lease: time.Hour, Queues: []queue.Queue{{Name: "q"}, {Name: queue.DefaultQueue}},
			Handlers: []queue.Handler{r.kind("work", takes(time.Second))}, Recurring: recurring,
		}
		c.Owner = "one"
		r.run(c)
		c.Owner, c.Now = "two", func() time.Time { return time.Now().Add(-10 * time.Minute) }
		r.run(c)
		c.Now = nil
		for i := range 10 {
			c.Owner = fmt.Sprint("guest", i)
			m, err := queue.New(c)
			r.must(err)
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- m.Run(ctx) }()
			r.pass(5 * time.Hour)
			cancel()
			<-done
		}
		seen := map[string]int{}
		daily, often := 0, 0
		for _, s := range r.starts {
			seen[s.job.ID]++
			if s.job.Queue == "q" {
				often++
			} else {
				daily++
			}
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("turn %s came %d times", id, n)
			}
		}
		if often < 199 || often > 202 || daily < 1 || daily > 3 {
			t.Errorf("%d turns of 15 minutes and %d days in 50 hours", often, daily)
		}
		if seen["recurring/daily/2000-01-02T05:30:00Z"] != 1 { // virtual time begins at 2000-01-01
			t.Errorf("half past six in Berlin had no turn: %v", seen)
		}
	})
}

// TestMissedTurns are one turn where CatchUp is set, and none where not.
func TestMissedTurns(t *testing.T) {
	for _, catchUp := range []bool{false, true} {
		virtual(t, func(r *rig) {
			c := queue.Config{Handlers: []queue.Handler{r.kind("work", takes(0))}, Recurring: []queue.Recurring{
				{Name: "hourly", Cron: "@hourly", Job: queue.Job{Kind: "work"}, CatchUp: catchUp},
			}}
			r.pass(90 * time.Minute)
			r.run(c)
			r.pass(time.Minute)
			want := 0
			if catchUp {
				want = 1
			}
			same(t, fmt.Sprintf("at the start, CatchUp %v", catchUp), len(r.starts), want)
			r.pass(time.Hour)
			same(t, "then", len(r.starts), want+1)
			r.run(c)
			r.pass(time.Minute)
			same(t, "another start", len(r.starts), want+1)
			turn, ok, err := c.Recurring[0].Newest(time.Now())
			if err == nil && ok {
				err = queue.On(r.store, time.Now).Add(t.Context(), turn)
			}
			if !ok || !errors.Is(err, queue.ErrExists) {
				t.Errorf("the newest turn, which was had, can be added again: %v, %v", turn.ID, err)
			}
		})
	}
}

// TestAClockThatIsSetRepeatsNoTurn: nor when it is set back; a jump ahead has one turn.
func TestAClockThatIsSetRepeatsNoTurn(t *testing.T) {
	virtual(t, func(r *rig) {
		var set atomic.Int64 // nanoseconds
		now := func() time.Time { return time.Now().Add(time.Duration(set.Load())) }
		r.store = memory.New()
		r.run(queue.Config{Now: now, Handlers: []queue.Handler{r.kind("work", takes(0))}, Recurring: []queue.Recurring{
			{Name: "often", Every: 10 * time.Minute, Job: queue.Job{Kind: "work"}},
		}})
		r.pass(61 * time.Minute)
		same(t, "turns in an hour", len(r.starts), 6)
		set.Store(int64(-30 * time.Minute))
		r.pass(30 * time.Minute)
		same(t, "half an hour after half an hour back", len(r.starts), 6)
		set.Store(int64(5 * time.Hour))
		r.pass(2 * time.Minute)
		same(t, "after a jump ahead", len(r.starts), 7)
	})
}
