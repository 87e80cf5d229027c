package metrics

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"collector/connectors"
)

// Config is what Metrics are told; all fields are required.
type Config struct {
	Services []connectors.Info // of which services, providers and quotas there are
	Version  string            // of the program
	Now      func() time.Time
}

// Metrics counts what one instance does. Its methods may be used from many goroutines.
type Metrics struct {
	registry *prometheus.Registry
	entries  []entry // of the collector's own, for docs/METRICS.md
	known    known
	now      func() time.Time

	runs     runCounts
	calls    callCounts
	leases   leaseCounts
	quotas   quotaCounts
	posts    postCounts
	graphite graphiteCounts
	instance instance
	facts    facts
}

// New returns metrics over a registry of their own.
func New(c Config) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), known: newKnown(c.Services), now: c.Now}
	d := &definer{registry: m.registry}
	m.runs = newRunCounts(d, m.known)
	m.calls = newCallCounts(d)
	m.leases = newLeaseCounts(d)
	m.quotas = newQuotaCounts(d, c.Now)
	m.posts = newPostCounts(d)
	m.graphite = newGraphiteCounts(d)
	m.instance = newInstance(d, c.Now)
	m.facts = newFacts(d, m.known, c.Now)
	build := d.gauge("collector_build_info", "1; the labels say which program runs.", "version", "goversion")
	build.WithLabelValues(c.Version, runtime.Version()).Set(1)
	m.registry.MustRegister(
		&m.instance, &m.facts, &m.quotas,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.entries = d.entries
	return m
}
