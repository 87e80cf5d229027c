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
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"time"

	"collector/auth"
	"collector/control"
	"collector/web"
)

const (
	// mostAnswer is the size of the largest answer that is read, in bytes.
	mostAnswer = 64 << 20
	// answerWithin is how long an answer may take. The collector gives itself 30 seconds.
	answerWithin = 35 * time.Second
	// slowWithin is that where the collector asks somebody else, for which it takes 50 seconds.
	slowWithin = time.Minute
	// importWithin is how long an import may take: the file is sent, and the collector takes 10 minutes.
	importWithin = 2 * time.Hour
	dialWithin   = 5 * time.Second
)

// Edition is the number of what the answers mean that this client reads.
const Edition = 1

// Client asks one collector.
type Client struct {
	at    Address
	token auth.Secret
	http  *http.Client // waits for ever: see sending
	told  func(control.Progressed)
	about control.About // zero before Greet
}

// New makes a client. The token is sent to an address, and never over a socket, where
// nobody signs in.
func New(at Address, token auth.Secret) *Client {
	t := &http.Transport{MaxResponseHeaderBytes: 64 << 10, ExpectContinueTimeout: time.Second}
	t.DialContext = (&net.Dialer{Timeout: dialWithin}).DialContext
	if at.Socket != "" {
		token = auth.Secret{}
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: dialWithin}).DialContext(ctx, "unix", at.Socket)
		}
	}
	return &Client{at: at, token: token, http: &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token is for this collector
	}}
}

// Tell has fn told how far an import of likes is, about once a second, over a socket and at a loopback
// address. Elsewhere it is not asked for: a proxy may take the first answer for the last.
func (c *Client) Tell(fn func(control.Progressed)) { c.told = fn }

// Close ends the connections that are kept.
func (c *Client) Close() { c.http.CloseIdleConnections() }

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

func (c *Client) ask(ctx context.Context, method, path string, query url.Values, body []byte, out any) error {
	s := sending{within: answerWithin}
	if body != nil {
		s.kind, s.body = "application/json", bytes.NewReader(body)
	}
	return c.send(ctx, method, path, query, s, out)
}

// sending is what goes along with a question.
type sending struct {
	kind   string // Content-Type
	body   io.Reader
	within time.Duration // how long the answer may take, the sending and the reading included; 0: as long as it takes
	large  bool          // it is sent once the collector wants it
	told   func([]byte)  // is given what is told before the answer, as JSON; nil: it is not wanted
}

// tells gives fn what is told before an answer; what cannot be read is passed over.
func tells[T any](fn func(T)) func([]byte) {
	if fn == nil {
		return nil
	}
	return func(text []byte) {
		var v T
		if json.Unmarshal(text, &v) == nil {
			fn(v)
		}
	}
}

// do asks. The answer is whoever asked's to close.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, s sending) (*http.Response, error) {
	u := *c.at.Base
	u.Path += "/api/" + path
	u.RawQuery = query.Encode()
	tell := s.told != nil && c.at.near()
	if tell {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: func(_ int, h textproto.MIMEHeader) error {
			s.told([]byte(h.Get(web.ProgressHeader)))
			return nil
		}})
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), s.body)
	if err != nil {
		return nil, fmt.Errorf("asking the collector: %w", err)
	}
	if s.kind != "" {
		r.Header.Set("Content-Type", s.kind)
	}
	if tell {
		r.Header.Set(web.ProgressHeader, "wanted")
	}
	if s.large {
		r.Header.Set("Expect", "100-continue")
	}
	if !c.token.Empty() {
		r.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	patient := *c.http
	patient.Timeout = s.within
	reply, err := patient.Do(r)
	if err != nil {
		return nil, c.unanswered(ctx, method, err)
	}
	return reply, nil
}

func (c *Client) send(ctx context.Context, method, path string, query url.Values, s sending, out any) error {
	reply, err := c.do(ctx, method, path, query, s)
	if err != nil {
		return err
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
		Kind: control.Temporary, Err: errors.Join(ErrBroken, err), Whose: "the collector or the network", Reason: fmt.Sprintf("the collector at %s broke off: %v", c.at, err),
		Next: "see whether it still runs, then try again",
	}
	if method != http.MethodGet {
		p.Next = "whether it was done is not known: look first, then try again"
	}
	return p
}
