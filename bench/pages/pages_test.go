package pages

import (
	"strings"
	"testing"

	"collector/bench/figure"
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
				if !strings.HasPrefix(f.Name, m.Name+"/") || f.Ours <= 0 || f.Unit == "" || f.Limit <= 0 {
					t.Errorf("not a measurement: %+v", f)
				}
			}
			want := 8
			switch {
			case strings.HasSuffix(m.Name, "/jobs"):
				want = 5
			case strings.HasSuffix(m.Name, "/beside"):
				want = 7
			}
			if len(figures) != want {
				t.Errorf("%d figures", len(figures))
			}
		})
	}
}
