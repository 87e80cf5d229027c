package main

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/broker"
	"collector/cmd/collector/internal/config"
	"collector/queue"
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

// queueView is one queue as `queue list --json` prints it.
type queueView struct {
	Queue     string `json:"queue"`
	Paused    bool   `json:"paused"`
	Scheduled int64  `json:"scheduled"` // due later
	Ready     int64  `json:"ready"`     // the next consumer gets them
	Running   int64  `json:"running"`   // in the hands of consumers
	Dead      int64  `json:"dead"`      // kept until somebody requeues or removes them
	Done      int64  `json:"done"`      // done, and kept so that their ids stay taken
	Added     int64  `json:"added"`     // this and what follows: since the store was made
	Completed int64  `json:"completed"`
	Retried   int64  `json:"retried"`
	Buried    int64  `json:"buried"`
	Rescued   int64  `json:"rescued"` // consumers that vanished
	Requeued  int64  `json:"requeued"`
}

func queueViews(stats []queue.Stats) []queueView {
	views := make([]queueView, len(stats))
	for i, s := range stats {
		views[i] = queueView(s)
	}
	return views
}

func (a *app) queueList() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "list the queues with what waits in them", Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.withReadMessages(c.Context(), func(ctx context.Context, m messages) error {
				stats, err := m.jobs.Stats(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return writeLines(a.out, queueViews(stats))
				}
				a.printQueues(stats)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func (a *app) printQueues(stats []queue.Stats) {
	if len(stats) == 0 {
		a.printf("No queues yet: one is made by the first message that is sent to it.\n")
		return
	}
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"QUEUE", "STATE", "READY", "IN HAND", "LATER", "DEAD", "SENT", "TAKEN"})
	for _, s := range stats {
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

// queueCalled finds a queue by its name, with or without /queue/ before it.
func queueCalled(ctx context.Context, jobs queue.Store, name string) (queue.Stats, error) {
	all, err := jobs.Stats(ctx)
	if err != nil {
		return queue.Stats{}, err
	}
	var known []string
	for _, want := range []string{name, "/" + string(broker.Queue) + "/" + name} {
		for _, s := range all {
			if s.Queue == want {
				return s, nil
			}
			known = append(known, s.Queue)
		}
	}
	next := "collector queue list   shows them"
	if near := config.Nearest(name, known); near != "" {
		next = fmt.Sprintf("did you mean %q?", near)
	}
	return queue.Stats{}, you(exitUsage, next, "there is no queue %q", plain(name))
}

func (a *app) queuePause(name string, paused bool) *cobra.Command {
	short := "hand out nothing of a queue until it is resumed; messages can be sent to it"
	if !paused {
		short = "hand out the messages of a paused queue again"
	}
	return &cobra.Command{
		Use: name + " <queue>", Short: short, Args: arguments(1, 1, "one queue"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.withMessages(c.Context(), func(ctx context.Context, m messages) error {
				q, err := queueCalled(ctx, m.jobs, args[0])
				if err != nil {
					return err
				}
				if err := m.jobs.Pause(ctx, q.Queue, paused); err != nil {
					return err
				}
				a.say("%s: %sd", line(q.Queue), name)
				return nil
			})
		}),
	}
}
