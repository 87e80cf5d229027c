package main

import (
	"context"
	"errors"
	"fmt"

	"collector/deliver/webhook"
	webhookmongo "collector/deliver/webhook/mongo"
	webhooksqlite "collector/deliver/webhook/sqlite"
	"collector/store"
	"collector/store/mongo"
	"collector/store/sqlite"
)

// webhooksKept is where the webhooks of a store are kept: in its own database.
type webhooksKept struct {
	st    store.Store
	made  func(context.Context) (bool, error)
	make  func(context.Context) (webhook.Store, error)
	close func() error
}

// webhooksOf finds where the webhooks of a store are kept, and makes nothing.
func webhooksOf(ctx context.Context, st store.Store) (webhooksKept, error) {
	switch of := st.(type) {
	case *sqlite.Store:
		db, err := of.Database(ctx)
		if err != nil {
			return webhooksKept{}, err
		}
		return webhooksKept{
			st:    st,
			made:  func(ctx context.Context) (bool, error) { return webhooksqlite.Made(ctx, db) },
			make:  func(ctx context.Context) (webhook.Store, error) { return webhooksqlite.Open(ctx, db) },
			close: db.Close,
		}, nil
	case *mongo.Store:
		db := of.Database()
		return webhooksKept{
			st:    st,
			made:  func(ctx context.Context) (bool, error) { return webhookmongo.Made(ctx, db) },
			make:  func(ctx context.Context) (webhook.Store, error) { return webhookmongo.Open(ctx, db) },
			close: func() error { return nil },
		}, nil
	}
	return webhooksKept{
		st:    st,
		made:  func(context.Context) (bool, error) { return false, nil },
		make:  func(context.Context) (webhook.Store, error) { return webhook.NewMemory(), nil },
		close: func() error { return nil },
	}, nil
}

// open opens them, made unless they are there. Those of an earlier version are taken over.
func (k webhooksKept) open(ctx context.Context) (webhook.Store, error) {
	hooks, err := k.make(ctx)
	if err != nil {
		return nil, err
	}
	return hooks, webhook.Adopt(ctx, k.st, hooks)
}

// there opens them where any was ever added, and else returns nil.
func (k webhooksKept) there(ctx context.Context) (webhook.Store, error) {
	made, err := k.made(ctx)
	if err == nil && !made {
		made, err = webhook.Left(ctx, k.st)
	}
	if err != nil || !made {
		return nil, err
	}
	return k.open(ctx)
}

// withWebhooks runs fn over the webhooks of a store, made where that is asked for. Where
// none was ever added they are empty.
func withWebhooks(ctx context.Context, st store.Store, making bool, fn func(webhook.Store) error) (err error) {
	k, err := webhooksOf(ctx, st)
	if err != nil {
		return fmt.Errorf("opening the webhooks: %w", err)
	}
	defer func() { err = errors.Join(err, k.close()) }()
	open := k.there
	if making {
		open = k.open
	}
	hooks, err := open(ctx)
	if err != nil {
		return err
	}
	if hooks == nil {
		hooks = webhook.NewMemory()
	}
	return fn(hooks)
}

// watchedWebhooks are the webhooks of a store for one who looks at them again and again: over
// one handle, opened by the first look. It is used by one goroutine.
type watchedWebhooks struct {
	st    store.Store
	kept  *webhooksKept
	hooks webhook.Store
}

// there returns them where any was ever added, and else nil.
func (w *watchedWebhooks) there(ctx context.Context) (webhook.Store, error) {
	if w.kept == nil {
		k, err := webhooksOf(ctx, w.st)
		if err != nil {
			return nil, fmt.Errorf("opening the webhooks: %w", err)
		}
		w.kept = &k
	}
	if w.hooks == nil {
		hooks, err := w.kept.there(ctx)
		if err != nil || hooks == nil {
			return nil, err
		}
		w.hooks = hooks
	}
	return w.hooks, nil
}

// all are all of them.
func (w *watchedWebhooks) all(ctx context.Context) ([]webhook.Record, error) {
	hooks, err := w.there(ctx)
	if err != nil || hooks == nil {
		return nil, err
	}
	return webhook.All(ctx, hooks)
}

// close is to be called before the store is closed.
func (w *watchedWebhooks) close() error {
	if w.kept == nil {
		return nil
	}
	return w.kept.close()
}
