package main

import (
	"context"
	"errors"

	"collector/deliver/notify"
	"collector/deliver/publish"
	"collector/deliver/webhook"
	"collector/queue"
	"collector/search/saved"
	"collector/store"
	"collector/store/move"
	"collector/upkeep"
)

// besideMove is how what is kept beside networks and items is moved from the store of one app
// to that of another: webhooks with what is still to be told to them, how far was published,
// what the operator was told, saved searches, who is let in, and exports that are still to be
// written.
type besideMove struct {
	a, b     *app
	from, to store.Movable // to is nil where there is none yet
	source   webhooksKept
	target   webhooksKept
}

// withBesideMove runs fn with what moves it.
func (a *app) withBesideMove(ctx context.Context, from store.Movable, b *app, to store.Movable, fn func(*move.Beside) error) (err error) {
	m := &besideMove{a: a, b: b, from: from, to: to}
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

func (m *besideMove) count(ctx context.Context) (source, target int, err error) {
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

// move may be called again where a try before was cut off.
func (m *besideMove) move(ctx context.Context, log int64) error {
	if err := m.webhooks(ctx, log); err != nil {
		return err
	}
	if err := publish.Move(ctx, m.from, m.to, m.from, log); err != nil {
		return err
	}
	if err := notify.Move(ctx, m.from, m.to); err != nil {
		return err
	}
	if err := m.searches(ctx); err != nil {
		return err
	}
	if err := moveGrants(ctx, m.from, m.to); err != nil {
		return err
	}
	return m.exports(ctx)
}

// searches moves those that users have saved: who has an account, had one whose items
// were kept, or has the name of the one user of most stores (see control.HasLikes).
func (m *besideMove) searches(ctx context.Context) error {
	accounts, err := m.from.Accounts(ctx, "")
	if err != nil {
		return err
	}
	ended, err := m.from.Networks(ctx, store.Filter{Removed: true})
	if err != nil {
		return err
	}
	users := map[string]bool{"me": true}
	for _, acc := range accounts {
		users[acc.User] = true
	}
	for _, n := range ended {
		users[n.User] = true
	}
	for user := range users {
		if err := saved.Move(ctx, m.from, m.to, user); err != nil {
			return err
		}
	}
	return nil
}

// exports moves those that are still to be written.
func (m *besideMove) exports(ctx context.Context) error {
	if used, err := upkeep.Used(ctx, m.from); err != nil || !used {
		return err
	}
	return m.a.withOpenJobs(ctx, m.from, upkeepJobs(), func(from queue.Store) error {
		return m.b.withOpenJobs(ctx, m.to, upkeepJobs(), func(to queue.Store) error {
			_, err := upkeep.Move(ctx, from, to, m.to, exports.Name, m.b.now())
			return err
		})
	})
}

// messagesLeft says how many messages wait in the queues of other programs beside an SQLite
// store, which are not moved. To look into MongoDB would make room for queues there.
func (a *app) messagesLeft(ctx context.Context, st store.Store) error {
	if a.database() == "" {
		return nil
	}
	m, err := a.kept(ctx, st, true)
	if err != nil {
		return err
	}
	stats, err := m.jobs.Stats(ctx)
	n := int64(0)
	for _, q := range stats {
		n += q.Ready + q.Scheduled + q.Running + q.Dead
	}
	if n > 0 {
		a.say("%s in queues of other programs are not moved: collector queue list shows them", count(int(n)))
	}
	return errors.Join(err, m.close())
}

func (m *besideMove) webhooks(ctx context.Context, log int64) error {
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
