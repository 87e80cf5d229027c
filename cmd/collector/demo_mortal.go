package main

import (
	"context"
	"time"

	"collector/state"
	"collector/store"
)

// mortalStore is a store that a dead instance cannot write: its leases stay.
type mortalStore struct {
	store.Store
	life *mortal
}

func (m mortalStore) Claim(ctx context.Context, c state.Claim) ([]state.Claimed, error) {
	if m.life.isDead() {
		return nil, errDead
	}
	return m.Store.Claim(ctx, c)
}

func (m mortalStore) Renew(ctx context.Context, owner string, until time.Time) error {
	if m.life.isDead() {
		return errDead
	}
	return m.Store.Renew(ctx, owner, until)
}

func (m mortalStore) Commit(ctx context.Context, l state.Lease, p state.Page) (state.Committed, error) {
	if m.life.isDead() {
		return state.Committed{}, errDead
	}
	return m.Store.Commit(ctx, l, p)
}

func (m mortalStore) Release(ctx context.Context, l state.Lease, p state.Progress) error {
	if m.life.isDead() {
		return errDead
	}
	return m.Store.Release(ctx, l, p)
}

func (m mortalStore) Postpone(ctx context.Context, l state.Lease, due time.Time) error {
	if m.life.isDead() {
		return errDead
	}
	return m.Store.Postpone(ctx, l, due)
}

func (m mortalStore) Leave(ctx context.Context, id string) error {
	if m.life.isDead() {
		return errDead
	}
	return m.Store.Leave(ctx, id)
}
