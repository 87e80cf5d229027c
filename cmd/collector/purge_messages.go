package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"collector/broker"
	"collector/control"
	"collector/deliver/publish"
	"collector/queue"
	"collector/store"
)

// tellsOf chooses the messages about a user's items, of one network or, where that is
// "", of all of them.
func tellsOf(user, network string) func(broker.Message) bool {
	return func(m broker.Message) bool {
		if network == "" && m.Destination == publish.TopicOf(user) {
			return true
		}
		return m.Get("user") == user && m.Get("item") != "" && (network == "" || m.Get("network") == network)
	}
}

// purgeMessages takes what was published of a person out of queues and topics.
func (a *app) purgeMessages(ctx context.Context, st store.Store, chosen func(broker.Message) bool) (p control.PurgedMessages, err error) {
	m, err := a.kept(ctx, st, false)
	if err != nil {
		return p, err
	}
	defer func() {
		if failed := errors.Join(err, m.close()); failed != nil {
			err = fmt.Errorf("purging messages, the rest is done; run it again: %w", failed)
		}
	}()
	stats, err := m.jobs.Stats(ctx)
	if err != nil {
		return p, err
	}
	for _, q := range stats {
		if !strings.HasPrefix(q.Queue, "/"+string(broker.Queue)+"/") {
			continue
		}
		if err := purgeQueue(ctx, m.jobs, q.Queue, chosen, &p); err != nil {
			return p, err
		}
	}
	if p.Blanked, err = m.topics.Forget(ctx, chosen); err != nil {
		return p, err
	}
	return p, m.compact(ctx)
}

// purgeQueue deletes the chosen messages of one queue, and counts them.
func purgeQueue(ctx context.Context, jobs queue.Store, name string, chosen func(broker.Message) bool, p *control.PurgedMessages) error {
	const page = 100 // a body may have megabytes
	for cursor := ""; ; {
		list, next, err := jobs.Jobs(ctx, queue.Filter{Queue: name, Kind: broker.KindMessage}, queue.Page{Cursor: cursor, Limit: page})
		if err != nil {
			return err
		}
		for _, j := range list {
			if m, err := broker.FromJob(j); err != nil || !chosen(m) {
				continue // what is no message tells of nobody
			}
			n, err := jobs.Remove(ctx, queue.Filter{ID: j.ID}, 1)
			if err != nil {
				return err
			}
			p.Deleted += n
			if n == 0 {
				_, err := jobs.Job(ctx, j.ID)
				if err == nil {
					p.Held++
				} else if !errors.Is(err, queue.ErrNotFound) {
					return err
				}
			}
		}
		if cursor = next; next == "" {
			return nil
		}
	}
}

// sayPurged tells of it; again is the command that ends it when consumers are done.
func (a *app) sayPurged(p control.PurgedMessages, again string) {
	if p.Deleted+p.Blanked > 0 {
		a.say("messages: %s deleted from queues, %s blanked in topics", count(p.Deleted), count(p.Blanked))
	}
	if p.Held > 0 {
		a.say("%s still in the hands of consumers. When they are done: %s", many(p.Held, "message is", "messages are"), line(again))
	}
}
