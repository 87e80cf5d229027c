package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"collector/control"
	"collector/web"
)

// pushing is the body of a wish to push, as web/api reads it.
type pushing struct {
	URL       string  `json:"url"`
	Token     string  `json:"token"`
	User      string  `json:"user,omitempty"`
	Query     string  `json:"query,omitempty"`
	Private   bool    `json:"private,omitempty"`
	DryRun    bool    `json:"dryRun,omitempty"`
	Again     bool    `json:"again,omitempty"`
	PerSecond float64 `json:"perSecond,omitempty"`
}

// Push keeps a bookmark service up to date; it goes on until all is there, or ctx ends. What it came
// to is told whatever the error.
func (c *Client) Push(ctx context.Context, w control.Pushing) (control.Pushed, error) {
	body, err := json.Marshal(pushing{w.URL, w.Token.Reveal(), w.User, w.Query, w.Private, w.Dry, w.Again, w.PerSecond})
	if err != nil {
		return control.Pushed{}, fmt.Errorf("writing what is asked for: %w", err)
	}
	var out struct {
		control.Pushed
		Stopped *web.Problem
	}
	err = c.send(ctx, http.MethodPost, "push/"+w.To, nil, sending{kind: "application/json", body: bytes.NewReader(body), told: tells(w.Told)}, &out)
	return out.Pushed, c.ended(err, out.Stopped)
}

// Enrol sends lines with accounts and their tokens as they are read. What it came to is told whatever
// the error.
func (c *Client) Enrol(ctx context.Context, lines io.Reader, e control.Enrolment) (control.Enrolled, error) {
	from := &remembering{r: lines}
	var out struct {
		control.Enrolled
		Stopped *web.Problem
	}
	s := sending{kind: "application/octet-stream", body: from, large: true, told: tells(e.Told)}
	err := c.send(ctx, http.MethodPost, "accounts/import", asked("user", e.User), s, &out)
	if failed := from.failed.Load(); err != nil && failed != nil { // whatever was answered to what came of it
		return out.Enrolled, fmt.Errorf("reading the lines: %w", *failed)
	}
	for _, l := range out.Lines {
		if e.Refused != nil {
			e.Refused(l)
		}
	}
	return out.Enrolled, c.ended(err, out.Stopped)
}

// ended is why something ended early of which the answer tells what was done.
func (c *Client) ended(err error, stopped *web.Problem) error {
	if err != nil || stopped == nil {
		return err
	}
	return c.toldBy(*stopped)
}

// remembering keeps why reading failed.
type remembering struct {
	r      io.Reader
	failed atomic.Pointer[error] // an answer may come while it is read
}

func (r *remembering) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed.Store(&err)
	}
	return n, err
}
