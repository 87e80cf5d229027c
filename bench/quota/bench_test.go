package quota

import (
	"testing"

	"collector/bench/figure"
)

// The short form of the forms of quotas, in virtual time: the same on every
// machine, so its targets hold. The daemons run in real time and are measured
// by the benchmark alone.
func TestForms(t *testing.T) {
	figures, err := forms(t.Context(), figure.Run{Root: "../..", Dir: t.TempDir(), Short: true, Repeats: 1, Seed: 1, Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figures {
		if !f.Reached() {
			t.Errorf("%s: %v %s, want %v", f.Name, f.Ours, f.Unit, f.Limit)
		}
	}
}
