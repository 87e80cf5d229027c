package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"collector/control"
	"collector/store"
)

const (
	// beatLife is how long a heartbeat shows that an instance lives; one is written
	// every beatEvery.
	beatLife  = control.BeatLife
	beatEvery = 5 * time.Second
	// hungAfter is how long the scheduler's loop may wait for the store, twice over:
	// when it has not come round for longer, the instance does not live.
	hungAfter = 2 * time.Minute
)

// beating is what heartbeats tell of an instance, and who hears how they went.
type beating struct {
	owner   string
	running func() int           // networks in hand
	turned  func() time.Time     // when the scheduler's loop last came round
	vitals  func() *store.Vitals // how it stands
	quiet   func() bool          // whether it claims nothing
	obey    func(store.Wish)     // does what is wished of it; told after each heartbeat that was written
	wrote   func(error)          // told how each went, but the first
}

// heartbeat writes the first sign of life and returns the loop that writes the
// others, as long as the scheduler's loop comes round. A store that cannot be
// written for a while is no reason to end. A wish that is new is answered by one more, so that
// others see at once that it was heard.
func (a *app) heartbeat(ctx context.Context, st store.Store, b beating, log *slog.Logger) (func(stop <-chan struct{}), error) {
	in := store.Instance{ID: b.owner, Host: a.host, PID: os.Getpid(), Mode: a.conf.Mode, Version: version, Started: a.now()}
	write := func(ctx context.Context) error {
		for {
			in.Seen, in.Running, in.Quiet, in.Vitals = a.now(), b.running(), b.quiet(), b.vitals()
			ctx, cancel := context.WithTimeout(ctx, beatEvery)
			wish, err := st.Heartbeat(ctx, in)
			cancel()
			if err != nil {
				return err
			}
			in.Wish = wish
			if b.obey(wish); b.quiet() == in.Quiet {
				return nil
			}
		}
	}
	// Who is stopped before it began ends well all the same.
	if err := beginning(ctx, log, func() error { return write(context.WithoutCancel(ctx)) }); err != nil {
		return nil, fmt.Errorf("writing the first heartbeat: %w", err)
	}
	return func(stop <-chan struct{}) {
		t := time.NewTicker(beatEvery)
		defer t.Stop()
		for {
			select {
			case <-stop:
				return
			case <-t.C:
				if last := b.turned(); !last.IsZero() && a.now().Sub(last) > hungAfter && ctx.Err() == nil {
					continue // whoever looks (healthcheck, status, the others) sees it end
				}
				b.wrote(write(context.WithoutCancel(ctx))) // the scheduler logs that the store does not work
			}
		}
	}, nil
}
