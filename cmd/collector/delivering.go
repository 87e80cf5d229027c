package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"

	"collector/auth"
	"collector/control"
	"collector/deliver/webhook"
	"collector/queue"
	"collector/store"
	"collector/store/sqlite"
)

// besideWebhooks follows the name of an SQLite store in that of the file of what is still
// to be delivered.
const besideWebhooks = ".webhooks"

// webhookConns is how many connections to that file all workers share.
const webhookConns = 20

// waitingCalls are the jobs of what is still to be delivered.
func waitingCalls() ownJobs {
	return ownJobs{what: "what is still to be delivered", beside: besideWebhooks, prefix: "webhook_", conns: webhookConns}
}

// webhookJobs opens the store of what is still to be delivered.
func (a *app) webhookJobs(ctx context.Context, st store.Store) (queue.Store, func() error, error) {
	return a.openJobs(ctx, st, waitingCalls(), false)
}

// delivering tells webhooks of what is collected until the function that it returns is
// called. Of a cluster one does: leads says whether it is this one.
func (a *app) delivering(ctx context.Context, st store.Store, how collecting, cl *client, leads func() bool, log *slog.Logger) (end func()) {
	if how.transport != nil { // the demo tells nobody
		return func() {}
	}
	kept := &watchedWebhooks{st: st} // of Run alone, until it has ended
	s := webhook.New(webhook.Config{
		Store: st, Post: webhook.Post(a.watched.posts(cl.fetch.Post)), Ring: cl.ring, Know: func(account string, c auth.Credential) { cl.keeper.Scrubber().Know(account, c) },
		Endpoints: kept.there,
		Open:      func(ctx context.Context) (queue.Store, func() error, error) { return a.webhookJobs(ctx, st) },
		Item:      func(it store.Liked) (json.RawMessage, error) { return json.Marshal(control.ItemOf(it, a.simulated)) },
		Leads:     leads, Owner: how.owner, Lease: a.conf.Lease, Grace: a.conf.Grace, Finish: how.once, Now: a.now, Log: log, Hush: how.hush,
	})
	how.hands.add(s.InHand)
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() { s.Run(ctx) })
	return func() {
		stop()
		work.Wait()
		if err := kept.close(); err != nil {
			log.Warn("closing the webhooks", "err", err)
		}
	}
}

// endWebhooks removes the webhooks of a user and what was still to be told to them, dead
// letters among it, and returns how many webhooks there were.
func (a *app) endWebhooks(ctx context.Context, st store.Store, user string) (int, error) {
	n := 0
	err := withWebhooks(ctx, st, false, func(hooks webhook.Store) error {
		all, err := webhook.All(ctx, hooks)
		if err != nil {
			return err
		}
		for _, r := range all {
			if r.User != user {
				continue
			}
			if err := hooks.Remove(ctx, r.ID); err != nil && !errors.Is(err, webhook.ErrUnknown) {
				return err
			}
			n++
		}
		return a.onWaiting(ctx, st, func(jobs queue.Store) error { return webhook.Sweep(ctx, hooks, jobs, a.now()) })
	})
	return n, err
}

// onWaiting runs fn over what is still to be delivered, where anything ever was.
func (a *app) onWaiting(ctx context.Context, st store.Store, fn func(queue.Store) error) error {
	if path := a.database(); path != "" {
		if _, err := os.Stat(path + besideWebhooks); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	return a.withWebhookJobs(ctx, st, fn)
}

// forgetWaiting removes what is still to be delivered about the items of networks that are gone.
func (a *app) forgetWaiting(ctx context.Context, st store.Store, gone func(network string) bool) error {
	err := a.onWaiting(ctx, st, func(jobs queue.Store) error { return webhook.Forget(ctx, jobs, gone, a.now()) })
	if err != nil {
		return err
	}
	return a.compact(ctx, besideWebhooks)
}

// compact writes a file beside the store anew, where there is one, without what was removed
// from it.
func (a *app) compact(ctx context.Context, beside string) error {
	path := a.database()
	if path == "" {
		return nil
	}
	path += beside
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := sqlite.Beside(ctx, path)
	if err == nil {
		err = errors.Join(sqlite.Compact(ctx, db), db.Close())
	}
	if err != nil {
		return fmt.Errorf("taking what was deleted out of %s, the rest is done; run it again: %w", path, err)
	}
	return nil
}

func (a *app) withWebhookJobs(ctx context.Context, st store.Store, fn func(queue.Store) error) error {
	return a.withOpenJobs(ctx, st, waitingCalls(), fn)
}
