package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/imports"
	"collector/item"
	"collector/state"
	"collector/store"
	"collector/store/datasette"
	"collector/store/githubtosqlite"
	"collector/store/intake"
)

// bringing is what `collector import` was asked for.
type bringing struct {
	format, into, user, part, asOf string
	dry, json                      bool
}

// importCommand brings in what other services and programs gave out.
func (a *app) importCommand() *cobra.Command {
	var b bringing
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
			if b.user != "" {
				if err := control.CheckWho(b.user, ""); err != nil {
					return err
				}
			}
			x, err := openExport(args[0])
			if err != nil {
				return err
			}
			defer x.close()
			if err := a.recognise(x, b); err != nil {
				return err
			}
			owner := "import-" + control.NewID()
			o := store.Options{Owner: owner}
			if b.dry {
				o = store.Options{Reading: true}
				if a.hasStore() != nil {
					return a.bring(c.Context(), nil, owner, x, b)
				}
			}
			return a.opened(c.Context(), o, func(ctx context.Context, st store.Store) error {
				if a.simulated {
					return simulatedStore(st)
				}
				return a.bring(ctx, st, owner, x, b)
			})
		}),
	}
	c.Flags().StringVar(&b.format, "format", "", "what it is, where its content does not show: bookmarks, pocket, pocket-html, x, reddit, takeout, github, sqlite, jsonl, csv")
	c.Flags().StringVar(&b.into, "into", "", "the network that it belongs to, where there are several or it shall have a name of its own")
	c.Flags().StringVar(&b.user, "user", "", "whose likes they are; without it the user that our own export names, else me")
	c.Flags().StringVar(&b.part, "part", "", "only this file of the archive or folder")
	c.Flags().StringVar(&b.asOf, "as-of", "", "when the export was made, 2025-07-08 or 2025-07-08T12:00:00Z; without it the time of the file")
	c.Flags().BoolVar(&b.dry, "dry-run", false, "read all of it and say what is in it, store nothing")
	c.Flags().BoolVar(&b.json, "json", false, "print the report as JSON")
	return c
}

// recognise finds out what an export is.
func (a *app) recognise(x *openedExport, b bringing) error {
	parts := x.parts
	if b.part != "" {
		parts = nil
		for _, p := range x.parts {
			if p.Name == b.part || p.Base() == b.part {
				p.Alone = true
				parts = append(parts, p)
			}
		}
		if len(parts) == 0 {
			return you(exitUsage, "look into the archive or folder for its name", "there is no file %q in it", plain(b.part))
		}
	}
	formats := append([]imports.Format{githubtosqlite.Format(), datasette.Format()}, imports.Formats()...)
	f, found, err := imports.Recognise(formats, parts, b.format)
	switch {
	case errors.Is(err, imports.ErrWhich):
		return you(exitUsage, "--part NAME says which of them", "%w", err)
	case errors.Is(err, imports.ErrUnknown):
		return you(exitUsage, "collector import --help   lists them; --format says what it is", "%w", err)
	case err != nil:
		return you(exitUsage, "look at the file: is it whole?", "%w", err)
	}
	x.format, x.parts = f, found
	if b.asOf == "" {
		for _, p := range found {
			if p.Made.After(x.made) {
				x.made = p.Made.UTC()
			}
		}
	} else if x.made, err = parseDay(b.asOf); err != nil {
		return err
	}
	if now := a.now().UTC(); x.made.IsZero() || x.made.After(now) {
		x.made = now
	}
	return nil
}

// parseDay reads --as-of.
func parseDay(s string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, you(exitUsage, "--as-of=2025-07-08", "--as-of=%s is no day and no time", plain(s))
}

// bring reads an export into a store, nil where there is none yet for a dry run.
func (a *app) bring(ctx context.Context, st store.Store, owner string, x *openedExport, b bringing) (err error) {
	a.say("this is %s of %s", x.format.Title, x.made.Format("2 January 2006"))
	r := newImportReport(x.format.Name, x.made)
	t := &takeIn{
		app: a, store: st, bringing: b, made: x.made, report: r, said: a.now(), targets: map[string]*destination{},
		lists: map[string]string{}, waiting: map[string][]imports.Entry{},
	}
	if st != nil && !b.dry {
		in := intake.New(st, intake.Options{Owner: owner, Lease: a.conf.Lease, Now: a.now, Waiting: func(n state.Network) {
			a.say("  %s is being read by a collector: waiting until it has finished", line(n.Name()))
		}})
		t.intake = in
		defer func() { err = errors.Join(err, in.Close(context.WithoutCancel(ctx))) }()
	}
	if err := x.format.Read(ctx, x.parts, func(e imports.Entry) error { return t.entry(ctx, e) }); err != nil {
		return err
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	return a.sayImport(r, b)
}

// Sizes of what is stored together.
const (
	importBuffer = 5000 // entries kept before they are stored
	importPage   = 500  // items in one page
)

// takeIn gathers entries and stores them page by page.
type takeIn struct {
	*app
	bringing
	store   store.Store
	intake  *intake.Intake // nil for a dry run
	made    time.Time
	report  *importReport
	said    time.Time
	targets map[string]*destination // by list
	lists   map[string]string       // names of the lists seen, where --into names one
	order   []string                // lists in the order in which they came
	waiting map[string][]imports.Entry
	n       int
}

// entry takes one entry.
func (t *takeIn) entry(ctx context.Context, e imports.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.report.see(e)
	if now := t.now(); now.Sub(t.said) >= 5*time.Second {
		t.said = now
		t.say("  %s read, %s added", many(t.report.Read, "like", "likes"), count(t.report.added()))
	}
	if e.Err != nil || e.Left != "" {
		return nil
	}
	key := listKey(e.List)
	if _, there := t.waiting[key]; !there {
		t.order = append(t.order, key)
	}
	t.waiting[key] = append(t.waiting[key], e)
	if t.n++; t.n >= importBuffer {
		return t.flush(ctx)
	}
	return nil
}

// flush stores what has gathered.
func (t *takeIn) flush(ctx context.Context) error {
	for _, key := range t.order {
		entries := t.waiting[key]
		d, err := t.destination(ctx, entries[0].List)
		if err != nil {
			return err
		}
		for observed, items := range byTime(entries, t.made) {
			if err := t.keep(ctx, d, items, observed); err != nil {
				return err
			}
		}
	}
	clear(t.waiting)
	t.order, t.n = nil, 0
	return nil
}

// keep stores items of one time, page by page.
func (t *takeIn) keep(ctx context.Context, d *destination, items []item.Item, observed time.Time) error {
	for len(items) > 0 {
		page := items[:min(len(items), importPage)]
		items = items[len(page):]
		if t.intake == nil {
			d.tally.Read += len(page)
			continue
		}
		r, err := t.intake.Put(ctx, d.network.ID, page, observed)
		if err != nil {
			return err
		}
		d.tally.Read += len(page)
		d.tally.Added += r.Added
		d.tally.Changed += r.Changed
		d.tally.Known += r.Known
	}
	return nil
}
