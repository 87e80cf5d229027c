package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"collector/control"
	"collector/control/words"
	"collector/web"
)

// What a Problem wraps whose kind does not say it all.
var (
	ErrNobody   = errors.New("no collector answers")
	ErrToken    = errors.New("the token lets nobody in")
	ErrStranger = errors.New("no collector that is known")
	ErrBroken   = errors.New("the collector broke off")
	ErrVersion  = errors.New("the collector is of another version")
)

// refusal turns an answer that is a problem into the one that it tells of.
func (c *Client) refusal(ctx context.Context, method string, status int, text []byte) error {
	var p web.Problem
	if err := json.Unmarshal(text, &p); err != nil || p.Status != status || p.Detail == "" {
		switch status {
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout: // of what stands in front of it
			return c.unanswered(ctx, method, fmt.Errorf("what stands in front of it answers %d %s", status, http.StatusText(status)))
		}
		return c.stranger(fmt.Errorf("it answers %d %s", status, http.StatusText(status)))
	}
	switch {
	case status == http.StatusUnauthorized:
		reason, next := "the token is none that it knows, or has ended", "collector tokens add NAME, where the collector runs, makes another one"
		if c.token.Empty() {
			reason, next = "it lets nobody in without a token", "put one into COLLECTOR_API_TOKEN, or a file that COLLECTOR_API_TOKEN_FILE names; collector tokens add NAME, where the collector runs, makes one"
		}
		return &control.Problem{Kind: control.Forbidden, Err: ErrToken, Whose: "you", Reason: fmt.Sprintf("the collector at %s: %s", c.at, reason), Next: next}
	case p.Kind == "" && status == http.StatusNotFound && c.about.Edition == 0: // an older one, or a wrong path
		return c.otherVersion("", "it does not offer /api/about; or the address is wrong: it is that of the pages, without /api")
	case p.Kind == "" && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed):
		return c.otherVersion(c.about.Version, "it does not offer what this command asks for")
	}
	return c.toldBy(p)
}

// toldBy is the problem that a collector tells of.
func (c *Client) toldBy(p web.Problem) error {
	kind, named := control.KindNamed(p.Kind)
	if !named {
		kind = kindOf(p.Status)
	}
	out := &control.Problem{Kind: kind, Reason: p.Detail, Whose: p.Whose, Next: p.Next}
	for _, d := range p.Errors {
		out.Reason += "\n" + d.Where + ": " + d.Message
	}
	if kind == control.Unforeseen && p.RequestID != "" {
		out.Reason += fmt.Sprintf(" (request %s at %s)", p.RequestID, c.at)
	}
	return out
}

// kindOf is the kind of a problem of which only the status is told.
func kindOf(status int) control.Kind {
	switch status {
	case http.StatusForbidden:
		return control.Forbidden
	case http.StatusGone:
		return control.Gone
	case http.StatusConflict:
		return control.Conflict
	case http.StatusTooManyRequests:
		return control.Busy
	case http.StatusServiceUnavailable, http.StatusRequestTimeout:
		return control.Temporary
	}
	if status/100 == 4 {
		return control.Wrong
	}
	return control.Unforeseen
}

// otherVersion refuses a collector that this command does not understand, or that does not
// understand it.
func (c *Client) otherVersion(theirs, why string) error {
	who := "the collector at " + c.at.String()
	if theirs != "" {
		who += ", version " + words.Line(theirs) + ","
	}
	return &control.Problem{
		Kind: control.Unavailable, Err: ErrVersion, Whose: "you", Reason: who + " is of another version than this command: " + why,
		Next: "use the program that the collector was started with",
	}
}

// stranger says that something answers which is no collector.
func (c *Client) stranger(why error) error {
	return &control.Problem{
		Kind: control.Wrong, Err: errors.Join(ErrStranger, why), Whose: "you", Reason: fmt.Sprintf("what answers at %s is no collector: %v", c.at, why),
		Next: "look at --api and COLLECTOR_API: it is the address of the pages, without /api",
	}
}
