package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"collector/auth"
	"collector/broker"
	"collector/cluster"
	"collector/control"
	"collector/deliver/webhook"
	"collector/fetch"
	"collector/queue"
	"collector/state"
	"collector/store"
	"collector/store/intake"
)

// besideAtOnce is how many calls have something of one kind open at a time; more wait. Each
// opens files, and many requests come at once.
const besideAtOnce = 8

// gate lets as many in at a time as it has room for.
type gate chan struct{}

func (g gate) pass(ctx context.Context, fn func() error) error {
	select {
	case g <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-g }()
	return fn()
}

// beside opens what is kept beside the items of a store. Who has webhooks open may open what
// waits for them, and who has jobs open messages, not the other way round.
func (a *app) beside(st store.Store) control.Beside {
	jobs, messages, hooks, waiting := make(gate, besideAtOnce), make(gate, besideAtOnce), make(gate, besideAtOnce), make(gate, besideAtOnce)
	out := control.Beside{
		Jobs: func(ctx context.Context, reading bool, fn func([]queue.Store) error) error {
			return jobs.pass(ctx, func() error {
				all, closing, err := a.allJobs(ctx, st, reading)
				if err != nil {
					return err
				}
				return errors.Join(fn(all), closing())
			})
		},
		Messages: func(ctx context.Context, reading bool, fn func(queue.Store, broker.Log) error) error {
			return messages.pass(ctx, func() error {
				m, err := a.kept(ctx, st, reading)
				if err != nil {
					return err
				}
				return errors.Join(fn(m.jobs, m.topics), m.close())
			})
		},
		Webhooks: func(ctx context.Context, making bool, fn func(webhook.Store) error) error {
			if err := a.lasting(making); err != nil {
				return err
			}
			return hooks.pass(ctx, func() error { return withWebhooks(ctx, st, making, fn) })
		},
		Waiting: func(ctx context.Context, fn func(queue.Store) error) error {
			return waiting.pass(ctx, func() error { return a.onWaiting(ctx, st, fn) })
		},
		Ring: func(ctx context.Context) (*auth.Keyring, error) { return a.keyring(ctx, st) },
		Export: func(ctx context.Context, e control.Export) (control.AddedExport, error) {
			return a.addExport(ctx, st, e)
		},
		Backup: func(ctx context.Context, file string) (control.Copy, error) { return a.copyForOthers(ctx, st, file) },
		PurgeUser: func(ctx context.Context, user string, ended int) (control.PurgedUser, error) {
			return a.purgeUser(ctx, st, user, ended)
		},
		CleanUsers: func(ctx context.Context, after time.Duration, dry bool) (control.Cleaning, error) {
			return a.cleanInactive(ctx, st, after, dry)
		},
		PurgeMessages: func(ctx context.Context, user, network string) (control.PurgedMessages, error) {
			return a.purgeMessages(ctx, st, tellsOf(user, network))
		},
		Enrol: func(ctx context.Context, lines io.Reader, e control.Enrolment) (control.Enrolled, error) {
			return a.enrol(ctx, st, lines, e)
		},
		Push:          func(ctx context.Context, w control.Pushing) (control.Pushed, error) { return a.pushInto(ctx, st, w) },
		ForgetWaiting: func(ctx context.Context, gone func(string) bool) error { return a.forgetWaiting(ctx, st, gone) },
		Copies:        a.copiesLeft,
		Target:        func(address string) (string, error) { return fetch.NormalizeTarget(address, a.conf.AllowPrivate...) },
	}
	out.Intake = func(ctx context.Context, waiting func(string), fn func(*intake.Intake) error) error {
		return a.withIntake(ctx, st, waiting, fn)
	}
	if a.together() {
		out.Cluster, out.Member = func() (cluster.Registry, error) { return a.registry() }, a.member
	}
	return out
}

// withIntake opens the store once more, under a name of its own: what it holds is free as soon
// as the process ends, whoever else holds something in it. A store in memory ends with it.
func (a *app) withIntake(ctx context.Context, st store.Store, waiting func(network string), fn func(*intake.Intake) error) (err error) {
	o := intake.Options{Owner: "import-" + control.NewID(), Lease: a.conf.Lease, Now: a.now, Waiting: func(n state.Network) {
		if waiting != nil {
			waiting(n.Name())
		}
	}}
	if !strings.HasPrefix(a.conf.Store, "memory:") {
		st, err = store.Open(ctx, a.conf.Store, backends(), store.Options{Owner: o.Owner, Lease: o.Lease, Now: a.now})
		if err != nil {
			return fmt.Errorf("opening the store: %w", err)
		}
		defer func() { err = errors.Join(err, st.Close()) }()
	}
	in := intake.New(st, o)
	return errors.Join(fn(in), in.Close(context.WithoutCancel(ctx)))
}

// lasting refuses to make what would end with a store in memory.
func (a *app) lasting(making bool) error {
	if making && strings.HasPrefix(a.conf.Store, "memory:") {
		return &control.Problem{Kind: control.Forbidden, Whose: "you", Reason: "a store in memory ends with its process, and with it what was made", Next: "name the store of the collector: --store=sqlite:FILE or mongodb://HOST/DATABASE"}
	}
	return nil
}
