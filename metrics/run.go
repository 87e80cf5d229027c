package metrics

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/executor"
	"collector/fault"
)

// runCounts are what runs come to.
type runCounts struct {
	runs, pages, items, walks *prometheus.CounterVec
	freshness, gap            *prometheus.HistogramVec
}

func newRunCounts(d *definer, k known) runCounts {
	r := runCounts{
		runs:  d.counter("collector_runs_total", "Runs of networks that ended and were saved, by how they ended: ok, stopped, not_stored, stalled, or the kind of failure.", "service", "outcome"),
		pages: d.counter("collector_pages_total", "Pages that were read and stored, by the kind of walk.", "service", "kind"),
		items: d.counter("collector_items_total", "Items by what became of them: added, changed, removed (likes that are gone), detailed (details were read later).", "service", "kind", "change"),
		walks: d.counter("collector_walks_total", "Passes over lists that ended: completed, or stalled where the service's paging leads nowhere.", "service", "kind", "end"),
		freshness: d.histogram("collector_freshness_lag_seconds",
			"How long ago the newest like was made when the poll that found it had ended, at services that tell the time of a like.", long, "service"),
		gap: d.histogram("collector_poll_gap_seconds",
			"Time between two polls of a network that ended: the longest that a like can have waited, at all services.", long, "service"),
	}
	for service := range k.services { // a rule sees the first mistake only if there was a 0 before
		r.runs.WithLabelValues(service, slug(fault.Bug.String()))
	}
	return r
}

// unseen is by how much a like may be older than the poll before and still count as made
// since then: the times of likes are the service's.
const unseen = time.Minute

// Ended counts a run that was saved; it is for scheduler.Config.Ended.
func (m *Metrics) Ended(o executor.Outcome) {
	service, kind := m.known.service(o.Network.Service), kindOf(o.Kind)
	m.runs.runs.WithLabelValues(service, outcomeOf(o)).Inc()
	add := func(v *prometheus.CounterVec, n int, labels ...string) {
		if n > 0 {
			v.WithLabelValues(labels...).Add(float64(n))
		}
	}
	add(m.runs.pages, o.Pages, service, kind)
	add(m.runs.items, o.Added, service, kind, "added")
	add(m.runs.items, o.Changed, service, kind, "changed")
	add(m.runs.items, o.Removed, service, kind, "removed")
	add(m.runs.items, o.Filled, service, kind, "detailed")
	switch {
	case errors.Is(o.Err, executor.ErrStalled):
		m.runs.walks.WithLabelValues(service, kind, "stalled").Inc()
	case o.Ended && !o.NotStored:
		m.runs.walks.WithLabelValues(service, kind, "completed").Inc()
	}
	if o.Since <= 0 { // no poll ended
		return
	}
	m.runs.gap.WithLabelValues(service).Observe(o.Since.Seconds())
	if newest := o.Network.Newest; o.Added > 0 && !newest.IsZero() {
		// One that is older was there at the poll before: what was added is not the newest.
		if lag := m.now().Sub(newest); lag <= o.Since+unseen {
			m.runs.freshness.WithLabelValues(service).Observe(max(0, lag).Seconds())
		}
	}
}

// outcomeOf is the label of how a run ended.
func outcomeOf(o executor.Outcome) string {
	switch {
	case o.NotStored:
		return "not_stored"
	case errors.Is(o.Err, executor.ErrStalled):
		return "stalled"
	case o.Drained:
		return "stopped"
	case o.Err == nil:
		return "ok"
	}
	return failure(o.Err)
}

// failure is the label of a kind of failure.
func failure(err error) string { return slug(fault.KindOf(err).String()) }
