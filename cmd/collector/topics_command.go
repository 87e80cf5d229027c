package main

import (
	"context"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
)

// topicsCommand shows the topics of the message broker.
func (a *app) topicsCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "topics", Short: "list the topics with what is kept of them, and its positions",
		Long: `Lists the topics of the message broker: how many of their messages are kept, and at
which positions. All topics share one numbering. A subscriber that asks for a position
below the oldest is told that something is gone.`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.onDesk(c.Context(), a.withReadStore, func(ctx context.Context, d desk) error {
				v, err := d.Topics(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					return newJSONOut(a.out, true).write(v)
				}
				a.printTopics(v)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) printTopics(v topicsView) {
	if len(v.Topics) == 0 {
		a.printf("No topics: nothing that was sent to one is kept.\n")
		return
	}
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"TOPIC", "MESSAGES", "OLDEST", "NEWEST", "LAST"})
	for _, s := range v.Topics {
		t.AppendRow(table.Row{line(s.Topic), count(int(s.Messages)), s.Oldest, s.Newest, ago(deref(s.Last), a.now())})
	}
	a.printTable(t)
	a.printf("kept are the positions %d to %d of all topics\n", v.Oldest, v.Next-1)
}
