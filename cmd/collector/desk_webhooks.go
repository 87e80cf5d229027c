package main

import (
	"context"

	"collector/control"
	"collector/deliver/webhook"
)

// deskOfWebhooks is the part of a desk that is about webhooks.
type deskOfWebhooks interface {
	Webhooks(ctx context.Context, user string) ([]control.Webhook, error)
	AddWebhook(ctx context.Context, e webhook.Endpoint) (control.MadeWebhook, error)
	PingWebhook(ctx context.Context, id string) (control.PingedWebhook, error)
	PauseWebhook(ctx context.Context, id string, paused bool) error
	ReplayWebhook(ctx context.Context, id string) (int, error)
	RewindWebhook(ctx context.Context, id string, since int64) error
	RotateWebhook(ctx context.Context, id string) (control.RotatedWebhook, error)
	RemoveWebhook(ctx context.Context, id string) error
}

func (d atStore) Webhooks(ctx context.Context, user string) (out []control.Webhook, err error) {
	p := d.panel()
	err = p.Beside.Webhooks(ctx, false, func(hooks webhook.Store) error {
		out, err = p.Webhooks(ctx, hooks, user)
		return err
	})
	return out, err
}

func (d atStore) AddWebhook(ctx context.Context, e webhook.Endpoint) (out control.MadeWebhook, err error) {
	p := d.panel()
	if e, err = p.CheckWebhook(e, d.a.now()); err != nil {
		return out, err
	}
	err = p.Beside.Webhooks(ctx, true, func(hooks webhook.Store) error {
		out, err = p.AddWebhook(ctx, hooks, e, d.a.now())
		return err
	})
	return out, err
}

// webhook runs fn for a webhook that is named.
func (d atStore) webhook(ctx context.Context, id string, fn func(*control.Panel, webhook.Store, webhook.Endpoint) error) error {
	p := d.panel()
	return p.Beside.Webhooks(ctx, false, func(hooks webhook.Store) error {
		e, err := control.WebhookCalled(ctx, hooks, "", id)
		if err == nil {
			err = control.UnknownWebhook(fn(p, hooks, e), id)
		}
		return err
	})
}

func (d atStore) PingWebhook(ctx context.Context, id string) (out control.PingedWebhook, err error) {
	err = d.webhook(ctx, id, func(p *control.Panel, _ webhook.Store, e webhook.Endpoint) error {
		cl, err := d.a.newClient(ctx, d.st, d.a.newOwner(), nil)
		if err != nil {
			return err
		}
		defer cl.close(ctx, d.a.conf.Grace)
		out, err = p.PingWebhook(ctx, cl.fetch.Post, e, d.a.now)
		return err
	})
	return out, err
}

func (d atStore) PauseWebhook(ctx context.Context, id string, paused bool) error {
	return d.webhook(ctx, id, func(_ *control.Panel, hooks webhook.Store, e webhook.Endpoint) error {
		return control.PauseWebhook(ctx, hooks, e.ID, paused)
	})
}

func (d atStore) ReplayWebhook(ctx context.Context, id string) (n int, err error) {
	err = d.webhook(ctx, id, func(p *control.Panel, _ webhook.Store, e webhook.Endpoint) error {
		n, err = p.ReplayWebhook(ctx, e.ID, d.a.now())
		return err
	})
	return n, err
}

func (d atStore) RewindWebhook(ctx context.Context, id string, since int64) error {
	return d.webhook(ctx, id, func(p *control.Panel, hooks webhook.Store, e webhook.Endpoint) error {
		return p.RewindWebhook(ctx, hooks, e.ID, since)
	})
}

func (d atStore) RotateWebhook(ctx context.Context, id string) (out control.RotatedWebhook, err error) {
	err = d.webhook(ctx, id, func(p *control.Panel, hooks webhook.Store, e webhook.Endpoint) error {
		out, err = p.RotateWebhook(ctx, hooks, e.ID, d.a.now())
		return err
	})
	return out, err
}

func (d atStore) RemoveWebhook(ctx context.Context, id string) error {
	return d.webhook(ctx, id, func(p *control.Panel, hooks webhook.Store, e webhook.Endpoint) error {
		return p.RemoveWebhook(ctx, hooks, e.ID)
	})
}
