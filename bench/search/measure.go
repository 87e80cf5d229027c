package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/bench/figure"
	"collector/search"
	"collector/store"
)

// few is how many items there are in a short run.
const few = 1000

// pageAim is the aim of a page among so many items, in milliseconds.
func pageAim(items int) float64 {
	if items <= 100_000 {
		return 50
	}
	return 200
}

// countsAim is that of the counts beside it: they look at so many items at most, however
// many there are.
func countsAim(int) float64 { return 300 }

// Measure fills an empty store with so many items and asks all questions. The figures'
// names begin with name.
func Measure(ctx context.Context, r figure.Run, name string, items int, st store.Store) ([]figure.Figure, error) {
	there := items
	if r.Short {
		there = few
	}
	l, err := newLibrary(ctx, st, r.Seed)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := l.fill(ctx, there); err != nil {
		return nil, err
	}
	r.Log("%d items are there after %.1f s", there, time.Since(began).Seconds())
	var out []figure.Figure
	for _, w := range ways() {
		figures, err := l.measure(ctx, r, name+"/"+w.name, w, w.aim(items))
		if err != nil {
			return nil, err
		}
		out = append(out, figures...)
	}
	return out, nil
}

// way is how a question is asked; it returns what was shown.
type way struct {
	name, what string
	aim        func(items int) float64 // of the 95th percentile, in milliseconds
	ask        func(context.Context, store.Store, store.Query) (string, error)
}

func ways() []way {
	page := func(order store.Order) func(context.Context, store.Store, store.Query) (string, error) {
		return func(ctx context.Context, st store.Store, q store.Query) (string, error) {
			q.Order = order
			r, err := st.Search(ctx, q)
			first := "newest"
			if r.Ranked {
				first = "best"
			}
			return fmt.Sprintf("%2d shown, %s first", len(r.Items), first), err
		}
	}
	return []way{
		{"best", "50 items, best first where there are at most 10,000 hits", pageAim, page(store.Best)},
		{"newest", "50 items, newest like first", pageAim, page(store.Newest)},
		{"facets", "the counts beside what was found", countsAim, func(ctx context.Context, st store.Store, q store.Query) (string, error) {
			f, err := st.Facets(ctx, q, 0)
			return fmt.Sprintf("%d counted, whole %v", f.Counted, f.Whole), err
		}},
	}
}

// answer is how long one question took, in milliseconds.
type answer struct {
	query
	took  []float64
	shown string
}

// measure asks every question several times, round after round, so that no answer is
// that of the question before.
func (l *library) measure(ctx context.Context, r figure.Run, name string, w way, aim float64) ([]figure.Figure, error) {
	rounds := max(2, r.Repeats)
	all := make([]answer, 0, 100)
	for _, q := range queries() {
		all = append(all, answer{query: q})
	}
	for range rounds {
		for i := range all {
			a := &all[i]
			expr, bad := search.Parse(a.text, noon())
			if bad != nil {
				return nil, fmt.Errorf("%s: %w", a.text, bad)
			}
			start := time.Now()
			shown, err := w.ask(ctx, l.Store, store.Query{User: a.user, Expr: expr})
			if err != nil {
				return nil, fmt.Errorf("asking for %s: %w", a.text, err)
			}
			a.took, a.shown = append(a.took, float64(time.Since(start).Microseconds())/1000), shown
		}
	}
	var took []float64
	slices.SortStableFunc(all, func(a, b answer) int { return cmp.Compare(figure.Median(b.took), figure.Median(a.took)) })
	for _, a := range all {
		took = append(took, a.took...)
		r.Log("%8.1f ms  %-10s %-40s of %-3q %s", figure.Median(a.took), a.kind, a.text, a.user, a.shown)
	}
	note := fmt.Sprintf("%d questions, %d times each: %s; slowest: %s", len(all), rounds, w.what, slowest(all))
	return []figure.Figure{
		{Name: name + "/p95", Unit: "ms", Ours: percentile(took, 95), Limit: aim, Repeats: rounds, Note: note},
		{Name: name + "/median", Unit: "ms", Ours: figure.Median(took), Repeats: rounds},
	}, nil
}

// slowest names the five questions that took longest.
func slowest(sorted []answer) string {
	var out []string
	for _, a := range sorted[:min(len(sorted), 5)] {
		out = append(out, a.text)
	}
	return strings.Join(out, " · ")
}

// percentile is the least value that so many of a hundred values are not above.
func percentile(values []float64, of int) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[(len(values)*of+99)/100-1]
}

// short writes a number as people do: 100k, 1M.
func short(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 1000 && n%1000 == 0:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}
