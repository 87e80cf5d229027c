package scale

import (
	"testing"

	"collector/search"
)

// TestTextsAreTheSameEachTime: figures of two days are of the same items.
func TestTextsAreTheSameEachTime(t *testing.T) {
	a, b, c := newWriter(1).text(200), newWriter(1).text(200), newWriter(2).text(200)
	if a != b || a == c {
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

// TestQueriesAreUnderstood: each asks for what it seems to.
func TestQueriesAreUnderstood(t *testing.T) {
	seen := map[query]bool{}
	for _, q := range queries() {
		if _, bad := search.Parse(q.text, noon()); bad != nil {
			t.Errorf("%s: %v", q.text, bad)
		}
		if seen[q] {
			t.Errorf("%s for %q is asked twice", q.text, q.user)
		}
		seen[q] = true
	}
	if len(seen) < 60 {
		t.Errorf("%d queries", len(seen))
	}
}
