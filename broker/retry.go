package broker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"collector/queue"
)

// How long is waited before a call that failed is made again; doubled each time.
const (
	soonest = 50 * time.Millisecond
	latest  = 2 * time.Second
)

// lasting is how long a call goes on that worked before it failed.
const lasting = time.Minute

// final says whether making the same call again cannot help.
func final(err error) bool {
	return errors.Is(err, queue.ErrInvalid) || errors.Is(err, ErrMessage) || errors.Is(err, ErrGone) || errors.Is(err, ErrClosed) || errors.Is(err, ErrLost) || errors.Is(err, errUnsure)
}

// retry makes a call until it succeeds, fails for good, or ctx ends; the error then
// holds that of ctx and the last one. The first of a row of failures is reported. A call that
// went on for long before it failed, as one that watches or follows does, begins another row.
func (b *Broker) retry(ctx context.Context, doing string, call func(context.Context) error) error {
	told := false
	for wait := soonest; ; wait = min(2*wait, latest) {
		begun := time.Now()
		err := call(ctx)
		if time.Since(begun) > lasting {
			told, wait = false, soonest
		}
		if err == nil || final(err) {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: %w", doing, errors.Join(context.Cause(ctx), err))
		}
		if !told {
			told = true
			b.o.Report(fmt.Errorf("%s: %w; it is tried again until it succeeds", doing, err))
		}
		if !pause(ctx, wait) {
			return fmt.Errorf("%s: %w", doing, errors.Join(context.Cause(ctx), err))
		}
	}
}

// pause waits, and says whether ctx still goes on.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
