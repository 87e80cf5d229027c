package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"collector/broker"
	"collector/queue"
)

// chosen is what the flags of requeue and remove choose.
type chosen struct {
	all   bool
	is    string
	error string
	older time.Duration
}

func (ch *chosen) flags(c *cobra.Command) {
	c.Flags().BoolVar(&ch.all, "all", false, "all messages of the queue, or all that the other flags choose")
	c.Flags().StringVar(&ch.error, "error", "", "with --all: only those whose last error has these letters")
	c.Flags().DurationVar(&ch.older, "older", 0, "with --all: only those that were sent so long ago, such as 24h")
}

// filter says which messages are meant: one by its id, or all of a queue that match.
func (ch *chosen) filter(ctx context.Context, m messages, now time.Time, args []string) (queue.Filter, error) {
	q, err := queueCalled(ctx, m.jobs, args[0])
	if err != nil {
		return queue.Filter{}, err
	}
	f := queue.Filter{Queue: q.Queue, State: queue.State(ch.is), Error: ch.error}
	if ch.older > 0 {
		f.AddedBefore = now.Add(-ch.older)
	}
	if len(args) == 1 {
		return f, nil
	}
	for _, id := range []string{broker.JobID(q.Queue, args[1]), args[1]} {
		j, err := m.jobs.Job(ctx, id)
		if err == nil && j.Queue == q.Queue {
			f.ID = id
			return f, nil
		}
		if err != nil && !errors.Is(err, queue.ErrNotFound) {
			return f, err
		}
	}
	return f, you(exitUsage, "collector queue peek "+line(q.Queue)+"   shows what is there", "there is no message %q in %s", plain(args[1]), line(q.Queue))
}

// check refuses a command line that leaves open what is meant.
func (ch *chosen) check(c *cobra.Command, args []string) error {
	switch one := len(args) == 2; {
	case one == ch.all:
		return you(exitUsage, c.CommandPath()+" --help", "name one message or give --all, one of the two")
	case one && (ch.is != "" || ch.error != "" || ch.older != 0):
		return you(exitUsage, "leave them out, or give --all instead of the message", "--state, --error and --older choose among all messages, and one is named")
	case ch.older < 0:
		return you(exitUsage, "--older=24h", "--older=%v is below 0", ch.older)
	}
	return stateNamed(ch.is)
}

// inBatches makes calls of one of a store's changes until nothing is left, and returns
// how many jobs were changed.
func inBatches(do func(limit int) (int, error)) (total int, err error) {
	const batch = 1000
	for {
		n, err := do(batch)
		total += n
		if err != nil || n < batch {
			return total, err
		}
	}
}

// change makes one of a store's changes for all messages that it is about, and says how
// many were changed.
func (a *app) change(did string, do func(limit int) (int, error)) (int, error) {
	total, err := inBatches(do)
	if err != nil {
		return total, fmt.Errorf("after %s: %w", many(total, "message", "messages"), err)
	}
	a.say("%s %s", many(total, "message", "messages"), did)
	return total, nil
}

func (a *app) queueRequeue() *cobra.Command {
	var ch chosen
	c := &cobra.Command{
		Use:   "requeue <queue> <message> | --all",
		Short: "let dead messages be delivered again, now and with all their attempts",
		Example: `  collector queue requeue likes 01jf3k9
  collector queue requeue likes --all --error "connection refused"`,
		Args: arguments(1, 2, "a queue and one message, or --all"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if err := ch.check(c, args); err != nil {
				return err
			}
			return a.withMessages(c.Context(), func(ctx context.Context, m messages) error {
				now := a.now()
				f, err := ch.filter(ctx, m, now, args)
				if err != nil {
					return err
				}
				f.State = queue.Dead
				if f.AddedBefore.IsZero() { // what dies meanwhile is not taken again
					f.AddedBefore = now.Add(time.Millisecond)
				}
				n, err := a.change("requeued", func(limit int) (int, error) { return m.jobs.Requeue(ctx, now, now, f, limit) })
				if err == nil && n == 0 && f.ID != "" {
					return you(exitUsage, "collector queue peek "+line(f.Queue)+"   shows where it stands", "the message %s is not dead", line(args[1]))
				}
				return err
			})
		}),
	}
	ch.flags(c)
	return c
}

func (a *app) queueRemove() *cobra.Command {
	var ch chosen
	var yes bool
	c := &cobra.Command{
		Use:   "remove <queue> <message> | --all",
		Short: "delete messages that are in nobody's hands",
		Example: `  collector queue remove likes 01jf3k9
  collector queue remove likes --all --state=dead --older=720h`,
		Args: arguments(1, 2, "a queue and one message, or --all"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if err := ch.check(c, args); err != nil {
				return err
			}
			return a.withMessages(c.Context(), func(ctx context.Context, m messages) error {
				f, err := ch.filter(ctx, m, a.now(), args)
				if err != nil {
					return err
				}
				what := "the message " + line(args[len(args)-1]) + " of "
				if ch.all {
					what = "all chosen messages of "
				}
				if err := a.confirm(ctx, yes, fmt.Sprintf("Delete %s%s for ever?", what, line(f.Queue))); err != nil {
					return err
				}
				n, err := a.change("deleted", func(limit int) (int, error) { return m.jobs.Remove(ctx, f, limit) })
				if err == nil && n == 0 && f.ID != "" {
					return you(exitTemporary, "wait until its consumer is done with it, or end the consumer", "the message %s is in a consumer's hands", line(args[1]))
				}
				return err
			})
		}),
	}
	ch.flags(c)
	c.Flags().StringVar(&ch.is, "state", "", "with --all: only those that are ready, scheduled, dead or done")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}
