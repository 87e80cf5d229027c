package webhook

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"collector/auth"
	"collector/queue"
)

// begin starts a process that delivers; end ends it, as the test's end does.
func (w *world) begin() (end func()) {
	ctx, stop := context.WithCancel(w.Context())
	ended := make(chan struct{})
	s := w.service(time.Second)
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	end = func() { stop(); <-ended }
	w.Cleanup(end)
	return end
}

// calls are those to an address so far, as times since a moment.
func (w *world) calls(address string, since time.Time) (out []time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.got {
		if c.url == address {
			out = append(out, c.at.Sub(since).Round(time.Second))
		}
	}
	return out
}

// open is how many messages for an endpoint are not delivered yet.
func (w *world) open(id string) (n int) {
	w.Helper()
	list, _, err := w.jobs.Jobs(w.Context(), queue.Filter{Queue: QueueOf(id)}, queue.Page{Limit: queue.MaxPage})
	w.must(err)
	for _, j := range list {
		if j.State != queue.Done {
			n++
		}
	}
	return n
}

// spoils is a store in which the row of one endpoint cannot be read while bad is set.
type spoils struct {
	Store
	id  string
	bad atomic.Bool
}

func (s *spoils) of() Store {
	if s.bad.Load() {
		return spoilt{s.Store, s.id}
	}
	return s.Store
}

func (s *spoils) Get(ctx context.Context, id string) (Record, error) { return s.of().Get(ctx, id) }

func (s *spoils) List(ctx context.Context, after string, n int) ([]Record, error) {
	return s.of().List(ctx, after, n)
}

// TestAChangeDisturbsNoOther: while a call to one webhook is under way others are added,
// changed and removed. It goes on to its end, and what is added is called at once.
func TestAChangeDisturbsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		slow := w.add(func(e *Endpoint) { e.URL = "https://silent.example/"; e.Parallel = 2 })
		goes := w.add(func(e *Endpoint) { e.URL = "https://goes.example/" })
		w.silent = slow.URL // for 20 s, and then badly: it is called again 5 s later
		w.commit("poll", 1)
		begun := time.Now()
		w.begin()
		time.Sleep(4*time.Second + time.Millisecond)
		added := w.add(func(e *Endpoint) { e.URL = "https://added.example/"; e.From = 0 })
		time.Sleep(2 * time.Second)
		if n := len(w.calls(added.URL, begun)); n != 1 {
			t.Errorf("a webhook that is added is called %d times within two seconds", n)
		}
		w.must(w.hooks.Remove(t.Context(), goes.ID))
		time.Sleep(2 * time.Second)
		w.commit("poll", 1)
		time.Sleep(2 * time.Second)
		w.change(added.ID, func(e *Endpoint) { e.Parallel = 3 })
		time.Sleep(11 * time.Second) // the first call has ended, and is not tried again yet
		if got := fmt.Sprint(w.calls(slow.URL, begun)); got != "[0s 8s]" && got != "[0s 9s]" {
			t.Errorf("the slow one was called %s after the start, want once for each message", got)
		}
		if n := len(w.calls(goes.URL, begun)); n != 1 {
			t.Errorf("the one that was removed was called %d times", n)
		}
		if n := len(w.calls(added.URL, begun)); n != 2 {
			t.Errorf("the one that was added was called %d times", n)
		}
		if h := w.health(slow.ID); h.Failures != 1 {
			t.Errorf("the call that was under way counts as %+v", h)
		}
	})
}

// TestAChangeOfOneHoldsFromTheNextCall: its address, its secrets, its pace, and how many calls
// it takes at once.
func TestAChangeOfOneHoldsFromTheNextCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := w.add(func(e *Endpoint) { e.Parallel = 1 })
		w.takes = 10 * time.Second
		w.commit("poll", 8)
		begun := time.Now()
		w.begin()
		time.Sleep(2*time.Second + time.Millisecond)
		w.change(e.ID, func(e *Endpoint) { e.Parallel = 2 })
		time.Sleep(3 * time.Second)
		if got := len(w.calls(e.URL, begun)); got != 2 {
			t.Errorf("%d calls once two are wanted at once", got)
		}
		secret := NewSecret()
		w.mu.Lock()
		w.secrets["https://moved.example/"] = secret // the receiver refuses what is signed by another one
		w.mu.Unlock()
		w.change(e.ID, func(e *Endpoint) {
			e.URL, e.PerMinute = "https://moved.example/", 6
			var err error
			e.Secret, err = Seal(w.ring, e.ID, auth.NewSecret(secret), auth.Secret{})
			w.must(err)
		})
		time.Sleep(2 * time.Minute)
		moved := w.calls("https://moved.example/", begun)
		if got := len(w.calls(e.URL, begun)); got != 2 || len(moved) != 6 {
			t.Errorf("%d calls to the old address, %d to the new one", got, len(moved))
		}
		for i := range moved[min(1, len(moved)):] {
			if d := moved[i+1] - moved[i]; d < 10*time.Second {
				t.Errorf("call %d comes %v after the one before, want 10 s", i+1, d)
			}
		}
	})
}

// TestWhatFailsOfARemovedWebhookGoes: the call that was under way is not tried again.
func TestWhatFailsOfARemovedWebhookGoes(t *testing.T) {
	for _, how := range []string{"it fails", "it is refused"} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			stays := w.add(nil)
			goes := w.add(func(e *Endpoint) { e.URL = "https://other.example/"; e.Parallel = 2 })
			w.takes = 10 * time.Second
			w.answer = func(int) (int, error) {
				if how == "it fails" {
					return 0, errLost
				}
				return http.StatusServiceUnavailable, nil
			}
			w.commit("poll", 5)
			begun := time.Now()
			w.begin()
			time.Sleep(5 * time.Second)
			w.must(w.hooks.Remove(t.Context(), goes.ID)) // without its queue, as a command that was cut off
			time.Sleep(3 * time.Second)
			if n := w.waiting(goes.ID); n != 2 {
				t.Errorf("%s: %d messages are kept while two are in a worker's hands", how, n)
			}
			time.Sleep(5 * time.Second)
			if n := w.waiting(goes.ID); n != 0 {
				t.Errorf("%s: %d messages are kept for a webhook that is not there", how, n)
			}
			time.Sleep(time.Hour)
			if n := len(w.calls(goes.URL, begun)); n != 2 || w.waiting(stays.ID) != 5 {
				t.Errorf("%s: %d calls, and %d messages wait for the other one", how, n, w.waiting(stays.ID))
			}
		})
	}
}

// TestWhatWaitsForADamagedOneStays also where it becomes damaged while it is called.
func TestWhatWaitsForADamagedOneStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		other := w.add(nil)
		bad := w.add(func(e *Endpoint) { e.URL = "https://bad.example/"; e.Parallel = 1 })
		w.takes = 10 * time.Second
		w.commit("poll", 5)
		spoils := &spoils{Store: w.hooks.Store, id: bad.ID}
		w.hooks.Store = spoils
		end := w.begin()
		time.Sleep(5 * time.Second)
		spoils.bad.Store(true)
		w.change(other.ID, func(e *Endpoint) { e.Parallel = 9 })
		time.Sleep(time.Minute)
		if n := w.open(bad.ID); n != 4 {
			t.Errorf("%d of 4 messages wait for a damaged webhook", n)
		}
		spoils.bad.Store(false)
		w.change(other.ID, func(e *Endpoint) { e.Parallel = 10 })
		time.Sleep(5 * time.Minute)
		end()
		if n := w.open(bad.ID); n != 0 || len(w.ids()) != 10 {
			t.Errorf("%d wait once it can be read again, %d of 10 are told", n, len(w.ids()))
		}
	})
}

// TestManyWebhooksComeAndGo crosses the number from which on none has a worker of its own.
func TestManyWebhooksComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		first := w.add(func(e *Endpoint) { e.Parallel = MaxParallel })
		w.takes = 2 * time.Second
		w.commit("poll", 200)
		end := w.begin()
		time.Sleep(time.Second)
		var more []Endpoint
		for i := range Workers/2 + 10 {
			more = append(more, w.add(func(e *Endpoint) { e.URL = fmt.Sprint("https://many.example/", i); e.From = 1 }))
		}
		time.Sleep(20 * time.Second)
		w.mu.Lock()
		w.busiest = 0
		w.mu.Unlock()
		w.commit("poll", 1)
		time.Sleep(3 * time.Second)
		for _, e := range more[5:] {
			w.must(w.hooks.Remove(t.Context(), e.ID))
		}
		w.commit("poll", 1)
		time.Sleep(time.Minute)
		end()
		many := 0
		for _, c := range w.got {
			if strings.HasPrefix(c.url, "https://many.example/") {
				many++
			}
		}
		if n := w.open(first.ID); n != 0 || many < len(more)+5 {
			t.Errorf("%d wait, %d calls to %d others", n, many, len(more))
		}
		if w.busiest < len(more) {
			t.Errorf("%d calls at once, want one for each of %d at least", w.busiest, len(more))
		}
	})
}
