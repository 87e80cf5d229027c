package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"collector/broker"
	brokermemory "collector/broker/memory"
	brokermongo "collector/broker/mongo"
	brokersqlite "collector/broker/sqlite"
	"collector/queue"
	queuememory "collector/queue/memory"
	queuemongo "collector/queue/mongo"
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
	var closing func(context.Context) error
	err = beginning(ctx, log, func() (err error) { b, closing, err = a.openBroker(ctx, st, how.owner, log); return err })
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
	m, err := a.messageStores(ctx, st, false)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the message broker: %w", err)
	}
	b := broker.New(m.jobs, m.topics, broker.Options{
		Owner: owner, Now: a.now, Lease: a.conf.Lease,
		Report: func(err error) { log.Warn("the message broker", "err", err) },
	})
	return b, func(ctx context.Context) error { return errors.Join(b.Close(ctx), m.close()) }, nil
}

// messages are the stores of the message broker.
type messages struct {
	jobs   queue.Store // of queues
	topics broker.Log
	close  func() error
	// compact takes what was deleted out of the files, where there are files.
	compact func(context.Context) error
}

// messageStores opens where messages are kept. The file beside an SQLite store is made
// unless there is one, or it is only read.
func (a *app) messageStores(ctx context.Context, st store.Store, reading bool) (messages, error) {
	return opened(ctx, a.database(), reading, func(reading bool) (messages, error) { return a.tryMessages(ctx, st, reading) })
}

// tryMessages opens messages as they are found.
func (a *app) tryMessages(ctx context.Context, st store.Store, reading bool) (messages, error) {
	if path := a.database(); path != "" {
		open := sqlite.Beside
		if reading {
			open = sqlite.BesideReading
		}
		db, err := open(ctx, path+besideMessages)
		if err != nil {
			return messages{}, err
		}
		jobs, err := queuesqlite.Open(ctx, db)
		if err != nil {
			return messages{}, errors.Join(err, db.Close())
		}
		closing := func() error { return errors.Join(jobs.Close(), db.Close()) }
		topics, err := brokersqlite.Open(ctx, db, broker.Keep{})
		if err != nil {
			return messages{}, errors.Join(err, closing())
		}
		return messages{jobs, topics, closing, func(ctx context.Context) error { return sqlite.Compact(ctx, db) }}, nil
	}
	if shared, ok := st.(*mongo.Store); ok {
		topics, err := brokermongo.Open(ctx, shared.Database(), broker.Keep{})
		if err != nil {
			return messages{}, shared.Failed("opening topics", err)
		}
		jobs, err := queuemongo.Open(ctx, shared.Database(), queuemongo.Options{})
		if err != nil {
			return messages{}, shared.Failed("opening queues", err)
		}
		return messages{jobs, topics, func() error { jobs.Close(); return nil }, noFile}, nil
	}
	return noMessages(), nil
}

// noMessages is what there is where nobody has kept any.
func noMessages() messages {
	return messages{queuememory.New(), brokermemory.New(), func() error { return nil }, noFile}
}

// noFile is compact where there is none.
func noFile(context.Context) error { return nil }

// kept opens the messages of a store for a command, beside a daemon or without one. A
// command makes no file for them: where there is none, it sees no messages.
func (a *app) kept(ctx context.Context, st store.Store, reading bool) (messages, error) {
	if path := a.database(); path != "" {
		if _, err := os.Stat(path + besideMessages); errors.Is(err, fs.ErrNotExist) {
			return noMessages(), nil
		}
	}
	m, err := a.messageStores(ctx, st, reading)
	if err != nil {
		return m, fmt.Errorf("opening the messages: %w", err)
	}
	return m, nil
}
