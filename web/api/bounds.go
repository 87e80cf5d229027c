package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"
	"unicode/utf8"

	"collector/web"
)

// mostBody is the size of the largest body, in bytes.
const mostBody = 64 << 10

// bounded limits how long an answer takes and how much is read, and refuses what is no
// text before anything looks at it.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if within := timeFor(r.URL.Path); within > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, within)
			defer cancel()
		}
		if p := badQuery(r.URL.RawQuery); p != nil {
			web.WriteProblem(w, r, p)
			return
		}
		r.Header.Del("Accept")                                   // there is one format
		if r.URL.Path == importPath || r.URL.Path == enrolPath { // they have bounds of their own
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		body, p := whole(w, r)
		if p != nil {
			web.WriteProblem(w, r, p)
			return
		}
		r = r.WithContext(ctx)
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// timeFor is how long an answer may take; 0: until who reads takes no more, or as it says itself.
func timeFor(path string) time.Duration {
	switch path {
	case backupPath, enrolPath, exportPath, importPath, karakeepPath, linkdingPath, purgePath, soundPath:
		return 0
	case cleanPath, connectPath, notifyPath, removePath:
		return slowWithin
	}
	return answerWithin
}

// badQuery is what is wrong with the part of an address after the question mark.
func badQuery(raw string) *web.Problem {
	values, err := url.ParseQuery(raw)
	ok := err == nil
	for name, list := range values {
		ok = ok && utf8.ValidString(name)
		for _, v := range list {
			ok = ok && utf8.ValidString(v)
		}
	}
	if ok {
		return nil
	}
	return &web.Problem{Status: http.StatusBadRequest, Detail: "the part of the address after the question mark cannot be read", Whose: "you", Next: "write name=value, joined by &, encoded as UTF-8 and percent-encoded"}
}

// whole reads the body.
func whole(w http.ResponseWriter, r *http.Request) ([]byte, *web.Problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if err == nil {
		return body, nil
	}
	p := &web.Problem{Status: http.StatusBadRequest, Detail: "the body could not be read to its end", Whose: "you", Next: "send it again"}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		p.Status, p.Detail, p.Next = http.StatusRequestEntityTooLarge, "the body is larger than 64 KiB", "send less at a time"
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		p.Status, p.Detail = http.StatusRequestTimeout, "the body did not come in time"
	}
	return nil, p
}
