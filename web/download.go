package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"collector/export"
	"collector/store"
)

// DownloadTypes are what exports are to a browser, by format.
var DownloadTypes = map[string]string{
	"jsonl":  "application/jsonl; charset=utf-8",
	"csv":    "text/csv; charset=utf-8",
	"html":   "text/html; charset=utf-8",
	"md":     "text/markdown; charset=utf-8",
	"sqlite": "application/vnd.sqlite3",
}

// ItemsTrailer says behind a download how many items it holds.
const ItemsTrailer = "Collector-Items"

// oneStretch is for how long who reads may take nothing.
const oneStretch = time.Minute

// Download streams all that a question finds as a file, as collector export writes it: of any
// size it needs the memory of one item. The error is for an answer that has not begun. What
// cannot be finished then is cut off, so that nobody takes it for whole, and noted for the log.
func Download(ctx context.Context, w http.ResponseWriter, st store.Items, q store.Query, format string, simulated bool, now func() time.Time) error {
	to := &stream{w: w, out: http.NewResponseController(w), now: now}
	_ = to.out.SetReadDeadline(time.Time{}) // it would end the request
	out, err := export.New(ctx, format, to, simulated)
	if err != nil {
		return err
	}
	defer out.Close()
	h := w.Header()
	h.Set("Trailer", ItemsTrailer)
	h.Set("Content-Type", DownloadTypes[format])
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", `attachment; filename="likes.`+format+`"`)
	n := 0
	err = st.Each(ctx, q, func(it store.Liked) error {
		n++
		return out.Write(ctx, it)
	})
	if err == nil {
		err = out.Flush(ctx)
	}
	if err == nil {
		h.Set(ItemsTrailer, strconv.Itoa(n))
		return nil
	}
	if to.begun {
		Note(ctx, fmt.Errorf("an export, after %d items: %w", n, err))
		CutOff(w)
		return nil
	}
	to.goOn()
	h.Del("Content-Disposition")
	h.Del("Trailer")
	return err
}

// stream is an answer that may take longer than others: each piece has its own time, however
// long it took to make.
type stream struct {
	w     http.ResponseWriter
	out   *http.ResponseController
	now   func() time.Time
	begun bool
}

func (s *stream) Write(p []byte) (int, error) {
	s.begun = true
	s.goOn()
	return s.w.Write(p)
}

func (s *stream) goOn() {
	_ = s.out.SetWriteDeadline(s.now().Add(oneStretch)) // where there is none nobody waits
}
