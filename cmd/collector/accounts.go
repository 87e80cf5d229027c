package main

import (
	"context"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/control"
)

// accountsCommand manages accounts and their networks.
func (a *app) accountsCommand() *cobra.Command {
	c := a.group(&cobra.Command{Use: "accounts", Short: "list, import, pause, resume and remove accounts"})
	c.AddCommand(a.accountsList(), a.accountsImport(), a.pauseCommand("pause", true), a.pauseCommand("resume", false), a.accountsRemove())
	return c
}

func (a *app) accountsList() *cobra.Command {
	var user string
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "list accounts and their networks", Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				views, err := d.Accounts(ctx, user)
				if err != nil {
					return err
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
		return writeLines(a.out, views)
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
	a.printTable(t)
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
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				done, err := d.SetPaused(ctx, control.Wish{User: user, Networks: args, All: all}, paused)
				for _, n := range done {
					a.say("%s: %s", line(n.Network), line(n.Result))
				}
				return err
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "whose networks")
	c.Flags().BoolVar(&all, "all", false, "all networks")
	return c
}
