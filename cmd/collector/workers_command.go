package main

import (
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/control"
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
	return c
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
