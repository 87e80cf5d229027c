package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"collector/queue"
	"collector/queue/memory"
)

// rig is some Masters on one store, in virtual time.
type rig struct {
	*testing.T
	store queue.Store
	begin time.Time

	mu     sync.Mutex
	events []queue.Event
	starts []start
}

// start is a handler's.
type start struct {
	job queue.Job
	at  time.Duration // since the test began
	by  string
}

// virtual runs a test in virtual time.
func virtual(t *testing.T, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		test(&rig{T: t, store: memory.New(), begin: time.Now()})
	})
}

// kind is a handler for jobs of a kind; what it does comes after the start was noted.
func (r *rig) kind(name string, do func(ctx context.Context, t *queue.Task) error) queue.Handler {
	return queue.Handler{Kind: name, Do: func(ctx context.Context, t *queue.Task) error {
		r.mu.Lock()
		r.starts = append(r.starts, start{job: t.Job, at: time.Since(r.begin), by: t.Job.Owner})
		r.mu.Unlock()
		return do(ctx, t)
	}}
}

// takes is a handler that needs so long.
func takes(d time.Duration) func(context.Context, *queue.Task) error {
	return func(ctx context.Context, _ *queue.Task) error { return wait(ctx, d) }
}

// wait lets time go by, unless ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	// A timer that is due when it is read runs where it is read, for the race detector as one thread
	// of the whole bubble: two at once end it.
	if d <= 0 {
		return context.Cause(ctx)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// run starts a Master, and ends it with the test. Its events are kept.
func (r *rig) run(c queue.Config) *queue.Master {
	r.Helper()
	if c.Store == nil {
		c.Store = r.store
	}
	m, err := queue.New(c)
	if err != nil {
		r.Fatal(err)
	}
	m.Listen(queue.Events{}, func(e queue.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	r.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.Errorf("Run: %v", err)
		}
	})
	synctest.Wait()
	return m
}

// add adds jobs of the kind "work" to the store, unless they have another kind.
func (r *rig) add(jobs ...queue.Job) {
	r.Helper()
	for i := range jobs {
		if jobs[i].Kind == "" {
			jobs[i].Kind = "work"
		}
	}
	if err := queue.On(r.store, time.Now).Add(context.Background(), jobs...); err != nil {
		r.Fatal(err)
	}
}

// pass lets virtual time go by.
func (r *rig) pass(d time.Duration) {
	wait(context.Background(), d)
	synctest.Wait()
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// began returns the ids of started jobs, in order.
func (r *rig) began() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := []string{}
	for _, s := range r.starts {
		out = append(out, s.job.ID)
	}
	return out
}

// begun returns the starts of one job.
func (r *rig) begun(id string) []start {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.starts), func(s start) bool { return s.job.ID != id })
}

// told returns the events of a job, as words.
func (r *rig) told(id string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := []string{}
	for _, e := range r.events {
		if e.Job.ID == id {
			out = append(out, string(e.Type))
		}
	}
	return out
}

// count counts events of a type.
func (r *rig) count(t queue.EventType) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.Type == t {
			n++
		}
	}
	return n
}

func (r *rig) job(id string) queue.Job {
	r.Helper()
	j, err := r.store.Job(context.Background(), id)
	r.must(err)
	return j
}

func (r *rig) stats(name string) queue.Stats {
	r.Helper()
	all, err := r.store.Stats(context.Background())
	r.must(err)
	for _, s := range all {
		if s.Queue == name {
			return s
		}
	}
	return queue.Stats{}
}

// same compares what is shown.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// times returns when the starts were.
func times(starts []start) []time.Duration {
	out := []time.Duration{}
	for _, s := range starts {
		out = append(out, s.at)
	}
	return out
}

// faulty is a store in which calls can fail.
type faulty struct {
	queue.Store
	mu     sync.Mutex
	fail   map[string]error // by the call
	calls  map[string]int
	after  func() // once, before the answer of the next claim
	lost   error  // the answer to Finish, in place of what it says
	finish []int  // how many outcomes each call had
}

func newFaulty(s queue.Store) *faulty {
	return &faulty{Store: s, fail: map[string]error{}, calls: map[string]int{}}
}

// breaks lets calls fail, or work again where err is nil.
func (f *faulty) breaks(err error, calls ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range calls {
		f.fail[c] = err
	}
}

// silences lets calls say nothing until their contexts end.
func (f *faulty) silences(calls ...string) { f.breaks(errSilent, calls...) }

var errSilent = errors.New("says nothing")

func (f *faulty) call(ctx context.Context, name string) error {
	f.mu.Lock()
	f.calls[name]++
	err := f.fail[name]
	f.mu.Unlock()
	if errors.Is(err, errSilent) {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (f *faulty) Claim(ctx context.Context, c queue.Claim) ([]queue.Job, error) {
	if err := f.call(ctx, "claim"); err != nil {
		return nil, err
	}
	jobs, err := f.Store.Claim(ctx, c)
	f.mu.Lock()
	after := f.after
	f.after = nil
	f.mu.Unlock()
	if after != nil {
		after()
	}
	return jobs, err
}

func (f *faulty) Finish(ctx context.Context, now time.Time, o []queue.Outcome) ([]bool, error) {
	if err := f.call(ctx, "finish"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.finish = append(f.finish, len(o))
	lost := f.lost
	f.mu.Unlock()
	stood, err := f.Store.Finish(ctx, now, o)
	if lost != nil {
		return nil, lost
	}
	return stood, err
}

// loses loses the answers of Finish, or no more where err is nil.
func (f *faulty) loses(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost = err
}

func (f *faulty) Renew(ctx context.Context, claims []queue.Ref, until time.Time) ([]bool, error) {
	if err := f.call(ctx, "renew"); err != nil {
		return nil, err
	}
	return f.Store.Renew(ctx, claims, until)
}

func (f *faulty) Rescue(ctx context.Context, now time.Time, limit int) ([]queue.Job, error) {
	if err := f.call(ctx, "rescue"); err != nil {
		return nil, err
	}
	return f.Store.Rescue(ctx, now, limit)
}
