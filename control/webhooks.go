package control

import (
	"context"
	"errors"
	"time"

	"collector/auth"
	"collector/control/words"
	"collector/deliver/webhook"
	"collector/queue"
	"collector/search"
)

// Webhook is one webhook and how it goes; its secret is shown when it is made.
type Webhook struct {
	ID        string     `json:"id"`
	User      string     `json:"user"`
	URL       string     `json:"url"`
	Query     string     `json:"query"`
	Kinds     []string   `json:"kinds"`
	Private   bool       `json:"private"`
	Parallel  int        `json:"parallel"`
	PerMinute int        `json:"perMinute"`
	State     string     `json:"state"` // "ok", "failing", "paused", "stopped", "damaged"
	Why       string     `json:"why,omitempty"`
	LastOK    *time.Time `json:"lastOK"`
	Waiting   int64      `json:"waiting"` // to be delivered
	Dead      int64      `json:"dead"`    // given up; replay sends them again
}

// MadeWebhook is a webhook that was just added.
type MadeWebhook struct {
	ID        string `json:"id"`
	Secret    string `json:"secret" doc:"what its calls are signed with: it is shown this once"`
	User      string `json:"user" doc:"whose likes it is told of"`
	Connected bool   `json:"connected" doc:"the user has an account here; until there is one nothing is told"`
}

// RotatedWebhook is the new secret of a webhook.
type RotatedWebhook struct {
	ID       string    `json:"id"`
	Secret   string    `json:"secret" doc:"what its calls are signed with from now on: it is shown this once"`
	OldUntil time.Time `json:"oldUntil" doc:"until when they are signed with the old one too"`
}

// Webhooks lists the webhooks of a user, or of all.
func (p *Panel) Webhooks(ctx context.Context, hooks webhook.Store, user string) ([]Webhook, error) {
	all, err := webhooksOf(ctx, hooks, user)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var queues []string
	if user != "" { // else nearly all queues are of webhooks
		for _, e := range all {
			queues = append(queues, webhook.QueueOf(e.ID))
		}
	}
	counts := map[string]queue.Stats{}
	err = p.Beside.Waiting(ctx, func(jobs queue.Store) error {
		list, err := jobs.Stats(ctx, queues...)
		for _, s := range list {
			counts[s.Queue] = s
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var views []Webhook
	for _, e := range all {
		views = append(views, webhookOf(e, counts[webhook.QueueOf(e.ID)]))
	}
	return views, nil
}

// webhooksOf are the webhooks of a user, or all, in the order of their making.
func webhooksOf(ctx context.Context, hooks webhook.Store, user string) ([]webhook.Record, error) {
	if user == "" {
		return webhook.Listed(ctx, hooks)
	}
	list, err := hooks.Of(ctx, user)
	webhook.InOrder(list)
	return list, err
}

func webhookOf(e webhook.Record, n queue.Stats) Webhook {
	if e.Damaged != nil {
		return Webhook{ID: e.ID, Kinds: []string{}, State: "damaged", Why: e.Damaged.Error(), Waiting: n.Ready + n.Scheduled + n.Running, Dead: n.Dead}
	}
	h := e.Health.Of(e.Endpoint)
	v := Webhook{
		ID: e.ID, User: e.User, URL: e.URL, Query: e.Query, Kinds: e.Kinds, Private: e.Private, Parallel: e.Parallel, PerMinute: e.PerMinute,
		State: "ok", LastOK: words.Stamp(h.LastOK), Waiting: n.Ready + n.Scheduled + n.Running, Dead: n.Dead,
	}
	switch {
	case e.Paused:
		v.State = "paused"
	case h.Stopped != "":
		v.State, v.Why = "stopped", h.Stopped
	case h.Failures > 0:
		v.State, v.Why = "failing", h.Error
	}
	return v
}

const helpWebhook = "collector webhooks add --help"

// CheckWebhook completes a webhook that is to be added, or says what of it cannot be.
func (p *Panel) CheckWebhook(e webhook.Endpoint, now time.Time) (webhook.Endpoint, error) {
	target, err := p.Beside.Target(e.URL)
	if err != nil {
		return e, you(Wrong, helpWebhook, "%w", err)
	}
	e.URL = target
	return e, FitWebhook(e, now)
}

// FitWebhook says what of a webhook cannot be, whatever its address.
func FitWebhook(e webhook.Endpoint, now time.Time) error {
	if _, bad := search.Parse(e.Query, now); bad != nil { // half a query would tell of what was not asked for
		return Misread(bad)
	}
	if err := e.Check(now); err != nil {
		return you(Wrong, helpWebhook, "%w", err)
	}
	return nil
}

// AddWebhook keeps a webhook that was checked, told of what is collected from now on.
func (p *Panel) AddWebhook(ctx context.Context, hooks webhook.Store, e webhook.Endpoint, now time.Time) (MadeWebhook, error) {
	ring, err := p.Beside.Ring(ctx)
	if err != nil {
		return MadeWebhook{}, err
	}
	secret := webhook.NewSecret()
	e.ID, e.CreatedAt = webhook.NewID(), now
	if e.Secret, err = webhook.Seal(ring, e.ID, auth.NewSecret(secret), auth.Secret{}); err != nil {
		return MadeWebhook{}, err
	}
	if e.From, err = p.Store.LastChange(ctx); err != nil {
		return MadeWebhook{}, err
	}
	if err = webhook.Add(ctx, hooks, webhook.Record{Endpoint: e}); errors.Is(err, webhook.ErrMany) {
		err = you(Wrong, "collector webhooks list   shows them, `collector webhooks remove ID` ends one", "%w", err)
	}
	if err != nil {
		return MadeWebhook{}, err
	}
	theirs, unread := p.Store.Accounts(ctx, e.User)
	return MadeWebhook{e.ID, secret, e.User, unread != nil || len(theirs) > 0}, nil // it is made, and its secret to be told
}

// RotateWebhook gives a webhook a new secret; its calls are signed with the old one too for a day.
func (p *Panel) RotateWebhook(ctx context.Context, hooks webhook.Store, id string, now time.Time) (RotatedWebhook, error) {
	ring, err := p.Beside.Ring(ctx)
	if err != nil {
		return RotatedWebhook{}, err
	}
	secret := webhook.NewSecret()
	e, err := webhook.Change(ctx, hooks, id, func(e *webhook.Endpoint) error {
		have, err := webhook.Unseal(ring, *e)
		if err != nil {
			return err
		}
		version := e.Secret.Version
		if e.Secret, err = webhook.Seal(ring, e.ID, auth.NewSecret(secret), have.Access); err != nil {
			return err
		}
		e.Secret.Version, e.OldUntil = version+1, now.Add(webhook.OldFor)
		return nil
	})
	if err != nil {
		return RotatedWebhook{}, err
	}
	return RotatedWebhook{e.ID, secret, e.OldUntil.UTC()}, nil
}

// PingedWebhook is what became of a test call.
type PingedWebhook struct {
	ID     string `json:"id"`
	Well   bool   `json:"well" doc:"it answered as it should, with 200 to 299"`
	Status int    `json:"status" doc:"of its answer; 0 where none came"`
	Millis int64  `json:"millis" doc:"how long the call took, in milliseconds"`
	Why    string `json:"why" doc:"why it did not answer as it should"`
}

// PingWebhook calls a webhook once, with a signed message of the type ping, and says what
// became of it. now is asked before the call and after it.
func (p *Panel) PingWebhook(ctx context.Context, post webhook.Post, e webhook.Endpoint, now func() time.Time) (out PingedWebhook, err error) {
	out.ID = e.ID
	ring, err := p.Beside.Ring(ctx)
	if err != nil {
		return out, err
	}
	secrets, err := webhook.Unseal(ring, e)
	if err != nil {
		return out, err
	}
	began := now()
	status, bad := webhook.Ping(ctx, post, secrets, e, began)
	out.Status, out.Millis, out.Well = status, now().Sub(began).Milliseconds(), bad == nil
	if bad != nil {
		out.Why, err = bad.Error(), ctx.Err()
	}
	return out, err
}

// WebhookCalled finds a webhook among those of a user, or of all. Of one that is damaged,
// whose user is not known, only who may change all finds the id.
func WebhookCalled(ctx context.Context, hooks webhook.Store, user, id string) (webhook.Endpoint, error) {
	r, err := hooks.Get(ctx, id)
	if errors.Is(err, webhook.ErrDamaged) {
		r.ID, err = id, nil
	}
	if err == nil && user != "" && r.User != user { // who asks is not told that it is there
		err = webhook.ErrUnknown
	}
	return r.Endpoint, UnknownWebhook(err, id)
}

// UnknownWebhook says how to see the webhooks that there are, where one is not.
func UnknownWebhook(err error, id string) error {
	if errors.Is(err, webhook.ErrUnknown) {
		return you(Unknown, "collector webhooks list   shows the ids", "there is no webhook %q", words.Plain(id))
	}
	return err
}

// PauseWebhook calls a webhook no more, or again, also where it was stopped since it was dead.
func PauseWebhook(ctx context.Context, hooks webhook.Store, id string, paused bool) error {
	_, err := webhook.Change(ctx, hooks, id, func(e *webhook.Endpoint) error {
		e.Paused = paused
		if !paused {
			e.Resumes++
		}
		return nil
	})
	return err
}

// RewindWebhook sends all changes after a number again.
func (p *Panel) RewindWebhook(ctx context.Context, hooks webhook.Store, id string, since int64) error {
	last, err := p.Store.LastChange(ctx)
	if err != nil {
		return err
	}
	if since > last { // what comes up to it would be passed over
		return you(Wrong, "collector changes   shows the numbers", "--since=%d is behind the newest change, %d", since, last)
	}
	_, err = webhook.Change(ctx, hooks, id, func(e *webhook.Endpoint) error {
		e.From = since
		e.Rewinds++
		return nil
	})
	return err
}

// ReplayWebhook sends again what was given up, and returns how many messages that are.
func (p *Panel) ReplayWebhook(ctx context.Context, id string, now time.Time) (n int, err error) {
	err = p.Beside.Waiting(ctx, func(jobs queue.Store) (err error) {
		n, err = queue.Requeue(ctx, jobs, now, time.Time{}, queue.Filter{Queue: webhook.QueueOf(id)})
		return err
	})
	return n, err
}

// RemoveWebhook calls a webhook no more, and drops what waits for it.
func (p *Panel) RemoveWebhook(ctx context.Context, hooks webhook.Store, id string) error {
	if err := hooks.Remove(ctx, id); err != nil {
		return err
	}
	return p.Beside.Waiting(ctx, func(jobs queue.Store) error { return webhook.Drop(ctx, jobs, id) })
}
