package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"collector/auth"
	"collector/control"
	"collector/deliver/notify"
	"collector/executor"
	"collector/state"
	"collector/store"
)

// addresses are those that are told, none where nobody is.
func (a *app) addresses() ([]notify.Address, error) {
	list, from := a.conf.Notify.Notify.Secret, "COLLECTOR_NOTIFY"
	if a.conf.NotifyFile != "" {
		from = "COLLECTOR_NOTIFY_FILE"
		text, err := os.ReadFile(a.conf.NotifyFile)
		if err != nil {
			return nil, unread(err, "make the file that "+from+" names, or mend "+from)
		}
		list = auth.NewSecret(string(text))
	}
	out, err := notify.Parse(list)
	if err != nil {
		return nil, unread(err, "mend "+from+"; docs/NOTIFICATIONS.md has examples")
	}
	return out, nil
}

// unread says why it is not known who is told, which only the operator can mend.
func unread(err error, next string) error {
	return &control.Problem{Kind: control.Misset, Reason: fmt.Sprintf("reading the addresses of notifications: %v", err), Whose: "you", Next: next, Err: err}
}

// notified are the names of those that are told: services, without secrets.
func (a *app) notified() (out []string, err error) {
	list, err := a.addresses()
	for _, to := range list {
		out = append(out, to.Name)
	}
	return out, err
}

// telling tells the operator when the state of things changes; nil where nobody is told.
type telling struct {
	*notify.Service
	hooks *watchedWebhooks
	log   *slog.Logger
}

// newTelling makes it, where there is an address. The demo tells nobody.
func (a *app) newTelling(st store.Store, how collecting, leads func() bool, log *slog.Logger) (*telling, error) {
	if how.transport != nil {
		return nil, nil
	}
	addresses, err := a.addresses()
	if err != nil || len(addresses) == 0 {
		return nil, err
	}
	sender, err := a.sender()
	if err != nil {
		return nil, err
	}
	hooks := &watchedWebhooks{st: st}
	return &telling{notify.New(notify.Config{
		Store: st, Addresses: addresses, Send: sender.Send, Kinds: a.conf.NotifyOn, Gap: a.conf.NotifyGap, Leads: leads,
		Room: a.room(st), Next: a.panel(st).NextStep, Owner: how.owner, Host: a.host, Finish: how.once, Grace: a.conf.Grace, Now: a.now, Log: log,
		Hooks: hooks.all,
	}), hooks, log}, nil
}

// ran takes notice of a run.
func (t *telling) ran(o executor.Outcome) {
	if t != nil {
		t.Ran(o.Network, o.Kind == "backfill" && o.Ended && o.Network.Mode == state.Normal)
	}
}

// wrote takes notice of a heartbeat.
func (t *telling) wrote(err error) {
	if t != nil {
		t.Wrote(err)
	}
}

// start tells until the function that it returns is called.
func (t *telling) start(ctx context.Context) (end func()) {
	if t == nil {
		return func() {}
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	work.Go(func() { t.Run(ctx) })
	return func() {
		stop()
		work.Wait()
		if err := t.hooks.close(); err != nil {
			t.log.Warn("closing the webhooks", "err", err)
		}
	}
}
