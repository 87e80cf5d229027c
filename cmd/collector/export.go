package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/export"
	"collector/search"
	"collector/store"
)

// exportable says whether a format is one that there is.
func exportable(format string) bool { return slices.Contains(export.Formats(), format) }

// exportCommand writes everything that was collected.
func (a *app) exportCommand() *cobra.Command {
	var w control.Export
	var background bool
	c := &cobra.Command{
		Use:   "export",
		Short: "write all items as JSON Lines, CSV, bookmarks, Markdown or SQLite",
		Long: `Writes every item, in the order of network and id:

  jsonl    one object a line
  csv      one row an item
  html     a bookmark file, which browsers and bookmark services read
  md       Markdown, to read
  sqlite   an SQLite file with tables and full-text search, for Datasette:
           collector export --format sqlite > likes.db

Likes that were taken back are left out unless --removed is given.

Fields: user, service, network, account, id, url, title, text, author {name, url,
avatar} (csv: author_name, author_url, author_avatar), image, kind, tags (csv: joined
by blanks), language, private, createdAt, likedAt, likedAtSource (api, order,
first-seen), firstSeenAt, removedAt, removedBecause (unliked, gone, hidden, unknown),
detailsMissing. Times are RFC 3339 in UTC; unknown ones are null (csv: empty). In csv
a cell that a spreadsheet would take for a formula, or that begins with an
apostrophe, has an apostrophe before it.

collector import reads all but md. jsonl and sqlite hold all of an item; csv loses
control characters and the blanks within tags; html holds what a bookmark has, and is
imported as bookmarks. docs/EXPORT.md has the details.

With --background a running collector writes it, into a file of its export_folder
(beside an SQLite store: in the folder collector.db.exports) that gets its name once
it is whole; the command prints the id of the job and does not wait.`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			if !exportable(w.Format) {
				return you(exitUsage, "--format is one of "+strings.Join(export.Formats(), ", "), "there is no format %q", plain(w.Format))
			}
			if _, is := terminal(a.out); is && w.Format == "sqlite" && !background {
				return you(exitUsage, "collector export --format sqlite > likes.db", "an SQLite file is nothing for a terminal")
			}
			if _, bad := search.Parse(w.Query, a.now()); bad != nil { // half a query would be half an export
				return control.Misread(bad)
			}
			if background {
				return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
					added, err := d.AddExport(ctx, w)
					if err == nil {
						a.showAdded(added)
					}
					return err
				})
			}
			return a.onDesk(c.Context(), a.using(w.User), func(ctx context.Context, d desk) error {
				n, err := d.Export(ctx, w, a.out)
				if err != nil {
					return err
				}
				if a.simulated {
					a.say("[simulated] made-up people and items")
				}
				if n < 0 {
					a.say("all is written")
					return nil
				}
				a.say("%s written", many(n, "item", "items"))
				return nil
			})
		}),
	}
	c.Flags().StringVar(&w.Format, "format", "jsonl", strings.Join(export.Formats(), ", "))
	c.Flags().StringVar(&w.User, "user", "", "only this user's items")
	c.Flags().StringVar(&w.Network, "network", "", "only this network's items")
	c.Flags().StringVar(&w.Query, "query", "", "only items that match; see collector help search")
	c.Flags().BoolVar(&w.Removed, "removed", false, "also likes that were taken back")
	c.Flags().BoolVar(&background, "background", false, "have a running collector write it into a file, and do not wait")
	return c
}

// noteEvery is after how many items it is told how far an export is.
const noteEvery = 1000

// writeExport writes items, of a network by its id, and returns how many; at is the moment that a query such as
// age:<30d counts from.
func (a *app) writeExport(ctx context.Context, st store.Store, w control.Export, at time.Time, to io.Writer, note func(n int)) (n int, err error) {
	q := store.Query{User: w.User, Network: w.Network, Removed: w.Removed}
	expr, bad := search.Parse(w.Query, at)
	if bad != nil {
		return 0, fmt.Errorf("reading the query of an export: %w", bad)
	}
	q.Expr = expr
	out, err := export.New(ctx, w.Format, to, a.simulated)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	err = st.Each(ctx, q, func(it store.Liked) error {
		if n++; n%noteEvery == 0 {
			note(n)
		}
		return out.Write(ctx, it)
	})
	if err == nil {
		err = out.Flush(ctx)
	}
	return n, err
}
