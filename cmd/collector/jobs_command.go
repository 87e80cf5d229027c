package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/control"
	"collector/queue"
)

// jobsCommand looks after the collector's own jobs. The queues of other programs are
// those of queueCommand.
func (a *app) jobsCommand() *cobra.Command {
	c := a.group(&cobra.Command{
		Use: "jobs", Short: "show the collector's own jobs: exports, cleaning, webhook calls; retry, remove",
		Long: `Shows the jobs that collectors do for themselves, and mends them: exports and
cleaning (queue upkeep), and calls of webhooks (a queue each). All of it works beside
collectors that run. collector queue is about the messages of other programs.`,
	})
	c.AddCommand(a.jobsList(), a.jobsShow(), a.jobsRetry(), a.jobsRemove(), a.jobsCounts())
	return c
}

// jobFlags are the flags that choose among jobs.
func jobFlags(c *cobra.Command, ch *control.JobChoice, states string) {
	c.Flags().StringVar(&ch.Queue, "queue", "", "only those of this queue")
	c.Flags().StringVar(&ch.Kind, "kind", "", "only those of this kind, such as export, clean or webhook")
	c.Flags().StringVar(&ch.State, "state", "", "only those that are "+states)
	c.Flags().StringVar(&ch.Error, "error", "", "only those whose last error has these letters")
	c.Flags().DurationVar(&ch.Older, "older", 0, "only those that were added so long ago, such as 24h")
}

func (a *app) jobsList() *cobra.Command {
	var ch control.JobChoice
	var asJSON, newest bool
	var n int
	c := &cobra.Command{
		Use: "list", Short: "list jobs, those that are waiting, running, dead, or done and still kept",
		Example: `  collector jobs list --state=dead
  collector jobs list --queue=upkeep --newest --limit=5
  collector jobs list --error "connection refused" --json`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			if n < 0 {
				return you(exitUsage, "--limit=50, or 0 for all", "--limit=%d is below 0", n)
			}
			if err := ch.Checked(); err != nil {
				return err
			}
			return a.onDesk(c.Context(), a.withReadStore, func(ctx context.Context, d desk) error {
				return a.listJobs(ctx, d, ch, n, newest, asJSON)
			})
		}),
	}
	jobFlags(c, &ch, "ready, running, scheduled, dead or done")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	c.Flags().BoolVar(&newest, "newest", false, "the newest first")
	c.Flags().IntVar(&n, "limit", 50, "at most so many jobs; 0 for all")
	return c
}

func (a *app) listJobs(ctx context.Context, d desk, ch control.JobChoice, n int, newest, asJSON bool) error {
	out, shown := newJSONOut(a.out, false), 0
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"JOB", "QUEUE", "KIND", "STATE", "DUE", "ATTEMPTS", "IN THE HANDS OF", "LAST ERROR"})
	more, err := d.Jobs(ctx, ch, n, newest, func(j control.Job) error {
		shown++
		if asJSON {
			return out.write(j)
		}
		t.AppendRow(table.Row{line(j.ID), line(j.Queue), line(j.Kind), line(string(j.State)), dueText(j, a.now()), attemptsText(j), firstOf(line(j.Owner), "-"), firstOf(short(line(j.Error), 60), "-")})
		return nil
	})
	if err != nil {
		return err
	}
	if !asJSON && shown > 0 {
		a.printTable(t)
	}
	switch {
	case more:
		a.say("%s shown; there are more: --limit=0 shows all", many(shown, "job", "jobs"))
	case shown == 0:
		a.say("there is nothing")
	}
	return nil
}

// dueText says when a job that waits is due; "-" for one that does not.
func dueText(j control.Job, now time.Time) string {
	if j.State != queue.Ready && j.State != queue.Scheduled {
		return "-"
	}
	return until(deref(j.Due), now)
}

func attemptsText(j control.Job) string {
	if j.MaxAttempts == 0 {
		return count(j.Attempts)
	}
	return fmt.Sprintf("%d of %d", j.Attempts, j.MaxAttempts)
}

func (a *app) jobsShow() *cobra.Command {
	var asJSON, content bool
	c := &cobra.Command{
		Use: "show <job>", Short: "show all that is known of one job",
		Long: `Shows all that is known of one job. What it is to work on may be private, so its data
is shown only with --content.`,
		Args: arguments(1, 1, "one job"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.onDesk(c.Context(), a.withReadStore, func(ctx context.Context, d desk) error {
				j, err := d.Job(ctx, args[0], content)
				if err != nil {
					return err
				}
				if asJSON || content {
					return newJSONOut(a.out, true).write(j)
				}
				a.printJob(j)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&content, "content", false, "also its data; prints JSON")
	return c
}

func (a *app) printJob(j control.Job) {
	now := a.now()
	at := func(t *time.Time, text func(t, now time.Time) string) string {
		if t == nil {
			return ""
		}
		return t.UTC().Format(time.RFC3339) + " (" + text(*t, now) + ")"
	}
	due := j.Due
	if j.State != queue.Ready && j.State != queue.Scheduled { // it waits for nothing
		due = nil
	}
	for _, l := range [][2]string{
		{"job", line(j.ID)},
		{"queue", line(j.Queue)},
		{"kind", line(j.Kind)},
		{"state", line(string(j.State))},
		{"added", at(j.Added, ago)},
		{"due", at(due, until)},
		{"attempts", attemptsText(j)},
		{"starts", many(j.Deliveries, "time", "times")},
		{"last start", at(j.Started, ago)},
		{"owner", line(j.Owner)},
		{"lease until", at(j.Lease, until)},
		{"ended", at(j.Finished, ago)},
		{"data", bytesText(int64(j.Bytes))},
		{"last error", plain(j.Error)},
	} {
		if l[1] != "" {
			a.printf("%-12s %s\n", l[0], l[1])
		}
	}
	if j.State == queue.Dead {
		a.say("collector jobs retry %s   tries it again", line(j.ID))
	}
}

func (a *app) jobsCounts() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "counts", Short: "count the jobs of each queue by their states, and what became of those before", Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.onDesk(c.Context(), a.withReadStore, func(ctx context.Context, d desk) error {
				stats, err := d.JobCounts(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return writeLines(a.out, stats)
				}
				if len(stats) == 0 {
					a.printf("No jobs yet.\n")
					return nil
				}
				t := table.NewWriter()
				t.SetStyle(bare())
				t.AppendHeader(table.Row{"QUEUE", "READY", "RUNNING", "LATER", "DEAD", "KEPT", "ADDED", "DONE", "RETRIED"})
				for _, s := range stats {
					row := table.Row{line(s.Queue)}
					for _, n := range []int64{s.Ready, s.Running, s.Scheduled, s.Dead, s.Done, s.Added, s.Completed, s.Retried} {
						row = append(row, count(int(n)))
					}
					t.AppendRow(row)
				}
				a.printTable(t)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}
