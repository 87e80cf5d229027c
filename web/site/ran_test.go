package site

import (
	"testing"

	"collector/control"
)

// TestEachRunHasATitle: also one that read details alone, and one that asked for nothing.
func TestEachRunHasATitle(t *testing.T) {
	for kind, want := range map[string]string{
		"poll": "Looked for new likes", "details": "Read the texts of what was found", "": "Last run", "unheard of": "Last run",
	} {
		if got := didWhat(control.Run{Kind: kind}); got != want {
			t.Errorf("%q: %q, want %q", kind, got, want)
		}
	}
}
