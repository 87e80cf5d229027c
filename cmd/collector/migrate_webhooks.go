package main

import (
	"context"
	"errors"

	"collector/deliver/webhook"
	"collector/queue"
	"collector/store"
	"collector/store/move"
)

// webhooksMove is how webhooks, and what is still to be told to them, are moved from the
// store of one app to that of another.
type webhooksMove struct {
	a, b     *app
	from, to store.Movable // to is nil where there is none yet
	source   webhooksKept
	target   webhooksKept
}

// withWebhooksMove runs fn with what moves the webhooks.
func (a *app) withWebhooksMove(ctx context.Context, from store.Movable, b *app, to store.Movable, fn func(*move.Beside) error) (err error) {
	m := &webhooksMove{a: a, b: b, from: from, to: to}
	if m.source, err = webhooksOf(ctx, from); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.source.close()) }()
	if to != nil {
		if m.target, err = webhooksOf(ctx, to); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, m.target.close()) }()
	}
	return fn(&move.Beside{What: "webhooks", Count: m.count, Move: m.move})
}

func (m *webhooksMove) count(ctx context.Context) (source, target int, err error) {
	if source, err = m.source.count(ctx); err != nil || m.to == nil {
		return source, 0, err
	}
	target, err = m.target.count(ctx)
	return source, target, err
}

// count is how many webhooks there are. It makes nothing.
func (k webhooksKept) count(ctx context.Context) (int, error) {
	hooks, err := k.there(ctx)
	if err != nil || hooks == nil {
		return 0, err
	}
	return hooks.Count(ctx)
}

func (m *webhooksMove) move(ctx context.Context, log int64) error {
	hooks, err := m.source.there(ctx)
	if err != nil {
		return err
	}
	if hooks == nil {
		if n, err := m.target.count(ctx); err != nil || n == 0 {
			return err
		}
		hooks = webhook.NewMemory() // a try before, when there were some, has left them
	}
	into, err := m.target.open(ctx)
	if err != nil {
		return err
	}
	if err := webhook.Move(ctx, hooks, into, m.from, log); err != nil {
		return err
	}
	return m.a.onWaiting(ctx, m.from, func(from queue.Store) error {
		return m.b.withWebhookJobs(ctx, m.to, func(to queue.Store) error { return webhook.MoveJobs(ctx, from, to, m.b.now()) })
	})
}
