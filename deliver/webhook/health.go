package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// An endpoint that has not answered well for deadAfter, in deadTries calls or more, is
// not called any more until somebody resumes it.
const (
	deadAfter = 5 * 24 * time.Hour
	deadTries = 10
)

// Health is what the daemon finds out about an endpoint. Only who delivers writes it.
type Health struct {
	LastOK   time.Time `json:"lastOK,omitzero"`
	Failing  time.Time `json:"failing,omitzero"` // since when no call went well
	Failures int       `json:"failures,omitempty"`
	Error    string    `json:"error,omitempty"` // of the last call, if it failed
	// Stopped is why it is not called any more; "" while it is.
	Stopped string `json:"stopped,omitempty"`
	// Resumes is that of the endpoint when this was written.
	Resumes int `json:"resumes,omitempty"`
}

// Of is the health as it stands for an endpoint: what was before it was resumed does not
// count.
func (h Health) Of(e Endpoint) Health {
	if h.Resumes == e.Resumes {
		return h
	}
	return Health{LastOK: h.LastOK, Resumes: e.Resumes}
}

// after is the health after a call.
func (h Health) after(v verdict, now time.Time) Health {
	if v.ok {
		return Health{LastOK: now, Resumes: h.Resumes, Stopped: h.Stopped}
	}
	if h.Failing.IsZero() {
		h.Failing = now
	}
	h.Failures++
	h.Error = v.reason
	switch {
	case h.Stopped != "":
	case v.gone:
		h.Stopped = "it answered that it is gone for good (410)"
	case h.Failures >= deadTries && now.Sub(h.Failing) >= deadAfter:
		h.Stopped = fmt.Sprintf("it has not answered well since %s: %s", h.Failing.UTC().Format(time.RFC3339), v.reason)
	}
	return h
}

func placeKey(id string) string  { return "webhook/" + id + "/place" }
func healthKey(id string) string { return "webhook/" + id + "/health" }

// place is where an endpoint stands in the change log.
type place struct {
	Seq     int64 `json:"seq"` // of the last change that stands in the queue
	Rewinds int   `json:"rewinds,omitempty"`
}

// of is where the endpoint is told from.
func (p place) of(e Endpoint) place {
	if p.Rewinds == e.Rewinds && p != (place{}) {
		return p
	}
	return place{e.From, e.Rewinds}
}

// ReadHealth returns what is known of an endpoint.
func ReadHealth(ctx context.Context, v Values, e Endpoint) (Health, error) {
	var h Health
	err := read(ctx, v, healthKey(e.ID), &h)
	return h.Of(e), err
}

func read(ctx context.Context, v Values, key string, into any) error {
	text, err := v.Meta(ctx, key)
	if err != nil || text == "" {
		return err
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("reading %s: %w", key, err)
	}
	return nil
}

func write(ctx context.Context, v Values, key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing %s: %w", key, err)
	}
	if err := v.SetMeta(ctx, key, string(text)); err != nil {
		return fmt.Errorf("writing %s: %w", key, err)
	}
	return nil
}
