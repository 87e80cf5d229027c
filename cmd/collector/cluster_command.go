package main

import (
	"context"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/cluster"
)

// clusterView is `collector cluster status --json`.
type clusterView struct {
	Schema   int          `json:"schema"`
	Registry string       `json:"registry"`
	Leader   string       `json:"leader"`
	Term     int64        `json:"term"`
	Tasks    int          `json:"tasks"`
	Results  int          `json:"results"`
	Members  []memberView `json:"members"`
}

type memberView struct {
	cluster.Peer
	Leader bool `json:"leader"`
}

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
		return a.withRegistry(func(r cluster.Registry) error {
			v, err := a.lookAt(c.Context(), r)
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
	})
}

// withRegistry opens the configured cluster.
func (a *app) withRegistry(fn func(cluster.Registry) error) error {
	if a.conf.Cluster.Cluster == "" {
		return you(exitUsage, "--cluster=etcd://host:2379/prefix, as the instances have it; `collector status` shows the instances of a store", "no cluster is configured")
	}
	r, err := a.registry()
	if err != nil {
		return err
	}
	defer r.Close() // nothing is written after the last answer
	return fn(r)
}

// lookAt reads the cluster once.
func (a *app) lookAt(ctx context.Context, r cluster.Registry) (clusterView, error) {
	ctx, cancel := context.WithTimeout(ctx, clusterPatience)
	defer cancel()
	p, err := cluster.Look(ctx, r)
	if err != nil {
		return clusterView{}, &problem{code: exitTemporary, reason: err.Error(), err: err, whose: "the cluster or the network", next: "check --cluster and that etcd runs; the collectors go on by claims alone meanwhile"}
	}
	v := clusterView{Schema: 1, Registry: r.Describe(), Leader: p.Leader, Term: p.Term, Tasks: p.Tasks, Results: p.Results, Members: []memberView{}}
	for _, m := range p.Members {
		v.Members = append(v.Members, memberView{m, m.ID == p.Leader})
	}
	return v, nil
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
	if odd := v.versions(); len(odd) > 1 {
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

// versions are those of the members, each once.
func (v clusterView) versions() []string {
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
