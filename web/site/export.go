package site

import (
	"net/http"
	"slices"

	"collector/control"
	"collector/export"
	"collector/grant"
	"collector/store"
	"collector/web"
	"collector/web/page"
)

// exports hands out what was liked as files.
func (s *site) exports() []route {
	return []route{{"GET /export", grant.Read, (*visit).export}}
}

// kinds are the formats of exports, as people call them.
var kinds = map[string]string{"jsonl": "JSON Lines", "csv": "CSV", "html": "Bookmarks (HTML)", "md": "Markdown", "sqlite": "SQLite"}

// formats are those that can be chosen.
func formats() []page.Option {
	var out []page.Option
	for _, f := range export.Formats() {
		out = append(out, page.Option{Value: f, Text: kinds[f], Chosen: len(out) == 0})
	}
	return out
}

// export streams all that a question finds, as collector export does: of any size it needs
// the memory of one item. What cannot be finished is cut off, so that nobody takes it for
// whole.
func (v *visit) export() error {
	q, err := v.question()
	if err != nil {
		return err
	}
	if q.problem != nil { // half a query would be half an export
		return control.Misread(q.problem)
	}
	format := v.r.FormValue("format")
	if !slices.Contains(export.Formats(), format) {
		return wrong("choose one of the list", "there is no format "+format)
	}
	page.Headers(v.w.Header())
	if v.r.Method == http.MethodHead { // nothing is read for nobody
		v.w.Header().Set("Content-Type", web.DownloadTypes[format])
		return nil
	}
	v.begun = true
	err = web.Download(v.ctx(), v.w, v.Panel.Store, store.Query{User: v.whose(), Expr: q.expr}, format, v.Panel.Simulated, v.Now)
	v.begun = false // an error is for an answer that has not begun
	return err
}
