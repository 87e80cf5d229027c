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
	took  []float64 // from the question to the answer
	cpu   []float64 // of that on a processor, the server's time too; on a busy machine less
	shown string
}

// measure asks every question several times, round after round, so that no answer is
// that of the question before.
func (l *Library) measure(ctx context.Context, r figure.Run, name string, w way, aim float64) ([]figure.Figure, error) {
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
			before, _ := l.CPU()
			start := time.Now()
			shown, err := w.ask(ctx, l.Store, store.Query{User: a.user, Expr: expr})
			if err != nil {
				return nil, fmt.Errorf("asking for %s: %w", a.text, err)
			}
			a.took, a.shown = append(a.took, milliseconds(time.Since(start))), shown
			if after, ok := l.CPU(); ok {
				a.cpu = append(a.cpu, milliseconds(after-before))
			}
		}
	}
	var took, cpu []float64
	slices.SortStableFunc(all, func(a, b answer) int { return cmp.Compare(figure.Median(b.took), figure.Median(a.took)) })
	for _, a := range all {
		took, cpu = append(took, a.took...), append(cpu, a.cpu...)
		worked := 0.0
		if len(a.cpu) > 0 {
			worked = figure.Median(a.cpu)
		}
		r.Log("%8.1f ms, %6.1f of CPU  %-10s %-40s of %-3q %s", figure.Median(a.took), worked, a.kind, a.text, a.user, a.shown)
	}
	note := fmt.Sprintf("%d questions, %d times each: %s; slowest: %s", len(all), rounds, w.what, slowest(all))
	out := []figure.Figure{
		{Name: name + "/p95", Unit: "ms", Ours: percentile(took, 95), Limit: aim, Repeats: rounds, Note: note},
		{Name: name + "/median", Unit: "ms", Ours: figure.Median(took), Repeats: rounds},
	}
	if len(cpu) > 0 {
		out = append(out, figure.Figure{Name: name + "/cpu", Unit: "ms", Ours: percentile(cpu, 95), Limit: aim, Repeats: rounds, Note: "p95 of the CPU time of a question, of this process and of the server"})
	}
	return out, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

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
