package metrics

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Check is one thing that must be so. The error of Is is shown to whoever asks, who need
// not be the operator: it names no address, no account and no secret.
type Check struct {
	Name string
	Is   func(ctx context.Context) error
}

// lookFor is how long one check may take, lookEvery how long its answer serves all who ask,
// so that nobody can burden the store by asking.
const (
	lookFor   = 2 * time.Second
	lookEvery = time.Second
)

// Live answers 200 while the process lives, else 503: when lives returns why it does not,
// and a restart would mend that. It must not ask the store or a service: their outage is no
// reason to restart.
func Live(lives func() error) http.Handler {
	return reading(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := lives(); err != nil {
			http.Error(w, "not alive: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "alive")
	}))
}

// Ready looks whether all checks hold.
func Ready(now func() time.Time, checks ...Check) *Readiness {
	return &Readiness{now: now, checks: checks}
}

// ServeHTTP answers 200 when all checks hold, else 503, with a line for each.
func (r *Readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.answer(func(text string) string { return text }).ServeHTTP(w, req)
}

// Brief answers likewise, without a word about the checks: for an address that strangers reach.
func (r *Readiness) Brief() http.Handler {
	return r.answer(func(string) string { return "" })
}

func (r *Readiness) answer(told func(text string) string) http.Handler {
	return reading(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ok, text := r.look(context.WithoutCancel(req.Context())) // who gives up early must not fail the others
		if !ok {
			http.Error(w, strings.TrimSuffix("not ready\n"+told(text), "\n"), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "ready\n"+told(text))
	}))
}

// Readiness is the last look at all checks. All who ask share it.
type Readiness struct {
	now    func() time.Time
	checks []Check

	mu   sync.Mutex
	at   time.Time
	ok   bool
	text string
}

func (r *Readiness) look(ctx context.Context) (bool, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if age := r.now().Sub(r.at); !r.at.IsZero() && age >= 0 && age < lookEvery {
		return r.ok, r.text
	}
	var b strings.Builder
	r.ok = true
	for _, c := range r.checks {
		ctx, cancel := context.WithTimeout(ctx, lookFor)
		err := c.Is(ctx)
		cancel()
		if err == nil {
			fmt.Fprintf(&b, "ok      %s\n", c.Name)
			continue
		}
		r.ok = false
		fmt.Fprintf(&b, "failed  %s: %v\n", c.Name, err)
	}
	r.at, r.text = r.now(), b.String()
	return r.ok, r.text
}
