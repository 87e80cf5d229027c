//go:build e2e

package e2e

import (
	"testing"
)

// TestBlueskyModes runs the program as two processes on one file, one that reads
// histories and one that polls, after a look that stores nothing and before a
// single pass.
func TestBlueskyModes(t *testing.T) {
	w := newWorld(t)
	w.like(t, "early", 120)
	p := install(t, build(t), w.settings()...)
	p.run(t, w.credential(t, nil), "connect", "bluesky", "--server", w.gate.URL, "--token-stdin")
	p.must(t, "", "--dry-run")
	if n := len(p.export(t)); n != 0 {
		t.Fatalf("a dry run stored %d likes", n)
	}

	asked := len(w.gate.calls(list))
	initial, normal := p.start(t, "--mode=initial"), p.start(t, "--mode=normal")
	eventually(t, "the history", func() string { return w.differs(t, p.export(t)) })
	w.like(t, "late", 7)
	eventually(t, "new likes", func() string { return w.differs(t, p.export(t)) })
	pages := map[string]int{}
	for _, c := range w.gate.calls(list)[asked:] {
		if c.Query.Get("reverse") == "" {
			pages[c.Query.Get("cursor")]++
		}
	}
	for cursor, n := range pages {
		if n != 1 {
			t.Errorf("the page at %q of the history was read %d times", cursor, n)
		}
	}
	if len(pages) != 3 { // 100, 20, and the empty page that ends the list
		t.Errorf("the history was read in %d pages, want 3", len(pages))
	}
	for name, d := range map[string]*daemon{"initial": initial, "normal": normal} {
		if code := d.stop(t); code != 0 {
			t.Errorf("the process of mode %s ended with %d", name, code)
		}
	}

	w.like(t, "later", 3)
	eventually(t, "a single pass over what is due", func() string {
		p.must(t, "", "--once")
		return w.differs(t, p.export(t))
	})
}
