package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"collector/broker"
	"collector/broker/stomp"
	"collector/cluster"
	"collector/control"
	"collector/deliver/webhook"
	"collector/queue"
	"collector/store"
	"collector/web"
	"collector/web/page/chart"
	"collector/web/site"
)

// pages are the web pages of a store. cl asks services whose a sign-in is; without it
// nothing is connected by pages. Of the API, offered, they hand out their lists.
func (a *app) pages(st store.Store, d *door, cl *client, offered http.Handler, post webhook.Post, copies *web.Copies, settings func() []control.Setting, log *slog.Logger) (http.Handler, error) {
	panel, file := a.panel(st), a.database()
	if whole, err := filepath.Abs(file); file != "" && err == nil { // where it cannot be had, as it was named
		file = whole
	}
	return site.New(site.Config{
		Panel: panel, Grants: d.grants, Settings: settings, Post: post,
		Identify: d.identify(), Secure: d.proxies.Secure, From: d.proxies.From,
		Now: a.now, Version: version, Store: st.Describe(), File: file, Copies: copies,
		Notified: a.notified, TestNotify: a.testNotify,
		Work: a.work(panel.Beside), SignIn: a.reach(cl), API: offered, Log: log, Clean: a.scrub,
	})
}

// lag is how late this process starts runs, for the page of workers.
func (a *app) lag(now time.Time) *chart.Lag {
	s := a.starts.Lags(now)
	return &chart.Lag{
		From: s.From.In(now.Location()), Until: now, Median: s.Half, Most: s.Most, Runs: s.Runs, Half: s.HalfOfAll, Tail: s.MostOfAll,
		Remark: "Of the last 24 hours at most, and of the process alone that shows this page: nothing of it is kept.",
	}
}

// connected are the programs that STOMP has here, none before it is offered.
func (a *app) connected(most int) ([]stomp.Connection, int) {
	if server := a.programs.Load(); server != nil {
		return server.Connections(most)
	}
	return nil, 0
}

// work is what the page of workers reads and does.
func (a *app) work(beside control.Beside) site.Work {
	w := site.Work{
		Jobs: func(ctx context.Context, reading bool, fn func([]queue.Store) error) error {
			return beside.Jobs(ctx, reading, func(own []queue.Store) error {
				return beside.Messages(ctx, reading, func(messages queue.Store, _ broker.Log) error {
					if messages == nil {
						return fn(own)
					}
					return fn(append(own, messages))
				})
			})
		},
		Topics: func(ctx context.Context) (list []broker.TopicStats, err error) {
			err = beside.Messages(ctx, true, func(_ queue.Store, log broker.Log) error {
				if log != nil {
					list, err = log.Topics(ctx)
				}
				return err
			})
			return list, err
		},
	}
	if a.programs != nil && a.conf.Stomp.Offered() {
		w.Programs = a.connected
	}
	if a.starts != nil {
		w.Lag = a.lag
	}
	if beside.Cluster == nil {
		return w
	}
	within := func(ctx context.Context, fn func(context.Context, cluster.Registry) error) error {
		r, err := beside.Cluster()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, clusterPatience)
		defer cancel()
		return errors.Join(fn(ctx, r), r.Close())
	}
	w.Cluster = func(ctx context.Context) (p cluster.Picture, err error) {
		err = within(ctx, func(ctx context.Context, r cluster.Registry) error {
			p, err = cluster.Look(ctx, r)
			return err
		})
		return p, err
	}
	w.Drain = func(ctx context.Context, id string) error {
		return within(ctx, func(ctx context.Context, r cluster.Registry) error { return cluster.Drain(ctx, r, id) })
	}
	return w
}
