package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"collector/state"
)

// How long a start asks a store again that cannot be used just then, and how long it waits
// between two times: as long as it looks for a server when it opens the store.
const (
	beginWithin = 20 * time.Second
	beginAgain  = 500 * time.Millisecond
)

// beginning does what a daemon needs of the store to begin, again while that cannot be
// used: a connection that breaks, or a primary that changes, keeps nobody from starting.
func beginning(ctx context.Context, log *slog.Logger, do func() error) error {
	patience, end := context.WithTimeout(ctx, beginWithin)
	defer end()
	for tries := 0; ; tries++ {
		err := do()
		if !errors.Is(err, state.ErrUnavailable) || patience.Err() != nil {
			return err
		}
		if tries == 0 {
			log.Warn("the store cannot be used yet; it is asked again", "for", beginWithin, "err", err)
		}
		again := time.NewTimer(beginAgain)
		select {
		case <-patience.Done():
			again.Stop()
			return err
		case <-again.C:
		}
	}
}
