package main

import (
	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/cmd/collector/internal/config"
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
		RunE: func(c *cobra.Command, _ []string) error {
			err := a.load(c)
			a.started = true
			if a.conf != nil {
				a.printConfig()
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

// printConfig lists keys, values and origins, secrets as (secret).
func (a *app) printConfig() {
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"KEY", "VALUE", "FROM", "VARIABLE"})
	for _, k := range a.conf.Keys() {
		value, _ := a.conf.Value(k.Name)
		from := string(a.conf.Origin(k.Name))
		switch a.conf.Origin(k.Name) {
		case config.FromFile:
			from += " " + a.conf.File
		case config.FromDefault, config.FromEnv, config.FromFlag:
		}
		t.AppendRow(table.Row{k.Name, line(value), line(from), k.Env})
	}
	a.printTable(t)
}
