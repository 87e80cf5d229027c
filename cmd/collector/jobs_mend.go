package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"collector/control"
)

// oneOrAll refuses a command line that leaves open which jobs are meant.
func oneOrAll(c *cobra.Command, ch control.JobChoice, args []string, all bool) error {
	switch one := len(args) == 1; {
	case one == all:
		return you(exitUsage, c.CommandPath()+" --help", "name one job or give --all, one of the two")
	case one && args[0] == "": // as of a variable that is not set
		return you(exitUsage, c.CommandPath()+" --help", "the job that is named is empty")
	case one && ch != (control.JobChoice{}):
		return you(exitUsage, "leave them out, or give --all instead of the job", "--queue, --kind, --state, --error and --older choose among all jobs, and one is named")
	}
	return nil
}

func (a *app) jobsRetry() *cobra.Command {
	var ch control.JobChoice
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
			if err := oneOrAll(c, ch, args, all); err != nil {
				return err
			}
			if err := ch.Checked(); err != nil {
				return err
			}
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				if len(args) == 1 {
					if _, err := d.RetryJobs(ctx, args[0], control.JobChoice{}); err != nil {
						return err
					}
					a.say("%s: due now", line(args[0]))
					return nil
				}
				n, err := d.RetryJobs(ctx, "", ch)
				return a.sayJobs(n, "due now", err)
			})
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "all dead jobs, or all that the other flags choose")
	jobFlags(c, &ch, "dead (the default) or scheduled")
	return c
}

// sayJobs says how many jobs were changed.
func (a *app) sayJobs(n int, did string, err error) error {
	if err == nil {
		a.say("%s %s", many(n, "job", "jobs"), did)
	}
	return err
}

func (a *app) jobsRemove() *cobra.Command {
	var ch control.JobChoice
	var all, yes bool
	c := &cobra.Command{
		Use:   "remove <job> | --all",
		Short: "delete jobs that do not run: what they were to do is not done",
		Example: `  collector jobs remove 01jf3k9
  collector jobs remove --all --state=dead --older=720h`,
		Args: arguments(0, 1, "one job, or --all"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if err := oneOrAll(c, ch, args, all); err != nil {
				return err
			}
			if err := ch.Checked(); err != nil {
				return err
			}
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				if len(args) == 1 {
					return a.removeJob(ctx, d, args[0], yes)
				}
				if _, err := d.Jobs(ctx, ch, 1, false, func(control.Job) error { return nil }); err != nil { // a queue that is not there is not asked about
					return err
				}
				asked := a.now()
				if err := a.confirm(ctx, yes, "Delete all chosen jobs for ever?"); err != nil {
					return err
				}
				ch.Older += answering(yes, a.now().Sub(asked))
				n, err := d.RemoveJobs(ctx, "", ch)
				return a.sayJobs(n, "deleted", err)
			})
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "all jobs that do not run, or all that the other flags choose")
	jobFlags(c, &ch, "ready, scheduled, dead or done")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// answering is how long a question was answered: what came meanwhile is not meant.
func answering(unasked bool, took time.Duration) time.Duration {
	if unasked {
		return 0
	}
	return max(took, 0)
}

// removeJob deletes one job.
func (a *app) removeJob(ctx context.Context, d desk, id string, yes bool) error {
	j, err := d.Job(ctx, id, false)
	if err != nil {
		return err
	}
	if err := a.confirm(ctx, yes, fmt.Sprintf("Delete the job %s, %s of %s, for ever?", line(j.ID), line(j.Kind), line(j.Queue))); err != nil {
		return err
	}
	if _, err := d.RemoveJobs(ctx, id, control.JobChoice{}); err != nil {
		return err
	}
	a.say("%s: deleted", line(j.ID))
	return nil
}
