package main

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestAnImportElsewhereSaysHowFarItIs, as one here does.
func TestAnImportElsewhereSaysHowFarItIs(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	served(t, nil)
	handed(t, "bookmarks.html", bookmarkFile, noon)
	for _, way := range []string{"--api=off", "--api=socket"} {
		var looks atomic.Int64 // each look at the clock is six seconds later
		p := program{now: func() time.Time { return noon.Add(time.Duration(looks.Add(6)) * time.Second) }}
		if o := p.run(t, "import", "--dry-run", "bookmarks.html", way); !strings.Contains(o.err, " read, 0 added\n") {
			t.Errorf("%s: %d %s", way, o.code, o.err)
		}
	}
	if o := (program{now: atNoon}).run(t, "import", "--dry-run", "bookmarks.html", "--api=socket"); strings.Contains(o.err, " read, ") {
		t.Errorf("within five seconds: %s", o.err)
	}
}
