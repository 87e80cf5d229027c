package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	"collector/auth"
	"collector/deliver/webhook"
	"collector/queue"
	"collector/store"
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
	s := webhook.New(webhook.Config{
		Store: st, Post: cl.fetch.Post, Ring: cl.ring, Know: func(account string, c auth.Credential) { cl.keeper.Scrubber().Know(account, c) },
		Open:  func(ctx context.Context) (queue.Store, func() error, error) { return a.webhookJobs(ctx, st) },
		Item:  func(it store.Liked) (json.RawMessage, error) { return json.Marshal(exportOf(it, a.simulated)) },
		Leads: leads, Owner: how.owner, Lease: a.conf.Lease, Grace: a.conf.Grace, Finish: how.once, Now: a.now, Log: log,
	})
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() { s.Run(ctx) })
	return func() {
		stop()
		work.Wait()
	}
}

// endWebhooks removes the webhooks of a user, and what was still to be told to them.
func (a *app) endWebhooks(ctx context.Context, st store.Store, user string) (int, error) {
	book := webhook.Book{Values: st}
	all, err := book.List(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, e := range all {
		if e.User != user {
			continue
		}
		if err := a.endWebhook(ctx, st, e); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// endWebhook removes one webhook and its queue.
func (a *app) endWebhook(ctx context.Context, st store.Store, e webhook.Endpoint) (err error) {
	if err := (webhook.Book{Values: st}).Remove(ctx, e.ID); err != nil {
		return err
	}
	return a.withWebhookJobs(ctx, st, func(jobs queue.Store) error {
		if _, err := queue.Remove(ctx, jobs, queue.Filter{Queue: webhook.QueueOf(e.ID)}); err != nil {
			return fmt.Errorf("removing what was still to be delivered: %w", err)
		}
		return nil
	})
}

func (a *app) withWebhookJobs(ctx context.Context, st store.Store, fn func(queue.Store) error) error {
	return a.withOpenJobs(ctx, st, waitingCalls(), fn)
}
