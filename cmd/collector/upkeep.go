package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"collector/control"
	"collector/deliver/webhook"
	"collector/queue"
	"collector/store"
	"collector/upkeep"
)

// upkeeping does the jobs of upkeep until the function that it returns is called; of a
// process that makes one pass that function does those that are due.
func (a *app) upkeeping(ctx context.Context, st store.Store, how collecting, log *slog.Logger) (end func(), err error) {
	if how.transport != nil { // the demo has none
		return func() {}, nil
	}
	c := upkeep.Config{
		Store: st, Open: func(ctx context.Context) (queue.Store, func() error, error) {
			return a.openJobs(ctx, st, upkeepJobs(), false)
		},
		Owner: how.owner, Lease: a.conf.Lease, Grace: a.conf.Grace, Now: a.now, Log: log, Hush: how.hush,
	}
	if folder := a.exportFolder(); folder != "" {
		c.Handlers = append(c.Handlers, a.exportHandler(st, folder, log))
	}
	if a.conf.CleanInactive > 0 {
		cleaner := a.cleaner(st, a.conf.CleanInactive, log)
		turns, err := cleaner.Recurring()
		if err != nil {
			return nil, fmt.Errorf("planning the cleaning: %w", err)
		}
		c.Handlers, c.Recurring = append(c.Handlers, cleaner.Handler()), []queue.Recurring{turns}
	}
	if len(c.Handlers) == 0 {
		return func() {}, nil
	}
	r := upkeep.New(c)
	how.hands.add(r.InHand)
	if how.once {
		return func() {
			if err := r.Finish(ctx); err != nil && ctx.Err() == nil {
				log.Warn("the upkeep", "err", err)
			}
		}, nil
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() { r.Run(ctx) })
	return func() {
		stop()
		work.Wait()
	}, nil
}

// cleaner ends the collecting of lists whose users are inactive.
func (a *app) cleaner(st store.Store, after time.Duration, log *slog.Logger) upkeep.Cleaner {
	return upkeep.Cleaner{
		Store: st, After: after, Now: a.now, Log: log,
		Using: func(ctx context.Context) (map[string]string, error) { return usingWebhooks(ctx, st) },
	}
}

// usingWebhooks are the users whose likes a webhook is told of.
func usingWebhooks(ctx context.Context, st store.Store) (map[string]string, error) {
	using := map[string]string{}
	err := withWebhooks(ctx, st, false, func(hooks webhook.Store) error {
		all, err := webhook.All(ctx, hooks)
		for _, r := range all {
			if !r.Paused && r.Health.Of(r.Endpoint).Stopped == "" {
				using[r.User] = "the webhook " + r.ID + " is told"
			}
		}
		return err
	})
	return using, err
}

// someone is who a command is for where it names no user.
const someone = control.Someone

// here notes that a user is there, where that is noted.
func (a *app) here(ctx context.Context, st store.Store, user string) error {
	return a.panel(st).Here(ctx, user, a.now())
}

// withUsedStore is withReadStore for what a user reads of what was collected: it notes that
// the user is there. A store that cannot be written is read all the same.
func (a *app) withUsedStore(ctx context.Context, user string, fn func(context.Context, store.Store) error) error {
	unnoted := false
	err := a.withReadStore(ctx, func(ctx context.Context, st store.Store) error {
		if err := fn(ctx, st); err != nil {
			return err
		}
		var err error
		unnoted, err = upkeep.Unnoted(ctx, st, firstOf(user, someone), a.now())
		return err
	})
	if err != nil || !unnoted {
		return err
	}
	_ = a.withStore(ctx, func(ctx context.Context, st store.Store) error { return a.here(ctx, st, user) }) // the answer was given
	return nil
}
