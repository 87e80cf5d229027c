package fetch

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/failpoint"
	"collector/fault"
	"collector/limit"
)

// errTotal ends a call that takes too long.
var errTotal = errors.New("the call took longer than 60 s")

// Do makes one call. The reply is one of status 200 to 299, of status 304 when
// an ETag was given, or of any status with Call.Any. Everything else is a
// *fault.Error; errors of the store behind the ledger and the keeper come
// through as they are. A met limit is stored before Do returns.
//
// A token that the service refuses is refreshed, where it can be, and the call
// sent once more. There are no other retries.
func (c *Client) Do(ctx context.Context, call Call) (connectors.Reply, error) {
	to, err := c.resolve(place{
		provider: call.Info.Provider, service: call.Info.Name, hosts: call.Info.Hosts, server: call.Server, standard: call.Info.Server,
	}, call.Request.URL)
	if err != nil {
		return connectors.Reply{}, err
	}
	var opened auth.Opened
	if call.signed() {
		if opened, err = c.open(ctx, call); err != nil {
			return connectors.Reply{}, err
		}
	}
	reply, err := c.once(ctx, call, to, opened)
	if f := fault.As(err); f == nil || f.Kind != fault.Unauthorized || f.Status == 0 || f.Revoked || !call.signed() {
		return reply, err
	}
	fresh, found, refreshErr := c.reopen(ctx, call, opened)
	switch {
	case refreshErr != nil:
		return connectors.Reply{}, refreshErr
	case !found:
		return connectors.Reply{}, err
	}
	return c.once(ctx, call, to, fresh)
}

// open returns what to sign with.
func (c *Client) open(ctx context.Context, call Call) (auth.Opened, error) {
	if c.cfg.Keeper == nil {
		return auth.Opened{}, fault.New(fault.Bug, "a signed call without a keeper of credentials")
	}
	if call.Trial == nil {
		return c.cfg.Keeper.Access(ctx, call.who(), c.exchange)
	}
	ready, err := c.cfg.Keeper.Try(ctx, call.who(), *call.Trial, c.exchange)
	if err != nil {
		return auth.Opened{}, err
	}
	*call.Trial = ready
	return auth.Opened{Credential: ready}, nil
}

// reopen returns what to sign with after opened was refused; false: nothing.
func (c *Client) reopen(ctx context.Context, call Call, opened auth.Opened) (auth.Opened, bool, error) {
	if call.Trial == nil {
		return c.cfg.Keeper.Refused(ctx, call.who(), opened, c.exchange)
	}
	rest := opened.Credential
	if rest.Access = (auth.Secret{}); rest.Empty() {
		return auth.Opened{}, false, nil
	}
	ready, err := c.cfg.Keeper.Try(ctx, call.who(), rest, c.exchange)
	if err != nil {
		return auth.Opened{}, false, err
	}
	*call.Trial = ready
	return auth.Opened{Credential: ready}, true, nil
}

// once sends a call once.
func (c *Client) once(ctx context.Context, call Call, to target, opened auth.Opened) (connectors.Reply, error) {
	s := sending{
		client: c, to: to, call: call, spends: quotas(call.Info.Quotas, call.Request.Quotas),
		provider: call.Info.Provider, class: call.Class,
	}
	if s.scope = first(nil, call.Remote, call.Account); s.scope == "" && call.Trial != nil {
		s.scope = "trial"
	}
	if call.signed() {
		s.cred, s.header, s.prefix = &opened.Credential, call.Info.Auth.Header, call.Info.Auth.Prefix
	}
	return s.run(ctx)
}

// quotas picks the named ones, all for nil.
func quotas(all []connectors.Quota, names []string) []connectors.Quota {
	if names == nil {
		return all
	}
	var out []connectors.Quota
	for _, q := range all {
		for _, name := range names {
			if q.Name == name {
				out = append(out, q)
			}
		}
	}
	return out
}

// sending is one call on its way.
type sending struct {
	client   *Client
	call     Call // Request, Fault, Before, ETag, Any, Use
	to       target
	provider string
	scope    string // of quotas that an account has for itself
	class    limit.Class
	spends   []connectors.Quota
	cred     *auth.Credential // nil: anonymous
	header   string
	prefix   string
	raw      bool // a sign-in: the reply is handed back as it is, of any status

	permit  *limit.Permit
	stopped error // why a redirect was not followed
}

// run makes the call and settles it.
func (s *sending) run(ctx context.Context) (connectors.Reply, error) {
	if err := s.allow(ctx); err != nil {
		return connectors.Reply{}, err
	}
	if err := failpoint.Hit(ctx, "req.before"); err != nil {
		return connectors.Reply{}, errors.Join(err, s.settle(ctx, nil))
	}
	defer func() { _ = s.settle(ctx, nil) }() // nothing is left open, whatever happens below
	bounded, cancel := context.WithCancelCause(ctx)
	total := time.AfterFunc(totalTime, func() { cancel(errTotal) })
	defer total.Stop()
	defer cancel(nil)

	h := &hop{origin: s.to.origin, cred: s.cred, header: s.header, prefix: s.prefix, again: s.again}
	resp, err := s.send(withHop(bounded, h))
	if err == nil {
		err = failpoint.Hit(ctx, "resp.header")
	}
	if err != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return connectors.Reply{}, s.lost(ctx, h.sent, err, context.Cause(bounded))
	}
	body, give, err := s.client.memory.read(bounded, cancel, resp)
	defer give()
	if err == nil {
		err = shallow(body)
	}
	if err != nil && resp.StatusCode < 400 {
		return connectors.Reply{}, s.failed(ctx, resp, err, context.Cause(bounded))
	}
	if err != nil {
		body = nil // a refusal is known without its body
	}
	reply := s.reply(resp, body)
	s.log(ctx, reply)
	if err := s.judge(ctx, resp, reply); err != nil {
		return connectors.Reply{}, err
	}
	if s.call.Use != nil {
		return reply, s.call.Use(reply)
	}
	return reply, nil
}

// allow takes a permit and asks whether the work is still wanted. Nothing waits
// after it.
func (s *sending) allow(ctx context.Context) error {
	needs := make([]limit.Need, len(s.spends))
	for i, q := range s.spends {
		scope := s.scope
		if q.Scope == connectors.PerHost || q.Scope == connectors.PerAddress {
			scope = s.to.host
		}
		needs[i] = limit.Need{Key: limit.Key(s.provider, q, scope), Quota: q}
	}
	var err error
	if len(needs) > 0 {
		if s.permit, err = s.client.cfg.Ledger.Take(ctx, needs, s.class); err != nil {
			return err
		}
		err = s.permit.Send(ctx)
	}
	if err == nil && s.call.Before != nil {
		err = s.call.Before()
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		return nil
	}
	if settleErr := s.settle(ctx, nil); settleErr != nil {
		return errors.Join(err, settleErr)
	}
	return err
}

// again is asked for a followed redirect, which is a call like any other.
func (s *sending) again(ctx context.Context, got *http.Response) error {
	if s.stopped = s.settle(ctx, s.answer(got.Header)); s.stopped == nil {
		s.stopped = s.allow(ctx)
	}
	return s.stopped
}

// send hands the call to the client.
func (s *sending) send(ctx context.Context) (*http.Response, error) {
	r := s.client.resty.R().SetContext(ctx)
	for name, values := range s.call.Request.Header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	if s.call.ETag != "" {
		r.SetHeader("If-None-Match", s.call.ETag)
	}
	if s.call.Request.Body != nil {
		r.SetBody(s.call.Request.Body)
	}
	method := s.call.Request.Method
	if method == "" {
		method = http.MethodGet
	}
	got, err := r.Execute(method, s.to.address)
	if got == nil || got.RawResponse == nil {
		if err == nil {
			err = errors.New("no response")
		}
		return nil, err
	}
	return got.RawResponse, err
}

// reply makes what a connector sees. A service that repeats the secret it was
// sent does not get it any further.
func (s *sending) reply(resp *http.Response, body []byte) connectors.Reply {
	header := resp.Header
	header.Del("Content-Encoding")
	header.Del("Set-Cookie")
	if s.cred != nil && !s.raw {
		clean := s.cred.Cleaner()
		body = clean.Bytes(body)
		for name, values := range header {
			for i, v := range values {
				header[name][i] = clean.Text(v)
			}
		}
	}
	return connectors.Reply{Status: resp.StatusCode, Header: header, Body: body, Origin: s.to.origin}
}

func (s *sending) log(ctx context.Context, r connectors.Reply) {
	address, _, _ := strings.Cut(s.to.address, "?")
	s.client.cfg.Log.DebugContext(ctx, "answered", "address", address, "status", r.Status, "bytes", len(r.Body))
}
