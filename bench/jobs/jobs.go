// Package jobs measures the job queue: how many jobs a second one dispatcher claims
// and completes. Over SQLite it is a file on this machine's disk; package bench/mongo
// does the same over MongoDB.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"collector/queue"
)

// Size is how many bytes of data a job has.
const Size = 200

// errNotAll says that a figure would not come from the work that it is about.
var errNotAll = errors.New("not all that were asked for")

// Fill adds n jobs that are due.
func Fill(ctx context.Context, s queue.Store, n int) error {
	const most = 1000
	for n > 0 {
		some := make([]queue.Job, min(n, most))
		for i := range some {
			some[i] = queue.Job{Kind: "bench", Data: make([]byte, Size)}
		}
		added, err := s.Add(ctx, time.Now(), "", some)
		if err == nil && slices.Contains(added, false) {
			err = errNotAll
		}
		if err != nil {
			return fmt.Errorf("adding jobs: %w", err)
		}
		n -= len(some)
	}
	return nil
}

// Drain claims n jobs in batches and completes them, while the next batch is claimed.
// All of them must be there.
func Drain(ctx context.Context, s queue.Store, n, batch int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	claimed := make(chan []queue.Outcome, 1)
	go func() {
		defer close(claimed)
		for left := n; left > 0; {
			now := time.Now()
			got, err := s.Claim(ctx, queue.Claim{Queue: queue.DefaultQueue, N: min(batch, left), Owner: "bench", Now: now, Until: now.Add(time.Minute)})
			if err == nil && len(got) == 0 {
				err = errNotAll
			}
			if err != nil {
				cancel(fmt.Errorf("claiming jobs: %d of %d are left: %w", left, n, err))
				return
			}
			outcomes := make([]queue.Outcome, len(got))
			for i, j := range got {
				outcomes[i] = queue.Outcome{Ref: j.Ref(), Verb: queue.Complete}
			}
			left -= len(got)
			select {
			case claimed <- outcomes:
			case <-ctx.Done():
				return
			}
		}
	}()
	for outcomes := range claimed {
		stood, err := s.Finish(ctx, time.Now(), outcomes)
		if err == nil && slices.Contains(stood, false) {
			err = errNotAll
		}
		if err != nil {
			return fmt.Errorf("completing jobs: %w", err)
		}
	}
	return context.Cause(ctx)
}
