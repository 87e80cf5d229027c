package main

import (
	"context"

	"collector/control"
	"collector/store"
)

// making is withNewStore for commands that hold no leases.
func (a *app) making(ctx context.Context, fn func(context.Context, store.Store) error) error {
	return a.withNewStore(ctx, "", fn)
}

func (d atStore) Connect(ctx context.Context, ask control.Connecting) (control.SignedIn, error) {
	if d.a.simulated {
		return control.SignedIn{}, simulatedStore(d.st)
	}
	conn, err := d.a.service(ask.Service)
	if err != nil {
		return control.SignedIn{}, err
	}
	c, err := d.a.newClient(ctx, d.st, d.a.newOwner(), nil)
	if err != nil {
		return control.SignedIn{}, err
	}
	defer c.close(ctx, d.a.conf.Grace)
	got, err := d.panel().Connect(ctx, d.a.reach(c), ask, d.a.now)
	if err != nil {
		err = control.Refusal(conn.Info(), ask.Wanted, err)
	}
	return got, err
}

// onDeskAlone is onDesk for what asks no store: here, unless a collector is named.
func (a *app) onDeskAlone(ctx context.Context, fn func(context.Context, desk) error) error {
	if a.asksHere() {
		return fn(ctx, atStore{a: a})
	}
	return a.onDesk(ctx, nil, fn)
}

func (d atStore) TestNotify(ctx context.Context) ([]control.Told, error) { return d.a.testNotify(ctx) }
