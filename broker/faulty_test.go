package broker_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/queue"
	queuememory "collector/queue/memory"
)

var errDown = errors.New("no primary")

// faulty is a store of jobs and of topics' messages that can be down, and whose answers
// can be lost.
type faulty struct {
	queue.Store
	*brokermemory.Log

	mu    sync.Mutex
	down  bool
	lag   time.Duration // of each claim
	mute  int           // so many calls more are carried out and fail all the same
	lost  int           // so many calls of AddClaimed more are carried out and fail all the same
	deaf  int           // so many calls of Append more do
	looks int           // calls of Rescue
	tries int           // calls that failed

	carried map[string][]bool // what calls of Add that failed did, by their marks
}

func newFaulty(log *brokermemory.Log) *faulty { return &faulty{Store: queuememory.New(), Log: log} }

func (f *faulty) set(down bool, mute int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down, f.mute, f.tries = down, mute, 0
}

// lose lets the store answer, but for so many calls of AddClaimed.
func (f *faulty) lose(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down, f.mute, f.lost = false, 0, n
}

// slow lets the answer of each claim come that late.
func (f *faulty) slow(lag time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lag = lag
}

func (f *faulty) failures() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tries
}

// do makes a call as the store's state allows.
func (f *faulty) do(call func() error) error {
	f.mu.Lock()
	down, mute := f.down, f.mute > 0
	if mute {
		f.mute--
	}
	if down || mute {
		f.tries++
	}
	f.mu.Unlock()
	if down {
		return errDown
	}
	err := call()
	if mute {
		return errDown
	}
	return err
}

func (f *faulty) Add(ctx context.Context, now time.Time, mark string, jobs []queue.Job) (added []bool, err error) {
	f.mu.Lock()
	added, again := f.carried[mark]
	f.mu.Unlock()
	err = f.do(func() error {
		if !again {
			added, err = f.Store.Add(ctx, now, mark, jobs)
		}
		return err
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		delete(f.carried, mark)
		return added, nil
	}
	if added != nil {
		if f.carried == nil {
			f.carried = map[string][]bool{}
		}
		f.carried[mark] = added
	}
	return nil, err
}

func (f *faulty) Claim(ctx context.Context, c queue.Claim) (jobs []queue.Job, err error) {
	f.mu.Lock()
	down, lag := f.down, f.lag
	f.mu.Unlock()
	if down {
		return nil, errDown
	}
	jobs, err = f.Store.Claim(ctx, c)
	if lag > 0 {
		time.Sleep(lag)
	}
	return jobs, err
}

func (f *faulty) AddClaimed(ctx context.Context, c queue.Claim, mark string, jobs []queue.Job) (refs []queue.Ref, err error) {
	err = f.do(func() error { refs, err = f.Store.AddClaimed(ctx, c, mark, jobs); return err })
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lost > 0 && err == nil {
		f.lost--
		return nil, errDown
	}
	return refs, err
}

func (f *faulty) Job(ctx context.Context, id string) (queue.Job, error) {
	f.mu.Lock()
	down := f.down
	f.mu.Unlock()
	if down {
		return queue.Job{}, errDown
	}
	return f.Store.Job(ctx, id)
}

func (f *faulty) Rescue(ctx context.Context, now time.Time, limit int) ([]queue.Job, error) {
	f.mu.Lock()
	f.looks++
	f.mu.Unlock()
	return f.Store.Rescue(ctx, now, limit)
}

func (f *faulty) Passed(ctx context.Context, jobs map[string]int64) error {
	f.mu.Lock()
	down := f.down
	f.mu.Unlock()
	if down {
		return errDown
	}
	return f.Store.Passed(ctx, jobs)
}

func (f *faulty) Finish(ctx context.Context, now time.Time, outcomes []queue.Outcome) (stood []bool, err error) {
	err = f.do(func() error { stood, err = f.Store.Finish(ctx, now, outcomes); return err })
	return stood, err
}

func (f *faulty) Renew(ctx context.Context, refs []queue.Ref, until time.Time) (stood []bool, err error) {
	err = f.do(func() error { stood, err = f.Store.Renew(ctx, refs, until); return err })
	return stood, err
}

func (f *faulty) Append(ctx context.Context, now time.Time, ms []broker.Message) (at []int64, err error) {
	err = f.do(func() error { at, err = f.Log.Append(ctx, now, ms); return err })
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.deaf > 0 && err == nil {
		f.deaf--
		return nil, errDown
	}
	return at, err
}

func (f *faulty) Read(ctx context.Context, topic string, from int64, n int) (ms []broker.Message, err error) {
	err = f.do(func() error { ms, err = f.Log.Read(ctx, topic, from, n); return err })
	return ms, err
}

// world is a broker over a faulty store, in virtual time.
type world struct {
	*testing.T
	ctx   context.Context
	store *faulty
	b     *broker.Broker
	mu    sync.Mutex
	told  []error
}

func newWorld(t *testing.T, log *brokermemory.Log, o broker.Options) *world {
	w := &world{T: t, ctx: t.Context(), store: newFaulty(log)}
	w.b = w.broker(o)
	return w
}

// broker is one more process; it ends with the test.
func (w *world) broker(o broker.Options) *broker.Broker {
	o.Owner = "test"
	o.Report = func(err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told = append(w.told, err)
	}
	b := broker.New(w.store, w.store, o)
	w.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), time.Minute)
		defer cancel()
		b.Close(ctx) // what it says is the business of the tests that close
	})
	return b
}

func (w *world) reports() []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]error(nil), w.told...)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) subscribe(b *broker.Broker, sub broker.Subscription) broker.Stream {
	w.Helper()
	s, err := b.Subscribe(w.ctx, time.Now(), sub)
	w.must(err)
	return s
}

// within is a context that ends after some time.
func (w *world) within(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(w.ctx, d)
	w.Cleanup(cancel)
	return ctx
}

func (w *world) jobs() (ids []string) {
	w.Helper()
	jobs, _, err := w.store.Jobs(w.ctx, queue.Filter{}, queue.Page{})
	w.must(err)
	for _, j := range jobs {
		m, err := broker.FromJob(j)
		w.must(err)
		ids = append(ids, m.ID)
	}
	return ids
}

func message(destination, id string) broker.Message {
	return broker.Message{ID: id, Destination: destination, Body: []byte("body of " + id)}
}

func ids(ms []broker.Message) (out []string) {
	for _, m := range ms {
		out = append(out, m.ID)
	}
	return out
}

// taking is how many messages of a queue another process takes and acknowledges.
func (w *world) taking(queue string) *int {
	w.Helper()
	s := w.subscribe(w.broker(broker.Options{}), broker.Subscription{Destination: queue, Ack: broker.Individual})
	n := new(int)
	go func() {
		for {
			got, err := s.Receive(w.ctx)
			if err != nil {
				return
			}
			*n += len(got)
			if err := s.Ack(w.ctx, time.Now(), ids(got)...); err != nil {
				return
			}
		}
	}()
	return n
}
