package metrics

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func ask(h http.Handler, method string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, "/", nil))
	return w
}

func TestLive(t *testing.T) {
	var hangs error
	h := Live(func() error { return hangs })
	if w := ask(h, "GET"); w.Code != 200 || w.Body.String() != "alive\n" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	hangs = errors.New("the loop hangs")
	if w := ask(h, "GET"); w.Code != 503 || w.Body.String() != "not alive: the loop hangs\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE"} {
		for _, h := range []http.Handler{h, made(atNoon).Handler(), Ready(atNoon)} {
			if w := ask(h, method); w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s is answered with %d", method, w.Code)
			}
		}
	}
}

// TestReady: all checks must hold, each within its time; who asks often asks the store once.
func TestReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away error
		var asked atomic.Int64
		hangs := false
		h := Ready(time.Now,
			Check{"store", func(ctx context.Context) error {
				asked.Add(1)
				if hangs {
					<-ctx.Done()
					return errors.New("it does not answer")
				}
				return away
			}},
			Check{"leases", func(context.Context) error { return nil }},
		)
		pass := func() { <-time.After(lookEvery) }
		if w := ask(h, "GET"); w.Code != 200 || w.Body.String() != "ready\nok      store\nok      leases\n" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		away = errors.New("it does not answer")
		if w := ask(h, "GET"); w.Code != 200 || asked.Load() != 1 {
			t.Errorf("within a second the store is asked %d times: %d", asked.Load(), w.Code)
		}
		pass()
		if w := ask(h, "GET"); w.Code != 503 || !strings.Contains(w.Body.String(), "failed  store: it does not answer\nok      leases") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if w := ask(h.Brief(), "GET"); w.Code != 503 || w.Body.String() != "not ready\n" || asked.Load() != 2 {
			t.Errorf("briefly: %d %q, and the store was asked %d times", w.Code, w.Body, asked.Load())
		}
		away, hangs = nil, true
		pass()
		began := time.Now()
		if w := ask(h, "GET"); w.Code != 503 || time.Since(began) != lookFor {
			t.Errorf("a store that hangs: %d after %v", w.Code, time.Since(began))
		}
		hangs = false
		pass()
		if w := ask(h, "HEAD"); w.Code != 200 {
			t.Errorf("once it answers again: %d", w.Code)
		}
	})
}
