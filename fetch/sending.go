package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"collector/auth"
	"collector/connectors"
	"collector/failpoint"
	"collector/limit"
	"collector/trace"
)

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
	left    *trace.Quota  // what the call left, once it is settled
	arrived *limit.Answer // of a reply that is being read; nil: nothing is known to have been sent
	stopped error         // why a redirect was not followed
}

// run makes the call and settles it.
func (s *sending) run(ctx context.Context) (connectors.Reply, error) {
	if err := s.allow(ctx); err != nil {
		return connectors.Reply{}, err
	}
	if err := failpoint.Hit(ctx, "req.before"); err != nil {
		return connectors.Reply{}, errors.Join(err, s.settle(ctx, nil))
	}
	defer func() { _ = s.settle(ctx, s.arrived) }() // nothing is left open, whatever happens below
	bounded, cancel := context.WithCancelCause(ctx)
	total := time.AfterFunc(totalTime, func() { cancel(errTotal) })
	defer total.Stop()
	defer cancel(nil)

	h := &hop{origin: s.to.origin, cred: s.cred, header: s.header, prefix: s.prefix, again: s.again}
	began, ended, status := s.client.cfg.Now(), time.Time{}, 0
	defer func() {
		if h.sent {
			s.asked(ctx, began, cmp.Or(ended, s.client.cfg.Now()), status)
		}
	}()
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
	if err != nil && resp.StatusCode < 400 {
		return connectors.Reply{}, s.failed(ctx, resp, err, context.Cause(bounded))
	}
	if err != nil {
		body = nil // a refusal is known without its body
	}
	ended, status = s.client.cfg.Now(), resp.StatusCode
	reply := s.reply(resp, body)
	s.log(ctx, reply)
	f := s.fault(resp, reply)
	unread := s.use(reply, f)
	if err := s.judge(ctx, resp, reply, f); err != nil {
		return connectors.Reply{}, err
	}
	if s.call.Use != nil {
		reply.Body = nil
	}
	reply.Body = bytes.Clone(reply.Body) // its memory is given back now
	return reply, unread
}

// needs is what the call spends.
func (s *sending) needs() []limit.Need {
	needs := make([]limit.Need, len(s.spends))
	for i, q := range s.spends {
		scope := s.scope
		if q.Scope == connectors.PerHost || q.Scope == connectors.PerAddress {
			scope = s.to.host
		}
		needs[i] = limit.Need{Key: limit.Key(s.provider, q, scope), Quota: q, Cost: s.call.Request.Cost[q.Name]}
	}
	return needs
}

// allow takes a permit and asks whether the work is still wanted. Nothing waits
// after it.
func (s *sending) allow(ctx context.Context) error {
	needs := s.needs()
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
