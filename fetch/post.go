package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const (
	postTime = 20 * time.Second // a call of Post, with its answer
	postRead = 64 << 10         // bytes of its answer that are read, so that the connection can be used again
	postIdle = 100              // connections to one server that are kept for the next call
)

// NormalizeTarget returns an address that a user wants to be called at, with its path and
// query, if it may be: its server must be one that NormalizeServer accepts, and not be
// named localhost (RFC 6761, section 6.3), unless allow lists it. What any other name means
// is decided when it is dialled.
func NormalizeTarget(raw string, allow ...string) (string, error) {
	list, err := parseAllowed(allow)
	if err != nil {
		return "", err
	}
	target, err := list.target(raw)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(target)
	if err != nil {
		return "", fmt.Errorf("%q is no address: %w", cut(raw), err)
	}
	name := u.Hostname()
	listed := list.host(name, orDefault(u.Port(), u.Scheme)) || list.addr(netip.IPv6Loopback()) || list.addr(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	if (name == "localhost" || strings.HasSuffix(name, ".localhost")) && !listed {
		return "", fmt.Errorf("%s is the machine that this collector runs on, which is not called (COLLECTOR_ALLOW_PRIVATE lists exceptions)", name)
	}
	return target, nil
}

func (a allowed) target(raw string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return "", fmt.Errorf("%q is no address: write it like https://hooks.example/likes", cut(raw))
	case u.User != nil:
		return "", errors.New("the address holds a user name or password; calls are signed, so it needs none")
	case u.Fragment != "":
		return "", errors.New("the address has a part after #, which no server is sent")
	}
	at, err := a.normalize(u.Scheme + "://" + u.Host)
	if err != nil {
		return "", err
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return at + path, nil
}

// Post sends a body to an address that a user named, through the address guard, and
// returns the status of the answer and its Retry-After. Redirects are not followed and no
// credential is sent. The error does not tell a refused address from a refused
// connection, and shows nothing of the address behind its server.
func (c *Client) Post(ctx context.Context, address string, header http.Header, body []byte) (status int, retryAfter string, err error) {
	ctx, cancel := context.WithTimeout(ctx, postTime)
	defer cancel()
	got, err := c.toTarget(ctx, http.MethodPost, address, header, body)
	if err != nil {
		return 0, "", err
	}
	defer got.Body.Close()
	_, _ = io.CopyN(io.Discard, got.Body, postRead) // the status says all
	return got.StatusCode, got.Header.Get("Retry-After"), nil
}

// toTarget makes one call to an address that a user named; redirects are not followed. The
// error is as Post says.
func (c *Client) toTarget(ctx context.Context, method, address string, header http.Header, body []byte) (*http.Response, error) {
	target, err := c.allow.target(address)
	if err != nil {
		return nil, fmt.Errorf("the address may not be called: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the address may not be called: it is none")
	}
	if err := c.guard.name(req.URL); err != nil {
		return nil, fmt.Errorf("%s cannot be reached", req.URL.Host)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", "collector/"+c.cfg.Version)
	got, err := c.posts.RoundTrip(req)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("%s did not answer within %v", req.URL.Host, postTime)
	case err != nil:
		return nil, fmt.Errorf("%s cannot be reached", req.URL.Host)
	}
	return got, nil
}
