package webhook

import (
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

// Place is where an endpoint stands in the change log.
type Place struct {
	Seq     int64 `json:"seq"` // of the last change that stands in the queue
	Rewinds int   `json:"rewinds,omitempty"`
}

// of is where the endpoint is told from.
func (p Place) of(e Endpoint) Place {
	if p.Rewinds == e.Rewinds && p != (Place{}) {
		return p
	}
	return Place{e.From, e.Rewinds}
}
