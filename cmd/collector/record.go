package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"collector/auth"
	"collector/executor"
	"collector/record"
	"collector/store"
)

// mostRecorded is more pages than any recording needs.
const mostRecorded = 1000

// recordCommand writes down what a service answers, with everything invented that
// would tell of somebody.
func (a *app) recordCommand() *cobra.Command {
	var user, out string
	var pages, size int
	c := &cobra.Command{
		Use:   "record <network>",
		Short: "write down what a service answers, disguised, for a test or a report",
		Long: `Reads the first pages of a network's list and writes each call and its reply to a
folder, in the form of the recordings that connectors are tested with. Nothing is
collected, and the network goes on as if nobody had asked; the calls count for the
service's quotas, and where posts cost money, for the month's budget.

Names, ids, addresses and texts are replaced by invented ones, the same one each
time; cookies and whatever else of a reply nobody needs is left out. What stays are
names of fields, times, counts, yes and no, words of the protocol as "public", and
how long a text is. Read the recording before you show it.

It is refused, and nothing written, where a secret of the account still stands in it,
plain or encoded in a way that logs are cleaned of, and where the connector does not
read it as it read the replies. Where a limit ends the reading, what was read until
then is written, and the reason told. The folder must not be there yet.`,
		Example: `  collector record github/octocat
  collector record github/octocat --pages 4 --page-size 3 --out testdata`,
		Args: arguments(1, 1, "one network"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if pages < 1 || pages > mostRecorded {
				return you(exitUsage, "--pages=3", "--pages=%d is not between 1 and %d", pages, mostRecorded)
			}
			if size < 0 {
				return you(exitUsage, "--page-size=3, or without it as many as the service gives", "--page-size=%d is no number of items", size)
			}
			if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
				return you(exitUsage, "name a folder that is not there yet: --out FOLDER", "%s is there already, and a recording replaces nothing", plain(out))
			}
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				if a.simulated {
					return simulatedStore(st)
				}
				return a.record(ctx, st, recording{user, args[0], out, pages, size})
			})
		}),
	}
	c.Flags().IntVar(&pages, "pages", 3, "how many pages of the list, at most")
	c.Flags().IntVar(&size, "page-size", 0, "how many items a page has at most; 0: as many as the service gives")
	c.Flags().StringVar(&out, "out", "recording", "the folder that is made")
	c.Flags().StringVar(&user, "user", "", "whose network it is, when several users have one of this name")
	return c
}

// recording is what is to be recorded, and where to.
type recording struct {
	user, network, out string
	pages, size        int
}

func (a *app) record(ctx context.Context, st store.Store, what recording) error {
	n, err := network(ctx, st, what.user, what.network)
	if err != nil {
		return err
	}
	conn, ok := a.offered(n.Service)
	if !ok {
		return you(exitUsage, "use the collector that connected it", "this collector has no service %s", plain(n.Service))
	}
	cl, err := a.newClient(ctx, st, a.newOwner(), nil)
	if err != nil {
		return err
	}
	defer cl.close(ctx, a.conf.Grace)
	if err := cl.keeper.Know(ctx, auth.Who{Account: n.AccountID, Provider: n.Provider, Server: n.Server, Name: n.Name(), User: n.User}); err != nil {
		return err
	}
	seen, cut := executor.Look(ctx, cl.fetch.Do, conn, n, what.pages, what.size)
	if len(seen.Pages) == 0 && cut != nil {
		return cut
	}
	made, err := record.Make(conn, record.Replies(seen), a.holdsSecret)
	if err != nil {
		return notRecorded(n.Name(), err)
	}
	if err := writeAll(what.out, made.Files); err != nil {
		return err
	}
	end := "the list goes on"
	if made.Ended {
		end = "the whole list"
	}
	a.say("%s %s: %s, %s (%s)", a.tick(), plain(what.out), many(made.Pages, "page", "pages"), many(made.Items, "item", "items"), end)
	a.say("  Read it before you show it: names, ids and texts are invented, times and counts are not.")
	return cut
}

// holdsSecret says whether a secret that this process has opened stands in a text, in
// any spelling that the Scrubber knows.
func (a *app) holdsSecret(text string) bool { return a.scrubber.Scrub(text) != text }

// notRecorded words why there is no recording.
func notRecorded(name string, err error) error {
	p := &problem{code: exitOther, whose: "collector", err: err, reason: fmt.Sprintf("%s was not recorded: %v; nothing was written", name, err)}
	switch {
	case errors.Is(err, record.ErrSecret):
		p.next = "report it, with the name of the service and without the reply: a secret stands where nobody looks for one"
	case errors.Is(err, record.ErrDiffers):
		p.next = "report it with this text: the disguise is wrong for this service"
	default:
		return err
	}
	return p
}

// writeAll writes files into a folder that gets its name once all of them are there.
func writeAll(folder string, files []record.File) (err error) {
	folder = filepath.Clean(folder)
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return you(exitReadOnly, "name a folder that can be made: --out FOLDER", "making a folder for the recording: %w", err)
	}
	part, err := os.MkdirTemp(filepath.Dir(folder), ".recording-")
	if err != nil {
		return you(exitReadOnly, "name a folder that can be made: --out FOLDER", "making a folder for the recording: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	for _, f := range files {
		name := filepath.Join(part, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return fmt.Errorf("writing the recording: %w", err)
		}
		if err := os.WriteFile(name, f.Text, 0o644); err != nil {
			return fmt.Errorf("writing the recording: %w", err)
		}
	}
	if err := os.Chmod(part, 0o755); err != nil {
		return fmt.Errorf("writing the recording: %w", err)
	}
	if err := os.Rename(part, folder); err != nil {
		return fmt.Errorf("naming the recording: %w", err)
	}
	return nil
}
