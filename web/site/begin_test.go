package site

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"collector/store"
)

// slow is a store that answers no search before it is let, and then fails if it is told so.
type slow struct {
	store.Store
	let  chan struct{}
	fail error
}

func (s slow) Search(ctx context.Context, q store.Query) (store.Result, error) {
	select {
	case <-s.let:
	case <-ctx.Done():
		return store.Result{}, ctx.Err()
	}
	if s.fail != nil {
		return store.Result{}, s.fail
	}
	return s.Store.Search(ctx, q)
}

// TestASearchBeginsAtOnce: what stands above the likes is there before they are found, so
// that a browser loads what it needs meanwhile. A script is told of a failure by the status.
func TestASearchBeginsAtOnce(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.now = time.Now() // deadlines of real connections are set by it
		var log strings.Builder
		w.config.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		w.open()
		b := w.as("anna")
		real := httptest.NewServer(w.pages)
		defer real.Close()
		asked := func(ctx context.Context, fail error, accept string) (let chan struct{}, reply chan *http.Response) {
			let, reply = make(chan struct{}), make(chan *http.Response, 1)
			w.panel.Store = slow{w.store, let, fail}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, real.URL+asks("raft"), nil)
			w.must(err)
			r.AddCookie(&http.Cookie{Name: "collector", Value: b.cookies["collector"]})
			r.Header.Set("Accept", accept)
			go func() {
				got, err := http.DefaultClient.Do(r)
				w.must(err)
				reply <- got
			}()
			return let, reply
		}
		whole := func(got *http.Response) string {
			all, err := io.ReadAll(got.Body)
			w.must(err)
			w.must(got.Body.Close())
			return string(all)
		}
		const browser = "text/html,application/xhtml+xml,*/*;q=0.8"
		begun := func(reply chan *http.Response, let chan struct{}) *http.Response {
			select {
			case got := <-reply:
				return got
			case <-time.After(20 * time.Second):
				close(let)
				t.Fatal("nothing comes before what is found")
				return nil
			}
		}
		for _, fail := range []error{nil, errUnreachable} {
			let, reply := asked(t.Context(), fail, browser)
			got := begun(reply, let)
			top := make([]byte, 600)
			_, err := io.ReadFull(got.Body, top)
			w.must(err)
			if got.StatusCode != http.StatusOK || !strings.Contains(string(top), "<title>raft · Likes") || !strings.Contains(string(top), "style.css") || got.Header.Get("Content-Security-Policy") == "" {
				t.Errorf("%d %s", got.StatusCode, top)
			}
			close(let)
			rest := whole(got)
			if strings.Contains(rest, "</mark> annas") != (fail == nil) || strings.Contains(rest, "The store does not answer now") != (fail != nil) || strings.Contains(rest, "MACHINE") || !strings.HasSuffix(rest, "</html>\n") || strings.Count(rest, "<main") != 1 || strings.Contains(rest, "<!doctype") {
				t.Errorf("with %v: %s", fail, rest)
			}
		}
		let, reply := asked(t.Context(), errUnreachable, "*/*")
		close(let)
		if got := <-reply; got.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a script is told %d: %s", got.StatusCode, whole(got))
		} else {
			whole(got)
		}
		ctx, leave := context.WithCancel(t.Context())
		let, reply = asked(ctx, nil, browser)
		got := begun(reply, let)
		leave()
		_, _ = io.ReadAll(got.Body)
		w.must(got.Body.Close())
		real.Close()
		if !strings.Contains(log.String(), "level=DEBUG msg=\"a page that had begun") {
			t.Errorf("who left is told of as one who did not get all: %s", log.String())
		}
		if n := strings.Count(log.String(), "level=ERROR"); n != 1 || !strings.Contains(log.String(), "MACHINE:27017 does not answer") {
			t.Errorf("the page that had begun and failed is to be in the log: %s", log.String())
		}
	})
}
