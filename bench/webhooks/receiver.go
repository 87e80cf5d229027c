package webhooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// stall is how long nothing may come before it is given up.
const stall = time.Minute

var errStall = errors.New("no call came for a minute")

// Receiver is a server that is called. It answers each call after Takes, or once it is
// told to by Free.
type Receiver struct {
	*httptest.Server
	Takes time.Duration
	free  chan struct{}
	Free  func() // answers at once from now on, those in hand too

	mu      sync.Mutex
	seen    map[string]bool // by webhook-id
	calls   int             // answered
	busy    int             // being answered
	most    int             // at once
	bytes   int64           // of the last body
	spent   time.Duration   // by all calls together, since Busy was asked
	changed time.Time       // when busy did
	asked   time.Time       // Busy
	news    chan struct{}   // closed and made anew with each call that comes or is answered
}

// NewReceiver starts one on the loopback. Close ends it.
func NewReceiver(takes time.Duration) *Receiver {
	now := time.Now()
	r := &Receiver{Takes: takes, free: make(chan struct{}), seen: map[string]bool{}, news: make(chan struct{}), changed: now, asked: now}
	r.Free = sync.OnceFunc(func() { close(r.free) })
	r.Server = httptest.NewServer(r)
	return r
}

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	n, err := io.Copy(io.Discard, req.Body)
	if err != nil {
		return // who called has left
	}
	r.mu.Lock()
	r.busyBy(1)
	r.most = max(r.most, r.busy)
	r.tell()
	r.mu.Unlock()
	if r.Takes > 0 {
		t := time.NewTimer(r.Takes)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.free:
		case <-req.Context().Done():
		}
	}
	w.WriteHeader(http.StatusNoContent)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busyBy(-1)
	r.calls++
	r.bytes = n
	r.seen[req.Header.Get(standardwebhooks.HeaderWebhookID)] = true
	r.tell()
}

// tell wakes who waits; r.mu is held.
func (r *Receiver) tell() {
	close(r.news)
	r.news = make(chan struct{})
}

// Await waits until n different calls have been answered.
func (r *Receiver) Await(ctx context.Context, n int) error {
	return r.until(ctx, n, func() int { return len(r.seen) })
}

// AwaitBusy waits until n calls are being answered at once.
func (r *Receiver) AwaitBusy(ctx context.Context, n int) error {
	return r.until(ctx, n, func() int { return r.busy })
}

// until waits until a number is n. It is asked for with r.mu held.
func (r *Receiver) until(ctx context.Context, n int, number func() int) error {
	t := time.NewTimer(stall)
	defer t.Stop()
	for {
		r.mu.Lock()
		is, news := number(), r.news
		r.mu.Unlock()
		if is >= n {
			return nil
		}
		t.Reset(stall)
		select {
		case <-news:
		case <-t.C:
			return fmt.Errorf("%d of %d calls: %w", is, n, errStall)
		case <-ctx.Done():
			return fmt.Errorf("%d of %d calls: %w", is, n, context.Cause(ctx))
		}
	}
}

// busyBy changes how many calls are being answered; r.mu is held.
func (r *Receiver) busyBy(n int) {
	now := time.Now()
	r.spent += time.Duration(r.busy) * now.Sub(r.changed)
	r.busy, r.changed = r.busy+n, now
}

// Busy is how many calls were being answered, in the mean of the time since it was asked last.
func (r *Receiver) Busy() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busyBy(0)
	mean := r.spent.Seconds() / r.changed.Sub(r.asked).Seconds()
	r.spent, r.asked = 0, r.changed
	return mean
}

// Calls is how many calls have been answered.
func (r *Receiver) Calls() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

// took forgets what came, and returns how many calls that were, the most at once, and the
// bytes of the last body.
func (r *Receiver) took() (calls, most int, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	calls, most = r.calls, r.most
	r.calls, r.most, r.seen = 0, 0, map[string]bool{}
	return calls, most, r.bytes
}
