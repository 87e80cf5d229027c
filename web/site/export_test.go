package site

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/export"
	"collector/search"
	"collector/store"
)

func request(t *testing.T) *http.Request {
	t.Helper()
	return httptest.NewRequest(http.MethodGet, "/", nil)
}

// TestExportsAreThoseOfTheCommand, of what was searched for.
func TestExportsAreThoseOfTheCommand(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, simulated := range []bool{false, true} {
			w.panel.Simulated = simulated
			for _, format := range export.Formats() {
				for query, n := range map[string]int{"": 5, "in:github": 3, "lang:zig": 0} {
					a := w.as("anna").get("/export?format=" + format + "&q=" + query)
					if a.status != 200 || a.header.Get("Content-Disposition") != `attachment; filename="likes.`+format+`"` || a.header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
						t.Fatal(a.status, a.header)
					}
					if format == "sqlite" {
						if !strings.HasPrefix(a.body, "SQLite format 3\x00") {
							t.Errorf("%q is no database", a.body[:min(len(a.body), 20)])
						}
						continue
					}
					var want bytes.Buffer
					out, err := export.New(t.Context(), format, &want, simulated)
					w.must(err)
					expr, _ := search.Parse(query, noon)
					wrote := 0
					w.must(w.store.Each(t.Context(), store.Query{User: "anna", Expr: expr}, func(it store.Liked) error {
						wrote++
						return out.Write(t.Context(), it)
					}))
					w.must(out.Flush(t.Context()))
					if a.body != want.String() || wrote != n {
						t.Errorf("%s of %q: %d likes\n%s\nwant\n%s", format, query, wrote, a.body, want.String())
					}
				}
			}
		}
		b := w.as("anna")
		b.get("/export?format=exe").is(422, "There is no format exe")
		a := b.get("/export?format=csv&q=raft+(").is(422, "not understood")
		if a.header.Get("Content-Disposition") != "" {
			t.Error("a problem is saved as a file")
		}
	})
}

// failing is a store that fails after so many items.
type failing struct {
	store.Store
	after int
}

func (s failing) Each(ctx context.Context, q store.Query, fn func(store.Liked) error) error {
	return errors.Join(s.Store.Each(ctx, q, func(it store.Liked) error {
		for range s.after {
			if err := fn(it); err != nil {
				return err
			}
		}
		return nil
	}), errors.New("the disk is gone"))
}

// TestAnExportThatFails is a problem, or is cut off where it has begun: nobody takes a part
// for the whole.
func TestAnExportThatFails(t *testing.T) {
	passing := t.TempDir()
	t.Setenv("TMPDIR", passing)
	t.Setenv("TMP", passing)
	stores(t, func(t *testing.T, w *world) {
		w.now = time.Now() // deadlines of real connections are set by it
		b := w.as("anna")
		w.panel.Store = failing{w.store, 1}
		if a := b.ask(http.MethodHead, "/export?format=jsonl", "").is(200); a.header.Get("Content-Type") != "application/jsonl; charset=utf-8" {
			t.Error(a.header)
		}
		a := b.get("/export?format=jsonl").is(500, "We made a mistake", "!raft annas")
		if a.header.Get("Content-Disposition") != "" {
			t.Error("a problem is saved as a file")
		}
		b.get("/export?format=sqlite").is(500)
		if left, err := filepath.Glob(filepath.Join(passing, "collector-export-*")); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		w.panel.Store = failing{w.store, 1000}
		real := httptest.NewServer(w.pages)
		defer real.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, real.URL+"/export?format=jsonl", nil)
		w.must(err)
		r.AddCookie(&http.Cookie{Name: "collector", Value: b.cookies["collector"]})
		got, err := http.DefaultClient.Do(r)
		w.must(err)
		defer got.Body.Close()
		var all bytes.Buffer
		if _, err := all.ReadFrom(got.Body); err == nil || got.StatusCode != 200 {
			t.Errorf("%d, %d bytes and no end that is an error", got.StatusCode, all.Len())
		}
	})
}
