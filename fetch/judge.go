package fetch

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/limit"
)

// answer is what the headers of a reply tell the ledger.
func (s *sending) answer(h http.Header) *limit.Answer {
	return limit.Read(h, s.spends, s.client.cfg.Now())
}

// lost ends a call that got no answer. What never reached the wire was not
// spent.
func (s *sending) lost(ctx context.Context, sent bool, err, cause error) error {
	answer := &limit.Answer{At: s.client.cfg.Now(), Failed: true}
	var missing noFieldError
	if !sent || errors.Is(err, errDenied) || refused(err) || errors.As(err, &missing) {
		answer = nil
	}
	settleErr := s.settle(ctx, answer)
	if s.stopped != nil {
		return s.stopped
	}
	return with(s.clean(broken(err, cause, s.to)), settleErr)
}

// with joins a fault and an error of settling it.
func with(f *fault.Error, err error) error {
	if err == nil {
		return f
	}
	return errors.Join(f, err)
}

// failed ends a call whose body could not be read.
func (s *sending) failed(ctx context.Context, resp *http.Response, err, cause error) error {
	a := s.answer(resp.Header)
	a.Failed = true
	f := broken(err, cause, s.to)
	f.Status = resp.StatusCode
	if f.Busy {
		f.Until = s.client.cfg.Now().Add(firstTime)
	}
	return with(s.clean(f), s.settle(ctx, a))
}

// use lets the caller read a reply that is no fault, before the call is settled:
// the body may tell of quotas.
func (s *sending) use(r connectors.Reply, f *fault.Error) error {
	if f != nil || s.call.Use == nil {
		return nil
	}
	s.arrived = s.answer(r.Header) // whatever becomes of reading it, the call was spent
	return s.call.Use(r)
}

// judge settles the reply, and says what it means: f, with the time to wait.
func (s *sending) judge(ctx context.Context, resp *http.Response, r connectors.Reply, f *fault.Error) error {
	a := s.answer(resp.Header)
	if f == nil && s.call.Usage != nil {
		a.Told(s.call.Usage())
	}
	if f != nil {
		a.Told(unbilled(s.spends))
	}
	a.Failed = r.Status >= 500
	if f != nil && f.Kind == fault.RateLimited && !f.Busy {
		a.Limited = s.limited(f, r)
	}
	until, err := s.settled(ctx, a)
	if f == nil {
		return err
	}
	if a.Limited != nil && err == nil {
		f.Until = until
		if len(s.spends) == 0 { // nobody keeps this limit but the caller
			f.Until = a.At.Add(max(time.Minute, a.Limited.Wait))
		}
	}
	return with(f, err)
}

// unbilled says that a refusal cost no money.
func unbilled(spends []connectors.Quota) []connectors.Usage {
	var out []connectors.Usage
	for _, q := range spends {
		if q.Unit == connectors.Mills {
			out = append(out, connectors.Usage{Quota: q.Name, Spent: new(int)})
		}
	}
	return out
}

// limited is what a refusal says of the time to wait: the connector's reading
// first, then Retry-After, then the end of a window that is used up.
func (s *sending) limited(f *fault.Error, r connectors.Reply) *limit.Limited {
	l := &limit.Limited{Wait: f.Wait, Until: f.Until, UsedUp: f.UsedUp, Reason: f.Reason}
	if l.Wait != 0 || !l.Until.IsZero() || l.UsedUp {
		return l
	}
	now := s.client.cfg.Now()
	switch wait, asked := limit.RetryAfter(r.Header, now); asked {
	case limit.AskedTime:
		l.Wait = wait
		return l
	case limit.Unreadable:
		l.Unreadable = true
		return l
	}
	for _, u := range s.answer(r.Header).Usage {
		if u.Left != nil && *u.Left <= 0 && u.Reset.After(l.Until) {
			l.Until = u.Reset
		}
	}
	return l
}

// fault says what a reply means, nil for one that the caller gets.
func (s *sending) fault(resp *http.Response, r connectors.Reply) *fault.Error {
	if r.Status == http.StatusNotModified && s.call.ETag != "" {
		return nil
	}
	if s.call.Fault != nil && r.Status != http.StatusNotModified {
		if err := s.call.Fault(r); errors.Is(err, connectors.ErrPage) {
			return nil
		} else if err != nil {
			f := fault.As(err)
			if f == nil {
				f = fault.New(fault.Malformed, "%w", err)
			}
			own := *f // a connector may hand out a constant
			if own.Status == 0 {
				own.Status = r.Status
			}
			return s.passed(&own)
		}
	}
	switch {
	case r.Status >= 300 && r.Status <= 399:
		return s.moved(resp, r)
	case r.Status < 200:
		return s.clean(&fault.Error{Kind: fault.Malformed, Whose: s.provider, Status: r.Status, Reason: s.to.host + " answered with a status that ends no call"})
	}
	f := fault.FromStatus(s.call.Info.Name, r.Status, r.Body)
	if f == nil {
		return nil
	}
	if _, asked := limit.RetryAfter(r.Header, s.client.cfg.Now()); r.Status == http.StatusServiceUnavailable && asked == limit.AskedTime {
		f.Kind = fault.RateLimited // asked to wait, by RFC 9110 section 10.2.3
	}
	return s.passed(f)
}

// passed lets through what the caller wants to see itself.
func (s *sending) passed(f *fault.Error) *fault.Error {
	limited := f.Kind == fault.RateLimited
	refused := f.Status == http.StatusUnauthorized || f.Kind == fault.Unauthorized
	if s.raw && !limited || s.call.Any && !limited && !refused {
		return nil
	}
	return s.clean(f)
}

// moved is a redirect that was not followed.
func (s *sending) moved(resp *http.Response, r connectors.Reply) *fault.Error {
	if s.call.Any {
		return nil
	}
	f := &fault.Error{Kind: fault.Malformed, Status: r.Status, Whose: s.provider, Reason: s.to.host + " redirects the call, and does not say where to"}
	if r.Status == http.StatusNotModified {
		f.Reason = s.to.host + " says that nothing has changed, although it was not asked that"
		return f
	}
	if to, err := resp.Location(); err == nil {
		where := origin(to)
		switch {
		case where == s.to.origin:
			f.Reason = s.to.host + " redirects the call again and again, or one that may not be repeated"
		case where == "":
			f.Reason = s.to.host + " redirects the call to something that is no plain address"
		default:
			f.Reason = s.to.host + " has moved to " + cut(strings.TrimPrefix(where, "https://")) + "; a token is never taken along to another server"
			f.Next = "if that is right, connect the account again with its new address"
		}
	}
	return s.clean(f)
}

// clean takes every live secret out of a fault's words.
func (s *sending) clean(f *fault.Error) *fault.Error {
	scrub := func(text string) string {
		if s.cred != nil {
			text = s.cred.Cleaner().Text(text)
		}
		if s.client.cfg.Keeper != nil {
			text = s.client.cfg.Keeper.Scrubber().Scrub(text)
		}
		return text
	}
	f.Reason, f.Next, f.Whose = scrub(f.Reason), scrub(f.Next), scrub(f.Whose)
	if f.Err != nil { // its text may be anything: only what errors.Is looks for stays
		f.Reason = strings.TrimSuffix(f.Reason+": "+scrub(f.Err.Error()), ": ")
		f.Err = quietCause{f.Err}
	}
	return f
}
