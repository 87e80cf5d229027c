package fetch

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-resty/resty/v2"

	"collector/auth"
	"collector/limit"
)

// The limits of one call. They are constants: no service needs others, and a
// limit that can be configured away is none.
const (
	connectTime   = 10 * time.Second
	headerTime    = 15 * time.Second // from the request's last byte to the reply's headers
	firstTime     = 30 * time.Second // from the headers to the first MiB, or the end
	totalTime     = 60 * time.Second // one call with its redirects and its body
	headerBytes   = 64 << 10
	redirects     = 3
	idleTime      = 90 * time.Second
	idleConns     = 100
	idlePerServer = 4
)

// Config is what a Client needs.
type Config struct {
	Version string // of the program, for the User-Agent
	Now     func() time.Time
	Ledger  *limit.Ledger
	Keeper  *auth.Keeper // nil: only calls without a credential
	Log     *slog.Logger // nil: nothing is logged; else one line a call at level debug, without its query

	// Base replaces scheme, host and port of all hosts of a provider; its path,
	// if any, goes in front of theirs. The operator trusts it, http and loopback
	// included, for exactly that origin.
	Base map[string]*url.URL
	// Budgets is what a month may cost, by provider, in connectors.Mills, where that
	// is not what the provider's quota of money says.
	Budgets map[string]int
	// AllowPrivate lists hosts, host:port pairs, addresses and networks (CIDR)
	// that user-given servers may be at although they are private; what it lists
	// by name or address may use http and any port.
	AllowPrivate []string
	// Own are the addresses that this program listens on, which no call may
	// reach; an unspecified address means all of this machine's.
	Own []netip.AddrPort
	// Proxy is an explicit proxy. The proxies of the environment are never used.
	Proxy *url.URL

	Roots     *x509.CertPool    // nil: the system's
	Resolver  *net.Resolver     // nil: Go's own
	Sent      func()            // told of each request to a service that leaves, those of followed redirects among them; nil: nobody
	Transport http.RoundTripper // nil: the guarded one; tests and the demo inject theirs, which gets signed requests
}

// Client is the one HTTP client. It is safe for use by many goroutines.
type Client struct {
	cfg    Config
	allow  allowed
	guard  *guard
	memory *memory
	resty  *resty.Client
	posts  http.RoundTripper // of Post
	close  func()

	storing storing
}

// New makes the client. The error names the entry of the configuration that
// cannot be used.
func New(cfg Config) (*Client, error) {
	allow, err := parseAllowed(cfg.AllowPrivate)
	if err != nil {
		return nil, err
	}
	for provider, base := range cfg.Base {
		if base == nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
			return nil, fmt.Errorf("the address set for %s must look like https://host or https://host/path, without user, query and fragment", provider)
		}
	}
	if cfg.Ledger == nil || cfg.Now == nil {
		return nil, errors.New("the client needs a quota ledger and a clock")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{cfg: cfg, allow: allow, memory: newMemory(), close: func() {}}
	c.guard = newGuard(allow, cfg)
	inner := cfg.Transport
	c.posts = inner
	if inner == nil {
		t, posts := c.guard.transport(cfg), c.guard.transport(cfg)
		posts.MaxIdleConnsPerHost = postIdle
		inner, c.posts, c.close = t, posts, func() {
			t.CloseIdleConnections()
			posts.CloseIdleConnections()
		}
	}
	c.resty = resty.New().
		SetTransport(gate{guard: c.guard, sent: cfg.Sent, next: signer{next: inner}}).
		SetRedirectPolicy(resty.RedirectPolicyFunc(sameOrigin)).
		SetDoNotParseResponse(true). // the body is read by memory, under the budget
		SetRetryCount(0).
		SetCookieJar(nil).
		SetHeader("User-Agent", "collector/"+cfg.Version).
		SetHeader("Accept-Encoding", "gzip").
		SetLogger(quiet{cfg.Log})
	return c, nil
}

// Close ends idle connections. Call Settled before.
func (c *Client) Close() { c.close() }

// Waiting is how many replies wait for their share of the memory at present.
func (c *Client) Waiting() int { return int(c.memory.waiting.Load()) }

// quiet passes on what resty has to say, which is about its own use.
type quiet struct{ log *slog.Logger }

func (q quiet) Errorf(format string, v ...any) { q.say(format, v...) }
func (q quiet) Warnf(format string, v ...any)  { q.say(format, v...) }
func (q quiet) Debugf(format string, v ...any) { q.say(format, v...) }
func (q quiet) say(format string, v ...any) {
	q.log.Log(context.Background(), slog.LevelDebug, "http client", "says", fmt.Sprintf(format, v...))
}
