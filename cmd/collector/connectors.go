package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/control"
	"collector/limit"
	"collector/web/remote"
)

// connectorsCommand tells what can be collected.
func (a *app) connectorsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "connectors [name]",
		Short: "list the services, or all about one: sign-in, quotas, limits",
		Args:  arguments(0, 1, "at most one service"),
		RunE: a.command(func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				v, err := a.lookAtService(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				a.printf("%s", describe(v))
				if v.Price != nil {
					a.printf("%-12s %s\n", "price", line(a.pricing(*v.Price)))
				}
				if v.Spent != "" {
					a.printf("%-12s %s\n", "", line(v.Spent))
				}
				return nil
			}
			list, err := a.lookAtServices(cmd.Context())
			if err != nil {
				return err
			}
			t := table.NewWriter()
			t.SetStyle(bare())
			t.AppendHeader(table.Row{"SERVICE", "COLLECTS", "SERVER", "POLLED EVERY"})
			for _, v := range list {
				server := strings.Join(v.Hosts, ", ")
				switch {
				case v.AnyServer && v.Server != "":
					server = v.Server + ", or --server"
				case v.AnyServer:
					server = "--server URL"
				}
				t.AppendRow(table.Row{line(v.Name), line(v.Title), line(server), span(inSeconds(v.PollMin)) + " to " + span(inSeconds(v.PollMax))})
			}
			a.printTable(t)
			return nil
		}),
	}
}

func inSeconds(n int) time.Duration { return time.Duration(n) * time.Second }

// lookAtServices are the services of this program, or of a collector that runs.
func (a *app) lookAtServices(ctx context.Context) (list []control.Service, err error) {
	if a.asksHere() {
		return a.panel(nil).Services(""), nil
	}
	err = a.elsewhere(ctx, func(ctx context.Context, c *remote.Client) (err error) {
		list, err = c.Connectors(ctx)
		return err
	})
	return list, err
}

// lookAtService is all about one of them, with what it has cost.
func (a *app) lookAtService(ctx context.Context, name string) (v control.Service, err error) {
	if !a.asksHere() {
		err = a.elsewhere(ctx, func(ctx context.Context, c *remote.Client) (err error) {
			v, err = c.Connector(ctx, name)
			return err
		})
		return v, err
	}
	c, err := a.service(name)
	if err != nil {
		return v, err
	}
	in := c.Info()
	var rows map[string]limit.Row
	if in.Price > 0 {
		rows = a.ledgerSoFar(ctx, in)
	}
	return a.panel(nil).ServiceWith(in, rows, a.now()), nil
}

// describe is all about one service.
func describe(v control.Service) string {
	var b strings.Builder
	say := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%-12s %s\n", plain(label), plain(text))
		}
	}
	say(v.Name, v.Title)
	say("sign in", v.Connect)
	for _, s := range v.Scopes {
		say("permission", s.Name+": "+s.Why)
	}
	switch {
	case v.AnyServer && v.Server != "":
		say("server", v.Server+", or another with --server URL")
	case v.AnyServer:
		say("server", "your own, with --server URL")
	default:
		say("server", strings.Join(v.Hosts, ", "))
	}
	for _, p := range v.Params {
		need := ""
		if p.Required {
			need = " (needed)"
		}
		say("setting", fmt.Sprintf("--param %s=…: %s%s", p.Name, p.Help, need))
	}
	for _, q := range v.Quotas {
		say("quota", fmt.Sprintf("%s: %s in %s, %s", q.Name, many(q.N, strings.TrimSuffix(q.Unit, "s"), q.Unit), span(inSeconds(q.Per)), q.Shared))
	}
	say("page", many(v.PageSize, "item", "items"))
	if v.Window > 0 {
		say("shows", fmt.Sprintf("the newest %s only", many(v.Window, "item", "items")))
	}
	for _, l := range v.CannotShow {
		say("cannot show", l)
	}
	say("documented", v.Docs)
	return b.String()
}
