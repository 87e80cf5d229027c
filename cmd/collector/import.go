package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/control/bring"
)

// importCommand brings in what other services and programs gave out.
func (a *app) importCommand() *cobra.Command {
	var o bring.Options
	var asJSON bool
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "bring in an export: bookmarks, Pocket, X, Reddit, YouTube, github-to-sqlite, or our own",
		Long: `Reads an export, which may be a file, a zip archive or the folder that one was
unpacked to, and adds what is missing. What it is shows in its content:

  bookmarks     a bookmark file, as browsers, Pinboard, Raindrop and linkding write it
  pocket        the CSV files of Pocket; pocket-html: its older ril_export.html
  x             an archive of X: likes
  reddit        a Reddit data export: saved posts and comments, and votes up
  takeout       Google Takeout: liked videos of YouTube
  github        a database of github-to-sqlite: stars
  jsonl, csv, sqlite   what collector export wrote

The likes go to the network of their service. Where there is none, a list is made
that is kept and searched but never collected; connecting the account later goes on
with it. What a collector has read of a like stays as it is, polls do not stop early
for what was imported, and nothing comes back that was taken back after the export
was made. A collector that runs need not be stopped.

It can be run again, also after it was interrupted: what is there is not added twice.
What cannot be read is told with its place and the reason, all else is imported, and
the exit code is then 7.`,
		Example: `  collector import bookmarks.html
  collector import twitter-archive.zip
  collector import --into reddit/octo_cat reddit-export.zip
  collector import --dry-run --json likes.jsonl`,
		Args: arguments(1, 1, "one file or folder"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if o.User != "" {
				if err := control.CheckWho(o.User, ""); err != nil {
					return err
				}
			}
			x, err := bring.Open(args[0], "")
			if err != nil {
				return err
			}
			defer x.Close() // it was only read
			if err := x.Recognise(o, a.now()); err != nil {
				return err
			}
			open := opening(a.making)
			if o.DryRun {
				open = a.reading
			}
			return a.onDesk(c.Context(), open, func(ctx context.Context, d desk) error {
				a.say("this is %s of %s", x.Format.Title, x.Made.Format("2 January 2006"))
				r, err := d.Import(ctx, x, o)
				if err != nil {
					return err
				}
				return a.sayImport(r, asJSON)
			})
		}),
	}
	c.Flags().StringVar(&o.Format, "format", "", "what it is, where its content does not show: bookmarks, pocket, pocket-html, x, reddit, takeout, github, sqlite, jsonl, csv")
	c.Flags().StringVar(&o.Into, "into", "", "the network that it belongs to, where there are several or it shall have a name of its own")
	c.Flags().StringVar(&o.User, "user", "", "whose likes they are; without it the user that our own export names, else me")
	c.Flags().StringVar(&o.Part, "part", "", "only this file of the archive or folder")
	c.Flags().StringVar(&o.AsOf, "as-of", "", "when the export was made, 2025-07-08 or 2025-07-08T12:00:00Z; without it the time of the file")
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "read all of it and say what is in it, store nothing")
	c.Flags().BoolVar(&asJSON, "json", false, "print the report as JSON")
	return c
}

// sayImport tells what an import came to. What could not be read makes it a failure.
func (a *app) sayImport(r *bring.Report, asJSON bool) error {
	if asJSON {
		if err := newJSONOut(a.out, false).write(r); err != nil {
			return err
		}
	}
	for _, t := range r.Networks {
		kept := ""
		if t.Imported {
			kept = " (kept, not collected)"
		}
		if r.DryRun {
			a.say("%s would go to %s%s", many(t.Read, "like", "likes"), line(t.Network), kept)
			continue
		}
		a.say("%s %s%s: %s added, %s changed, %s known", a.tick(), line(t.Network), kept, count(t.Added), count(t.Changed), count(t.Known))
	}
	a.sayGroups("left out", r.LeftOut)
	a.sayGroups("not read", r.Unread)
	switch n := bring.InGroups(r.Unread); {
	case n > 0:
		next := "all else is imported; correct the places above and import it again, or leave it so"
		if r.DryRun {
			next = "correct the places above, or import it without them"
		}
		return you(exitPermanent, next, "%s could not be read", many(n, "entry", "entries"))
	case len(r.Networks) == 0:
		a.say("there are no likes in it")
	}
	return nil
}

func (a *app) sayGroups(what string, groups []*bring.Group) {
	for _, g := range groups {
		more := ""
		if g.N > len(g.Where) {
			more = " …"
		}
		a.say("! %s: %s: %s (%s%s)", what, many(g.N, "entry", "entries"), line(g.Reason), line(strings.Join(g.Where, "; ")), more)
	}
}
