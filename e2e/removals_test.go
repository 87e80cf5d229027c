//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"
)

// TestBlueskyRemovals takes likes back at a real server. Its polls read only what is
// new and cannot see that; readings of the whole list find it, two in a row and the
// poll after them. What is liked again is there again.
func TestBlueskyRemovals(t *testing.T) {
	w := newWorld(t)
	posts := w.like(t, "early", 130)
	p := install(t, build(t), w.settings()...)
	if r := p.run(t, w.credential(t, nil), "connect", "bluesky", "--server", w.gate.URL, "--token-stdin"); r.code != 0 {
		t.Fatalf("connect ended with %d:\n%s%s", r.code, r.out, r.talk)
	}
	read := func(sync ...string) {
		t.Helper()
		p.must(t, "", append([]string{"sync", "--all"}, sync...)...)
		p.must(t, "", "--once")
	}
	same := func(what string) {
		t.Helper()
		if wrong := w.differs(t, p.export(t)); wrong != "" {
			t.Errorf("%s: %s", what, wrong)
		}
	}
	removed := func() string {
		t.Helper()
		return p.must(t, "", "export", "--query", "is:removed")
	}
	p.must(t, "", "--once")
	same("the whole list")

	taken := []string{posts[3].URI, posts[60].URI, posts[129].URI} // of two pages, and the newest
	for _, uri := range taken {
		if err := w.ada.Unlike(t.Context(), w.records[uri]); err != nil {
			t.Fatal(err)
		}
	}
	asked := len(w.gate.calls(list))
	read()
	if n := len(p.export(t)); n != 130 || removed() != "" {
		t.Errorf("%d likes after a poll, which cannot see what was taken back: %s", n, removed())
	}
	for _, c := range w.gate.calls(list)[asked:] {
		if c.Query.Get("reverse") != "true" {
			t.Errorf("a poll asked for %v", c.Query)
		}
	}
	read("--full")
	if n := len(p.export(t)); n != 130 || removed() != "" {
		t.Errorf("%d likes after one reading of the whole list, which proves nothing: %s", n, removed())
	}
	w.like(t, "meanwhile", 2)
	read("--full")
	read()
	same("after two readings of the whole list and a poll")
	gone := removed()
	for _, uri := range taken {
		if !strings.Contains(gone, uri) {
			t.Errorf("%s was taken back, and is not among what is removed: %s", uri, gone)
		}
	}
	if n := strings.Count(gone, "\n"); n != len(taken) {
		t.Errorf("%d likes are removed, %d were taken back", n, len(taken))
	}

	if err := w.ada.LikeAgain(t.Context(), posts[60], w.start.Add(365*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	read()
	same("after one of them was liked again")
	if gone := removed(); strings.Count(gone, "\n") != 2 || strings.Contains(gone, posts[60].URI) {
		t.Errorf("removed: %s", gone)
	}
}
