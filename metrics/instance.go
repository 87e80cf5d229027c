package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Instance is how this instance stands, asked when somebody looks; no function may wait.
type Instance struct {
	Workers int              // networks that may be in work at once
	Running func() int       // networks in hand
	Turned  func() time.Time // when the scheduler's loop last came round; zero: it has not begun
	Leads   func() bool      // whether it leads the cluster
}

type instance struct {
	workers, running, turned, leads told

	is  *atomic.Pointer[Instance]
	now func() time.Time
}

func newInstance(d *definer, now func() time.Time) instance {
	gauge := func(name, help string) told { return d.told(prometheus.GaugeValue, false, name, help) }
	return instance{
		workers: gauge("collector_workers", "Networks that this instance may have in work at once."),
		running: gauge("collector_running", "Networks that this instance has in hand: leases that it holds."),
		turned:  gauge("collector_loop_age_seconds", "Time since the scheduler's loop came round; while it works about a second, and as long as the store takes."),
		leads:   gauge("collector_leader", "1 where this instance leads its cluster, and where it is alone."),
		is:      &atomic.Pointer[Instance]{}, now: now,
	}
}

// Show has the metrics tell of an instance from now on.
func (m *Metrics) Show(is Instance) { m.instance.is.Store(&is) }

// Describe is prometheus.Collector.
func (i *instance) Describe(to chan<- *prometheus.Desc) {
	for _, t := range []told{i.workers, i.running, i.turned, i.leads} {
		to <- t.desc
	}
}

// Collect is prometheus.Collector.
func (i *instance) Collect(to chan<- prometheus.Metric) {
	is := i.is.Load()
	if is == nil {
		return
	}
	i.workers.send(to, float64(is.Workers))
	i.running.send(to, float64(is.Running()))
	if turned := is.Turned(); !turned.IsZero() {
		i.turned.send(to, max(0, i.now().Sub(turned)).Seconds())
	}
	leads := 0.
	if is.Leads() {
		leads = 1
	}
	i.leads.send(to, leads)
}
