package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/control"
	"collector/store"
)

// workersCommand shows what each worker does now.
func (a *app) workersCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "workers", Short: "show who works on what now: jobs and networks, by collector, with their leases",
		Long: `Shows what each worker has in hand now: a job or a network, which collector the
worker belongs to, since when, and until when the others leave it to that one. A
collector renews its leases while it lives; what is in the hands of one that is gone
is somebody else's when the lease ends.

Networks are shown one by one while there are at most ` + many(control.StatusMost, "network", "networks") + `, else counted.`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.onDesk(c.Context(), a.withReadStore, func(ctx context.Context, d desk) error {
				views, err := d.Workers(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return writeLines(a.out, views)
				}
				a.printWorkers(views)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	c.AddCommand(
		a.askingCommand("quiet", store.Quiet, "have an instance claim nothing more, finish and stay", `Asks an instance to claim nothing more, neither networks nor jobs, to finish what it
has in hand and to stay. It hears of it with its next sign of life, within 5 seconds.
While it is the one that sends to webhooks, their calls wait. "resume" takes it back;
when it is started anew it works again. Without a name it is the one that runs, where
it is one alone. No cluster is needed.`),
		a.askingCommand("resume", store.Work, "have a quiet instance work again", `Asks an instance that is quiet to claim what is due. Without a name it is the one that
runs, where it is one alone.`),
		a.askingCommand("stop", store.Stop, "have an instance finish and end", `Asks an instance to claim nothing more, to finish what it has in hand and to end. A
service manager may start it again: stop it there to keep it away. Without a name it is
the one that runs, where it is one alone. No cluster is needed; of one, "collector
drain" also waits until it has left.`),
	)
	return c
}

// askingCommand wishes something of an instance.
func (a *app) askingCommand(use string, w store.Wish, short, long string) *cobra.Command {
	return &cobra.Command{
		Use: use + " [instance]", Short: short, Long: long, Args: arguments(0, 1, "at most one instance"),
		Example: "  collector workers " + use + " web1-4711-9f3ac0de",
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				id, err := a.instanceMeant(ctx, d, args)
				if err != nil {
					return err
				}
				got, err := d.AskInstance(ctx, id, w)
				if err != nil {
					return err
				}
				a.say("%s: %s (it hears of it within %d s)", line(got.Instance), line(got.State), got.Within)
				return nil
			})
		}),
	}
}

// instanceMeant says which instance is meant: the one that is named, or that runs alone.
func (a *app) instanceMeant(ctx context.Context, d desk, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	list, err := d.Workers(ctx)
	if err != nil {
		return "", err
	}
	var live []string
	for _, w := range list {
		if w.Host != "" && !slices.Contains(live, w.Owner) {
			live = append(live, w.Owner)
		}
	}
	switch len(live) {
	case 1:
		return live[0], nil
	case 0:
		return "", you(exitUsage, "collector   starts one", "no instance runs")
	}
	return "", you(exitUsage, "name one of them", "%d instances run: %s", len(live), line(strings.Join(live, ", ")))
}

func (a *app) printWorkers(views []workerView) {
	if len(views) == 0 {
		a.printf("Nobody works: no collector is running.\n")
		return
	}
	now := a.now()
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"OWNER", "WHERE", "DOES", "SINCE", "LEASE ENDS"})
	for _, v := range views {
		where := "gone"
		if v.Host != "" {
			where = fmt.Sprintf("%s:%d", line(v.Host), v.PID)
		}
		lease := "-"
		if v.Lease != nil {
			lease = until(*v.Lease, now)
		}
		t.AppendRow(table.Row{line(v.Owner), where, line(workDone(v)), ago(deref(v.Since), now), lease})
	}
	a.printTable(t)
}

// workDone says in words what is in hand.
func workDone(v workerView) string {
	switch v.Does {
	case "job":
		text := fmt.Sprintf("%s %s of %s", v.Kind, v.Job, v.Queue)
		if v.Attempt > 1 {
			text += fmt.Sprintf(", attempt %d", v.Attempt)
		}
		return text
	case "network":
		return "reads " + v.Network + " of " + v.User
	case "networks":
		return "reads " + many(v.Count, "network", "networks")
	}
	return v.Does
}
