package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"collector/control"
	"collector/store"
)

// TestStatusFitsTheTerminal: no line is longer than the terminal, and what tells
// how a network is doing stays.
func TestStatusFitsTheTerminal(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		everyState(s)
		a := newApp([]string{"LANG=C.UTF-8"}, nil, nil, nil)
		v, err := (&control.Panel{Store: s.st, Connectors: a.offers}).Status(t.Context(), store.Filter{}, noon)
		if err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{0, 60, 80, 100, 120, 200} {
			var b strings.Builder
			a.drawStatus(&b, v, width)
			got := b.String()
			for l := range strings.Lines(got) {
				if n := utf8.RuneCountInString(strings.TrimSpace(l)); width > 0 && n > width {
					t.Errorf("width %d: a line of %d: %s", width, n, l)
				}
			}
			for _, want := range []string{"github/octocat", "STATE", "NEEDS YOU", "backfill 32 %", "--name", "9 networks"} {
				if !strings.Contains(got, want) {
					t.Errorf("width %d: %q is missing:\n%s", width, want, got)
				}
			}
			if all := strings.Contains(got, "LAST 20 RUNS"); all != (width == 0 || width >= 120) {
				t.Errorf("width %d: the last column is there: %v", width, all)
			}
		}
	})
}
