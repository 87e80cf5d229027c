package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"collector/limit"
)

// quotaCounts are what is spent of quotas. Rows of the ledger are as many as accounts, so
// none is read for this: each is looked at when the ledger changes it.
type quotaCounts struct {
	spent *prometheus.CounterVec
	use   told
	now   func() time.Time

	mu    *sync.Mutex
	peaks map[[2]string]*peak
}

// peakFor is how long the greatest use of a quota is shown, at least; at most twice as long.
const peakFor = 5 * time.Minute

// peak is the greatest value of the present and of the last stretch of time.
type peak struct {
	since         time.Time
	present, last float64
}

func (p *peak) at(now time.Time) float64 {
	if behind := now.Sub(p.since); behind >= 2*peakFor || behind < 0 {
		p.since, p.present, p.last = now, 0, 0
	} else if behind >= peakFor {
		p.since, p.present, p.last = now, 0, p.present
	}
	return max(p.present, p.last)
}

func newQuotaCounts(d *definer, now func() time.Time) quotaCounts {
	return quotaCounts{
		spent: d.counter("collector_quota_spent_total",
			"Units of quotas that this instance took (calls, points or thousandths of a dollar), those that it gave back unsent included.", "provider", "quota"),
		use: d.told(prometheus.GaugeValue, false, "collector_quota_use_ratio",
			"Share of its window that the account, host or app has used which has used most, of those that this instance called in the last five to ten minutes; 1 is all of it.", "provider", "quota"),
		now: now, mu: &sync.Mutex{}, peaks: map[[2]string]*peak{},
	}
}

// Quotas passes everything on to a store of quotas and counts.
func (m *Metrics) Quotas(st limit.Store) limit.Store { return watchedQuotas{st, m} }

type watchedQuotas struct {
	limit.Store
	m *Metrics
}

// UpdateQuotas is limit.Store.UpdateQuotas.
func (w watchedQuotas) UpdateQuotas(ctx context.Context, keys []string, fn func([]*limit.Row) error) error {
	type use struct {
		key   string
		took  int
		ratio float64
	}
	var uses []use
	err := w.Store.UpdateQuotas(ctx, keys, func(rows []*limit.Row) error {
		uses = uses[:0] // it may run more than once
		before := make([]limit.Row, len(rows))
		for i, r := range rows {
			before[i] = *r
		}
		if err := fn(rows); err != nil {
			return err
		}
		for i, r := range rows {
			u := use{key: r.Key, took: r.Used - before[i].Used}
			if r.Epoch != before[i].Epoch {
				u.took = r.Used
			}
			if r.Limit > 0 {
				u.ratio = float64(r.Used) / float64(r.Limit)
			}
			uses = append(uses, u)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, u := range uses {
		provider, quota := w.m.known.quota(u.key)
		if u.took > 0 {
			w.m.quotas.spent.WithLabelValues(provider, quota).Add(float64(u.took))
		}
		w.m.quotas.used(provider, quota, u.ratio)
	}
	return nil
}

func (q *quotaCounts) used(provider, quota string, ratio float64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	key := [2]string{provider, quota}
	p := q.peaks[key]
	if p == nil {
		p = &peak{since: q.now()}
		q.peaks[key] = p
	}
	p.at(q.now())
	p.present = max(p.present, ratio)
}

// Describe is prometheus.Collector.
func (q *quotaCounts) Describe(to chan<- *prometheus.Desc) { to <- q.use.desc }

// Collect is prometheus.Collector.
func (q *quotaCounts) Collect(to chan<- prometheus.Metric) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for key, p := range q.peaks {
		q.use.send(to, p.at(q.now()), key[0], key[1])
	}
}
