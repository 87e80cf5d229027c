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
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				return a.removeNetwork(ctx, d, control.Removing{User: user, Network: args[0], Purge: purge}, yes)
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "whose network")
	c.Flags().BoolVar(&purge, "purge", false, "also delete everything that was collected from it")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// removeNetwork does it, before a purge after a word.
func (a *app) removeNetwork(ctx context.Context, d desk, w control.Removing, yes bool) error {
	if w.Purge && !yes {
		look := w
		look.DryRun = true
		n, err := d.Remove(ctx, look)
		if err == nil {
			err = a.confirm(ctx, yes, fmt.Sprintf("Delete %s of %s for ever?", many(n.Items, "item", "items"), line(n.Network)))
		}
		if p, ok := errors.AsType[*control.Problem](err); err != nil && (!ok || p.Kind != control.Unknown) {
			return err
		} // what an earlier purge left of one that is not there goes without a word
	}
	r, err := d.Remove(ctx, w)
	if r.Network != "" {
		a.say("%s is no longer collected", line(r.Network))
		a.sayRemoved(r.Deleted, r.Copies)
	}
	a.sayPurged(r.Purged, "collector accounts remove --purge --user="+r.User+" "+w.Network)
	return err
}

func (d atStore) Remove(ctx context.Context, w control.Removing) (control.Removed, error) {
	return d.panel().Remove(ctx, w)
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

func (a *app) sayRemoved(r control.Deleted, copies []string) {
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
	for _, c := range copies {
		a.say("%s", line(c))
	}
}

// copiesLeft says what may hold what was purged from the store all the same.
func (a *app) copiesLeft() (out []string) {
	switch path := a.database(); {
	case path != "":
		out = append(out, "Backups beside "+path+", and copies you made, still hold it: delete them too if it must be gone.")
	case strings.HasPrefix(a.conf.Store, "mongodb"):
		out = append(out, "Dumps and snapshots of MongoDB still hold it: delete them too if it must be gone. So does its oplog, until newer operations have taken the room.")
	default:
		return nil
	}
	return append(out, a.exportsLeft()...)
}

// usersCommand deletes people.
func (a *app) usersCommand() *cobra.Command {
	var yes bool
	purge := &cobra.Command{
		Use: "purge <user>", Short: "delete everything of a user: accounts, sign-ins, items, changes, tokens, published messages", Args: arguments(1, 1, "one user"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				if err := a.confirm(ctx, yes, fmt.Sprintf("Delete everything of the user %s for ever?", line(args[0]))); err != nil {
					return err
				}
				r, err := d.PurgeUser(ctx, args[0])
				for _, id := range r.Running {
					a.say("The export %s of it runs: run the same again when it has ended.", line(id))
				}
				if err != nil {
					return err
				}
				a.sayRemoved(r.Deleted, r.Copies)
				if r.Grants > 0 {
					a.say("%s void from now on", many(r.Grants, "token, feed or session is", "tokens, feeds and sessions are"))
				}
				a.sayPurged(r.Purged, "collector users purge "+args[0])
				return nil
			})
		}),
	}
	purge.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c := a.group(&cobra.Command{Use: "users", Short: "delete everything of a user; end the collecting for users who are not there any more"})
	c.AddCommand(purge, a.usersClean(), a.usersSeen())
	return c
}

func (d atStore) PurgeUser(ctx context.Context, user string) (control.PurgedUser, error) {
	return d.panel().Beside.PurgeUser(ctx, user, 0)
}

// purgeUser deletes everything of a user, of whom so many grants were ended already. It can be
// run again.
func (a *app) purgeUser(ctx context.Context, st store.Store, user string, ended int) (control.PurgedUser, error) {
	out := control.PurgedUser{Grants: ended, Running: []string{}, Copies: []string{}}
	grants, err := endGrants(ctx, st, user) // first, so that nobody is let in to watch, or where the rest fails
	if err != nil {
		return out, err
	}
	out.Grants += grants
	hooks, err := a.endWebhooks(ctx, st, user)
	if err != nil {
		return out, err
	}
	exports, running, err := a.endUpkeep(ctx, st, user)
	out.Running = append(out.Running, running...)
	if err != nil {
		return out, err
	}
	searches, err := saved.Forget(ctx, st, user)
	if err != nil {
		return out, err
	}
	theirs, err := st.Networks(ctx, store.Filter{User: user, Removed: true})
	if err != nil {
		return out, err
	}
	r, err := st.PurgeUser(ctx, user)
	if err != nil {
		return out, err
	}
	out.Deleted = control.Deleted(r)
	if err := notify.Forget(ctx, st, theirs); err != nil {
		return out, err
	}
	out.Purged, err = a.purgeMessages(ctx, st, tellsOf(user, ""))
	if err := errors.Join(err, a.compact(ctx, besideWebhooks)); err != nil {
		return out, err
	}
	if r == (store.Removed{}) && hooks == 0 && exports == 0 && searches == 0 && out.Grants == 0 && out.Purged == (control.PurgedMessages{}) {
		return out, control.NothingOf(user)
	}
	out.Copies = append(out.Copies, a.copiesLeft()...)
	return out, nil
}
