package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"collector/queue"
	"collector/store"
)

// Move takes all endpoints from one store to another, with what is known of each. Nobody
// works on either. It may be called again: the target holds then what the source does. log
// is the log of changes of the source, and that of the target begins behind the number
// begin: an endpoint that was told of all changes goes on there, and another is told that
// something is missing.
func Move(ctx context.Context, from, to Store, log store.Items, begin int64) error {
	all, err := All(ctx, from)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for i := range all {
		r := &all[i]
		there[r.ID] = true
		left, err := log.Changes(ctx, r.User, r.Place.of(r.Endpoint).Seq, 1)
		switch {
		case errors.Is(err, store.ErrGone):
		case err != nil:
			return err
		case len(left) == 0:
			r.Place = Place{begin, r.Rewinds}
		}
	}
	for part := range slices.Chunk(all, page) {
		if err := to.Bring(ctx, part); err != nil {
			return fmt.Errorf("writing the webhooks: %w", err)
		}
	}
	old, err := All(ctx, to)
	if err != nil {
		return err
	}
	for _, r := range old {
		if there[r.ID] {
			continue
		}
		if err := to.Remove(ctx, r.ID); err != nil {
			return fmt.Errorf("writing the webhooks: %w", err)
		}
	}
	return nil
}

// MoveJobs takes along what is still to be delivered: to be sent when it was to be, with all
// its tries, also what was given up. It may be called again.
func MoveJobs(ctx context.Context, from, to queue.Store, now time.Time) error {
	if _, err := queue.Move(ctx, from, to, queue.Filter{Kind: deliveries.Name}, now); err != nil {
		return fmt.Errorf("moving what is still to be delivered: %w", err)
	}
	return nil
}
