package main

import (
	"context"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

// queueCommand looks after the queues of the message broker.
func (a *app) queueCommand() *cobra.Command {
	c := a.group(&cobra.Command{
		Use: "queue", Short: "show queues and their messages; requeue, remove, pause, resume",
		Long: `Shows what waits in the queues of the message broker, and mends it. All of it works
beside collectors that run.`,
	})
	c.AddCommand(a.queueList(), a.queuePeek(), a.queueRequeue(), a.queueRemove(), a.queuePause("pause", true), a.queuePause("resume", false))
	return c
}

func (a *app) queueList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "list the queues with what waits in them", Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.onDesk(c.Context(), a.withReadStore, func(ctx context.Context, d desk) error {
				queues, err := d.Queues(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return writeLines(a.out, queues)
				}
				a.printQueues(queues)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func (a *app) printQueues(queues []queueView) {
	if len(queues) == 0 {
		a.printf("No queues yet: one is made by the first message that is sent to it.\n")
		return
	}
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"QUEUE", "STATE", "READY", "IN HAND", "LATER", "DEAD", "SENT", "TAKEN"})
	for _, s := range queues {
		is := "open"
		if s.Paused {
			is = "paused"
		}
		row := table.Row{line(s.Queue), is}
		for _, n := range []int64{s.Ready, s.Running, s.Scheduled, s.Dead, s.Added, s.Completed} {
			row = append(row, count(int(n)))
		}
		t.AppendRow(row)
	}
	a.printTable(t)
}

func (a *app) queuePause(name string, paused bool) *cobra.Command {
	short := "hand out nothing of a queue until it is resumed; messages can be sent to it"
	if !paused {
		short = "hand out the messages of a paused queue again"
	}
	return &cobra.Command{
		Use: name + " <queue>", Short: short, Args: arguments(1, 1, "one queue"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				called, err := d.PauseQueue(ctx, args[0], paused)
				if err != nil {
					return err
				}
				a.say("%s: %sd", line(called), name)
				return nil
			})
		}),
	}
}
