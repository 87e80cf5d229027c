package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"collector/queue"
)

// queues is what the names of endpoints' queues begin with.
const queues = "webhook/"

// QueueOf is the queue of an endpoint's jobs.
func QueueOf(id string) string { return queues + id }

// Drop removes what is still to be delivered to an endpoint, dead letters among it, but for
// what a worker has in hand: Sweep removes that once it is over.
func Drop(ctx context.Context, jobs queue.Store, id string) error {
	if _, err := queue.Remove(ctx, jobs, queue.Filter{Queue: QueueOf(id)}); err != nil {
		return fmt.Errorf("removing what was still to be delivered to webhook %s: %w", id, err)
	}
	return nil
}

// Sweep removes what is to be delivered to endpoints that are not there any more: it was
// queued, or in a worker's hands, while its endpoint was removed. What dead workers had is
// taken from them.
func Sweep(ctx context.Context, st Store, jobs queue.Store, now time.Time) error {
	if err := rescue(ctx, jobs, now); err != nil {
		return err
	}
	stats, err := jobs.Stats(ctx)
	if err != nil {
		return fmt.Errorf("looking what is to be delivered: %w", err)
	}
	var failed error // one that cannot be read keeps what waits for it, and hinders no other
	for _, s := range stats {
		id, ours := strings.CutPrefix(s.Queue, queues)
		if !ours {
			continue
		}
		_, err := st.Get(ctx, id)
		if errors.Is(err, ErrUnknown) {
			err = Drop(ctx, jobs, id)
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// rescued is how many jobs are taken from dead workers at once.
const rescued = 1000

// rescue takes from dead workers what they had in hand.
func rescue(ctx context.Context, jobs queue.Store, now time.Time) error {
	for {
		list, err := jobs.Rescue(ctx, now, rescued)
		if err != nil {
			return fmt.Errorf("taking from dead workers what is to be delivered: %w", err)
		}
		if len(list) < rescued {
			return nil
		}
	}
}

// Forget removes what is to be delivered about the items of networks that are gone, dead
// letters among it. What a worker has in hand finds no item any more, and goes with its job.
func Forget(ctx context.Context, jobs queue.Store, gone func(network string) bool, now time.Time) error {
	if err := rescue(ctx, jobs, now); err != nil {
		return err
	}
	for cursor := ""; ; {
		list, next, err := jobs.Jobs(ctx, queue.Filter{Kind: deliveries.Name}, queue.Page{Cursor: cursor, Limit: queue.MaxPage})
		if err != nil {
			return fmt.Errorf("looking what is to be delivered: %w", err)
		}
		for _, j := range list {
			var m message
			if err := json.Unmarshal(j.Data, &m); err != nil || m.Network == "" || !gone(m.Network) {
				continue // what is no message, or about no network, names nothing
			}
			if _, err := jobs.Remove(ctx, queue.Filter{ID: j.ID}, 1); err != nil {
				return fmt.Errorf("removing what was still to be delivered: %w", err)
			}
		}
		if cursor = next; next == "" {
			return nil
		}
	}
}
