package main

import (
	"context"
	"time"

	"collector/control"
	"collector/control/bring"
	"collector/store"
	"collector/store/intake"
)

// reading opens a store for what stores nothing; where there is none it hands out nil.
func (a *app) reading(ctx context.Context, fn func(context.Context, store.Store) error) error {
	if a.hasStore() != nil {
		return fn(ctx, nil)
	}
	return a.withReadStore(ctx, fn)
}

func (d atStore) Import(ctx context.Context, x *bring.Export, o bring.Options) (r *bring.Report, err error) {
	if d.st != nil && d.a.simulated {
		return nil, simulatedStore(d.st)
	}
	a := d.a
	im := bring.Importer{Panel: d.panel(), Now: a.now, Told: a.sayRead("like", "likes")}
	if o.DryRun {
		return im.Import(ctx, x, o)
	}
	err = im.Panel.Beside.Intake(ctx, a.sayWaiting, func(in *intake.Intake) error {
		im.Intake = in
		r, err = im.Import(ctx, x, o)
		return err
	})
	return r, err
}

// sayRead says how far an import is, every five seconds.
func (a *app) sayRead(one, more string) func(control.Progressed) {
	return a.sayFar(func(p control.Progressed) { a.say("  %s read, %s added", many(p.Read, one, more), count(p.Added)) })
}

// sayFar says how far something is, every five seconds.
func (a *app) sayFar(say func(control.Progressed)) func(control.Progressed) {
	said := a.now()
	return func(p control.Progressed) {
		if now := a.now(); now.Sub(said) >= 5*time.Second {
			said = now
			say(p)
		}
	}
}

func (a *app) sayWaiting(network string) {
	a.say("  %s is being read by a collector: waiting until it has finished", line(network))
}
