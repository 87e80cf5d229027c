package api_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"collector/control"
	"collector/export"
	"collector/search"
	"collector/store"
)

// TestExport is what the command writes, of what may be seen.
func TestExport(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, format := range export.Formats() {
			for _, c := range []struct {
				who, rest, query, network string
				n                         int
			}{{"anna", "", "", "", 5}, {"reader", "&q=in:github", "in:github", "", 3}, {"anna", "&network=github/anna-hub&removed=true", "", "anna-github", 3}, {"operator", "&user=anna&q=lang:zig", "lang:zig", "", 0}} {
				a := w.get(c.who, "/api/export?format="+format+c.rest)
				if a.status != http.StatusOK || a.header.Get("Content-Disposition") != `attachment; filename="likes.`+format+`"` || strings.Contains(string(a.body), secret) {
					t.Fatal(c, a.status, a.header)
				}
				if format == "sqlite" {
					if !bytes.HasPrefix(a.body, []byte("SQLite format 3\x00")) {
						t.Errorf("%.20q is no database", a.body)
					}
					continue
				}
				var want bytes.Buffer
				out, err := export.New(t.Context(), format, &want, false)
				w.must(err)
				expr, _ := search.Parse(c.query, noon)
				wrote := 0
				w.must(w.store.Each(t.Context(), store.Query{User: "anna", Network: c.network, Expr: expr}, func(it store.Liked) error {
					wrote++
					return out.Write(t.Context(), it)
				}))
				w.must(out.Flush(t.Context()))
				if string(a.body) != want.String() || wrote != c.n {
					t.Errorf("%+v in %s: %d likes\n%s\nwant\n%s", c, format, wrote, a.body, want.String())
				}
			}
		}
		for rest, status := range map[string]int{"?format=exe": 422, "?q=raft+(": 422, "?network=github/bob-hub": 404, "?user=bob": 403} {
			w.refused("anna", "GET", "/api/export"+rest, "", status, "")
		}
		w.panel.Store = failing{w.store, t}
		if a := w.get("anna", "/api/export?format=jsonl"); a.status != http.StatusInternalServerError || a.header.Get("Content-Disposition") != "" {
			t.Errorf("of a store that fails: %d %v %s", a.status, a.header, a.body)
		}
	})
}

// failing is a store whose items cannot be read, for however long that is tried.
type failing struct {
	store.Store
	t *testing.T
}

func (s failing) Each(ctx context.Context, _ store.Query, _ func(store.Liked) error) error {
	if _, bounded := ctx.Deadline(); bounded {
		s.t.Error("an export has a time at which it is cut off")
	}
	return errors.New("the disk is gone")
}

// TestExportInTheBackground is a job of what was asked for, of a network by its id.
func TestExportInTheBackground(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var added control.AddedExport
		w.ok("operator", "POST", "/api/export/background", `{"user":"anna","network":"github/anna-hub","q":"raft","format":"csv"}`, &added)
		var job control.Job
		w.ok("operator", "GET", "/api/jobs/show?content=true&job="+added.Job, "", &job)
		if job.Kind != "export" || quoted(job.Data) != `{"format":"csv","user":"anna","network":"anna-github","query":"raft"}` || added.File == "" || added.Folder != "exports" || !added.Works {
			t.Errorf("added %+v as %s", added, quoted(job.Data))
		}
		for body, status := range map[string]int{`{"format":"exe"}`: 422, `{"q":"raft ("}`: 422, `{"network":"github/none"}`: 404} {
			w.refused("operator", "POST", "/api/export/background", body, status, "")
		}
		w.panel.Simulated = true
		w.refused("operator", "POST", "/api/export/background", `{}`, http.StatusServiceUnavailable, "simulated")
	})
}
