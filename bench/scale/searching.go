package scale

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/search"
	"collector/state"
	"collector/store"
)

// again is how often every query is asked.
const again = 5

// measure asks every query several times and tells the 95th percentile of all.
func (l *library) measure(ctx context.Context, r figure.Run, items int) ([]figure.Figure, error) {
	type answer struct {
		query
		took float64
		hits int
	}
	var all []answer
	var times []float64
	rounds := again
	if r.Short {
		rounds = 1
	}
	asked := queries()
	for _, q := range asked {
		expr, bad := search.Parse(q.text, noon())
		if bad != nil {
			return nil, bad
		}
		var one []float64
		hits := 0
		for range rounds {
			start := time.Now()
			found, err := l.Search(ctx, store.Query{User: q.user, Expr: expr})
			if err != nil {
				return nil, fmt.Errorf("searching for %s: %w", q.text, err)
			}
			one, hits = append(one, milliseconds(time.Since(start))), len(found.Items)
		}
		times = append(times, one...)
		all = append(all, answer{q, figure.Median(one), hits})
	}
	slices.SortFunc(all, func(a, b answer) int { return int(1000 * (b.took - a.took)) })
	for _, a := range all {
		r.Log("%8.1f ms  %-7s %s (of %q, %d shown)", a.took, a.kind, a.text, a.user, a.hits)
	}
	limit := 200.0
	if items <= 100_000 {
		limit = 50
	}
	var texts []string
	for _, q := range asked {
		texts = append(texts, q.text)
	}
	slices.Sort(times)
	name := "search/" + short(items)
	return []figure.Figure{
		{
			Name: name + "/p95", Unit: "ms", Ours: times[len(times)*95/100], Limit: limit, Repeats: rounds,
			Note: fmt.Sprintf("%d queries, newest like first, 50 shown: %s", len(asked), strings.Join(slices.Compact(texts), " · ")),
		},
		{Name: name + "/median", Unit: "ms", Ours: figure.Median(times), Repeats: rounds},
	}, nil
}

// settle ends the leases: nothing is due while the start is measured.
func (l *library) settle(ctx context.Context) error {
	for _, in := range l.lists {
		p := in.Progress
		p.Mode, p.ScheduledTo, p.Reason = state.Normal, dueBy(), "measured"
		if err := l.Release(ctx, in.Lease, p); err != nil {
			return err
		}
	}
	return nil
}
