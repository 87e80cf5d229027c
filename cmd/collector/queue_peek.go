package main

import (
	"context"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/control"
	"collector/queue"
)

func (a *app) queuePeek() *cobra.Command {
	var asJSON, content, newest bool
	var is string
	var n int
	c := &cobra.Command{
		Use: "peek <queue>", Short: "show messages of a queue and leave them where they are",
		Long: `Shows messages of a queue, the oldest first, and leaves them where they are.
Headers and bodies may be private, so they are shown only with --content.`,
		Args: arguments(1, 1, "one queue"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if n < 1 || n > queue.MaxPage {
				return you(exitUsage, "--limit=20", "--limit=%d is not between 1 and %d", n, queue.MaxPage)
			}
			if err := control.StateNamed(is); err != nil {
				return err
			}
			return a.onDesk(c.Context(), a.withReadStore, func(ctx context.Context, d desk) error {
				views, more, err := d.Peek(ctx, args[0], is, newest, content, n)
				if err != nil {
					return err
				}
				if err := a.printMessages(views, asJSON || content); err != nil {
					return err
				}
				switch {
				case more:
					a.say("%s shown; there are more", many(len(views), "message", "messages"))
				case len(views) == 0:
					a.say("there is nothing")
				}
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	c.Flags().BoolVar(&content, "content", false, "also headers and bodies; prints JSON")
	c.Flags().BoolVar(&newest, "newest", false, "the newest first")
	c.Flags().StringVar(&is, "state", "", "only those that are ready, running, scheduled, dead or done")
	c.Flags().IntVar(&n, "limit", 20, "at most so many messages, 1 to 1000")
	return c
}

func (a *app) printMessages(views []messageView, asJSON bool) error {
	if asJSON {
		return writeLines(a.out, views)
	}
	if len(views) == 0 {
		return nil
	}
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"MESSAGE", "STATE", "PRIORITY", "SENT", "DELIVERED", "SIZE", "IN THE HANDS OF", "LAST ERROR"})
	for _, v := range views {
		t.AppendRow(table.Row{line(v.ID), line(string(v.State)), v.Priority, ago(deref(v.Sent), a.now()), many(v.Deliveries, "time", "times"), bytesText(int64(v.Bytes)), firstOf(line(v.Owner), "-"), firstOf(short(line(v.Error), 60), "-")})
	}
	a.printTable(t)
	return nil
}
