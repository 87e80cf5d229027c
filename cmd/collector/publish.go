package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"collector/broker"
	"collector/control"
	"collector/deliver/publish"
	"collector/store"
)

// publishEvery is how often the change log is looked at for what is to be published.
const publishEvery = time.Second

// publishing tells other programs of what is collected, if that is asked for, until the
// function that it returns is called, which tells of the last of it. Of a cluster one
// does: leads says whether it is this one.
func (a *app) publishing(ctx context.Context, st store.Store, b *broker.Broker, leads func() bool, log *slog.Logger) (end func(), err error) {
	if !a.conf.Publish.Publish || b == nil {
		return func() {}, nil
	}
	p, err := publish.New(st, b.Send, publish.Config{
		Kinds: a.conf.PublishKinds, Queues: a.conf.PublishQueues, Private: a.conf.PublishPrivate,
		Type: "application/json", Body: func(it store.Liked) ([]byte, error) { return json.Marshal(control.ItemOf(it, a.simulated)) },
	})
	if err == nil {
		err = p.Begin(ctx)
	}
	if err != nil {
		return nil, err
	}
	log.Info("what is collected is published", "topic", publish.Topic, "queues", a.conf.PublishQueues)
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	round := func(ctx context.Context) {
		for ctx.Err() == nil && leads() {
			n, err := p.Step(ctx, a.now())
			if err != nil && ctx.Err() == nil {
				log.Warn("publishing", "err", err)
			}
			if n == 0 && !errors.Is(err, publish.ErrMissed) { // after that what the log still holds comes at once
				return
			}
		}
	}
	var work sync.WaitGroup
	work.Go(func() {
		t := time.NewTicker(publishEvery)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				round(ctx)
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		stop()
		work.Wait()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.conf.Grace)
		defer cancel()
		round(ctx)
	}, nil
}
