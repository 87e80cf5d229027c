package metrics

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/state"
)

// leaseCounts are claims, leases and what is written under them.
type leaseCounts struct {
	claims  *prometheus.CounterVec
	late    *prometheus.HistogramVec
	seconds *prometheus.HistogramVec
	errors  *prometheus.CounterVec
	lost    prometheus.Counter
	signs   *signs
}

func newLeaseCounts(d *definer) leaseCounts {
	return leaseCounts{
		claims: d.counter("collector_claims_total", "Networks that this instance took in hand.", "service"),
		late: d.histogram("collector_start_lag_seconds",
			"How long after its due time a network was taken in hand.", long, "service"),
		seconds: d.histogram("collector_store_seconds", "How long the store took: claim, commit (of a page), release, renew (of all leases).", briefly, "op"),
		errors:  d.counter("collector_store_errors_total", "Calls of the store that failed; a lease that was lost is none.", "op"),
		lost:    d.counter("collector_leases_lost_total", "Pages and releases that changed nothing, since another instance had taken the network over or the lease had ended.").WithLabelValues(),
		signs:   &signs{},
	}
}

// signs are when the store last took a sign of life of this instance.
type signs struct {
	mu      sync.Mutex
	taken   time.Time // the last heartbeat or renewal that was written
	refused time.Time // the last renewal that was not; zero once another was
}

func (s *signs) note(err error, now time.Time, renewal bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.taken = now
	}
	if renewal && err == nil {
		s.refused = time.Time{}
	} else if renewal {
		s.refused = now
	}
}

// Beat takes notice of how writing a heartbeat went.
func (m *Metrics) Beat(err error) { m.leases.signs.note(err, m.now(), false) }

// Renewable returns nil if leases can be renewed: within a time the store took a heartbeat
// or a renewal, and since then refused no renewal that was not made good. Nothing is written
// to find it out.
func (m *Metrics) Renewable(within time.Duration) error {
	s, now := m.leases.signs, m.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.refused.IsZero() && now.Sub(s.refused) <= within: // older: nothing is in hand any more that would be renewed
		return errRefused
	case s.taken.IsZero():
		return errNoSign
	case now.Sub(s.taken) > within:
		return errOldSign
	}
	return nil
}

// Reasons of Renewable. They name no address: whoever asks need not be the operator, and
// the log has the rest.
var (
	errRefused = errors.New("the store did not take the last renewal of leases")
	errNoSign  = errors.New("nothing was written yet")
	errOldSign = errors.New("the store takes no heartbeats")
)

// Store passes everything on to a store and counts.
func (m *Metrics) Store(st state.Store) state.Store { return watched{st, m} }

type watched struct {
	state.Store
	m *Metrics
}

// op notes how long a call took and how it ended.
func (w watched) op(name string, begun time.Time, err error) {
	l := &w.m.leases
	l.seconds.WithLabelValues(name).Observe(max(0, w.m.now().Sub(begun)).Seconds())
	switch {
	case errors.Is(err, state.ErrLeaseLost):
		l.lost.Inc()
	case err != nil && !errors.Is(err, context.Canceled):
		l.errors.WithLabelValues(name).Inc()
	}
}

// Claim is state.Store.Claim.
func (w watched) Claim(ctx context.Context, want state.Claim) ([]state.Claimed, error) {
	begun := w.m.now()
	got, err := w.Store.Claim(ctx, want)
	w.op("claim", begun, err)
	for _, c := range got {
		service := w.m.known.service(c.Service)
		w.m.leases.claims.WithLabelValues(service).Inc()
		if lag, due := lagOf(c, want.Now); due {
			w.m.leases.late.WithLabelValues(service).Observe(lag.Seconds())
		}
	}
	return got, err
}

// Commit is state.Store.Commit.
func (w watched) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	begun := w.m.now()
	done, err := w.Store.Commit(ctx, l, p)
	w.op("commit", begun, err)
	return done, err
}

// Release is state.Store.Release.
func (w watched) Release(ctx context.Context, l state.Lease, p state.Progress) error {
	begun := w.m.now()
	err := w.Store.Release(ctx, l, p)
	w.op("release", begun, err)
	return err
}

// Renew is state.Store.Renew.
func (w watched) Renew(ctx context.Context, owner string, until time.Time) error {
	begun := w.m.now()
	err := w.Store.Renew(ctx, owner, until)
	w.op("renew", begun, err)
	w.m.leases.signs.note(err, w.m.now(), true)
	return err
}
