package queue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"time"

	"collector/queue"
)

var errNo = errors.New("no")

// fails is a handler that always does.
func fails(err error) func(context.Context, *queue.Task) error {
	return func(context.Context, *queue.Task) error { return err }
}

func TestFailuresAreTriedAgainByThePolicyOfTheKind(t *testing.T) {
	virtual(t, func(r *rig) {
		plain, steady, once := r.kind("work", fails(errNo)), r.kind("steady", fails(errNo)), r.kind("once", fails(errNo))
		plain.Policy.MaxAttempts = 5
		steady.Policy = queue.Policy{MaxAttempts: 3, Backoff: queue.Constant(time.Minute)}
		once.Policy.MaxAttempts = 1
		r.run(queue.Config{Poll: never, Handlers: []queue.Handler{plain, steady, once}})
		r.add(queue.Job{ID: "plain"}, queue.Job{ID: "steady", Kind: "steady"}, queue.Job{ID: "once", Kind: "once"},
			queue.Job{ID: "own", Kind: "once", MaxAttempts: 2})
		r.pass(time.Hour)
		s := time.Second
		same(t, "exponential", times(r.begun("plain")), []time.Duration{0, s, 3 * s, 7 * s, 15 * s})
		same(t, "constant", times(r.begun("steady")), []time.Duration{0, 60 * s, 120 * s})
		same(t, "once", times(r.begun("once")), []time.Duration{0})
		same(t, "the job's own maximum", times(r.begun("own")), []time.Duration{0, s})
		same(t, "events", r.told("steady"), []string{"started", "error", "retry", "started", "error", "retry", "started", "error", "dead"})
		for _, id := range []string{"plain", "steady", "once", "own"} {
			if j := r.job(id); j.State != queue.Dead || j.LastError != "no" {
				t.Errorf("job %s: %+v", id, j)
			}
		}
	})
}

func TestBackoffs(t *testing.T) {
	e := queue.Exponential(time.Second, time.Hour)
	for attempt, want := range map[int]time.Duration{
		0: time.Second, 1: time.Second, 2: 2 * time.Second, 12: 2048 * time.Second, 13: time.Hour, 1000: time.Hour, 1 << 40: time.Hour,
	} {
		if got := e(attempt); got != want {
			t.Errorf("after %d attempts %v, want %v", attempt, got, want)
		}
	}
}

// TestTheDeadAreReQueuedWithFreshAttempts is what a person does.
func TestTheDeadAreReQueuedWithFreshAttempts(t *testing.T) {
	virtual(t, func(r *rig) {
		broken := true
		h := r.kind("work", func(context.Context, *queue.Task) error {
			if broken {
				return errNo
			}
			return nil
		})
		h.Policy = queue.Policy{MaxAttempts: 2, Backoff: queue.Constant(time.Second)}
		r.run(queue.Config{Poll: never, Handlers: []queue.Handler{h}})
		r.add(numbered(600, nil)...)
		r.pass(time.Minute)
		same(t, "dead", r.stats(queue.DefaultQueue).Dead, 600)
		n, err := queue.Requeue(context.Background(), r.store, time.Now(), time.Time{}, queue.Filter{ID: "0007"})
		same(t, "one", fmt.Sprint(n, err), "1 <nil>")
		r.pass(time.Minute)
		same(t, "attempts of that one", len(r.begun("0007")), 4)
		broken = false
		n, err = queue.Requeue(context.Background(), r.store, time.Now(), time.Time{}, queue.Filter{Kind: "work"})
		same(t, "all", fmt.Sprint(n, err), "600 <nil>")
		r.pass(time.Minute)
		same(t, "completed", r.stats(queue.DefaultQueue).Completed, 600)
		n, err = queue.Remove(context.Background(), r.store, queue.Filter{})
		same(t, "nothing is left", fmt.Sprint(n, err), "0 <nil>")
	})
}

func TestASnoozeIsNoAttempt(t *testing.T) {
	virtual(t, func(r *rig) {
		h := r.kind("work", func(_ context.Context, t *queue.Task) error {
			if t.Job.Deliveries <= 10 {
				return fmt.Errorf("not yet: %w", queue.SnoozeFor(time.Minute))
			}
			return errNo
		})
		h.Policy = queue.Policy{MaxAttempts: 2, Backoff: queue.Constant(time.Hour)}
		r.run(queue.Config{Poll: never, Handlers: []queue.Handler{h}})
		r.add(queue.Job{ID: "a"})
		r.pass(5 * time.Hour)
		same(t, "starts", times(r.begun("a"))[9:], []time.Duration{9 * time.Minute, 10 * time.Minute, 70 * time.Minute})
		if j := r.job("a"); j.Attempts != 2 || j.State != queue.Dead {
			t.Errorf("at the end %+v", j)
		}
	})
}

func TestVerdictsOfHandlers(t *testing.T) {
	virtual(t, func(r *rig) {
		typed := queue.Kind[int]{Name: "typed"}
		timeout := r.kind("slow", takes(time.Hour))
		timeout.Policy = queue.Policy{Timeout: time.Minute, MaxAttempts: 1}
		r.run(queue.Config{Poll: never, Handlers: []queue.Handler{
			r.kind("permanent", fails(fmt.Errorf("sending: %w", queue.Permanent(errNo)))),
			r.kind("later", func(_ context.Context, t *queue.Task) error {
				if t.Job.Attempts == 1 {
					return queue.RetryIn(7*time.Minute, errNo)
				}
				return nil
			}),
			r.kind("panics", func(context.Context, *queue.Task) error { panic("oh") }),
			r.kind("leaves", func(context.Context, *queue.Task) error { runtime.Goexit(); return nil }),
			typed.Handle(func(context.Context, *queue.Task, int) error { return nil }),
			timeout,
		}})
		for _, kind := range []string{"permanent", "later", "panics", "leaves", "slow"} {
			r.add(queue.Job{ID: kind, Kind: kind})
		}
		r.add(queue.Job{ID: "typed", Kind: "typed", Data: []byte("{}")})
		r.pass(21 * time.Millisecond) // outcomes wait 20 for others; at that very moment it is open who is first
		want := map[string]struct {
			state queue.State
			text  string
		}{
			"permanent": {queue.Dead, "sending: no"},
			"later":     {queue.Scheduled, "no"},
			"panics":    {queue.Scheduled, "panicked: oh\n"},
			"leaves":    {queue.Scheduled, "ended its goroutine"},
			"typed":     {queue.Dead, "reading the data of typed typed"},
		}
		for id, w := range want {
			if j := r.job(id); j.State != w.state || !strings.Contains(j.LastError, w.text) {
				t.Errorf("job %s: %+v", id, j)
			}
		}
		if j := r.job("panics"); !strings.Contains(j.LastError, "retry_test.go") {
			t.Errorf("where it panicked is not told: %s", j.LastError)
		}
		r.pass(time.Hour)
		same(t, "the one with its own time", times(r.begun("later")), []time.Duration{0, 7 * time.Minute})
		if j := r.job("slow"); j.State != queue.Dead || j.LastError != queue.ErrTimeout.Error() || !j.Finished.Equal(queue.Milli(r.begin.Add(time.Minute))) {
			t.Errorf("the slow one: %+v", j)
		}
	})
	for _, err := range []error{queue.Permanent(nil), queue.RetryIn(time.Second, nil)} {
		if err != nil {
			t.Errorf("no error became %v", err)
		}
	}
}

// TestAsyncHandlersEndFromElsewhere ends jobs by a goroutine that answers all.
func TestAsyncHandlersEndFromElsewhere(t *testing.T) {
	virtual(t, func(r *rig) {
		answers := make(chan func(error), 10)
		r.run(queue.Config{Workers: 3, Handlers: []queue.Handler{r.kind("work", queue.Async(func(_ context.Context, _ *queue.Task, done func(error)) {
			answers <- done
		}))}})
		r.add(queue.Job{ID: "a"}, queue.Job{ID: "b"})
		r.pass(time.Hour)
		same(t, "both run", r.stats(queue.DefaultQueue).Running, 2)
		one, two := <-answers, <-answers
		two(nil)
		one(queue.Permanent(errNo))
		one(nil) // the first call counts
		r.pass(time.Millisecond * 30)
		s := r.stats(queue.DefaultQueue)
		if s.Completed != 1 || s.Dead != 1 {
			t.Errorf("counts %+v", s)
		}
	})
}

func TestUniqueJobs(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 1, Handlers: []queue.Handler{r.kind("work", takes(time.Second))}})
		ctx := context.Background()
		r.must(m.Add(ctx, queue.Job{ID: "a", Kind: "work"}))
		err := m.Add(ctx, queue.Job{ID: "a", Kind: "work"}, queue.Job{ID: "b", Kind: "work"})
		if !errors.Is(err, queue.ErrExists) || !strings.Contains(err.Error(), ": a") || strings.Contains(err.Error(), ": b") {
			t.Errorf("a second one: %v", err)
		}
		r.pass(time.Minute)
		same(t, "what was done", r.began(), []string{"a", "b"})
		r.must(m.Add(ctx, queue.Job{ID: "a", Kind: "work"}))
		r.pass(time.Minute)
		same(t, "and again", r.began(), []string{"a", "b", "a"})
		if err := m.Add(ctx, queue.Job{ID: "c"}); !errors.Is(err, queue.ErrInvalid) {
			t.Errorf("no kind: %v", err)
		}
		if err := m.AddLocal(ctx, queue.Job{Kind: "work"}); err == nil {
			t.Error("a local job without a local store")
		}
	})
}

func TestTypedJobs(t *testing.T) {
	virtual(t, func(r *rig) {
		type mail struct{ To string }
		kind := queue.Kind[mail]{Name: "mail", Queue: "out", Priority: 3, Keep: time.Hour, Policy: queue.Policy{MaxAttempts: 4}}
		var got mail
		m := r.run(queue.Config{Queues: []queue.Queue{{Name: "out"}}, Handlers: []queue.Handler{
			kind.Handle(func(_ context.Context, t *queue.Task, data mail) error { got = data; return nil }),
		}})
		r.must(kind.Add(context.Background(), m, mail{"anna"}, func(j *queue.Job) { j.ID = "a" }))
		r.pass(time.Second)
		if j := r.job("a"); got.To != "anna" || j.Queue != "out" || j.Priority != 3 || j.MaxAttempts != 4 || j.State != queue.Done {
			t.Errorf("got %+v as %+v", got, j)
		}
		bad := queue.Kind[func()]{Name: "bad"}
		if err := bad.Add(context.Background(), m, func() {}); !errors.Is(err, queue.ErrInvalid) {
			t.Errorf("data that is none: %v", err)
		}
	})
}

func TestListenersAreNothingToEachOther(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 2, Handlers: []queue.Handler{r.kind("work", takes(0)), r.kind("mail", fails(queue.Permanent(errNo)))}})
		panics, slow := 0, 0
		m.Listen(queue.Events{}, func(queue.Event) { panics++; panic("oh") })
		m.Listen(queue.Events{Types: []queue.EventType{queue.EventDone}}, func(queue.Event) {
			slow++
			wait(context.Background(), time.Hour)
		})
		var few []string
		remove := m.Listen(queue.Events{Types: []queue.EventType{queue.EventDone, queue.EventDead}, Kinds: []string{"mail"}, Queue: queue.DefaultQueue},
			func(e queue.Event) { few = append(few, string(e.Type)+" "+e.Job.ID+" "+e.Err.Error()) })
		var one []string
		m.Listen(queue.Events{ID: "0003"}, func(e queue.Event) { one = append(one, string(e.Type)) })
		for _, j := range numbered(20, func(_ int, j *queue.Job) { j.Kind = "work" }) {
			r.must(m.Add(context.Background(), j))
		}
		r.must(m.Add(context.Background(), queue.Job{ID: "m", Kind: "mail"}))
		r.pass(time.Minute)
		same(t, "done", r.count(queue.EventDone), 20)
		same(t, "added", r.count(queue.EventAdded), 21)
		same(t, "the slow one", slow, 1)
		same(t, "of one job", one, []string{"added", "started", "done"})
		same(t, "of a kind", few, []string{"dead m no"})
		if all := len(r.events); panics != all {
			t.Errorf("the one that panics heard %d of %d events", panics, all)
		}
		remove()
		remove()
		r.must(m.Add(context.Background(), queue.Job{ID: "n", Kind: "mail"}))
		r.pass(time.Minute)
		same(t, "after it was removed", len(few), 1)
		r.pass(24 * time.Hour) // lets the slow one hear everything
		same(t, "the slow one at last", slow, 20)
	})
}

func TestEventsTellWhatHappened(t *testing.T) {
	virtual(t, func(r *rig) {
		h := r.kind("work", func(ctx context.Context, t *queue.Task) error {
			wait(ctx, 3*time.Second)
			if t.Job.Attempts == 1 {
				return errNo
			}
			return nil
		})
		m := r.run(queue.Config{Workers: 1, Handlers: []queue.Handler{h}})
		r.must(m.Add(context.Background(), queue.Job{ID: "a", Kind: "work"}))
		r.pass(time.Minute)
		same(t, "events", r.told("a"), []string{"added", "started", "error", "retry", "started", "done"})
		for _, e := range r.events {
			at := e.At.Sub(r.begin)
			switch e.Type {
			case queue.EventWorkerAdded, queue.EventWorkerRemoved:
				if e.Worker == 0 || e.Job.ID != "" {
					t.Errorf("%s told as %+v", e.Type, e)
				}
				continue
			case queue.EventError, queue.EventRetry:
				if !errors.Is(e.Err, errNo) || e.Took != 3*time.Second || at != 3*time.Second || e.Job.Attempts != 1 {
					t.Errorf("%s told as %+v", e.Type, e)
				}
			case queue.EventDone:
				if e.Err != nil || e.Took != 3*time.Second || at != 7*time.Second || e.Job.Attempts != 2 {
					t.Errorf("%s told as %+v", e.Type, e)
				}
			}
			if due := e.Type == queue.EventRetry; due != !e.Due.IsZero() || due && !e.Due.Equal(r.begin.Add(4*time.Second)) {
				t.Errorf("%s is due at %v", e.Type, e.Due)
			}
			if e.Job.Kind != "work" || (e.Worker == 0) != (e.Type == queue.EventAdded) {
				t.Errorf("%s told as %+v", e.Type, e)
			}
		}
	})
}

// TestWhatAJobReturnsIsTold to who listens for its end, and nothing of another job.
func TestWhatAJobReturnsIsTold(t *testing.T) {
	virtual(t, func(r *rig) {
		m := r.run(queue.Config{Workers: 1, Handlers: []queue.Handler{
			r.kind("work", func(_ context.Context, t *queue.Task) error {
				if err := t.Return(func() {}); err == nil {
					return errors.New("a function was returned")
				}
				return errors.Join(t.Return("too early"), t.Return(map[string]int{"size": len(t.Job.ID)}))
			}),
			r.kind("silent", takes(0)),
		}})
		told := map[string]string{}
		m.Listen(queue.Events{Types: []queue.EventType{queue.EventDone}}, func(e queue.Event) { told[e.Job.ID] = string(e.Value) })
		r.add(queue.Job{ID: "abc"}, queue.Job{ID: "b", Kind: "silent"})
		r.pass(time.Second)
		same(t, "told", told, map[string]string{"abc": `{"size":3}`, "b": ""})
	})
}

// TestAPaymentIsCapturedOnce although it is told by three, and the first who captured it died
// before he could say so: the second start asks for the payment's state.
func TestAPaymentIsCapturedOnce(t *testing.T) {
	virtual(t, func(r *rig) {
		captured, asked := 0, 0
		capture := r.kind("capture", func(_ context.Context, t *queue.Task) error {
			if asked++; captured == 0 { // the bank's books
				captured++
			}
			return nil
		})
		f := newFaulty(r.store)
		f.breaks(errors.New("cut off"), "finish", "renew", "rescue")
		r.run(queue.Config{Owner: "one", Store: f, Workers: 1, Handlers: []queue.Handler{capture}})
		refused := 0
		for range 3 {
			err := queue.On(r.store, time.Now).Add(context.Background(), queue.Job{ID: "capture/p-17", Kind: "capture", Keep: 24 * time.Hour})
			if errors.Is(err, queue.ErrExists) {
				refused++
			}
		}
		r.pass(time.Second)
		f.breaks(errors.New("cut off"), "claim")
		r.run(queue.Config{Owner: "two", Workers: 1, Handlers: []queue.Handler{capture}})
		r.pass(time.Hour)
		same(t, "refused, asked, captured", []int{refused, asked, captured}, []int{2, 2, 1})
		if s := r.begun("capture/p-17"); !s[1].job.Redelivered() || r.job("capture/p-17").State != queue.Done {
			t.Errorf("the second start %+v", s[1].job)
		}
		f.breaks(nil, "finish", "renew", "rescue", "claim")
	})
}

// TestTheLogTellsOfEachJob but not of its data, which may be secret.
func TestTheLogTellsOfEachJob(t *testing.T) {
	virtual(t, func(r *rig) {
		var log strings.Builder
		bad := r.kind("bad", func(ctx context.Context, t *queue.Task) error {
			wait(ctx, time.Second)
			return errNo
		})
		bad.Policy.MaxAttempts = 2
		m := r.run(queue.Config{
			Workers: 1, Log: slog.New(slog.NewTextHandler(&log, nil)),
			Handlers: []queue.Handler{r.kind("work", takes(time.Second)), bad},
		})
		r.add(queue.Job{ID: "a", Data: []byte("secret")}, queue.Job{ID: "b", Kind: "bad", Data: []byte("secret")})
		r.pass(time.Minute)
		r.must(m.Stop(context.Background()))
		for _, want := range []string{
			`INFO msg="job started" job=a kind=work queue=default attempt=1 worker=1`,
			`INFO msg="job done" job=a kind=work queue=default attempt=1 took=1s`,
			`WARN msg="job failed, and is tried again" job=b kind=bad queue=default attempt=1 took=1s due=`,
			`ERROR msg="job failed for good" job=b kind=bad queue=default attempt=2 took=1s error=no`,
		} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log has no %q:\n%s", want, &log)
			}
		}
		if strings.Contains(log.String(), "secret") {
			t.Errorf("data is logged:\n%s", &log)
		}
	})
}

func TestMessagesOfJobs(t *testing.T) {
	virtual(t, func(r *rig) {
		type sum struct{ A, B int }
		h := r.kind("work", func(ctx context.Context, t *queue.Task) error {
			n := 0
			for i := 1; i <= 3; i++ { // a conversation
				if err := t.Call(ctx, sum{n, i}, &n); err != nil {
					return err
				}
			}
			if n != 6 {
				return fmt.Errorf("the sum is %d", n)
			}
			if err := t.Call(ctx, sum{-1, 0}, nil); err == nil || !strings.Contains(err.Error(), "below nothing") {
				return fmt.Errorf("a refusal is %v", err)
			}
			if err := t.Call(ctx, "text", nil); err == nil || !strings.Contains(err.Error(), "panicked") {
				return fmt.Errorf("an answer that panics is %v", err)
			}
			return nil
		})
		r.run(queue.Config{Handlers: []queue.Handler{h}, Messages: func(_ context.Context, m queue.Message) (any, error) {
			var s sum
			if err := m.Read(&s); err != nil {
				panic(err)
			}
			if s.A < 0 {
				return nil, errors.New("below nothing")
			}
			return s.A + s.B, nil
		}})
		r.add(queue.Job{ID: "a"})
		r.pass(time.Second)
		same(t, "events", r.told("a"), []string{"started", "done"})
	})
	virtual(t, func(r *rig) {
		r.run(queue.Config{Handlers: []queue.Handler{r.kind("work", func(ctx context.Context, t *queue.Task) error { return t.Call(ctx, 1, nil) })}})
		r.add(queue.Job{ID: "a"})
		r.pass(time.Millisecond)
		if j := r.job("a"); !strings.Contains(j.LastError, "Config.Messages") {
			t.Errorf("nobody answers: %q", j.LastError)
		}
	})
}
