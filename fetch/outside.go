package fetch

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
)

const (
	outsideRead = 64 << 10 // bytes of an answer that a library gets to read
	nextListed  = "COLLECTOR_ALLOW_PRIVATE lists exceptions"
)

// Outside is the way out for a library that makes calls by itself and can be given no
// client: net/http's own transport is lent to it, so that its calls go through the
// address guard like all others. The addresses are the operator's, so what is wrong with
// one is said.
type Outside struct {
	guard *guard
	inner http.RoundTripper
	agent string
}

// NewOutside makes it. Of the configuration Version, AllowPrivate, Own, Roots, Resolver
// and Transport count.
func NewOutside(cfg Config) (*Outside, error) {
	allow, err := parseAllowed(cfg.AllowPrivate)
	if err != nil {
		return nil, err
	}
	o := &Outside{guard: newGuard(allow, cfg), inner: cfg.Transport, agent: "collector/" + cfg.Version}
	if o.inner == nil {
		t := o.guard.transport(cfg)
		t.DisableKeepAlives = true // calls are seldom
		o.inner = t
	}
	return o, nil
}

// Visit is what came of the calls that were made in one Do.
type Visit struct {
	Calls  int
	Host   string // of the last one
	Status int    // of its answer, 0: there was none
	Denied bool   // the address guard refused it
	Why    string // there was no answer, in words
}

// lent is what net/http's own transport becomes with the first Do. Like that variable it
// is one for the whole process, so calls are made by one Do at a time.
var lent = &lender{turn: make(chan struct{}, 1)}

type lender struct {
	install sync.Once
	before  http.RoundTripper // what was there, for calls that are made beside any Do
	turn    chan struct{}
	now     atomic.Pointer[errand]
}

func (l *lender) RoundTrip(req *http.Request) (*http.Response, error) {
	if v := l.now.Load(); v != nil {
		return v.roundTrip(req)
	}
	return l.before.RoundTrip(req)
}

// errand is a Do under way.
type errand struct {
	*Outside
	ctx context.Context

	mu sync.Mutex
	Visit
}

// Do runs fn, whose calls with net/http's own transport go through the address guard and
// end with ctx; redirects are not followed. It returns when fn has ended, or else when ctx
// has: then fn's next call fails, and until fn ends another Do waits.
func (o *Outside) Do(ctx context.Context, fn func() error) (Visit, error) {
	lent.install.Do(func() {
		lent.before = http.DefaultTransport
		http.DefaultTransport = lent
	})
	select {
	case lent.turn <- struct{}{}:
	case <-ctx.Done():
		return Visit{}, ctx.Err()
	}
	v := &errand{Outside: o, ctx: ctx}
	lent.now.Store(v)
	ended := make(chan error, 1)
	go func() {
		var err error
		defer func() { ended <- err }() // once the transport is net/http's again
		defer func() { <-lent.turn }()
		defer lent.now.Store(nil)
		err = fn()
	}()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.Visit, err
}

func (v *errand) roundTrip(req *http.Request) (*http.Response, error) {
	got, err := v.call(req)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.Visit = Visit{Calls: v.Calls + 1, Host: req.URL.Host}
	if err != nil {
		v.Denied, v.Why = errors.Is(err, errDenied), NoAnswer(err)
		return nil, errors.New(v.Why)
	}
	v.Status = got.StatusCode
	return got, nil
}

// call makes one call and reads its answer.
func (v *errand) call(req *http.Request) (*http.Response, error) {
	if err := v.ctx.Err(); err != nil {
		return nil, err
	}
	if _, err := v.guard.allow.normalize(req.URL.Scheme + "://" + req.URL.Host); err != nil {
		return nil, fmt.Errorf("%w: %w", errDenied, err)
	}
	ctx, cancel := context.WithTimeout(req.Context(), postTime)
	defer cancel()
	defer context.AfterFunc(v.ctx, cancel)()
	req = req.Clone(ctx)
	req.Header.Set("User-Agent", v.agent)
	got, err := v.inner.RoundTrip(req)
	if err != nil {
		return nil, cmp.Or(v.ctx.Err(), err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(io.LimitReader(got.Body, outsideRead))
	if err != nil {
		return nil, cmp.Or(v.ctx.Err(), err)
	}
	got.Body = io.NopCloser(bytes.NewReader(body))
	got.Header.Del("Location") // without it nobody follows a redirect
	return got, nil
}

// NoAnswer says why a call had no answer, without any part of its address.
func NoAnswer(err error) string {
	if _, is := errors.AsType[*net.DNSError](err); is {
		return "its name is not known"
	}
	if _, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return "its certificate is not valid"
	}
	if _, is := errors.AsType[tls.RecordHeaderError](err); is {
		return "it does not speak TLS"
	}
	timed, is := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, errDenied):
		return "it is not public, or not https at port 443; " + nextListed
	case errors.Is(err, context.DeadlineExceeded), is && timed.Timeout():
		return "it did not answer in time"
	case errors.Is(err, context.Canceled):
		return "the call was cut off"
	}
	return "it cannot be reached"
}

// mailPorts are where mail is handed in.
var mailPorts = []uint16{25, 465, 587, 2525}

// Mail says why a server may not be handed mail, or nil. It looks its name up: the library
// that then connects does so again, so a name that changes its address in between gets
// round it, which the operator who wrote the name need not fear.
func (o *Outside) Mail(ctx context.Context, host string, port uint16) error {
	host, err := normalHost(host)
	if err != nil {
		return err
	}
	if o.guard.allow.host(host, strconv.Itoa(int(port))) {
		return nil
	}
	known := false
	for _, p := range mailPorts {
		known = known || p == port
	}
	if !known {
		return fmt.Errorf("%w: mail is handed in at port 25, 465 or 587; %s, such as %s:%d", errDenied, nextListed, host, port)
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return errors.New(NoAnswer(err))
	}
	for _, ip := range ips {
		if !o.guard.allow.addr(ip) && denied(ip) {
			return fmt.Errorf("%w: %s", errDenied, nextListed)
		}
	}
	return nil
}
