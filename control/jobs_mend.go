package control

import (
	"context"
	"fmt"
	"time"

	"collector/control/words"
	"collector/queue"
)

// RetryJob lets one job be done again, now and with all its attempts.
func RetryJob(ctx context.Context, all []queue.Store, now time.Time, id string) error {
	jobs, j, err := JobCalled(ctx, all, id)
	if err != nil {
		return err
	}
	n := 0
	if j.State == queue.Dead || j.State == queue.Scheduled {
		if n, err = jobs.Requeue(ctx, now, now, queue.Filter{ID: j.ID, State: j.State}, 1); err != nil {
			return err
		}
	}
	if n == 0 {
		return you(Wrong, "collector jobs show "+words.Line(j.ID)+"   shows where it stands", "the job %s is %s: only dead jobs, and those that wait for their time, can be retried", words.Line(j.ID), j.State)
	}
	return nil
}

// RetryJobs lets the dead jobs that are chosen be done again, or those that wait where that
// state is chosen, and returns how many there were.
func RetryJobs(ctx context.Context, all []queue.Store, now time.Time, ch JobChoice) (int, error) {
	f, err := ch.Filter(ctx, all, now)
	if err != nil {
		return 0, err
	}
	switch f.State {
	case "":
		f.State = queue.Dead
	case queue.Dead, queue.Scheduled:
	default:
		return 0, you(Wrong, "--state=dead or --state=scheduled", "what is %s cannot be retried", f.State)
	}
	f = addedUntil(f, now)
	return changeJobs(all, func(jobs queue.Store, limit int) (int, error) { return jobs.Requeue(ctx, now, now, f, limit) })
}

// RemoveJob deletes one job of the store that it is in.
func RemoveJob(ctx context.Context, jobs queue.Store, id string) error {
	n, err := jobs.Remove(ctx, queue.Filter{ID: id}, 1)
	if err == nil && n == 0 {
		err = you(Conflict, "wait until it has ended, or end the collector that does it: collector workers", "the job %s runs", words.Line(id))
	}
	return err
}

// RemoveJobs deletes jobs that match, were there at now and do not run, and returns how many.
func RemoveJobs(ctx context.Context, all []queue.Store, now time.Time, f queue.Filter) (int, error) {
	f = addedUntil(f, now)
	return changeJobs(all, func(jobs queue.Store, limit int) (int, error) { return jobs.Remove(ctx, f, limit) })
}

// addedUntil leaves out what is added after now: nobody has chosen it.
func addedUntil(f queue.Filter, now time.Time) queue.Filter {
	if f.AddedBefore.IsZero() {
		f.AddedBefore = now.Add(time.Millisecond)
	}
	return f
}

// changeJobs makes a change in each store until nothing is left.
func changeJobs(all []queue.Store, do func(jobs queue.Store, limit int) (int, error)) (total int, err error) {
	for _, jobs := range all {
		n, err := InBatches(func(limit int) (int, error) { return do(jobs, limit) })
		total += n
		if err != nil {
			return total, fmt.Errorf("after %s: %w", words.Many(total, "job", "jobs"), err)
		}
	}
	return total, nil
}

// InBatches makes calls of one of a store's changes until nothing is left, and returns
// how many jobs were changed.
func InBatches(do func(limit int) (int, error)) (total int, err error) {
	const batch = 1000
	for {
		n, err := do(batch)
		total += n
		if err != nil || n < batch {
			return total, err
		}
	}
}
