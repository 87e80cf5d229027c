package main

import (
	"context"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/cluster"
	"collector/control"
)

// clusterCommand looks at the cluster.
func (a *app) clusterCommand() *cobra.Command {
	var asJSON bool
	status := &cobra.Command{
		Use: "status", Short: "show the cluster: where it is, its members, who leads, what is handed out", Args: a.noArguments,
		RunE: a.looking(&asJSON, a.printCluster),
	}
	members := &cobra.Command{
		Use: "members", Short: "list the members of the cluster", Args: a.noArguments,
		RunE: a.looking(&asJSON, a.printMembers),
	}
	leader := &cobra.Command{
		Use: "leader", Short: "print who leads the cluster; end with 5 while nobody does", Args: a.noArguments,
		RunE: a.looking(&asJSON, func(v clusterView) {
			if v.Leader != "" {
				a.printf("%s\n", line(v.Leader))
			}
		}),
	}
	for _, c := range []*cobra.Command{status, members, leader} {
		c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	}
	c := a.group(&cobra.Command{
		Use: "cluster", Short: "show who runs: status, members, leader",
		Long: `Instances that share a store find each other through etcd when all are given the
same --cluster. One of them leads: it has done what is to be done once for all, and
takes over at once from an instance that is gone.`,
	})
	a.keyFlags(c.PersistentFlags(), ofCluster)
	c.AddCommand(status, members, leader)
	return c
}

// looking reads the cluster and prints it.
func (a *app) looking(asJSON *bool, show func(clusterView)) func(*cobra.Command, []string) error {
	return a.command(func(c *cobra.Command, _ []string) error {
		v, err := a.lookAtCluster(c.Context())
		if err != nil {
			return err
		}
		if *asJSON {
			if err := newJSONOut(a.out, true).write(v); err != nil {
				return err
			}
		} else {
			show(v)
		}
		if c.Name() == "leader" && v.Leader == "" {
			return &problem{code: exitTemporary, reason: "nobody leads the cluster", whose: "nobody", next: "ask again in a moment; collector cluster members shows who runs"}
		}
		return nil
	})
}

// lookAtCluster reads the cluster that is configured here, or that of a collector that runs.
func (a *app) lookAtCluster(ctx context.Context) (v clusterView, err error) {
	err = a.onCluster(ctx, func(ctx context.Context, d clusterDesk) (err error) {
		v, err = d.Cluster(ctx)
		return err
	})
	return v, err
}

// withRegistry opens the configured cluster.
func (a *app) withRegistry(fn func(cluster.Registry) error) error {
	if a.conf.Cluster.Cluster == "" {
		return control.NoCluster()
	}
	r, err := a.registry()
	if err != nil {
		return err
	}
	defer r.Close() // nothing is written after the last answer
	return fn(r)
}

// printCluster says all of it.
func (a *app) printCluster(v clusterView) {
	a.printf("%s\n", line(v.Registry))
	a.printMembers(v)
	leader := "nobody leads: an election is under way, or no collector runs"
	if v.Leader != "" {
		leader = "leader: " + line(v.Leader)
	}
	a.printf("%s  |  %s  |  %s handed out, %s to take\n", many(len(v.Members), "member", "members"), leader, many(v.Tasks, "task", "tasks"), many(v.Results, "result", "results"))
	if odd := versionsOf(v); len(odd) > 1 {
		a.printf("the members have different versions: %s\n", line(strings.Join(odd, ", ")))
	}
}

// printMembers draws the table.
func (a *app) printMembers(v clusterView) {
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"MEMBER", "ADDRESS", "ROLE", "MODE", "CLAIMS", "IN WORK", "STARTED", "VERSION"})
	for _, m := range v.Members {
		role := "member"
		if m.Leader {
			role = "leader"
		}
		if m.Draining {
			role += ", leaving"
		}
		t.AppendRow(table.Row{line(m.ID), line(m.Address), role, line(m.Mode), firstOf(line(m.Claims), "all"), m.Load, ago(m.Started, a.now()), line(m.Version)})
	}
	a.printTable(t)
}

// versionsOf are the versions of the members, each once.
func versionsOf(v clusterView) []string {
	seen := map[string]bool{}
	var out []string
	for _, m := range v.Members {
		if !seen[m.Version] {
			seen[m.Version] = true
			out = append(out, m.Version)
		}
	}
	return out
}
