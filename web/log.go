package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

type requestKey struct{}

// request is what is noted of a request while it is answered.
type request struct {
	id     string
	route  string // "GET /api/search"; "" where nothing is offered
	failed error  // what its handler had to say for the log
	told   bool   // its status tells how the collector fares, not how the request went
}

// RequestID is the number of a request, which the answer's header X-Request-Id and every
// line of the log carry; "" outside of a request.
func RequestID(ctx context.Context) string {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r.id
	}
	return ""
}

// Note keeps an error for the line that the log gets about the request. The answer must
// not tell it.
func Note(ctx context.Context, err error) {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		r.failed = err
	}
}

// Telling is a handler whose status tells how the collector fares: 503 is an answer then, and the
// log has no error of it, however often somebody asks.
func Telling(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if note, ok := r.Context().Value(requestKey{}).(*request); ok {
			note.told = true
		}
		h.ServeHTTP(w, r)
	})
}

// Abandoned tells whether nobody waits any more for the answer that failed with err: who asked
// is gone, or the collector stops.
func Abandoned(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, errStops)
}

// Route hands requests to a mux and notes for the log which of its patterns it was.
func Route(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if note, ok := r.Context().Value(requestKey{}).(*request); ok {
			_, note.route = mux.Handler(r)
		}
		mux.ServeHTTP(w, r)
	})
}

// answer counts what is written.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 || a.status < 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(p)
	a.bytes += n
	return n, err
}

// Flush sends what was written so far, where that can be done.
func (a *answer) Flush() { _ = http.NewResponseController(a.ResponseWriter).Flush() }

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// logged numbers requests, writes a line about each, and answers a panic. The line names
// the route, never the address: an address may hold what somebody looked for, or a token.
func logged(log *slog.Logger, now func() time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := now()
		chance := make([]byte, 8)
		rand.Read(chance) // never fails
		note := &request{id: hex.EncodeToString(chance)}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, note))
		out := &answer{ResponseWriter: w}
		out.Header().Set("X-Request-Id", note.id)
		defer func() {
			if p := recover(); p != nil {
				note.failed = fmt.Errorf("a panic: %v\n%s", p, debug.Stack())
				if e, ok := p.(error); ok && errors.Is(e, http.ErrAbortHandler) {
					note.failed = e
				}
				failed(out, r)
			}
			level := slog.LevelDebug
			switch {
			case out.status >= 500 && (out.status != http.StatusServiceUnavailable || !note.told && !Abandoned(r.Context(), note.failed)):
				level = slog.LevelError
			case r.Method != http.MethodGet && r.Method != http.MethodHead:
				level = slog.LevelInfo
			}
			args := []any{"request", note.id, "method", method(r.Method), "route", note.route, "status", out.status, "bytes", out.bytes, "ms", now().Sub(began).Milliseconds()}
			if note.failed != nil {
				args = append(args, "err", note.failed.Error())
			}
			log.Log(r.Context(), level, "http", args...)
		}()
		next.ServeHTTP(out, r)
	})
}

// failed answers a request whose handler panicked. An answer that has begun is cut off, so
// that nobody takes it for whole.
func failed(out *answer, r *http.Request) {
	if out.status == 0 {
		WriteProblem(out, r, ProblemOf(errors.New("a panic")))
		return
	}
	CutOff(out)
}

// CutOff ends an answer in its middle: whoever reads it sees an error and not an end.
func CutOff(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)) // where it cannot be, nobody waits
}

// method is one that there is, so that the log's lines hold no text of strangers.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}
