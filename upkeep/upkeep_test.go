package upkeep

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/queue"
	queuememory "collector/queue/memory"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// shared hands the same jobs to all who open them, and counts how often.
func shared(jobs queue.Store, opened *atomic.Int32) func(context.Context) (queue.Store, func() error, error) {
	return func(context.Context) (queue.Store, func() error, error) {
		opened.Add(1)
		return jobs, func() error { return nil }, nil
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// looks counts how often somebody looks at all accounts.
type looks struct {
	store.Store
	n atomic.Int32
}

func (l *looks) Accounts(ctx context.Context, user string) ([]state.Account, error) {
	if user == "" {
		l.n.Add(1)
	}
	return l.Store.Accounts(ctx, user)
}

// TestACleaningADayForAll: of three collectors that start at different times each turn is
// done by one, also when that one ends in the middle of the day; and who is inactive for a
// month is cleaned by the turn after it.
func TestACleaningADayForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.long = time.Now().Add(-700 * day)
		w.user("ada", state.OK)
		st := &looks{Store: w.st}
		jobs, opened := queuememory.New(), atomic.Int32{}
		begun := time.Now() // at midnight
		runner := func(owner string, ctx context.Context) func() {
			c := Cleaner{Store: st, After: month - time.Hour, Now: time.Now, Log: quiet()}
			turns, err := c.Recurring()
			if err != nil {
				t.Fatal(err)
			}
			r := New(Config{
				Store: st, Open: shared(jobs, &opened), Handlers: []queue.Handler{c.Handler()}, Recurring: []queue.Recurring{turns},
				Look: 10 * time.Minute, Owner: owner, Lease: 10 * time.Minute, Grace: time.Second, Now: time.Now, Log: quiet(),
			})
			ctx, stop := context.WithCancel(ctx)
			var work sync.WaitGroup
			work.Go(func() { r.Run(ctx) })
			return func() { stop(); work.Wait() }
		}
		a := runner("a", t.Context())
		time.Sleep(5 * time.Hour)
		b := runner("b", t.Context())
		time.Sleep(day)
		c := runner("c", t.Context())
		time.Sleep(28*day + 18*time.Hour) // 29 days and 23 hours
		a()
		if got := st.n.Load(); got != 30 {
			t.Errorf("looked %d times in 29 days and 23 hours, want 30", got)
		}
		if w.collected() != "ada" {
			t.Errorf("cleaned after %v", time.Since(begun))
		}
		time.Sleep(2 * time.Hour)
		if got := st.n.Load(); got != 31 || w.collected() != "" {
			t.Errorf("after 30 days and an hour: %d looks, lists of %q are collected", got, w.collected())
		}
		b()
		time.Sleep(day)
		c()
		if got := st.n.Load(); got != 32 {
			t.Errorf("one is left, and %d turns were done, want 32", got)
		}
	})
}

// TestNothingIsOpenedUnused: without a job nobody opens the jobs, and the first one is
// seen within the time to look.
func TestNothingIsOpenedUnused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, jobs, opened := memory.New(), queuememory.New(), atomic.Int32{}
		did := make(chan string, 1)
		r := New(Config{
			Store: st, Open: shared(jobs, &opened), Owner: "a", Lease: 30 * time.Second, Grace: time.Second, Now: time.Now, Log: quiet(),
			Handlers: []queue.Handler{{Kind: "x", Do: func(_ context.Context, task *queue.Task) error { did <- task.Job.ID; return nil }}},
		})
		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { r.Run(ctx) })
		time.Sleep(time.Hour)
		if opened.Load() != 0 {
			t.Error("the jobs are opened without one")
		}
		if err := Add(ctx, st, jobs, time.Now, queue.Job{ID: "one", Queue: Queue, Kind: "x"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(look + time.Second)
		select {
		case id := <-did:
			if id != "one" {
				t.Errorf("did %s", id)
			}
		default:
			t.Error("the first job is not done")
		}
		stop()
		work.Wait()
	})
}

// TestFinishDoesWhatIsDue: a process that comes and goes does what is due, however long
// that takes, the newest turn of what recurs too, and each turn once.
func TestFinishDoesWhatIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, jobs, opened := memory.New(), queuememory.New(), atomic.Int32{}
		for i := range 5 {
			if err := Add(t.Context(), st, jobs, time.Now, queue.Job{ID: fmt.Sprint(i), Queue: Queue, Kind: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		var did, turns atomic.Int32
		r := New(Config{
			Store: st, Open: shared(jobs, &opened), Owner: "a", Lease: 30 * time.Second, Grace: time.Second, Now: time.Now, Log: quiet(),
			Handlers: []queue.Handler{
				{Kind: "x", Do: func(context.Context, *queue.Task) error { time.Sleep(time.Minute); did.Add(1); return nil }},
				{Kind: "y", Do: func(context.Context, *queue.Task) error { turns.Add(1); return nil }},
			},
			Recurring: []queue.Recurring{{Name: "y", Every: time.Hour, Job: queue.Job{Queue: Queue, Kind: "y"}}},
		})
		for range 2 {
			if err := r.Finish(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if did.Load() != 5 || turns.Load() != 1 {
			t.Errorf("%d of 5 jobs are done, and %d turns", did.Load(), turns.Load())
		}
	})
}
