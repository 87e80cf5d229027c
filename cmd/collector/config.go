package main

import (
	"context"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/cmd/collector/internal/config"
	"collector/control"
	"collector/web/remote"
)

// configCommand tells what is set, by what, and what could be.
func (a *app) configCommand() *cobra.Command {
	sample := &cobra.Command{
		Use: "sample", Short: "print a configuration file with every key, its default and what it means", Args: a.noArguments,
		RunE: func(*cobra.Command, []string) error {
			a.started = true
			return config.Sample(a.out, a.infos())
		},
	}
	show := &cobra.Command{
		Use: "show", Short: "print every value and where it comes from", Args: a.noArguments,
		Long: `Prints the configuration that a command or collector started here has. With the flag --api
it is that of a collector that runs, by whoever started it; COLLECTOR_API is not followed
here, so that a wrong one can be found. What is secret is hidden.`,
		RunE: func(c *cobra.Command, _ []string) error {
			err := a.load(c)
			a.started = true
			if err == nil && a.askedForConfig() {
				return a.elsewhere(c.Context(), func(ctx context.Context, at *remote.Client) error {
					list, err := at.Config(ctx)
					if err == nil {
						a.printConfig(list)
					}
					return err
				})
			}
			if a.conf != nil {
				a.printConfig(a.settings())
			}
			return err
		},
	}
	check := &cobra.Command{
		Use: "check", Short: "say whether the configuration is valid; end with 3 when it is not", Args: a.noArguments,
		RunE: a.command(func(*cobra.Command, []string) error {
			a.printf("the configuration is valid\n")
			return nil
		}),
	}
	c := a.group(&cobra.Command{
		Use: "config", Short: "show, check and explain the configuration",
		Long: `A value comes from a flag, else from its COLLECTOR_… variable, else from the file of
--config or COLLECTOR_CONFIG, else it is the default.`,
	})
	a.keyFlags(c.PersistentFlags(), ofDaemon)
	a.keyFlags(c.PersistentFlags(), ofCluster)
	a.keyFlags(c.PersistentFlags(), ofNotify)
	c.AddCommand(sample, show, check)
	return c
}

// askedForConfig says whether the configuration of a collector that runs is meant. A flag
// says so, and no variable: whoever looks for a wrong address has to see it.
func (a *app) askedForConfig() bool {
	return a.conf.Origin("api") == config.FromFlag && !a.asksHere()
}

// printConfig lists keys, values and origins, secrets as (secret).
func (a *app) printConfig(list []control.Setting) {
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"KEY", "VALUE", "FROM", "VARIABLE"})
	for _, s := range list {
		from := s.Origin
		if s.File != "" {
			from += " " + s.File
		}
		t.AppendRow(table.Row{line(s.Key), line(s.Value), line(from), line(s.Variable)})
	}
	a.printTable(t)
	for _, s := range list {
		if s.Loses != "" {
			a.printf("%s\n", line(s.Loses))
		}
	}
}
