package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/cmd/collector/internal/config"
	"collector/queue"
	"collector/store"
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

// jobView is one job as `jobs list --json` prints it; its data only when it is asked for,
// since it may be private.
type jobView struct {
	ID          string          `json:"id"`
	Queue       string          `json:"queue"`
	Kind        string          `json:"kind"`
	State       queue.State     `json:"state"`
	Priority    int             `json:"priority"`
	Added       *time.Time      `json:"added"`
	Due         *time.Time      `json:"due"`
	Attempts    int             `json:"attempts"`
	MaxAttempts int             `json:"max_attempts"` // 0: no limit
	Deliveries  int             `json:"deliveries"`   // starts, those before a retry by hand too
	Owner       string          `json:"owner,omitempty"`
	Started     *time.Time      `json:"started,omitempty"` // of the last attempt
	Lease       *time.Time      `json:"lease_until,omitempty"`
	Finished    *time.Time      `json:"finished,omitempty"`
	Error       string          `json:"error,omitempty"` // of the last attempt that failed
	Bytes       int             `json:"bytes"`           // of the data
	Data        json.RawMessage `json:"data,omitempty"`
}

func viewOfJob(j queue.Job, content bool) jobView {
	v := jobView{
		ID: j.ID, Queue: j.Queue, Kind: j.Kind, State: j.State, Priority: j.Priority, Added: stamp(j.Added), Due: stamp(j.Due),
		Attempts: j.Attempts, MaxAttempts: j.MaxAttempts, Deliveries: j.Deliveries,
		Owner: j.Owner, Started: stamp(j.Started), Lease: stamp(j.LeaseUntil), Finished: stamp(j.Finished),
		Error: j.LastError, Bytes: len(j.Data),
	}
	if content && json.Valid(j.Data) { // as all kinds of ours are
		v.Data = j.Data
	}
	return v
}

// jobChoice is what flags choose among jobs.
type jobChoice struct {
	queue, kind, is, error string
	older                  time.Duration
}

func (ch *jobChoice) flags(c *cobra.Command, states string) {
	c.Flags().StringVar(&ch.queue, "queue", "", "only those of this queue")
	c.Flags().StringVar(&ch.kind, "kind", "", "only those of this kind, such as export, clean or webhook")
	c.Flags().StringVar(&ch.is, "state", "", "only those that are "+states)
	c.Flags().StringVar(&ch.error, "error", "", "only those whose last error has these letters")
	c.Flags().DurationVar(&ch.older, "older", 0, "only those that were added so long ago, such as 24h")
}

// filter says which jobs are meant.
func (ch *jobChoice) filter(ctx context.Context, all []queue.Store, now time.Time) (queue.Filter, error) {
	f := queue.Filter{Queue: ch.queue, Kind: ch.kind, State: queue.State(ch.is), Error: ch.error}
	if err := stateNamed(ch.is); err != nil {
		return f, err
	}
	if ch.older < 0 {
		return f, you(exitUsage, "--older=24h", "--older=%v is below 0", ch.older)
	}
	if ch.older > 0 {
		f.AddedBefore = now.Add(-ch.older)
	}
	if ch.queue == "" {
		return f, nil
	}
	stats, err := jobStats(ctx, all)
	if err != nil {
		return f, err
	}
	var known []string
	for _, s := range stats {
		known = append(known, s.Queue)
	}
	if !slices.Contains(known, ch.queue) {
		next := "collector jobs counts   shows the queues; those of messages are in collector queue list"
		if near := config.Nearest(ch.queue, known); near != "" {
			next = fmt.Sprintf("did you mean %q?", near)
		}
		return f, you(exitUsage, next, "no job is or was in a queue %q", plain(ch.queue))
	}
	return f, nil
}

// eachJob calls fn with the jobs that match, those of each store in the order of their
// ids, at most n; 0 is no limit. more says that it left some out.
func eachJob(ctx context.Context, all []queue.Store, f queue.Filter, n int, newest bool, fn func(queue.Job) error) (more bool, err error) {
	left := n
	for _, jobs := range all {
		for cursor := ""; ; {
			size := queue.MaxPage
			if n > 0 {
				size = min(size, left+1) // one more tells that there are more
			}
			list, next, err := jobs.Jobs(ctx, f, queue.Page{Cursor: cursor, Limit: size, Newest: newest})
			if err != nil {
				return false, err
			}
			for _, j := range list {
				if n > 0 && left == 0 {
					return true, nil
				}
				if err := fn(j); err != nil {
					return false, err
				}
				left--
			}
			if cursor = next; next == "" {
				break
			}
		}
	}
	return false, nil
}

func (a *app) jobsList() *cobra.Command {
	var ch jobChoice
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
			return a.withReadJobs(c.Context(), func(ctx context.Context, _ store.Store, all []queue.Store) error {
				f, err := ch.filter(ctx, all, a.now())
				if err != nil {
					return err
				}
				return a.listJobs(ctx, all, f, n, newest, asJSON)
			})
		}),
	}
	ch.flags(c, "ready, running, scheduled, dead or done")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	c.Flags().BoolVar(&newest, "newest", false, "the newest first")
	c.Flags().IntVar(&n, "limit", 50, "at most so many jobs; 0 for all")
	return c
}

func (a *app) listJobs(ctx context.Context, all []queue.Store, f queue.Filter, n int, newest, asJSON bool) error {
	out, shown := newJSONOut(a.out, false), 0
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"JOB", "QUEUE", "KIND", "STATE", "DUE", "ATTEMPTS", "IN THE HANDS OF", "LAST ERROR"})
	more, err := eachJob(ctx, all, f, n, newest, func(j queue.Job) error {
		shown++
		if asJSON {
			return out.write(viewOfJob(j, false))
		}
		t.AppendRow(table.Row{line(j.ID), line(j.Queue), line(j.Kind), j.State, dueText(j, a.now()), attemptsText(j), firstOf(line(j.Owner), "-"), firstOf(short(line(j.LastError), 60), "-")})
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
func dueText(j queue.Job, now time.Time) string {
	if j.State != queue.Ready && j.State != queue.Scheduled {
		return "-"
	}
	return until(j.Due, now)
}

func attemptsText(j queue.Job) string {
	if j.MaxAttempts == 0 {
		return count(j.Attempts)
	}
	return fmt.Sprintf("%d of %d", j.Attempts, j.MaxAttempts)
}

// jobCalled finds a job and the store that it is in.
func jobCalled(ctx context.Context, all []queue.Store, id string) (queue.Store, queue.Job, error) {
	for _, jobs := range all {
		j, err := jobs.Job(ctx, id)
		if err == nil || !errors.Is(err, queue.ErrNotFound) {
			return jobs, j, err
		}
	}
	return nil, queue.Job{}, you(exitUsage, "collector jobs list   shows the jobs; one that is done goes after a while", "there is no job %q", plain(id))
}

func (a *app) jobsShow() *cobra.Command {
	var asJSON, content bool
	c := &cobra.Command{
		Use: "show <job>", Short: "show all that is known of one job",
		Long: `Shows all that is known of one job. What it is to work on may be private, so its data
is shown only with --content.`,
		Args: arguments(1, 1, "one job"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.withReadJobs(c.Context(), func(ctx context.Context, _ store.Store, all []queue.Store) error {
				_, j, err := jobCalled(ctx, all, args[0])
				if err != nil {
					return err
				}
				if asJSON || content {
					return newJSONOut(a.out, true).write(viewOfJob(j, content))
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

func (a *app) printJob(j queue.Job) {
	now := a.now()
	at := func(t time.Time, text string) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339) + " (" + text + ")"
	}
	due := j.Due
	if j.State != queue.Ready && j.State != queue.Scheduled { // it waits for nothing
		due = time.Time{}
	}
	for _, l := range [][2]string{
		{"job", line(j.ID)},
		{"queue", line(j.Queue)},
		{"kind", line(j.Kind)},
		{"state", string(j.State)},
		{"added", at(j.Added, ago(j.Added, now))},
		{"due", at(due, until(due, now))},
		{"attempts", attemptsText(j)},
		{"starts", many(j.Deliveries, "time", "times")},
		{"last start", at(j.Started, ago(j.Started, now))},
		{"owner", line(j.Owner)},
		{"lease until", at(j.LeaseUntil, until(j.LeaseUntil, now))},
		{"ended", at(j.Finished, ago(j.Finished, now))},
		{"data", bytesText(int64(len(j.Data)))},
		{"last error", plain(j.LastError)},
	} {
		if l[1] != "" {
			a.printf("%-12s %s\n", l[0], l[1])
		}
	}
	if j.State == queue.Dead {
		a.say("collector jobs retry %s   tries it again", line(j.ID))
	}
}

// jobStats are the counts of all queues.
func jobStats(ctx context.Context, all []queue.Store) ([]queue.Stats, error) {
	var out []queue.Stats
	for _, jobs := range all {
		stats, err := jobs.Stats(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, stats...)
	}
	return out, nil
}

func (a *app) jobsCounts() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "counts", Short: "count the jobs of each queue by their states, and what became of those before", Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.withReadJobs(c.Context(), func(ctx context.Context, _ store.Store, all []queue.Store) error {
				stats, err := jobStats(ctx, all)
				if err != nil {
					return err
				}
				if asJSON {
					return writeLines(a.out, queueViews(stats))
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
