package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/deliver/notify"
	"collector/search/saved"
	"collector/state"
	"collector/store"
)

func (a *app) accountsRemove() *cobra.Command {
	var user string
	var purge, yes bool
	c := &cobra.Command{
		Use:   "remove <network>",
		Short: "end collecting a network; with --purge delete what was collected too",
		Long: `Ends collecting a network. What was collected stays searchable, unless --purge is
given: then items, changes and quarantine are deleted too, also those of a network
that was removed earlier, and messages that were published of it. An account without networks goes with its sign-in.`,
		Args: arguments(1, 1, "one network"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				n, err := a.present(ctx, st, user, args[0], purge)
				if err != nil {
					if purge {
						return a.purgeRest(ctx, st, firstOf(user, someone), args[0], err)
					}
					return err
				}
				if purge {
					if err := a.confirm(ctx, yes, fmt.Sprintf("Delete %s of %s for ever?", many(n.Items, "item", "items"), line(n.Name()))); err != nil {
						return err
					}
				}
				r, err := st.RemoveNetwork(ctx, n.ID, purge)
				if err != nil {
					return err
				}
				a.say("%s is no longer collected", line(n.Name()))
				a.sayRemoved(r, purge)
				if !purge {
					return nil
				}
				if err := notify.Forget(ctx, st, []state.Network{n}); err != nil {
					return err
				}
				p, err := a.purgeMessages(ctx, st, tellsOf(n.User, n.Name()))
				a.sayPurged(p, "collector accounts remove --purge --user="+n.User+" "+n.Name())
				return errors.Join(err, a.forgetWaiting(ctx, st, func(network string) bool { return network == n.ID }))
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "whose network")
	c.Flags().BoolVar(&purge, "purge", false, "also delete everything that was collected from it")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// purgeRest ends a purge that did not come to its end, or left what consumers had in hand:
// the network is gone, and what is beside the store goes now. Where there is nothing of it
// either, the error is that there is no such network.
func (a *app) purgeRest(ctx context.Context, st store.Store, user, name string, unknown error) error {
	all, err := st.Networks(ctx, store.Filter{Removed: true})
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, n := range all {
		there[n.ID] = true
		if n.User == user && n.Name() == name {
			return unknown // it is there, and something else is wrong
		}
	}
	p, err := a.purgeMessages(ctx, st, tellsOf(user, name))
	a.sayPurged(p, "collector accounts remove --purge --user="+user+" "+name)
	if err := errors.Join(err, a.forgetWaiting(ctx, st, func(network string) bool { return !there[network] })); err != nil {
		return err
	}
	if p == (purgedMessages{}) {
		return unknown
	}
	return nil
}

// present finds a network, with removed true also one whose collecting ended.
// A name that two users have is refused, never resolved by chance.
func (a *app) present(ctx context.Context, st store.Accounts, user, name string, removed bool) (state.Network, error) {
	if removed {
		live, err := control.Called(ctx, st, store.Filter{User: user}, name)
		if err != nil {
			return state.Network{}, err
		}
		all, err := control.Called(ctx, st, store.Filter{User: user, Removed: true}, name)
		if err != nil {
			return state.Network{}, err
		}
		if err := control.OneUser(all, name); err != nil {
			return state.Network{}, err
		}
		if len(live) == 0 && len(all) > 0 {
			return all[0], nil
		}
	}
	return network(ctx, st, user, name)
}

// confirm asks before something is deleted.
func (a *app) confirm(ctx context.Context, yes bool, question string) error {
	if yes {
		return nil
	}
	if !a.interactive() {
		return you(exitUsage, "add --yes", "%s This cannot be asked here", question)
	}
	ok, err := a.askYes(ctx, question)
	if err != nil {
		return err
	}
	if !ok {
		return &problem{code: exitInterrupted, reason: "nothing was deleted", whose: "you"}
	}
	return nil
}

func (a *app) sayRemoved(r store.Removed, purged bool) {
	var parts []string
	for _, p := range []struct {
		n         int
		one, more string
	}{
		{r.Items, "item", "items"},
		{r.Changes, "change", "changes"},
		{r.Quarantined, "object in quarantine", "objects in quarantine"},
		{r.Networks, "network", "networks"},
		{r.Accounts, "account", "accounts"},
		{r.Credentials, "sign-in", "sign-ins"},
	} {
		if p.n > 0 {
			parts = append(parts, many(p.n, p.one, p.more))
		}
	}
	if len(parts) > 0 {
		a.say("deleted: %s", strings.Join(parts, ", "))
	}
	switch path := a.database(); {
	case !purged:
	case path != "":
		a.say("Backups beside %s, and copies you made, still hold it: delete them too if it must be gone.", path)
		a.sayExportsLeft()
	case strings.HasPrefix(a.conf.Store, "mongodb"):
		a.say("Dumps and snapshots of MongoDB still hold it: delete them too if it must be gone. So does its oplog, until newer operations have taken the room.")
		a.sayExportsLeft()
	}
}

// usersCommand deletes people.
func (a *app) usersCommand() *cobra.Command {
	var yes bool
	purge := &cobra.Command{
		Use: "purge <user>", Short: "delete everything of a user: accounts, sign-ins, items, changes, tokens, published messages", Args: arguments(1, 1, "one user"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				if err := a.confirm(ctx, yes, fmt.Sprintf("Delete everything of the user %s for ever?", line(args[0]))); err != nil {
					return err
				}
				grants, err := endGrants(ctx, st, args[0]) // first, so that nobody is let in to watch, or where the rest fails
				if err != nil {
					return err
				}
				hooks, err := a.endWebhooks(ctx, st, args[0])
				if err != nil {
					return err
				}
				exports, err := a.endUpkeep(ctx, st, args[0])
				if err != nil {
					return err
				}
				searches, err := saved.Forget(ctx, st, args[0])
				if err != nil {
					return err
				}
				theirs, err := st.Networks(ctx, store.Filter{User: args[0], Removed: true})
				if err != nil {
					return err
				}
				r, err := st.PurgeUser(ctx, args[0])
				if err != nil {
					return err
				}
				if err := notify.Forget(ctx, st, theirs); err != nil {
					return err
				}
				p, err := a.purgeMessages(ctx, st, tellsOf(args[0], ""))
				if err := errors.Join(err, a.compact(ctx, besideWebhooks)); err != nil {
					return err
				}
				if r == (store.Removed{}) && hooks == 0 && exports == 0 && searches == 0 && grants == 0 && p == (purgedMessages{}) {
					return you(exitUsage, "collector accounts list   shows the users", "there is nothing of a user %q", plain(args[0]))
				}
				a.sayRemoved(r, true)
				if grants > 0 {
					a.say("%s void from now on", many(grants, "token, feed or session is", "tokens, feeds and sessions are"))
				}
				a.sayPurged(p, "collector users purge "+args[0])
				return nil
			})
		}),
	}
	purge.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c := a.group(&cobra.Command{Use: "users", Short: "delete everything of a user; end the collecting for users who are not there any more"})
	c.AddCommand(purge, a.usersClean(), a.usersSeen())
	return c
}
