package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/control"
	"collector/queue"
	"collector/store"
)

// workerView is one worker as `workers --json` prints it: what is in one pair of hands.
// Of a collector that has nothing in hand there is one, which does nothing.
type workerView struct {
	Owner   string     `json:"owner"` // the instance that holds it
	Host    string     `json:"host"`  // "" of one that is gone
	PID     int        `json:"pid"`   // 0 of one that is gone
	Does    string     `json:"does"`  // "job", "network", "networks", "nothing"
	Queue   string     `json:"queue,omitempty"`
	Kind    string     `json:"kind,omitempty"` // of the job
	Job     string     `json:"job,omitempty"`
	Attempt int        `json:"attempt,omitempty"`
	User    string     `json:"user,omitempty"`
	Network string     `json:"network,omitempty"`
	Count   int        `json:"count,omitempty"` // of networks that are not listed one by one
	Since   *time.Time `json:"since,omitempty"` // of a job
	Lease   *time.Time `json:"lease_until,omitempty"`
}

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
			return a.withReadJobs(c.Context(), func(ctx context.Context, st store.Store, all []queue.Store) error {
				views, err := a.viewWorkers(ctx, st, all)
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

func (a *app) viewWorkers(ctx context.Context, st store.Store, all []queue.Store) ([]workerView, error) {
	now := a.now()
	beats, err := st.Beats(ctx, now.Add(-beatLife))
	if err != nil {
		return nil, err
	}
	var views []workerView
	if _, err := eachJob(ctx, all, queue.Filter{State: queue.Running}, 0, false, func(j queue.Job) error {
		views = append(views, workerView{Owner: j.Owner, Does: "job", Queue: j.Queue, Kind: j.Kind, Job: j.ID, Attempt: j.Attempts, Since: stamp(j.Started), Lease: stamp(j.LeaseUntil)})
		return nil
	}); err != nil {
		return nil, err
	}
	tally, err := st.Tally(ctx, now)
	if err != nil {
		return nil, err
	}
	if tally.Networks() <= control.StatusMost {
		networks, err := st.Networks(ctx, store.Filter{})
		if err != nil {
			return nil, err
		}
		for _, n := range networks {
			if n.Owner != "" && n.LeaseUntil.After(now) {
				views = append(views, workerView{Owner: n.Owner, Does: "network", User: n.User, Network: n.Name(), Lease: stamp(n.LeaseUntil)})
			}
		}
	} else {
		for _, b := range beats {
			if b.Running > 0 {
				views = append(views, workerView{Owner: b.ID, Does: "networks", Count: b.Running})
			}
		}
	}
	for _, b := range beats {
		busy := false
		for i := range views {
			if views[i].Owner == b.ID {
				busy, views[i].Host, views[i].PID = true, b.Host, b.PID
			}
		}
		if !busy {
			views = append(views, workerView{Owner: b.ID, Host: b.Host, PID: b.PID, Does: "nothing"})
		}
	}
	slices.SortStableFunc(views, func(x, y workerView) int {
		return cmp.Or(cmp.Compare(x.Owner, y.Owner), deref(x.Since).Compare(deref(y.Since)), cmp.Compare(x.Job+x.Network, y.Job+y.Network))
	})
	return views, nil
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
		t.AppendRow(table.Row{line(v.Owner), where, line(v.does()), ago(deref(v.Since), now), lease})
	}
	a.printTable(t)
}

// does says in words what is in hand.
func (v workerView) does() string {
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
