package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"collector/broker"
	brokermemory "collector/broker/memory"
	brokermongo "collector/broker/mongo"
	brokersqlite "collector/broker/sqlite"
	"collector/queue"
	queuememory "collector/queue/memory"
	queuesqlite "collector/queue/sqlite"
	"collector/store"
	"collector/store/mongo"
	"collector/store/sqlite"
)

// besideMessages follows the name of an SQLite store in that of the file of its messages.
const besideMessages = ".messages"

// offerMessages opens the message broker where something uses it, else it returns nil. What
// it returns beside it ends it, and stores what waits as long as a stop may take.
func (a *app) offerMessages(ctx context.Context, st store.Store, how collecting, log *slog.Logger) (b *broker.Broker, end func(), err error) {
	used := a.conf.Publish.Publish || a.conf.Offered() && !how.once
	if !used || how.transport != nil { // the demo offers nothing
		return nil, func() {}, nil
	}
	b, closing, err := a.openBroker(ctx, st, how.owner, log)
	if err != nil {
		return nil, nil, err
	}
	return b, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.conf.Grace)
		defer cancel()
		if err := closing(ctx); err != nil {
			log.Warn("closing the message broker", "err", err)
		}
	}, nil
}

// openBroker opens the message broker whose messages are kept where the store is: in a
// file beside an SQLite store, in the database of MongoDB, or in memory. What it returns
// beside it closes all of it.
func (a *app) openBroker(ctx context.Context, st store.Store, owner string, log *slog.Logger) (*broker.Broker, func(context.Context) error, error) {
	jobs, topics, closing, err := a.messageStores(ctx, st, log)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the message broker: %w", err)
	}
	b := broker.New(jobs, topics, broker.Options{
		Owner: owner, Now: a.now, Lease: a.conf.Lease,
		Report: func(err error) { log.Warn("the message broker", "err", err) },
	})
	return b, func(ctx context.Context) error { return errors.Join(b.Close(ctx), closing()) }, nil
}

func (a *app) messageStores(ctx context.Context, st store.Store, log *slog.Logger) (queue.Store, broker.Log, func() error, error) {
	nothing := func() error { return nil }
	if path := a.database(); path != "" {
		db, err := sqlite.Beside(ctx, path+besideMessages)
		if err != nil {
			return nil, nil, nil, err
		}
		jobs, err := queuesqlite.Open(ctx, db)
		if err != nil {
			return nil, nil, nil, errors.Join(err, db.Close())
		}
		closing := func() error { return errors.Join(jobs.Close(), db.Close()) }
		topics, err := brokersqlite.Open(ctx, db, broker.Keep{})
		if err != nil {
			return nil, nil, nil, errors.Join(err, closing())
		}
		return jobs, topics, closing, nil
	}
	if shared, ok := st.(*mongo.Store); ok {
		topics, err := brokermongo.Open(ctx, shared.Database(), broker.Keep{})
		if err != nil {
			return nil, nil, nil, err
		}
		log.Warn("messages of queues are kept in the memory of this process and end with it; those of topics are stored")
		return queuememory.New(), topics, nothing, nil
	}
	return queuememory.New(), brokermemory.New(), nothing, nil
}
