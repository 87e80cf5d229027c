package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/control"
	"collector/queue"
	"collector/store"
	"collector/upkeep"
)

// usersClean shows and does by hand what a turn of cleaning does.
func (a *app) usersClean() *cobra.Command {
	var after time.Duration
	var dry, yes, asJSON bool
	c := &cobra.Command{
		Use: "clean", Short: "end the collecting of lists whose users were not there for long; --dry-run shows whose",
		Long: `Ends the collecting of the lists of users who were not there for long, as collectors
do by themselves, once a day, where clean_inactive is set. What was collected is kept
and can be searched; a list that is connected again goes on with it. The sign-in goes
with the last list of an account.

A user is there who connects, syncs, pauses or resumes something, searches, exports,
reads the changes, or is told by a webhook, and whom collector users seen names. This
is noted since cleaning was turned on, so nobody is inactive before it has been on for
the whole time; after a break of more than 7 days it begins anew. Lists that were
only imported are left alone.`,
		Example: `  collector users clean --inactive=720h --dry-run
  COLLECTOR_CLEAN_INACTIVE=720h collector`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			if asJSON && !dry {
				return you(exitUsage, "add --dry-run", "--json shows what would be cleaned")
			}
			open := opening(a.withStore)
			if dry {
				open = a.withReadStore
			}
			return a.onDesk(c.Context(), open, func(ctx context.Context, d desk) error {
				if a.simulated && !dry {
					_, err := d.CleanUsers(ctx, after, false) // says why not
					return err
				}
				r, err := d.CleanUsers(ctx, after, true)
				if err != nil {
					return err
				}
				if dry {
					return a.printInactive(r, asJSON)
				}
				return a.cleanUsers(ctx, d, after, r, yes)
			})
		}),
	}
	c.Flags().DurationVar(&after, "inactive", 0, "who was not there for so long, at least 168h; without it clean_inactive counts")
	c.Flags().BoolVar(&dry, "dry-run", false, "show who is inactive and who will be, and change nothing")
	c.Flags().BoolVar(&asJSON, "json", false, "with --dry-run: print JSON, one object a line")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// cleanUsers does it, after a word.
func (a *app) cleanUsers(ctx context.Context, d desk, after time.Duration, r control.Cleaning, yes bool) error {
	inactive := r.Users[:min(max(r.Inactive, 0), len(r.Users))]
	if len(inactive) == 0 {
		a.say("%s", a.nobody(r))
		return nil
	}
	if err := a.confirm(ctx, yes, fmt.Sprintf("End the collecting for %s?", many(len(inactive), "inactive user", "inactive users"))); err != nil {
		return err
	}
	for _, u := range inactive {
		for _, n := range u.Networks {
			a.say("%s of %s", line(n), line(u.User))
		}
	}
	r, err := d.CleanUsers(ctx, after, false)
	if err == nil {
		a.say("%s of %s no longer collected", many(r.Cleaned.Networks, "network", "networks"), many(r.Cleaned.Users, "user is", "users are"))
	}
	return err
}

// CleanUsers looks who is inactive for a time, without one for that which is configured, and
// ends the collecting for them unless it is only looked.
func (d atStore) CleanUsers(ctx context.Context, after time.Duration, dry bool) (control.Cleaning, error) {
	return d.panel().Beside.CleanUsers(ctx, after, dry)
}

func (a *app) cleanInactive(ctx context.Context, st store.Store, after time.Duration, dry bool) (control.Cleaning, error) {
	if after == 0 {
		after = a.conf.CleanInactive
	}
	if after < upkeep.MinInactive {
		return control.Cleaning{}, &control.Problem{Kind: control.Wrong, Whose: "you", Reason: "it is not said after which time a user is inactive", Next: "--inactive=720h, at least 168h, or set clean_inactive"}
	}
	if a.simulated && !dry {
		return control.Cleaning{}, simulatedStore(st)
	}
	cleaner := a.cleaner(st, after, slog.New(slog.DiscardHandler))
	r, err := cleaner.Look(ctx)
	out := control.CleaningOf(r)
	if err != nil || dry || out.Inactive == 0 {
		return out, err
	}
	done, err := cleaner.Clean(ctx)
	out.Cleaned = control.Cleaned(done)
	return out, err
}

// nobody says why no user is inactive.
func (a *app) nobody(r control.Cleaning) string {
	if r.Since == nil {
		return "Nobody is inactive: who is there is noted only while a collector runs with clean_inactive."
	}
	return "Nobody is inactive. Who is there is noted since " + r.Since.UTC().Format(time.RFC3339) + "."
}

// printInactive shows a report.
func (a *app) printInactive(r control.Cleaning, asJSON bool) error {
	views := r.Users
	if asJSON {
		return writeLines(a.out, views)
	}
	if r.Inactive == 0 {
		a.say("%s", a.nobody(r))
	}
	if len(views) == 0 {
		return nil
	}
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"USER", "INACTIVE", "LAST SIGN", "WHAT IT WAS", "NETWORKS"})
	for _, v := range views {
		when := "-"
		switch {
		case v.Inactive:
			when = "now"
		case v.Due != nil:
			when = until(*v.Due, r.At)
		}
		t.AppendRow(table.Row{line(v.User), when, ago(deref(v.Seen), r.At), line(v.Sign), line(strings.Join(v.Networks, " "))})
	}
	a.printTable(t)
	return nil
}

// usersSeen notes that users are there.
func (a *app) usersSeen() *cobra.Command {
	return &cobra.Command{
		Use: "seen <user>…", Short: "say that users are there: for pages of yours over which they use it",
		Args: arguments(1, -1, "users"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error { return d.UsersSeen(ctx, args) })
		}),
	}
}

// UsersSeen notes that users are there.
func (d atStore) UsersSeen(ctx context.Context, users []string) error {
	return d.panel().UsersSeen(ctx, users, d.a.now())
}

// endUpkeep removes what upkeep knows of a user: when the user was there, and exports that
// were asked for, with their files. It returns how many exports there were, and which of them
// run and end by themselves.
func (a *app) endUpkeep(ctx context.Context, st store.Store, user string) (ended int, running []string, err error) {
	if err := upkeep.Forget(ctx, st, user); err != nil {
		return 0, nil, err
	}
	if path := a.database(); path != "" {
		if _, err := os.Stat(path + upkeepJobs().beside); errors.Is(err, fs.ErrNotExist) {
			return 0, nil, nil
		}
	}
	var ids []string
	err = a.withOpenJobs(ctx, st, upkeepJobs(), func(jobs queue.Store) error {
		_, err := control.EachJob(ctx, []queue.Store{jobs}, queue.Filter{Kind: exports.Name}, 0, false, func(j queue.Job) error {
			var w control.Export
			if json.Unmarshal(j.Data, &w) == nil && w.User == user {
				ids = append(ids, j.ID)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, id := range ids {
			n, err := jobs.Remove(ctx, queue.Filter{ID: id}, 1)
			if err != nil {
				return err
			}
			if n == 0 { // it ends by itself, and has a file then
				running = append(running, id)
			}
			if err := a.removeExport(id); err != nil {
				return err
			}
		}
		return nil
	})
	return len(ids), running, errors.Join(err, a.compact(ctx, upkeepJobs().beside))
}
