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

// Ready answers 200 when all checks hold, else 503 with a line for each.
func Ready(now func() time.Time, checks ...Check) http.Handler {
	r := &readiness{now: now, checks: checks}
	return reading(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		ok, text := r.look(context.WithoutCancel(req.Context())) // who gives up early must not fail the others
		if !ok {
			http.Error(w, "not ready\n"+text, http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, "ready\n"+text)
	}))
}

// readiness is the last look at all checks.
type readiness struct {
	now    func() time.Time
	checks []Check

	mu   sync.Mutex
	at   time.Time
	ok   bool
	text string
}

func (r *readiness) look(ctx context.Context) (bool, string) {
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
