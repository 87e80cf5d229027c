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
	"collector/web/remote"
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
			return a.onCluster(c.Context(), func(ctx context.Context, d clusterDesk) error {
				id, err := a.drained(ctx, d, args)
				if err != nil {
					return err
				}
				got, err := d.Drain(ctx, id)
				if err != nil {
					return err
				}
				a.say("%s was asked to leave", line(id))
				return a.awaitLeaving(ctx, d, id, got.Answers, wait)
			})
		}),
	}
	c.Flags().DurationVar(&wait, "wait", time.Minute, "how long to wait until it has left; 0: not at all")
	a.keyFlags(c.Flags(), ofCluster)
	return c
}

// clusterDesk is where commands ask about a cluster: here, or at a collector that runs.
type clusterDesk interface {
	Cluster(ctx context.Context) (control.Cluster, error)
	Drain(ctx context.Context, member string) (control.Drained, error)
}

// atRegistry is the cluster that is configured here.
type atRegistry struct{ cluster.Registry }

func (r atRegistry) Cluster(ctx context.Context) (control.Cluster, error) {
	return control.ClusterOf(ctx, r.Registry, clusterPatience)
}

func (r atRegistry) Drain(ctx context.Context, member string) (control.Drained, error) {
	return control.Drained{Member: member}, control.Drain(ctx, r.Registry, member, clusterPatience)
}

// onCluster runs fn at the cluster that is configured here, or at a collector that runs.
func (a *app) onCluster(ctx context.Context, fn func(context.Context, clusterDesk) error) error {
	if a.asksHere() {
		return a.withRegistry(func(r cluster.Registry) error { return fn(ctx, atRegistry{r}) })
	}
	return a.elsewhere(ctx, func(ctx context.Context, c *remote.Client) error { return fn(ctx, c) })
}

// drained says which member is meant.
func (a *app) drained(ctx context.Context, d clusterDesk, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	v, err := d.Cluster(ctx)
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

// awaitLeaving waits until a member has left. Where it is the one that answers, it is ending once
// it answers no more; what it has in hand it may still finish.
func (a *app) awaitLeaving(ctx context.Context, d clusterDesk, id string, answers bool, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	end := time.NewTimer(wait)
	defer end.Stop()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		v, err := d.Cluster(ctx)
		if err != nil && answers && (errors.Is(err, remote.ErrNobody) || errors.Is(err, remote.ErrBroken)) {
			a.say("%s answers no more and is ending: it takes at most its grace period", line(id))
			return nil
		}
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
