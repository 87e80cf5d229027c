package main

import (
	"context"

	"github.com/spf13/cobra"

	"collector/state"
	"collector/store"
)

// syncCommand makes networks due now.
func (a *app) syncCommand() *cobra.Command {
	var everything, full, accept bool
	var user string
	c := &cobra.Command{
		Use:   "sync <network> | --all",
		Short: "read a network now instead of when it is due",
		Long: `Makes a network due at once, before all others. The service's quota is respected:
where it is spent the network runs as soon as the service allows. --full also
reads the whole list again, beside the polls, adds what is missing, and finds likes
that are gone: what two such readings do not show, or what the service says so of.

--accept-removals takes as gone what the last such reading did not show, however
much that is. Where more than 10 items or 5 % of a list are missing the service is
more likely to be wrong than the list to have shrunk, so nothing is taken as gone
by itself then, and collector status says so.

The reading is done by a collector that runs; without one, start collector or
collector --once.`,
		Args: arguments(0, -1, "networks, or --all"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if everything == (len(args) > 0) {
				return you(exitUsage, "collector sync github/octocat, or collector sync --all", "name networks or give --all, one of the two")
			}
			if accept && (everything || full) {
				return you(exitUsage, "collector sync --accept-removals github/octocat", "--accept-removals is for networks that you name, without --full")
			}
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				var chosen []state.Network
				if everything {
					all, err := st.Networks(ctx, store.Filter{User: user})
					if err != nil {
						return err
					}
					chosen = all
				}
				for _, name := range args {
					n, err := network(ctx, st, user, name)
					if err != nil {
						return err
					}
					chosen = append(chosen, n)
				}
				if err := a.hereFor(ctx, st, user, everything, chosen); err != nil {
					return err
				}
				if accept {
					return a.acceptRemovals(ctx, st, chosen)
				}
				paused := 0
				for _, n := range chosen {
					if err := st.WishSync(ctx, n.ID, full, a.now()); err != nil {
						return err
					}
					if n.Condition == state.Imported {
						paused++
						a.say("%s is imported and not collected", line(n.Name()))
					} else if n.Paused {
						paused++
						a.say("%s is paused and stays so: collector accounts resume %s", line(n.Name()), line(n.Name()))
					}
				}
				a.say("%s due now", many(len(chosen)-paused, "network is", "networks are"))
				return a.whoWorks(ctx, st)
			})
		}),
	}
	c.Flags().BoolVar(&everything, "all", false, "all networks")
	c.Flags().BoolVar(&full, "full", false, "read the whole list again: add what is missing, find what is gone")
	c.Flags().BoolVar(&accept, "accept-removals", false, "take as gone what the last reading of the whole list did not show")
	c.Flags().StringVar(&user, "user", "", "whose networks")
	return c
}

// acceptRemovals has the daemon take as gone what the last sweeps did not show.
func (a *app) acceptRemovals(ctx context.Context, st store.Store, chosen []state.Network) error {
	for _, n := range chosen {
		if n.Swept == nil || n.Swept.Unseen == 0 {
			a.say("%s: nothing is missing that could be taken as gone", line(n.Name()))
			continue
		}
		if err := st.Accept(ctx, n.ID, n.Swept.Sweep, a.now()); err != nil {
			return err
		}
		a.say("%s: %s taken as gone with its next run, now", line(n.Name()), many(n.Swept.Unseen, "item is", "items are"))
		if n.Paused {
			a.say("%s is paused and stays so: collector accounts resume %s", line(n.Name()), line(n.Name()))
		}
	}
	return a.whoWorks(ctx, st)
}

// whoWorks says so when no daemon runs, since nothing is read then.
func (a *app) whoWorks(ctx context.Context, st store.Store) error {
	beats, err := st.Beats(ctx, a.now().Add(-beatLife))
	if err == nil && len(beats) == 0 {
		a.say("No collector is running. Start it: collector   (or once: collector --once)")
	}
	return err
}
