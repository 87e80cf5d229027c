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

// heartbeat writes the first sign of life and returns the loop that writes the
// others, as long as the scheduler's loop comes round; wrote is told how each went. A store that cannot be
// written for a while is no reason to end.
func (a *app) heartbeat(ctx context.Context, st store.Store, owner string, running func() int, turned func() time.Time, wrote func(error), log *slog.Logger) (func(stop <-chan struct{}), error) {
	in := store.Instance{ID: owner, Host: a.host, PID: os.Getpid(), Mode: a.conf.Mode, Version: version, Started: a.now()}
	write := func(ctx context.Context) error {
		in.Seen, in.Running = a.now(), running()
		ctx, cancel := context.WithTimeout(ctx, beatEvery)
		defer cancel()
		return st.Heartbeat(ctx, in)
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
				if last := turned(); !last.IsZero() && a.now().Sub(last) > hungAfter && ctx.Err() == nil {
					continue // whoever looks (healthcheck, status, the others) sees it end
				}
				wrote(write(context.WithoutCancel(ctx))) // the scheduler logs that the store does not work
			}
		}
	}, nil
}
