package fetch

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"collector/auth"
	"collector/connectors"
)

// hop is what the round-trippers know of a call. It travels in the context,
// never in the request, so nothing that logs a request can log it.
type hop struct {
	origin string // the only origin that may be asked
	cred   *auth.Credential
	header string // where the access token goes; "" for nowhere
	prefix string
	again  func(ctx context.Context, got *http.Response) error // permission for a followed redirect
	sent   bool                                                // something was handed to the wire
}

type hopKey struct{}

func withHop(ctx context.Context, h *hop) context.Context { return context.WithValue(ctx, hopKey{}, h) }

func hopOf(ctx context.Context) *hop {
	h, _ := ctx.Value(hopKey{}).(*hop)
	return h
}

// errForeign says that a call would leave its origin.
var errForeign = errors.New("the call would go to another server than the one it was checked for")

// gate lets only checked calls out, and counts followed redirects as calls.
type gate struct {
	guard *guard
	sent  func() // nil: nobody is told
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g gate) RoundTrip(req *http.Request) (*http.Response, error) {
	h := hopOf(req.Context())
	if h == nil || origin(req.URL) != h.origin {
		return nil, errForeign
	}
	if err := g.guard.name(req.URL); err != nil {
		return nil, err
	}
	if req.Response != nil { // made by the client from this redirect
		if err := h.again(req.Context(), req.Response); err != nil {
			return nil, err
		}
	}
	h.sent = true
	if g.sent != nil {
		g.sent()
	}
	return g.next.RoundTrip(req)
}

// sameOrigin is the redirect policy. What it does not follow is handed back as
// it is, and becomes a fault in words. A call with a secret in its address is not
// redirected at all: where it would lead is what a server made of that address.
func sameOrigin(req *http.Request, via []*http.Request) error {
	req.Header.Del("Referer")
	first := via[0]
	safe := first.Method == http.MethodGet || first.Method == http.MethodHead
	if !safe || holds(first.URL.RawQuery) || len(via) > redirects || origin(req.URL) == "" || origin(req.URL) != origin(first.URL) {
		return http.ErrUseLastResponse
	}
	return nil
}

// signer fills in the secrets, as the last thing before the wire. The request
// that came down to it, which others may hold, stays without them.
type signer struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (s signer) RoundTrip(req *http.Request) (*http.Response, error) {
	h := hopOf(req.Context())
	if h == nil {
		return nil, errForeign
	}
	out, has := req.Clone(req.Context()), fields(h.cred)
	if h.cred != nil && h.header != "" {
		out.Header.Set(h.header, h.prefix+connectors.Secret("access"))
	}
	for name, values := range out.Header {
		for i, v := range values {
			text, err := fill(v, has, plain)
			if err != nil {
				return nil, err
			}
			out.Header[name][i] = basic(v, text)
		}
	}
	query, err := fill(out.URL.RawQuery, has, url.QueryEscape)
	if err != nil {
		return nil, err
	}
	out.URL.RawQuery = query
	if req.Body != nil && req.Body != http.NoBody {
		raw, err := io.ReadAll(io.LimitReader(req.Body, largeBytes))
		_ = req.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("reading the body to be sent: %w", err)
		}
		text, err := fill(string(raw), has, spelling(req.Header.Get("Content-Type")))
		if err != nil {
			return nil, err
		}
		sent := []byte(text)
		out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(sent)), int64(len(sent))
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(sent)), nil }
		if len(sent) == 0 { // any other empty body is sent in chunks, and a Bluesky server refuses a body where none belongs
			out.Body, out.GetBody = http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
		}
	}
	resp, err := s.next.RoundTrip(out)
	if resp != nil {
		resp.Request = req // the signed one is not handed up
	}
	return resp, err
}

// errNoField says that a call needs a field that the credential does not have.
type noFieldError struct{ field string }

func (e noFieldError) Error() string {
	return fmt.Sprintf("the credential has no %q, which this call needs", e.field)
}

// The placeholder of connectors.Secret, also as url.Values spells it.
var (
	opens  = [...]string{"{{secret:", "%7B%7Bsecret%3A"}
	closes = [...]string{"}}", "%7D%7D"}
)

// holds says whether a text has a placeholder.
func holds(text string) bool {
	return strings.Contains(text, opens[0]) || strings.Contains(text, opens[1])
}

// fill replaces the placeholders in a text. What is filled in is not looked at
// again.
func fill(text string, has func(field string) auth.Secret, spell func(string) string) (string, error) {
	for i, open := range opens {
		if !strings.Contains(text, open) {
			continue
		}
		var b strings.Builder
		for {
			before, rest, found := strings.Cut(text, open)
			b.WriteString(before)
			if !found {
				break
			}
			field, after, closed := strings.Cut(rest, closes[i])
			secret := auth.Secret{}
			if closed {
				secret = has(field)
			}
			if secret.Empty() {
				return "", noFieldError{cut(field)}
			}
			b.WriteString(spell(secret.Reveal()))
			text = after
		}
		return b.String(), nil
	}
	return text, nil
}

// basic encodes the user and the password of an Authorization header as RFC 7617,
// section 2, wants it, where secrets were filled into them.
func basic(header, filled string) string {
	if pair, ok := strings.CutPrefix(filled, "Basic "); ok && filled != header {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
	}
	return filled
}

func plain(s string) string { return s }

// spelling is how a secret is written in a body of a content type.
func spelling(contentType string) func(string) string {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch kind = strings.TrimSpace(kind); {
	case kind == "application/x-www-form-urlencoded":
		return url.QueryEscape
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		return jsonText
	}
	return plain
}
