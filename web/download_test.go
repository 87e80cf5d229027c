package web

import (
	"context"
	"errors"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/export"
	"collector/item"
	"collector/store"
)

// plenty is a store of many long likes.
type plenty struct {
	store.Items
	fails error
}

func (p plenty) Each(_ context.Context, _ store.Query, fn func(store.Liked) error) error {
	for i := range 1500 {
		if err := fn(store.Liked{Network: "github/a", Item: item.Item{ID: strconv.Itoa(i), URL: "https://x.example/", Title: "x", Text: strings.Repeat("long ", 400)}}); err != nil {
			return err
		}
	}
	return p.fails
}

// slow is a connection over which each piece takes most of the time that it has.
type slow struct {
	*httptest.ResponseRecorder
	now, until time.Time
	pieces     int
}

func (s *slow) SetWriteDeadline(t time.Time) error { s.until = t; return nil }

func (s *slow) Write(p []byte) (int, error) {
	s.pieces++
	if s.now = s.now.Add(oneStretch - time.Second); s.now.After(s.until) {
		return 0, errors.New("the time of the answer is over")
	}
	return s.ResponseRecorder.Write(p)
}

// TestSlowDownloadsComeToTheirEnd: who takes each piece in time gets all of them, of every
// format, also of one whose file is made as a whole first.
func TestSlowDownloadsComeToTheirEnd(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, format := range export.Formats() {
		w := &slow{ResponseRecorder: httptest.NewRecorder(), now: time.Unix(1000, 0), until: time.Unix(1060, 0)}
		if err := Download(t.Context(), w, plenty{}, store.Query{}, format, false, func() time.Time { return w.now }); err != nil {
			t.Fatal(format, err)
		}
		if n := w.Result().Trailer.Get(ItemsTrailer); n != "1500" {
			t.Errorf("%s: it holds %q items", format, n)
		}
		if w.pieces < 5 || w.until.Before(w.now) {
			t.Errorf("%s: cut off after %d pieces", format, w.pieces)
		}
	}
}

// TestADownloadThatFailsLate has time left for saying so.
func TestADownloadThatFailsLate(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	w := &slow{ResponseRecorder: httptest.NewRecorder(), now: time.Unix(5000, 0), until: time.Unix(1060, 0)}
	failed := errors.New("the disk is gone")
	err := Download(t.Context(), w, plenty{fails: failed}, store.Query{}, "sqlite", false, func() time.Time { return w.now })
	if !errors.Is(err, failed) || w.until.Before(w.now) {
		t.Error(err, w.until)
	}
}
