package main

import (
	"bufio"
	"context"
	"errors"

	"github.com/spf13/cobra"
)

// changesCommand reads the change log.
func (a *app) changesCommand() *cobra.Command {
	var since int64
	var user string
	var n int
	var last bool
	c := &cobra.Command{
		Use:   "changes --since N",
		Short: "print what changed after a number, one JSON object a line",
		Long: `Prints the change log after the change numbered N, oldest first, one object a line:
{"seq","at","user","network","kind","added":[ids],"changed":[ids],"removed":[ids]}.

The numbers have no gaps: a reader that keeps the newest one it has seen and asks
for what follows misses nothing. kind tells how the change was found: backfill,
poll, sweep, fill (details) or remap (objects that a newer collector could read).

When the log no longer reaches back to N it ends with ` + "7" + `: read everything once
with collector export, then go on from the number that --last prints.`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			if since < 0 {
				return you(exitUsage, "--since=0 reads the log from its beginning", "--since=%d is below 0", since)
			}
			return a.onDesk(c.Context(), a.using(user), func(ctx context.Context, d desk) error {
				if last {
					seq, err := d.LastChange(ctx)
					if err == nil {
						a.printf("%d\n", seq)
					}
					return err
				}
				return a.printChanges(ctx, d, user, since, n)
			})
		}),
	}
	c.Flags().Int64Var(&since, "since", 0, "the newest number that is known already; 0 for the beginning")
	c.Flags().StringVar(&user, "user", "", "only this user's changes")
	c.Flags().IntVar(&n, "limit", 0, "at most so many; 0 for all")
	c.Flags().BoolVar(&last, "last", false, "print the number of the newest change and nothing else")
	return c
}

// printChanges writes the log in batches, so that a long one needs little memory.
func (a *app) printChanges(ctx context.Context, d desk, user string, since int64, n int) error {
	buf := bufio.NewWriterSize(a.out, 64<<10)
	out := newJSONOut(buf, false)
	const batch = 500
	for done := 0; n <= 0 || done < n; {
		ask := batch
		if n > 0 {
			ask = min(batch, n-done)
		}
		list, next, err := d.Changes(ctx, user, since, ask)
		if err != nil {
			return errors.Join(err, buf.Flush())
		}
		for _, ch := range list {
			if err := out.write(ch); err != nil {
				return err
			}
		}
		since = next
		done += len(list)
		if len(list) < ask {
			break
		}
	}
	return buf.Flush()
}
