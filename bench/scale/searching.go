package scale

import (
	"cmp"
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

// answer is how long one query took.
type answer struct {
	query
	took   []float64 // milliseconds from the question to the answer
	cpu    []float64 // of them on a processor; on a busy machine less
	hits   int
	ranked bool
}

// measure asks every query several times, for the best and for the newest, and
// tells the 95th percentile of all.
func (l *library) measure(ctx context.Context, r figure.Run, items int) ([]figure.Figure, error) {
	var figures []figure.Figure
	for _, o := range []struct {
		name  string
		order store.Order
		what  string
	}{
		{"", store.Best, "best first where there are at most 10,000 hits"},
		{"/newest", store.Newest, "newest like first"},
	} {
		all, err := l.ask(ctx, r, o.order)
		if err != nil {
			return nil, err
		}
		var took, cpu []float64
		var texts []string
		ranked := 0
		for _, a := range all {
			took, cpu, texts = append(took, a.took...), append(cpu, a.cpu...), append(texts, a.text)
			if a.ranked {
				ranked++
			}
		}
		limit := 200.0
		if items <= 100_000 {
			limit = 50
		}
		slices.Sort(texts)
		name := "search/" + short(items) + o.name
		figures = append(figures,
			figure.Figure{
				Name: name + "/p95", Unit: "ms", Ours: percentile(took, 95), Limit: limit, Repeats: len(all[0].took),
				Note: fmt.Sprintf("%d queries, %s; %d ranked, 50 shown: %s", len(all), o.what, ranked, strings.Join(slices.Compact(texts), " · ")),
			},
			figure.Figure{Name: name + "/median", Unit: "ms", Ours: figure.Median(took), Repeats: len(all[0].took)})
		if len(cpu) > 0 {
			figures = append(figures, figure.Figure{Name: name + "/cpu", Unit: "ms", Ours: percentile(cpu, 95), Limit: limit, Repeats: len(all[0].took), Note: "p95 of the CPU time of a query"})
		}
	}
	return figures, nil
}

// percentile is the value that so many of a hundred values are below.
func percentile(values []float64, of int) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[len(values)*of/100]
}

// ask asks every query and prints what took longest.
func (l *library) ask(ctx context.Context, r figure.Run, order store.Order) ([]answer, error) {
	rounds := again
	if r.Short {
		rounds = 1
	}
	var all []answer
	for _, q := range queries() {
		expr, bad := search.Parse(q.text, noon())
		if bad != nil {
			return nil, bad
		}
		a := answer{query: q}
		for range rounds {
			start := time.Now()
			before, _ := used()
			found, err := l.Search(ctx, store.Query{User: q.user, Expr: expr, Order: order})
			if err != nil {
				return nil, fmt.Errorf("searching for %s: %w", q.text, err)
			}
			if after, ok := used(); ok {
				a.cpu = append(a.cpu, milliseconds(after-before))
			}
			a.took, a.hits, a.ranked = append(a.took, milliseconds(time.Since(start))), len(found.Items), found.Ranked
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b answer) int { return cmp.Compare(figure.Median(b.took), figure.Median(a.took)) })
	for _, a := range all {
		first := "newest"
		if a.ranked {
			first = "best"
		}
		cpu := 0.0
		if len(a.cpu) > 0 {
			cpu = figure.Median(a.cpu)
		}
		r.Log("%8.1f ms, %6.1f of CPU  %-6s %-7s %s (of %q, %d shown)", figure.Median(a.took), cpu, first, a.kind, a.text, a.user, a.hits)
	}
	return all, nil
}

// settle ends the leases: nothing is due while the start is measured.
func (l *library) settle(ctx context.Context) error {
	for _, in := range l.lists {
		p := in.Progress
		p.Mode, p.ScheduledTo, p.Reason = state.Normal, DueBy(), "measured"
		if err := l.Release(ctx, in.Lease, p); err != nil {
			return err
		}
	}
	return nil
}
