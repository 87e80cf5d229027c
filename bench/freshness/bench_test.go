package freshness

import (
	"math"
	"testing"
	"time"

	"collector/bench/figure"
)

// The short form of all measurements gives figures that can be compared.
func TestShort(t *testing.T) {
	for _, m := range Measurements() {
		figures, err := m.Do(t.Context(), figure.Run{Root: "../..", Dir: t.TempDir(), Short: true, Repeats: 1, Seed: 1, Log: t.Logf})
		if err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		for _, f := range figures {
			t.Logf("%s: %.3g %s, %.3g of %s, want %.3g", f.Name, f.Ours, f.Unit, f.Value(), f.Against, f.Limit)
			if f.Value() <= 0 || math.IsNaN(f.Value()) || math.IsInf(f.Value(), 0) {
				t.Errorf("%s is %v", f.Name, f.Value())
			}
			if m.Name == "freshness/lag" && !f.Reached() { // virtual time: the same on every machine
				t.Errorf("%s: %v, want %v", f.Name, f.Value(), f.Limit)
			}
		}
	}
}

// Two people, one of whom likes a hundred times as much: the intervals are ten
// to one, and the calls are those asked for.
func TestOptimum(t *testing.T) {
	all := []person{{rate: 0.1}, {rate: 10}}
	want := []time.Duration{50 * time.Minute, 5 * time.Minute}
	at := optimum(all, int(during/want[0]+during/want[1]))
	for i, p := range all {
		if got := at(p); math.Abs(float64(got)/float64(want[i])-1) > 0.01 {
			t.Errorf("%v likes an hour: polled every %v, want %v", p.rate, got, want[i])
		}
	}
}
