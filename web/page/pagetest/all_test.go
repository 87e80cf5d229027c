package pagetest_test

import (
	"testing"

	"collector/web/page/pagetest"
)

// TestPagesHaveNames keeps two pages from being written to one file.
func TestPagesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range pagetest.All() {
		if p.Name == "" || p.View == nil || seen[p.Name] {
			t.Errorf("the page %q has no view, or its name twice", p.Name)
		}
		seen[p.Name] = true
	}
}
