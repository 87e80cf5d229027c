package web

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"

	"collector/control"
	"collector/control/words"
	"collector/grant"
)

// Problem is an error as an answer tells it (RFC 9457): besides the usual members whose
// fault it is, what to do about it, and the number under which the log has the request.
type Problem struct {
	Type      string   `json:"type" doc:"always about:blank: the status and the reason say it"`
	Title     string   `json:"title" doc:"the status in words"`
	Status    int      `json:"status" doc:"the status of the answer"`
	Detail    string   `json:"detail" doc:"what happened: the reason"`
	Kind      string   `json:"kind,omitempty" doc:"what sort of problem: wrong, unknown, forbidden, gone, unavailable, temporary, conflict, busy, refused, futile, stopped, misset or unforeseen; absent where the status says it all"`
	Whose     string   `json:"whose,omitempty" doc:"whose fault it is: you, this machine, the service, collector …"`
	Next      string   `json:"next,omitempty" doc:"what to do about it"`
	RequestID string   `json:"requestId,omitempty" doc:"the number of the request in the log"`
	Errors    []Detail `json:"errors,omitempty" doc:"each mistake in what was asked"`
}

// Detail is one mistake in a request.
type Detail struct {
	Where   string `json:"where" doc:"the place, such as query.limit or body.networks[0]"`
	Message string `json:"message" doc:"what is wrong there"`
}

// Error is the reason.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the status of the answer.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of a problem, whatever else the answer would have.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// ProblemFor is the answer to an error for somebody: what a store says of itself, such as
// where it is, is for the operator alone.
func ProblemFor(who grant.Who, err error) *Problem {
	p := ProblemOf(err)
	if _, meant := errors.AsType[*control.Problem](err); !meant && (who.User != "" || !who.May(grant.Admin)) && p.Status == http.StatusServiceUnavailable {
		p.Detail, p.Next = "the store does not answer as it should", "try again later, or ask who runs the collector"
	}
	return p
}

// ProblemOf is the answer to an error, for the operator.
func ProblemOf(err error) *Problem {
	c := control.ProblemOf(err)
	p := &Problem{Status: statusOf(c.Kind), Detail: words.Plain(c.Reason), Kind: c.Kind.String(), Whose: c.Whose, Next: words.Plain(c.Next)}
	if c.Kind == control.Unforeseen { // whatever it is, it is for the log
		p.Detail, p.Next = "a mistake in collector", "look into the log of the collector for this request, and report it"
	}
	return p.filled()
}

func statusOf(k control.Kind) int {
	switch k {
	case control.Wrong, control.Refused, control.Futile:
		return http.StatusUnprocessableEntity
	case control.Unknown:
		return http.StatusNotFound
	case control.Forbidden:
		return http.StatusForbidden
	case control.Gone:
		return http.StatusGone
	case control.Unavailable, control.Temporary, control.Stopped:
		return http.StatusServiceUnavailable
	case control.Conflict, control.Misset:
		return http.StatusConflict
	case control.Busy:
		return http.StatusTooManyRequests
	case control.Unforeseen:
	}
	return http.StatusInternalServerError
}

// GetHeaders are the headers that go with an answer: after how many seconds to ask again,
// where that helps.
func (p *Problem) GetHeaders() http.Header {
	switch p.Status {
	case http.StatusServiceUnavailable:
		return http.Header{"Retry-After": {"10"}}
	case http.StatusTooManyRequests:
		return http.Header{"Retry-After": {strconv.Itoa(int(grant.TryAgain.Seconds()))}}
	}
	return nil
}

// filled sets the members that follow from others.
func (p *Problem) filled() *Problem {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	return p
}

// WriteProblem answers with a problem. Nothing may have been written yet.
func WriteProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	p = p.filled()
	p.RequestID = RequestID(r.Context())
	w.Header().Set("Content-Type", p.ContentType(""))
	maps.Copy(w.Header(), p.GetHeaders())
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // whoever asked may be gone
}
