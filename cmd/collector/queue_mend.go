package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"collector/control"
)

// chosen is what the flags of requeue and remove choose.
type chosen struct {
	control.MessageChoice
	all bool
}

func (ch *chosen) flags(c *cobra.Command) {
	c.Flags().BoolVar(&ch.all, "all", false, "all messages of the queue, or all that the other flags choose")
	c.Flags().StringVar(&ch.Error, "error", "", "with --all: only those whose last error has these letters")
	c.Flags().DurationVar(&ch.Older, "older", 0, "with --all: only those that were sent so long ago, such as 24h")
}

// check refuses a command line that leaves open what is meant.
func (ch *chosen) check(c *cobra.Command, args []string) error {
	switch one := len(args) == 2; {
	case one == ch.all:
		return you(exitUsage, c.CommandPath()+" --help", "name one message or give --all, one of the two")
	case one && args[1] == "": // as of a variable that is not set
		return you(exitUsage, c.CommandPath()+" --help", "the message that is named is empty")
	case one && (ch.State != "" || ch.Error != "" || ch.Older != 0):
		return you(exitUsage, "leave them out, or give --all instead of the message", "--state, --error and --older choose among all messages, and one is named")
	case ch.Older < 0:
		return you(exitUsage, "--older=24h", "--older=%v is below 0", ch.Older)
	}
	ch.Queue = args[0]
	if !ch.all {
		ch.Message = args[1]
	}
	return control.StateNamed(ch.State)
}

// sayMessages says how many messages were changed.
func (a *app) sayMessages(n int, did string, err error) error {
	if err == nil {
		a.say("%s %s", many(n, "message", "messages"), did)
	}
	return err
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
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				n, err := d.RequeueMessages(ctx, ch.MessageChoice)
				return a.sayMessages(n, "requeued", err)
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
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				queues, err := d.Queues(ctx)
				if err != nil {
					return err
				}
				q, err := control.QueueAmong(queues, ch.Queue)
				if err != nil {
					return err
				}
				what := "the message " + line(args[len(args)-1]) + " of "
				if ch.all {
					what = "all chosen messages of "
				}
				asked := a.now()
				if err := a.confirm(ctx, yes, fmt.Sprintf("Delete %s%s for ever?", what, line(q.Queue))); err != nil {
					return err
				}
				if ch.all {
					ch.Older += answering(yes, a.now().Sub(asked))
				}
				n, err := d.RemoveMessages(ctx, ch.MessageChoice)
				return a.sayMessages(n, "deleted", err)
			})
		}),
	}
	ch.flags(c)
	c.Flags().StringVar(&ch.State, "state", "", "with --all: only those that are ready, scheduled, dead or done")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}
