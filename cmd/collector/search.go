package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/store"
)

// searchCommand finds items.
func (a *app) searchCommand() *cobra.Command {
	var asJSON, urls bool
	var user, after, sort, name string
	var n int
	c := &cobra.Command{
		Use:   "search <query>",
		Short: "find what was liked",
		Long: `Finds what was liked: what answers best first, of equals the newest like.

` + queryText + `
Words and phrases count most in the title, then in tags and in the author's name.
The newest like comes first with --sort=newest, and where nothing can be ranked:
without words, with raf*, and for words that stand in more than ` + many(store.BestMost, "item", "items") + `.

--json prints one object a line, with the fields of collector export. When there
are more items than --limit, standard error says how to see those that follow.`,
		Example: `  collector search raft
  collector search '"consensus algorithm" lang:go -in:bluesky'
  collector search --sort=newest garden
  collector search --urls '#databases liked:>2025-01' | xargs -n1 open
  collector search --saved raft 'age:<7d'`,
		Args: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("saved") {
				return nil
			}
			return arguments(1, -1, "a query")(c, args)
		},
		RunE: a.command(func(c *cobra.Command, args []string) error {
			q := control.Search{User: user, Query: queryOf(args), Sort: sort, Limit: n, After: after}
			if _, err := q.Checked(); err != nil {
				return err
			}
			if err := a.understood(q.Query); err != nil {
				return err
			}
			used := user
			if c.Flags().Changed("saved") {
				if q.Saved, used = name, firstOf(user, someone); name == "" {
					return you(exitUsage, "collector searches list   shows the names", "--saved names no search")
				}
			}
			return a.onDesk(c.Context(), a.using(used), func(ctx context.Context, d desk) error {
				r, err := d.Results(ctx, q)
				if err != nil {
					return err
				}
				if err := a.printItems(r.Items, asJSON, urls); err != nil {
					return err
				}
				switch {
				case r.Next != "":
					first := "newest"
					if r.Ranked {
						first = "best"
					}
					a.say("%s shown, the %s first. More: add --limit or --after=%s", many(len(r.Items), "item", "items"), first, line(r.Next))
				case len(r.Items) == 0 && after != "":
					a.say("nothing more is found")
				case len(r.Items) == 0:
					a.sayNothing(r.Without)
				}
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	c.Flags().BoolVar(&urls, "urls", false, "print only the addresses")
	c.Flags().StringVar(&user, "user", "", "only this user's items")
	c.Flags().StringVar(&sort, "sort", "best", "best answers first or newest like first: best, newest")
	c.Flags().StringVar(&name, "saved", "", "a saved search (see collector searches), with the query beside it if there is one")
	c.Flags().IntVar(&n, "limit", 50, "at most so many items, 1 to 1000")
	c.Flags().StringVar(&after, "after", "", "go on after the items shown before")
	c.MarkFlagsMutuallyExclusive("json", "urls")
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return you(exitUsage, "put a query that holds a - between quotation marks: collector search 'raft -java'", "%w", err)
	})
	return c
}

// queryOf puts together what the shell took apart: one word is the query, of
// several each that holds a blank was quoted, so it is a phrase.
func queryOf(args []string) string {
	if len(args) == 1 {
		return args[0]
	}
	var out []string
	for _, a := range args {
		if strings.Contains(a, " ") && !strings.ContainsAny(a, `"():`) {
			a = `"` + a + `"`
		}
		out = append(out, a)
	}
	return strings.Join(out, " ")
}

// understood refuses a query of which nothing is understood. Another mistake is shown with a
// caret under its place; what was understood is searched all the same.
func (a *app) understood(query string) error {
	_, mistake, err := control.Understood(query, a.now())
	if mistake != nil {
		fmt.Fprintf(a.err, "%s\n", mistake.Caret())
	}
	return err
}

// printItems writes found items for people, for programs or as addresses.
func (a *app) printItems(items []control.Item, asJSON, urls bool) error {
	if asJSON {
		return writeLines(a.out, items)
	}
	width, is := terminal(a.out)
	if !is {
		width = 100
	}
	if a.simulated && !urls {
		a.printf("[simulated] made-up people and items\n")
	}
	if a.simulated && urls {
		a.say("[simulated] made-up addresses")
	}
	users := map[string]bool{}
	for _, it := range items {
		users[it.User] = true
	}
	for _, it := range items {
		if urls {
			a.printf("%s\n", line(it.URL))
			continue
		}
		title := it.Title
		if a.simulated { // it was said
			title = strings.TrimPrefix(title, control.Mark)
		}
		if title == "" {
			title = it.Text
		}
		if title == "" {
			title = it.ID
		}
		a.printf("%s\n", short(line(title), width))
		a.printf("  %s\n", line(it.URL))
		small := facts(it)
		if len(users) > 1 { // two users may have networks of one name
			small = append([]string{line(it.User)}, small...)
		}
		a.printf("  %s\n", strings.Join(small, " · "))
	}
	return nil
}

// facts are the small print of an item.
func facts(it control.Item) []string {
	out := []string{line(it.Network)}
	if it.Author.Name != "" {
		out = append(out, line(it.Author.Name))
	}
	if it.LikedAt != nil {
		when := "liked " + it.LikedAt.UTC().Format("2 Jan 2006")
		switch it.LikedAtSource {
		case "order":
			when = "liked about " + it.LikedAt.UTC().Format("2 Jan 2006")
		case "first-seen":
			when = "first seen " + it.LikedAt.UTC().Format("2 Jan 2006")
		}
		out = append(out, when)
	}
	if it.Language != "" {
		out = append(out, line(it.Language))
	}
	for _, t := range it.Tags[:min(len(it.Tags), 5)] {
		out = append(out, "#"+line(t))
	}
	if it.Private {
		out = append(out, "private")
	}
	if it.RemovedAt != nil {
		out = append(out, fmt.Sprintf("%s since %s", line(it.RemovedBecause), it.RemovedAt.UTC().Format("2 Jan 2006")))
	}
	return out
}
