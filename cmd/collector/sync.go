package main

import (
	"context"

	"github.com/spf13/cobra"

	"collector/control"
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
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				w := control.Wish{User: user, Networks: args, All: everything}
				if accept {
					done, works, err := d.AcceptRemovals(ctx, w)
					a.sayAccepted(done)
					if err == nil {
						a.sayIdle(works)
					}
					return err
				}
				done, works, err := d.Sync(ctx, w, full)
				paused := a.sayNotDue(done)
				if err != nil {
					return err
				}
				a.say("%s due now", many(len(done)-paused, "network is", "networks are"))
				a.sayIdle(works)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&everything, "all", false, "all networks")
	c.Flags().BoolVar(&full, "full", false, "read the whole list again: add what is missing, find what is gone")
	c.Flags().BoolVar(&accept, "accept-removals", false, "take as gone what the last reading of the whole list did not show")
	c.Flags().StringVar(&user, "user", "", "whose networks")
	return c
}

// sayNotDue tells of networks that are not due although they were chosen, and returns how many there are.
func (a *app) sayNotDue(done []control.Done) (paused int) {
	for _, d := range done {
		switch d.Result {
		case control.NotCollected:
			paused++
			a.say("%s is imported and not collected", line(d.Network))
		case control.StaysPaused:
			paused++
			a.say("%s is paused and stays so: collector accounts resume %s", line(d.Network), line(d.Network))
		}
	}
	return paused
}

// sayAccepted tells what is taken as gone.
func (a *app) sayAccepted(done []control.Done) {
	for _, d := range done {
		if d.Result == control.NothingMissing {
			a.say("%s: nothing is missing that could be taken as gone", line(d.Network))
			continue
		}
		a.say("%s: %s taken as gone with its next run, now", line(d.Network), many(d.Items, "item is", "items are"))
		if d.Paused {
			a.say("%s is paused and stays so: collector accounts resume %s", line(d.Network), line(d.Network))
		}
	}
}

// sayIdle says so when no daemon runs, since nothing is read then.
func (a *app) sayIdle(works bool) {
	if !works {
		a.say("No collector is running. Start it: collector   (or once: collector --once)")
	}
}
