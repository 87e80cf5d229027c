package search

import (
	"os"
	"path/filepath"
	"testing"

	"collector/bench/figure"
	"collector/store"
)

// keeps are the ways to make a library that can be kept in this build.
var keeps = map[string]opened{"sqlite": OnFile}

// TestAKeptLibraryIsUsedAgain: what was made whole is there in the next run, and what was
// not is made anew.
func TestAKeptLibraryIsUsedAgain(t *testing.T) {
	for name, open := range keeps {
		t.Run(name, func(t *testing.T) {
			r := figure.Run{Root: "../..", Dir: t.TempDir(), Keep: t.TempDir(), Seed: 1, Log: t.Logf}
			run := func(made bool) string {
				t.Helper()
				l, err := open(t.Context(), r, 500)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := l.Close(); err != nil {
						t.Error(err)
					}
				}()
				n := 0
				if err := l.Each(t.Context(), store.Query{}, func(store.Liked) error { n++; return nil }); err != nil || n != 500 {
					t.Errorf("%d items, %v", n, err)
				}
				if l.Made != made {
					t.Errorf("made now: %v, want %v", l.Made, made)
				}
				return l.Dir
			}
			dir := run(true)
			run(false)
			if err := os.Remove(filepath.Join(dir, whole)); err != nil {
				t.Fatal(err)
			}
			run(true)
		})
	}
}
