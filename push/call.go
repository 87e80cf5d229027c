package push

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"collector/auth"
	"collector/fault"
	"collector/fetch"
)

// Server is where a target is, and how it is called: one call at a time.
type Server struct {
	Base  string // its address, without the part that names the API
	Token auth.Secret
	Send  func(context.Context, fetch.Message) (fetch.Answer, error) // fetch.Client.Send
	Pace  *rate.Limiter
	Now   func() time.Time
	Scrub func(string) string // takes secrets out of what the service says
}

// service is what calls of one kind of service have in common.
type service struct {
	Server
	name   string // for people
	scheme string // of its Authorization
}

// call makes one call and reads its answer into out, unless that is nil. The status is one
// of success, or the error tells why not.
func (s service) call(ctx context.Context, method, path string, query url.Values, in, out any) (status int, err error) {
	if err := s.Pace.Wait(ctx); err != nil {
		return 0, err
	}
	m := fetch.Message{Method: method, Address: strings.TrimRight(s.Base, "/") + path, Scheme: s.scheme, Token: s.Token}
	if len(query) > 0 {
		m.Address += "?" + query.Encode()
	}
	if in != nil {
		if m.Body, err = json.Marshal(in); err != nil {
			return 0, fmt.Errorf("writing a call to %s: %w", s.name, err)
		}
	}
	got, err := s.Send(ctx, m)
	switch {
	case err != nil && ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		e := fault.New(fault.Temporary, "%w", err)
		e.Whose, e.Next = "the service or the network", "run it again: it goes on where it was. If the service is in a private network, COLLECTOR_ALLOW_PRIVATE must list its host and port"
		return 0, e
	}
	if err := s.judge(got); err != nil {
		return got.Status, err
	}
	if out == nil {
		return got.Status, nil
	}
	if err := json.Unmarshal(got.Body, out); err != nil {
		return got.Status, s.foreign("answered with something that is no answer of its API")
	}
	return got.Status, nil
}

// judge makes a fault of a status that is none of success.
func (s service) judge(got fetch.Answer) error {
	var e *fault.Error
	switch {
	case got.Status >= 200 && got.Status < 300:
		return nil
	case got.Status == http.StatusUnauthorized, got.Status == http.StatusForbidden:
		e = fault.New(fault.Unauthorized, "%s does not take the token (it answered %d)", s.name, got.Status)
		e.Whose, e.Next = "you", "make a token in the settings of "+s.name+" and give that one"
	case got.Status == http.StatusTooManyRequests:
		e = limited(s.name+" asks for fewer calls", wait(got.RetryAfter, s.Now()))
	case got.Status >= 500 || got.Status == http.StatusRequestTimeout:
		e = fault.New(fault.Temporary, "%s answered %d", s.name, got.Status)
		e.Whose, e.Next = s.name, "run it again: it goes on where it was"
	case got.Status >= 300 && got.Status < 400:
		e = fault.New(fault.Gone, "%s answers with a redirect, which no token follows", s.name)
		e.Whose, e.Next = "you", "give the address that a browser shows in the end, with https://"
	case got.Status == http.StatusNotFound, got.Status == http.StatusMethodNotAllowed:
		return s.foreign(fmt.Sprintf("answered %d", got.Status))
	default:
		return &Refused{Status: got.Status, Said: s.Scrub(line(string(got.Body)))}
	}
	e.Status = got.Status
	return e
}

// limited is the fault of a limit, with the time to wait, 0 where none was named.
func limited(reason string, wait time.Duration) *fault.Error {
	e := fault.New(fault.RateLimited, "%s", reason)
	e.Whose, e.Next, e.Wait = "nobody", "run it again later: it goes on where it was", wait
	if wait > 0 {
		e.Next = fmt.Sprintf("run it again in %v: it goes on where it was", wait.Round(time.Second))
	}
	return e
}

// longestWait is the longest time that a service is believed to want no call.
const longestWait = 40 * 24 * time.Hour

// foreign is the fault of a server that is something else.
func (s service) foreign(what string) error {
	e := fault.New(fault.Gone, "the server %s: is it a %s, and new enough?", what, s.name)
	e.Whose, e.Next = "you", "--url is the address at which a browser shows "+s.name
	return e
}

// wait reads a Retry-After (RFC 9110, 10.2.3), 0 for none.
func wait(s string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n > 0 && n <= int(longestWait/time.Second) {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil && t.After(now) && t.Sub(now) <= longestWait {
		return t.Sub(now).Round(time.Second)
	}
	return 0
}
