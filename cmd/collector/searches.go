package main

import (
	"context"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/search/saved"
)

// searchesCommand keeps searches under names.
func (a *app) searchesCommand() *cobra.Command {
	c := a.group(&cobra.Command{Use: "searches", Short: "keep searches under names"})
	c.AddCommand(a.searchesList(), a.searchesSave(), a.searchesRemove())
	return c
}

func (a *app) searchesList() *cobra.Command {
	var user string
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "show the searches of a user", Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.onDesk(c.Context(), a.using(user), func(ctx context.Context, d desk) error {
				user, err := meant(c, d, user)
				if err != nil {
					return err
				}
				list, err := d.Searches(ctx, user)
				if err != nil {
					return err
				}
				if asJSON {
					return writeLines(a.out, list)
				}
				for _, s := range list {
					a.printf("%s: %s\n", line(s.Name), line(s.Query))
				}
				if len(list) == 0 {
					a.say("No searches are saved. Save one: collector searches save NAME QUERY")
				}
				return nil
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "me", "whose searches")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func (a *app) searchesSave() *cobra.Command {
	var user string
	c := &cobra.Command{
		Use: "save <name> <query>", Short: "keep a search under a name; one of this name is replaced",
		Long: `Keeps a search under a name, in place of one that had it. An age such as age:<30d
counts from when the search is run.`,
		Example: `  collector searches save raft 'raft lang:go -archived'
  collector search --saved raft`,
		Args: arguments(2, -1, "a name and a query"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			s := saved.Search{Name: args[0], Query: queryOf(args[1:])}
			if err := control.CheckSearch(s, a.now()); err != nil {
				return err
			}
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				user, err := meant(c, d, user)
				if err != nil {
					return err
				}
				return d.SaveSearch(ctx, user, s)
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "me", "whose search")
	return c
}

func (a *app) searchesRemove() *cobra.Command {
	var user string
	c := &cobra.Command{
		Use: "remove <name>", Short: "drop a search; what it finds stays", Args: arguments(1, 1, "one name"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				user, err := meant(c, d, user)
				if err != nil {
					return err
				}
				return d.RemoveSearch(ctx, user, args[0])
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "me", "whose search")
	return c
}
