package web

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"collector/control"
	"collector/grant"
)

// TestFailureIsLogged: an answer that sends people to the log has its error there, also
// where it was only asked who somebody is; who went away is no failure of the collector.
func TestFailureIsLogged(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want []string
	}{
		{"a mistake", t.Context(), errors.New("canary"), []string{`"level":"ERROR"`, `"status":500`, `"err":"canary"`}},
		{"a store that does not answer", t.Context(), &control.Problem{Kind: control.Unavailable, Reason: "canary"}, []string{`"level":"ERROR"`, `"status":503`, `"err":"canary"`}},
		{"who asked is gone", gone, context.Canceled, []string{`"level":"DEBUG"`, `"status":503`}},
		{"the collector stops", t.Context(), errStops, []string{`"level":"DEBUG"`, `"status":503`}},
		{"a mistake, and who asked is gone", gone, errors.New("canary"), []string{`"level":"ERROR"`, `"err":"canary"`}},
	} {
		var out bytes.Buffer
		conf := config(Known(func(*http.Request) (grant.Who, error) { return grant.Who{}, c.err }, hello()))
		conf.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		r := httptest.NewRequest("GET", "/", nil).WithContext(c.ctx)
		r.Host = "localhost"
		Wrap(conf).ServeHTTP(httptest.NewRecorder(), r)
		for _, want := range c.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %s in %s", c.name, want, out.String())
			}
		}
	}
}

// TestNotReadyIsAnAnswer: that a collector is not ready is no error of each who asks; a mistake is.
func TestNotReadyIsAnAnswer(t *testing.T) {
	for status, want := range map[int]string{http.StatusServiceUnavailable: `"level":"DEBUG"`, http.StatusInternalServerError: `"level":"ERROR"`} {
		var out bytes.Buffer
		conf := config(Telling(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })))
		conf.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = "localhost"
		Wrap(conf).ServeHTTP(httptest.NewRecorder(), r)
		if !strings.Contains(out.String(), want) {
			t.Errorf("%d is logged as %s", status, out.String())
		}
	}
}
