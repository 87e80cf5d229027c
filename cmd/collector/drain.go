package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/cluster"
	"collector/control"
)

// clusterPatience is how long a command waits for one answer of the cluster.
const clusterPatience = 5 * time.Second

// drainCommand asks an instance to leave.
func (a *app) drainCommand() *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{
		Use:   "drain [member]",
		Short: "ask an instance to claim nothing more, finish and end",
		Long: `Asks a member of the cluster to claim nothing more, to finish the pages in hand and
to end, and waits until it has left. Its networks are then the others'. Without a
name it is the one that runs on this machine. A service manager may start it again:
stop it there to keep it away.`,
		Example: `  collector drain --cluster=etcd://etcd.lan:2379/likes web1-4711-9f3ac0de`,
		Args:    arguments(0, 1, "at most one member"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.withRegistry(func(r cluster.Registry) error {
				id, err := a.drained(c.Context(), r, args)
				if err != nil {
					return err
				}
				asking, cancel := context.WithTimeout(c.Context(), clusterPatience)
				defer cancel()
				if err := cluster.Drain(asking, r, id); err != nil {
					return a.noMember(err)
				}
				a.say("%s was asked to leave", line(id))
				return a.awaitLeaving(c.Context(), r, id, wait)
			})
		}),
	}
	c.Flags().DurationVar(&wait, "wait", time.Minute, "how long to wait until it has left; 0: not at all")
	a.keyFlags(c.Flags(), ofCluster)
	return c
}

func (a *app) noMember(err error) error {
	if errors.Is(err, cluster.ErrNoMember) {
		return you(exitUsage, "collector cluster members   lists them", "%w", err)
	}
	return err
}

// drained says which member is meant.
func (a *app) drained(ctx context.Context, r cluster.Registry, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	v, err := control.ClusterOf(ctx, r, clusterPatience)
	if err != nil {
		return "", err
	}
	var here []string
	for _, m := range v.Members {
		if m.Host == a.host {
			here = append(here, m.ID)
		}
	}
	switch len(here) {
	case 1:
		return here[0], nil
	case 0:
		return "", you(exitUsage, "collector cluster members   lists them; name one", "no member runs on this machine")
	}
	return "", you(exitUsage, "name one of them", "%d members run on this machine: %s", len(here), line(strings.Join(here, ", ")))
}

// awaitLeaving waits until a member has left.
func (a *app) awaitLeaving(ctx context.Context, r cluster.Registry, id string, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	end := time.NewTimer(wait)
	defer end.Stop()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		v, err := control.ClusterOf(ctx, r, clusterPatience)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(v.Members, func(m memberView) bool { return m.ID == id }) {
			a.say("%s has left", line(id))
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end.C:
			return &problem{code: exitTemporary, reason: line(id) + " has not left within " + wait.String(), whose: "that instance", next: "it finishes the pages in hand first: look at its log; a stop by its service manager is safe, too"}
		case <-look.C:
		}
	}
}
