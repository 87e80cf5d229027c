package metrics

import "github.com/prometheus/client_golang/prometheus"

// entry describes one metric.
type entry struct {
	name, kind, help string
	labels           []string
	// shared says that it tells of the store: all instances that share one say the same,
	// so that the greatest or any of them is meant, never the sum.
	shared bool
}

// definer makes metrics and keeps what they are called.
type definer struct {
	registry *prometheus.Registry
	entries  []entry
}

func (d *definer) note(name, kind, help string, labels []string, shared bool) {
	d.entries = append(d.entries, entry{name, kind, help, labels, shared})
}

func (d *definer) counter(name, help string, labels ...string) *prometheus.CounterVec {
	d.note(name, "counter", help, labels, false)
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	d.registry.MustRegister(v)
	return v
}

func (d *definer) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	d.note(name, "gauge", help, labels, false)
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	d.registry.MustRegister(v)
	return v
}

func (d *definer) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	d.note(name, "histogram", help, labels, false)
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	d.registry.MustRegister(v)
	return v
}

// told is a metric whose value is found out when somebody asks.
type told struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func (d *definer) told(kind prometheus.ValueType, shared bool, name, help string, labels ...string) told {
	word := "gauge"
	if kind == prometheus.CounterValue {
		word = "counter"
	}
	d.note(name, word, help, labels, shared)
	return told{prometheus.NewDesc(name, help, labels, nil), kind}
}

func (t told) send(to chan<- prometheus.Metric, value float64, labels ...string) {
	to <- prometheus.MustNewConstMetric(t.desc, t.kind, value, labels...)
}

// Buckets, in seconds.
var (
	// briefly is for calls and writes.
	briefly = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	// long is for waits and ages: a second to a month.
	long = []float64{1, 5, 15, 60, 300, 900, 1800, 3600, 2 * 3600, 6 * 3600, 24 * 3600, 7 * 24 * 3600, 30 * 24 * 3600}
)
