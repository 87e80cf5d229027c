package remote

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"time"

	"collector/auth"
	"collector/control"
)

const (
	// mostAnswer is the size of the largest answer that is read, in bytes.
	mostAnswer = 64 << 20
	// answerWithin is how long an answer may take. The collector gives itself 30 seconds.
	answerWithin = 35 * time.Second
	dialWithin   = 5 * time.Second
)

// Edition is the number of what the answers mean that this client reads.
const Edition = 1

// Client asks one collector.
type Client struct {
	at    Address
	token auth.Secret
	http  *http.Client
	long  *http.Client  // for answers that take as long as they are read
	about control.About // zero before Greet
}

// New makes a client. The token is sent to an address, and never over a socket, where
// nobody signs in.
func New(at Address, token auth.Secret) *Client {
	t := &http.Transport{ResponseHeaderTimeout: answerWithin, MaxResponseHeaderBytes: 64 << 10}
	t.DialContext = (&net.Dialer{Timeout: dialWithin}).DialContext
	if at.Socket != "" {
		token = auth.Secret{}
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: dialWithin}).DialContext(ctx, "unix", at.Socket)
		}
	}
	long := t.Clone()
	long.ResponseHeaderTimeout = 0
	here := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the token is for this collector
	return &Client{
		at: at, token: token, http: &http.Client{Transport: t, Timeout: answerWithin, CheckRedirect: here},
		long: &http.Client{Transport: long, CheckRedirect: here},
	}
}

// Close ends the connections that are kept.
func (c *Client) Close() {
	c.http.CloseIdleConnections()
	c.long.CloseIdleConnections()
}

// Greet asks who answers, and refuses a collector whose answers mean something else.
func (c *Client) Greet(ctx context.Context) (control.About, error) {
	var about control.About
	if err := c.get(ctx, "about", nil, &about); err != nil {
		return about, err
	}
	if about.Edition == 0 {
		return about, c.stranger(errors.New("it does not say who it is"))
	}
	if about.Edition != Edition {
		return about, c.otherVersion(about.Version, fmt.Sprintf("its answers are of edition %d, and this command reads edition %d", about.Edition, Edition))
	}
	c.about = about
	return about, nil
}

func (c *Client) get(ctx context.Context, path string, query url.Values, out any) error {
	return c.ask(ctx, http.MethodGet, path, query, nil, out)
}

func (c *Client) post(ctx context.Context, path string, wish, out any) error {
	body, err := json.Marshal(wish)
	if err != nil {
		return fmt.Errorf("writing what is asked for: %w", err)
	}
	return c.ask(ctx, http.MethodPost, path, nil, body, out)
}

// request is what is asked for, by whom.
func (c *Client) request(ctx context.Context, method, path string, query url.Values, body []byte) (*http.Request, error) {
	u := *c.at.Base
	u.Path += "/api/" + path
	u.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("asking the collector: %w", err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if !c.token.Empty() {
		r.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	return r, nil
}

func (c *Client) ask(ctx context.Context, method, path string, query url.Values, body []byte, out any) error {
	r, err := c.request(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	reply, err := c.http.Do(r)
	if err != nil {
		return c.unanswered(ctx, method, err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(io.LimitReader(reply.Body, mostAnswer+1))
	switch {
	case err != nil:
		return c.unanswered(ctx, method, err)
	case len(text) > mostAnswer:
		return &control.Problem{Kind: control.Wrong, Whose: "you", Reason: fmt.Sprintf("the answer is larger than %d MiB", mostAnswer>>20), Next: "ask for less at a time: --limit, --user, or one network"}
	case reply.StatusCode != http.StatusOK:
		return c.refusal(ctx, method, reply.StatusCode, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return c.stranger(fmt.Errorf("its answer cannot be read: %w", err))
	}
	return nil
}

// unanswered says why there is no answer, or only a part of one.
func (c *Client) unanswered(ctx context.Context, method string, err error) error {
	if ctx.Err() != nil { // whoever asked stopped it
		return ctx.Err()
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // the address is named already
	}
	if _, bad := errors.AsType[*tls.CertificateVerificationError](err); bad || errors.Is(err, http.ErrSchemeMismatch) {
		return c.stranger(err)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		if errors.Is(err, fs.ErrPermission) {
			return &control.Problem{
				Kind: control.Unavailable, Err: errors.Join(ErrNobody, err), Whose: "you", Reason: fmt.Sprintf("the socket %s is another user's: %v", c.at, err),
				Next: "run it as the user of that collector, or name the collector's address and a token: --api=https://HOST",
			}
		}
		return &control.Problem{
			Kind: control.Unavailable, Err: errors.Join(ErrNobody, err), Whose: "you", Reason: fmt.Sprintf("no collector answers at %s: %v", c.at, err),
			Next: "start it: collector   (it answers unless --listen=off); or look at --api and COLLECTOR_API",
		}
	}
	p := &control.Problem{
		Kind: control.Temporary, Err: err, Whose: "the collector or the network", Reason: fmt.Sprintf("the collector at %s broke off: %v", c.at, err),
		Next: "see whether it still runs, then try again",
	}
	if method != http.MethodGet {
		p.Next = "whether it was done is not known: look first, then try again"
	}
	return p
}
