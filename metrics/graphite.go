package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/graphite"
	dto "github.com/prometheus/client_model/go"
)

// Graphite is where metrics are sent; all fields are required but Prefix.
type Graphite struct {
	Address string        // host:port of a carbon that takes the line protocol over TCP
	Prefix  string        // begins every name
	Every   time.Duration // how often
	Log     *slog.Logger
}

const (
	// pushTime is how long a push may take before it counts as failed, unless the interval
	// is shorter: a gathering does not wait for the push before it.
	pushTime = 15 * time.Second
	// keepGathered and keepSeries are how much is kept while Graphite is away, in
	// gatherings and in all of their series; the oldest goes first. A series takes some 150 bytes.
	keepGathered = 60
	keepSeries   = 60_000
)

// graphiteCounts are the pushes.
type graphiteCounts struct {
	pushes  *prometheus.CounterVec
	dropped prometheus.Counter
}

func newGraphiteCounts(d *definer) graphiteCounts {
	return graphiteCounts{
		pushes:  d.counter("collector_graphite_pushes_total", "Gatherings sent to Graphite: ok or failed.", "outcome"),
		dropped: d.counter("collector_graphite_dropped_total", "Gatherings that Graphite never got, since it was away for too long.").WithLabelValues(),
	}
}

// Push sends what is gathered to Graphite at each interval, until ctx ends. Each push has
// a connection of its own. What cannot be sent is kept with its time, within bounds, and
// sent when Graphite is there again.
func (m *Metrics) Push(ctx context.Context, g Graphite) {
	p := m.newPusher(g)
	t := time.NewTicker(g.Every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		p.gather()
		p.sendAll(ctx)
	}
}

// gathered is what was gathered at one time.
type gathered struct {
	families []*dto.MetricFamily
	series   int
}

// pusher is what is still to be sent.
type pusher struct {
	m    *Metrics
	g    Graphite
	push func() error // sends sending

	patience time.Duration // with a push

	waiting []gathered
	series  int        // of all that wait
	sending gathered   // written while no push is under way
	under   chan error // the result of the push that is under way; nil: none is
	away    bool       // the last push failed
}

func (m *Metrics) newPusher(g Graphite) *pusher {
	p := &pusher{m: m, g: g, patience: min(pushTime, g.Every)}
	p.push = func() error {
		bridge, err := graphite.NewBridge(&graphite.Config{
			URL: p.g.Address, Prefix: p.g.Prefix, Timeout: pushTime, ErrorHandling: graphite.AbortOnError,
			Gatherer: prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return p.sending.families, nil }),
		})
		if err != nil {
			return fmt.Errorf("preparing to send metrics to Graphite: %w", err)
		}
		return bridge.Push()
	}
	return p
}

// gather puts what there is now behind what waits.
func (p *pusher) gather() {
	families, err := p.m.registry.Gather()
	if err != nil {
		p.g.Log.Warn("gathering metrics for Graphite; the rest is sent", "err", err)
	}
	at := p.m.now().UnixMilli()
	one := gathered{families: families}
	for _, f := range families {
		for _, metric := range f.Metric {
			metric.TimestampMs = &at
			one.series += 1 + len(metric.GetHistogram().GetBucket()) + len(metric.GetSummary().GetQuantile())
		}
	}
	if one.series == 0 {
		return
	}
	p.waiting = append(p.waiting, one)
	p.series += one.series
	for len(p.waiting) > 1 && (len(p.waiting) > keepGathered || p.series > keepSeries) {
		p.series -= p.waiting[0].series
		p.waiting = p.waiting[1:]
		p.m.graphite.dropped.Inc()
	}
}

// sendAll sends what waits, the oldest first, until something fails.
func (p *pusher) sendAll(ctx context.Context) {
	for len(p.waiting) > 0 && ctx.Err() == nil {
		if p.under == nil {
			p.sending = p.waiting[0]
			result := make(chan error, 1)
			p.under = result
			go func() { result <- p.push() }()
		}
		if err := p.wait(ctx); err != nil {
			if ctx.Err() == nil {
				p.note(err)
			}
			return
		}
		p.note(nil)
		if at := p.sending.families; len(p.waiting) > 0 && len(at) > 0 && &p.waiting[0].families[0] == &at[0] { // it may have been dropped meanwhile
			p.series -= p.waiting[0].series
			p.waiting = p.waiting[1:]
		}
	}
}

// errSlow says that Graphite took a connection and does not read. The push goes on: the
// bridge cannot end it, and no other one is begun before.
var errSlow = errors.New("it does not take what is sent")

// wait waits for the push that is under way.
func (p *pusher) wait(ctx context.Context) error {
	late := time.NewTimer(p.patience)
	defer late.Stop()
	select {
	case err := <-p.under:
		p.under = nil
		return err
	case <-late.C:
		return errSlow
	case <-ctx.Done():
		return ctx.Err()
	}
}

// note counts a push, and logs when Graphite goes away and when it is back.
func (p *pusher) note(err error) {
	switch {
	case err != nil:
		p.m.graphite.pushes.WithLabelValues("failed").Inc()
		if !p.away {
			p.g.Log.Warn("metrics cannot be sent to Graphite; they are kept for a while and sent again", "to", p.g.Address, "err", err)
		}
	default:
		p.m.graphite.pushes.WithLabelValues("ok").Inc()
		if p.away {
			p.g.Log.Info("Graphite takes metrics again", "to", p.g.Address)
		}
	}
	p.away = err != nil
}
