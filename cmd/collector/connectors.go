package main

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/connectors"
	"collector/control"
	"collector/limit"
)

// connectorsCommand tells what can be collected.
func (a *app) connectorsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "connectors [name]",
		Short: "list the services, or all about one: sign-in, quotas, limits",
		Args:  arguments(0, 1, "at most one service"),
		RunE: a.command(func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				c, err := a.service(args[0])
				if err != nil {
					return err
				}
				a.printf("%s", describe(c.Info()))
				if in := c.Info(); in.Price > 0 {
					var rows map[string]limit.Row // another's are not known here
					if a.asksHere() {
						rows = a.ledgerSoFar(cmd.Context(), in)
					}
					a.printf("%-12s %s\n", "price", a.pricing(a.panel(nil).Price(in, rows)))
					if text := control.Spent(in, rows, a.now()); text != "" {
						a.printf("%-12s %s\n", "", text)
					}
				}
				return nil
			}
			t := table.NewWriter()
			t.SetStyle(bare())
			t.AppendHeader(table.Row{"SERVICE", "COLLECTS", "SERVER", "POLLED EVERY"})
			for _, in := range a.infos() {
				server := strings.Join(in.Hosts, ", ")
				switch {
				case in.Servers && in.Server != "":
					server = in.Server + ", or --server"
				case in.Servers:
					server = "--server URL"
				}
				s := a.conf.Services[in.Name]
				t.AppendRow(table.Row{in.Name, in.Title, server, span(s.PollMin) + " to " + span(s.PollMax)})
			}
			a.printTable(t)
			return nil
		}),
	}
}

// describe is all about one service.
func describe(in connectors.Info) string {
	var b strings.Builder
	say := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%-12s %s\n", label, text)
		}
	}
	say(in.Name, in.Title)
	say("sign in", in.Connect)
	for _, s := range in.Auth.Scopes {
		say("permission", s.Name+": "+s.Why)
	}
	switch {
	case in.Servers && in.Server != "":
		say("server", in.Server+", or another with --server URL")
	case in.Servers:
		say("server", "your own, with --server URL")
	default:
		say("server", strings.Join(in.Hosts, ", "))
	}
	for _, p := range in.Params {
		need := ""
		if p.Required {
			need = " (needed)"
		}
		say("setting", fmt.Sprintf("--param %s=…: %s%s", p.Name, p.Help, need))
	}
	for _, q := range in.Quotas {
		unit := q.Unit
		if unit == connectors.Mills {
			continue // it has a line of its own
		}
		if unit == "" {
			unit = "calls"
		}
		say("quota", fmt.Sprintf("%s: %s in %s, %s", q.Name, many(q.N, strings.TrimSuffix(unit, "s"), unit), span(q.Per), control.Shared(q.Scope)))
	}
	say("page", many(in.PageSize, "item", "items"))
	if in.Window > 0 {
		say("shows", fmt.Sprintf("the newest %s only", many(in.Window, "item", "items")))
	}
	for _, l := range in.Limits {
		say("cannot show", l)
	}
	say("documented", in.Docs)
	return b.String()
}
