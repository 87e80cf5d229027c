package site

import (
	"fmt"
	"net/http"
	"slices"
	"time"

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

// kinds are the formats of exports, as people call them, and what browsers are told.
var kinds = map[string]struct{ name, mime string }{
	"jsonl":  {"JSON Lines", "application/jsonl; charset=utf-8"},
	"csv":    {"CSV", "text/csv; charset=utf-8"},
	"html":   {"Bookmarks (HTML)", "text/html; charset=utf-8"},
	"md":     {"Markdown", "text/markdown; charset=utf-8"},
	"sqlite": {"SQLite", "application/vnd.sqlite3"},
}

// formats are those that can be chosen.
func formats() []page.Option {
	var out []page.Option
	for _, f := range export.Formats() {
		out = append(out, page.Option{Value: f, Text: kinds[f].name, Chosen: len(out) == 0})
	}
	return out
}

const (
	oneStretch   = time.Minute // for which a browser may take nothing
	stretchItems = 1000
)

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
	to := &stream{w: v.w, out: http.NewResponseController(v.w), now: v.Now}
	to.goOn()
	out, err := export.New(v.ctx(), format, to, v.Panel.Simulated)
	if err != nil {
		return err
	}
	defer out.Close()
	h := v.w.Header()
	page.Headers(h)
	h.Set("Content-Type", kinds[format].mime)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", `attachment; filename="likes.`+format+`"`)
	n := 0
	err = v.Panel.Store.Each(v.ctx(), store.Query{User: v.whose(), Expr: q.expr}, func(it store.Liked) error {
		if n++; n%stretchItems == 0 {
			to.goOn()
		}
		return out.Write(v.ctx(), it)
	})
	if err == nil {
		err = out.Flush(v.ctx())
	}
	if err == nil {
		return nil
	}
	if to.begun {
		web.Note(v.ctx(), fmt.Errorf("an export, after %d items: %w", n, err))
		web.CutOff(v.w)
		return nil
	}
	h.Del("Content-Disposition")
	return err
}

// stream is an answer that may take longer than others.
type stream struct {
	w     http.ResponseWriter
	out   *http.ResponseController
	now   func() time.Time
	begun bool
}

func (s *stream) Write(p []byte) (int, error) {
	s.begun = true
	return s.w.Write(p)
}

// goOn gives it more time. The deadline for reading goes, since it would end the request.
func (s *stream) goOn() {
	_ = s.out.SetReadDeadline(time.Time{}) // where there is none nobody waits
	_ = s.out.SetWriteDeadline(s.now().Add(oneStretch))
}
