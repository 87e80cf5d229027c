package main

import (
	"context"
	"errors"
	"fmt"

	"collector/grant"
	grantmongo "collector/grant/mongo"
	grantsqlite "collector/grant/sqlite"
	"collector/store"
	"collector/store/mongo"
	"collector/store/sqlite"
)

// grantsKept is where the grants of a store are kept: in its own database.
type grantsKept struct {
	made  func(context.Context) (bool, error)
	make  func(context.Context) (grant.Store, error)
	close func() error // to be called before the store is closed
}

// grantsOf finds where the grants of a store are kept, and makes nothing.
func grantsOf(ctx context.Context, st store.Store) (grantsKept, error) {
	switch of := st.(type) {
	case *sqlite.Store:
		db, err := of.Database(ctx)
		if err != nil {
			return grantsKept{}, fmt.Errorf("opening the grants: %w", err)
		}
		return grantsKept{
			made:  func(ctx context.Context) (bool, error) { return grantsqlite.Made(ctx, db) },
			make:  func(ctx context.Context) (grant.Store, error) { return grantsqlite.Open(ctx, db) },
			close: db.Close,
		}, nil
	case *mongo.Store:
		db := of.Database()
		return grantsKept{
			made:  func(ctx context.Context) (bool, error) { return grantmongo.Made(ctx, db) },
			make:  func(ctx context.Context) (grant.Store, error) { return grantmongo.Open(ctx, db) },
			close: func() error { return nil },
		}, nil
	}
	return grantsKept{
		made:  func(context.Context) (bool, error) { return false, nil },
		make:  func(context.Context) (grant.Store, error) { return grant.NewMemory(), nil },
		close: func() error { return nil },
	}, nil
}

// there opens them where any was ever made, and else returns empty ones.
func (k grantsKept) there(ctx context.Context) (grant.Store, error) {
	made, err := k.made(ctx)
	if err != nil {
		return nil, err
	}
	if !made {
		return grant.NewMemory(), nil
	}
	return k.make(ctx)
}

// withGrants runs fn over the grants of a store, made where that is asked for.
func withGrants(ctx context.Context, st store.Store, making bool, fn func(grant.Store) error) (err error) {
	k, err := grantsOf(ctx, st)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	open := k.there
	if making {
		open = k.make
	}
	grants, err := open(ctx)
	if err != nil {
		return err
	}
	return fn(grants)
}

// moveGrants makes the grants of one store those of another, and makes no table where there
// are none.
func moveGrants(ctx context.Context, from, to store.Store) error {
	return withGrants(ctx, from, false, func(source grant.Store) error {
		n, err := source.Count(ctx)
		if err != nil {
			return err
		}
		return withGrants(ctx, to, n > 0, func(target grant.Store) error { return grant.Move(ctx, source, target) })
	})
}

// endGrants ends the grants of a user who is purged, and returns how many there were.
func endGrants(ctx context.Context, st store.Store, user string) (n int, err error) {
	err = withGrants(ctx, st, false, func(grants grant.Store) error {
		n, err = grant.Purge(ctx, grants, user)
		return err
	})
	return n, err
}
