package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"collector/auth"
	"collector/failpoint"
	"collector/queue"
)

// away is how long a message rests whose endpoint is paused.
const away = time.Minute

// handle sends one message.
func (s *Service) handle(ctx context.Context, t *queue.Task, m message) error {
	e, known := s.endpoint(m.Endpoint)
	if !known && s.isDamaged(m.Endpoint) {
		return queue.SnoozeFor(away)
	}
	if !known {
		return nil // it was removed
	}
	if e.Paused || s.health(e).Stopped != "" {
		return queue.SnoozeFor(away)
	}
	if err := s.pace(ctx, e); err != nil {
		return err
	}
	body, err := s.body(ctx, e, m)
	if err != nil || body == nil {
		return err
	}
	secrets, err := s.secrets(e)
	if err != nil {
		return err
	}
	now := s.c.Now()
	head, err := Sign(secrets, e.OldUntil, m.ID, now, body)
	if err != nil {
		return err
	}
	t.Note(fmt.Sprintf("%s to %s, try %d", m.Type, host(e.URL), t.Job.Attempts))
	status, after, err := s.c.Post(ctx, e.URL, head, body)
	if err != nil && ctx.Err() != nil && !errors.Is(context.Cause(ctx), queue.ErrTimeout) {
		return err // it was cut off, which says nothing of the endpoint
	}
	if hit := failpoint.Hit(ctx, "webhook.sent"); hit != nil {
		return hit
	}
	v := judge(status, after, err, s.c.Now())
	s.note(e, v)
	switch {
	case v.ok:
		return nil
	case v.after > 0:
		// A server that is busy for long may name seconds each time: the tries last for days
		// all the same.
		s.rest(e, v.after)
		return queue.RetryIn(max(v.after, wait(t.Job.Attempts)), errors.New(v.reason))
	}
	return errors.New(v.reason)
}

// body is what is sent of a message; nil where there is nothing to tell any more.
func (s *Service) body(ctx context.Context, e Endpoint, m message) ([]byte, error) {
	p := payload{Type: m.Type, Timestamp: m.At.UTC(), Data: missed{m.After, m.Seq}}
	if m.Item != "" {
		it, there, err := s.reads.item(ctx, m.Network, m.Item)
		if err != nil {
			return nil, fmt.Errorf("reading what is to be sent: %w", err)
		}
		if !there || it.User != e.User || it.Private && !e.Private {
			return nil, nil
		}
		item, err := s.c.Item(it)
		if err != nil {
			return nil, queue.Permanent(fmt.Errorf("writing item %s: %w", m.Item, err))
		}
		p.Data = told{m.Seq, m.Kind, item}
	}
	out, err := json.Marshal(p)
	if err != nil {
		return nil, queue.Permanent(fmt.Errorf("writing a message: %w", err))
	}
	return out, nil
}

// Ping calls an endpoint once, with a message that says nothing, and returns the status of
// the answer, 0 where none came, and what went wrong.
func Ping(ctx context.Context, post Post, secrets auth.Credential, e Endpoint, now time.Time) (status int, err error) {
	body, err := json.Marshal(payload{Type: "ping", Timestamp: now.UTC(), Data: struct{}{}})
	if err != nil {
		return 0, err
	}
	head, err := Sign(secrets, e.OldUntil, messageID(e.ID, now.String(), "ping", ""), now, body)
	if err != nil {
		return 0, err
	}
	status, after, err := post(ctx, e.URL, head, body)
	if v := judge(status, after, err, now); !v.ok {
		return status, errors.New(v.reason)
	}
	return status, nil
}

// host is the part of an address that a log may show: what follows may hold a token.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
