package search

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"collector/bench/figure"
	"collector/search"
	"collector/store"
	"collector/store/memory"
	"collector/store/sqlite"
)

// measurements are all that this build can run.
var measurements = Alone()

// TestMeasurementsWork runs small amounts: a figure must come from work that was done.
func TestMeasurementsWork(t *testing.T) {
	for _, m := range measurements {
		t.Run(m.Name, func(t *testing.T) {
			figures, err := m.Do(t.Context(), figure.Run{Root: "../..", Dir: t.TempDir(), Short: true, Repeats: 1, Seed: 1, Log: func(string, ...any) {}})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range figures {
				if !strings.HasPrefix(f.Name, m.Name+"/") || f.Ours <= 0 || f.Unit == "" || f.Repeats < 2 {
					t.Errorf("not a measurement: %+v", f)
				}
			}
			if n := len(figures) / len(ways()); n != 2 && n != 3 { // three where the system tells CPU times
				t.Errorf("%d figures", len(figures))
			}
		})
	}
}

// TestQuestionsAreUnderstood: each asks for what it seems to, and once.
func TestQuestionsAreUnderstood(t *testing.T) {
	seen := map[query]bool{}
	for _, q := range queries() {
		e, bad := search.Parse(q.text, noon())
		if bad != nil || strings.ContainsAny(q.text, "<>") && !strings.Contains(q.text, "liked:") && !strings.Contains(q.text, "age:") {
			t.Errorf("%s: %v", q.text, bad)
		}
		if e != nil && e.String() != q.text && !strings.Contains(q.text, "(") {
			t.Errorf("%s is read as %s", q.text, e)
		}
		if seen[q] {
			t.Errorf("%s for %q is asked twice", q.text, q.user)
		}
		seen[q] = true
	}
	if len(seen) < 70 {
		t.Errorf("%d questions", len(seen))
	}
}

// TestTextsAreTheSameEachTime: figures of two days are of the same items.
func TestTextsAreTheSameEachTime(t *testing.T) {
	if a, b, c := newWriter(1).text(200), newWriter(1).text(200), newWriter(2).text(200); a != b || a == c {
		t.Error("a seed must give its own texts, and the same ones each time")
	}
	seen := map[string]int{}
	for rank := range vocabulary {
		w := word(rank)
		if other, twice := seen[w]; twice {
			t.Fatalf("%s is the word of rank %d and of %d", w, other, rank)
		}
		seen[w] = rank
	}
}

// TestAnswersAreRight holds a store to one in memory over the questions that are
// measured: what is quick and wrong would be no figure.
func TestAnswersAreRight(t *testing.T) {
	of := func(st store.Store) *library {
		t.Helper()
		l, err := newLibrary(t.Context(), st, 1)
		if err == nil {
			err = l.fill(t.Context(), 3000)
		}
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	file, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "library.db"), options())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sameAnswers(t, of(file), of(memory.New()))
}

// sameAnswers asks two libraries of the same items the same.
func sameAnswers(t *testing.T, a, b *library) {
	t.Helper()
	ask := func(l *library, q store.Query) (string, store.Facets) {
		r, err := l.Search(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, it := range r.Items {
			ids = append(ids, it.NetworkID+"/"+it.ID)
		}
		f, err := l.Facets(context.Background(), q, 0)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(r.Ranked, ids), f
	}
	found := 0
	for _, text := range queries() {
		e, _ := search.Parse(text.text, noon())
		for _, order := range []store.Order{store.Best, store.Newest} {
			q := store.Query{User: text.user, Expr: e, Order: order}
			got, counts := ask(a, q)
			want, wanted := ask(b, q)
			if got != want || !reflect.DeepEqual(counts, wanted) {
				t.Fatalf("%s for %q: %.300s, %+v\nwant %.300s, %+v", text.text, text.user, got, counts, want, wanted)
			}
			found += wanted.Counted
		}
	}
	if found < 20_000 {
		t.Errorf("%d items were found in all: this proved little", found)
	}
}

func TestPercentile(t *testing.T) {
	var hundred []float64
	for i := range 100 {
		hundred = append(hundred, float64(100-i))
	}
	for of, want := range map[int]float64{1: 1, 50: 50, 95: 95, 100: 100} {
		if got := percentile(hundred, of); got != want {
			t.Errorf("%d of 100: %v", of, got)
		}
	}
	if got := percentile([]float64{3}, 95); got != 3 {
		t.Errorf("of one: %v", got)
	}
}
