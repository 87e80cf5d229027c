package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/state"
	"collector/store"
)

// accountsCommand manages accounts and their networks.
func (a *app) accountsCommand() *cobra.Command {
	c := a.group(&cobra.Command{Use: "accounts", Short: "list, import, pause, resume and remove accounts"})
	c.AddCommand(a.accountsList(), a.accountsImport(), a.pauseCommand("pause", true), a.pauseCommand("resume", false), a.accountsRemove())
	return c
}

// accountView is one account as `accounts list --json` prints it.
type accountView struct {
	User      string   `json:"user"`
	Provider  string   `json:"provider"`
	Server    string   `json:"server,omitempty"`
	Name      string   `json:"name"`
	ID        string   `json:"id"` // at the service; "" until it confirmed one
	Scopes    []string `json:"scopes"`
	Networks  []string `json:"networks"`
	Simulated bool     `json:"simulated,omitempty"`
}

func (a *app) accountsList() *cobra.Command {
	var user string
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "list accounts and their networks", Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				accounts, err := st.Accounts(ctx, user)
				if err != nil {
					return err
				}
				networks, err := st.Networks(ctx, store.Filter{User: user})
				if err != nil {
					return err
				}
				of := map[string][]string{}
				for _, n := range networks {
					of[n.AccountID] = append(of[n.AccountID], n.Name())
				}
				var views []accountView
				for _, acc := range accounts {
					views = append(views, accountView{acc.User, acc.Provider, acc.Server, acc.Name, acc.RemoteID, ids(acc.Scopes), ids(of[acc.ID]), a.simulated})
				}
				return a.printAccounts(views, asJSON)
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "only this user's accounts")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func (a *app) printAccounts(views []accountView, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetEscapeHTML(false)
		for _, v := range views {
			if err := enc.Encode(v); err != nil {
				return err
			}
		}
		return nil
	}
	if a.simulated {
		a.printf("[simulated] made-up people and items\n")
	}
	if len(views) == 0 {
		a.printf("No accounts yet. Next:\n%s", firstSteps)
		return nil
	}
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"USER", "PROVIDER", "ACCOUNT", "ID AT THE SERVICE", "NETWORKS"})
	for _, v := range views {
		id := v.ID
		if id == "" {
			id = "not confirmed yet"
		}
		where := v.Provider
		if v.Server != "" {
			where += " " + v.Server
		}
		t.AppendRow(table.Row{line(v.User), line(where), line(v.Name), line(id), line(strings.Join(v.Networks, ", "))})
	}
	for _, r := range strings.Split(t.Render(), "\n") {
		a.printf("%s\n", strings.TrimRight(r, " "))
	}
	return nil
}

func (a *app) pauseCommand(name string, paused bool) *cobra.Command {
	var user string
	var all bool
	short := "stop collecting networks; nothing is removed"
	if !paused {
		short = "go on collecting paused networks, or ones that needed you, now"
	}
	c := &cobra.Command{
		Use: name + " <network>… | --all", Short: short, Args: arguments(0, -1, "networks, or --all"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				chosen, err := choose(ctx, st, user, args, all)
				if err != nil {
					return err
				}
				for _, n := range chosen {
					if err := st.SetPaused(ctx, n.ID, paused, a.now()); err != nil {
						return err
					}
					a.say("%s: %sd", line(n.Name()), name)
				}
				return nil
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "whose networks")
	c.Flags().BoolVar(&all, "all", false, "all networks")
	return c
}

// choose returns the named networks, or all of them.
func choose(ctx context.Context, st store.Accounts, user string, args []string, all bool) ([]state.Network, error) {
	if all == (len(args) > 0) {
		return nil, you(exitUsage, "for example github/octocat; collector accounts list shows the names", "name networks or give --all, one of the two")
	}
	if all {
		return st.Networks(ctx, store.Filter{User: user})
	}
	var out []state.Network
	for _, name := range args {
		n, err := network(ctx, st, user, name)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

func (a *app) accountsRemove() *cobra.Command {
	var user string
	var purge, yes bool
	c := &cobra.Command{
		Use:   "remove <network>",
		Short: "end collecting a network; with --purge delete what was collected too",
		Long: `Ends collecting a network. What was collected stays searchable, unless --purge is
given: then items, changes and quarantine are deleted too, also those of a network
that was removed earlier. An account without networks goes with its sign-in.`,
		Args: arguments(1, 1, "one network"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				n, err := a.present(ctx, st, user, args[0], purge)
				if err != nil {
					return err
				}
				if purge {
					if err := a.confirm(yes, fmt.Sprintf("Delete %s of %s for ever?", many(n.Items, "item", "items"), line(n.Name()))); err != nil {
						return err
					}
				}
				r, err := st.RemoveNetwork(ctx, n.ID, purge)
				if err != nil {
					return err
				}
				a.say("%s is no longer collected", line(n.Name()))
				a.sayRemoved(r, purge)
				return nil
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "whose network")
	c.Flags().BoolVar(&purge, "purge", false, "also delete everything that was collected from it")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// present finds a network, with removed true also one whose collecting ended.
func (a *app) present(ctx context.Context, st store.Accounts, user, name string, removed bool) (state.Network, error) {
	n, err := network(ctx, st, user, name)
	if err == nil || !removed {
		return n, err
	}
	all, listErr := st.Networks(ctx, store.Filter{User: user, Removed: true})
	if listErr != nil {
		return n, listErr
	}
	for _, gone := range all {
		if gone.Name() == name {
			return gone, nil
		}
	}
	return n, err
}

// confirm asks before something is deleted.
func (a *app) confirm(yes bool, question string) error {
	if yes {
		return nil
	}
	if !a.interactive() {
		return you(exitUsage, "add --yes", "%s This cannot be asked here", question)
	}
	ok, err := a.askYes(question)
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
		{r.Items, "item", "items"}, {r.Changes, "change", "changes"}, {r.Quarantined, "object in quarantine", "objects in quarantine"},
		{r.Networks, "network", "networks"}, {r.Accounts, "account", "accounts"}, {r.Credentials, "sign-in", "sign-ins"},
	} {
		if p.n > 0 {
			parts = append(parts, many(p.n, p.one, p.more))
		}
	}
	if len(parts) > 0 {
		a.say("deleted: %s", strings.Join(parts, ", "))
	}
	if path := a.database(); purged && path != "" {
		a.say("Backups beside %s, and copies you made, still hold it: delete them too if it must be gone.", path)
	}
}

// usersCommand deletes people.
func (a *app) usersCommand() *cobra.Command {
	var yes bool
	purge := &cobra.Command{
		Use: "purge <user>", Short: "delete everything of a user: accounts, sign-ins, items, changes", Args: arguments(1, 1, "one user"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				if err := a.confirm(yes, fmt.Sprintf("Delete everything of the user %s for ever?", line(args[0]))); err != nil {
					return err
				}
				r, err := st.PurgeUser(ctx, args[0])
				if err != nil {
					return err
				}
				if r == (store.Removed{}) {
					return you(exitUsage, "collector accounts list   shows the users", "there is nothing of a user %q", plain(args[0]))
				}
				a.sayRemoved(r, true)
				return nil
			})
		}),
	}
	purge.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c := a.group(&cobra.Command{Use: "users", Short: "delete everything of a user"})
	c.AddCommand(purge)
	return c
}
