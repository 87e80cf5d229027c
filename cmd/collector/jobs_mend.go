package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"collector/queue"
)

// oneOrAll refuses a command line that leaves open which jobs are meant.
func (ch *jobChoice) oneOrAll(c *cobra.Command, args []string, all bool) error {
	switch one := len(args) == 1; {
	case one == all:
		return you(exitUsage, c.CommandPath()+" --help", "name one job or give --all, one of the two")
	case one && *ch != (jobChoice{}):
		return you(exitUsage, "leave them out, or give --all instead of the job", "--queue, --kind, --state, --error and --older choose among all jobs, and one is named")
	}
	return nil
}

func (a *app) jobsRetry() *cobra.Command {
	var ch jobChoice
	var all bool
	c := &cobra.Command{
		Use:   "retry <job> | --all",
		Short: "let dead jobs be done again, now and with all their attempts",
		Long: `Lets a dead job be done again, now and with all its attempts. A job that waits for its
next attempt is due now. With --all all dead jobs are meant, or those of them that the
other flags choose; --state=scheduled chooses those that wait.`,
		Example: `  collector jobs retry 01jf3k9
  collector jobs retry --all --kind=export
  collector jobs retry --all --error "connection refused"`,
		Args: arguments(0, 1, "one job, or --all"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if err := ch.oneOrAll(c, args, all); err != nil {
				return err
			}
			return a.withJobs(c.Context(), func(ctx context.Context, stores []queue.Store) error {
				now := a.now()
				if len(args) == 1 {
					return a.retryJob(ctx, stores, now, args[0])
				}
				f, err := ch.filter(ctx, stores, now)
				if err != nil {
					return err
				}
				switch f.State {
				case "":
					f.State = queue.Dead
				case queue.Dead, queue.Scheduled:
				default:
					return you(exitUsage, "--state=dead or --state=scheduled", "what is %s cannot be retried", f.State)
				}
				if f.AddedBefore.IsZero() { // what dies meanwhile is not taken again
					f.AddedBefore = now.Add(time.Millisecond)
				}
				return a.changeJobs(ctx, stores, "due now", func(jobs queue.Store, limit int) (int, error) { return jobs.Requeue(ctx, now, now, f, limit) })
			})
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "all dead jobs, or all that the other flags choose")
	ch.flags(c, "dead (the default) or scheduled")
	return c
}

// retryJob lets one job be done again.
func (a *app) retryJob(ctx context.Context, stores []queue.Store, now time.Time, id string) error {
	jobs, j, err := jobCalled(ctx, stores, id)
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
		return you(exitUsage, "collector jobs show "+line(j.ID)+"   shows where it stands", "the job %s is %s: only dead jobs, and those that wait for their time, can be retried", line(j.ID), j.State)
	}
	a.say("%s: due now", line(j.ID))
	return nil
}

// changeJobs makes a change in each store until nothing is left.
func (a *app) changeJobs(ctx context.Context, stores []queue.Store, did string, do func(jobs queue.Store, limit int) (int, error)) error {
	total := 0
	for _, jobs := range stores {
		n, err := inBatches(func(limit int) (int, error) { return do(jobs, limit) })
		total += n
		if err != nil {
			return fmt.Errorf("after %s: %w", many(total, "job", "jobs"), err)
		}
	}
	a.say("%s %s", many(total, "job", "jobs"), did)
	return nil
}

func (a *app) jobsRemove() *cobra.Command {
	var ch jobChoice
	var all, yes bool
	c := &cobra.Command{
		Use:   "remove <job> | --all",
		Short: "delete jobs that do not run: what they were to do is not done",
		Example: `  collector jobs remove 01jf3k9
  collector jobs remove --all --state=dead --older=720h`,
		Args: arguments(0, 1, "one job, or --all"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if err := ch.oneOrAll(c, args, all); err != nil {
				return err
			}
			return a.withJobs(c.Context(), func(ctx context.Context, stores []queue.Store) error {
				if len(args) == 1 {
					return a.removeJob(ctx, stores, args[0], yes)
				}
				f, err := ch.filter(ctx, stores, a.now())
				if err != nil {
					return err
				}
				if err := a.confirm(ctx, yes, "Delete all chosen jobs for ever?"); err != nil {
					return err
				}
				return a.changeJobs(ctx, stores, "deleted", func(jobs queue.Store, limit int) (int, error) { return jobs.Remove(ctx, f, limit) })
			})
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "all jobs that do not run, or all that the other flags choose")
	ch.flags(c, "ready, scheduled, dead or done")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// removeJob deletes one job.
func (a *app) removeJob(ctx context.Context, stores []queue.Store, id string, yes bool) error {
	jobs, j, err := jobCalled(ctx, stores, id)
	if err != nil {
		return err
	}
	if err := a.confirm(ctx, yes, fmt.Sprintf("Delete the job %s, %s of %s, for ever?", line(j.ID), line(j.Kind), line(j.Queue))); err != nil {
		return err
	}
	n, err := jobs.Remove(ctx, queue.Filter{ID: j.ID}, 1)
	switch {
	case err != nil:
		return err
	case n == 0:
		return you(exitTemporary, "wait until it has ended, or end the collector that does it: collector workers", "the job %s runs", line(j.ID))
	}
	a.say("%s: deleted", line(j.ID))
	return nil
}
