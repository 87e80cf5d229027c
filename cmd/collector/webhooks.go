package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/control"
	"collector/deliver/webhook"
)

// webhooksCommand manages who is told of what is collected.
func (a *app) webhooksCommand() *cobra.Command {
	c := a.group(&cobra.Command{
		Use: "webhooks", Short: "tell servers of yours what was collected: signed calls, at least once",
		Long: `A running collector calls the addresses that are added here with each like that it
finds: one signed POST a change, as Standard Webhooks has it, tried again for nearly
three days where it fails. docs/WEBHOOKS.md says what is sent and how to check it.`,
	})
	c.AddCommand(a.webhooksAdd(), a.webhooksList(), a.webhooksTest(), a.webhooksPause(true), a.webhooksPause(false),
		a.webhooksReplay(), a.webhooksRotate(), a.webhooksRemove())
	return c
}

func (a *app) webhooksAdd() *cobra.Command {
	e := webhook.Endpoint{}
	c := &cobra.Command{
		Use: "add <address>", Short: "tell an address of what is collected from now on, and print its secret",
		Long: `Adds an address and prints the secret that its calls are signed with. The secret is
shown this once.

--query chooses items as collector search does. --kinds chooses by what found the
change: poll (what is new), backfill (the history, on the first reading), sweep (what
was taken back), fill (details), remap and import.`,
		Example: `  collector webhooks add https://hooks.example/likes
  collector webhooks add https://hooks.example/go --query 'in:github lang:go' --kinds poll,sweep`,
		Args: arguments(1, 1, "one address"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			e.URL = args[0]
			if err := control.FitWebhook(e, a.now()); err != nil {
				return err
			}
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) (err error) {
				if e.User, err = meant(c, d, e.User); err != nil {
					return err
				}
				made, err := d.AddWebhook(ctx, e)
				if err != nil {
					return err
				}
				a.printf("%s\n%s\n", line(made.ID), line(made.Secret))
				a.say("The second line is the secret; it is not shown again. Try it: collector webhooks test %s", line(made.ID))
				if !made.Connected {
					a.say("The user %s has no account here yet: until there is one, nothing is told.", line(made.User))
				}
				return nil
			})
		}),
	}
	f := c.Flags()
	f.StringVar(&e.User, "user", "me", "whose likes")
	f.StringVar(&e.Query, "query", "", "only what matches, in the grammar of collector search")
	f.StringSliceVar(&e.Kinds, "kinds", []string{"poll"}, "by what found the change: "+strings.Join(webhook.Kinds[:], ", "))
	f.BoolVar(&e.Private, "private", false, "also what is private at its service")
	f.IntVar(&e.Parallel, "parallel", 10, fmt.Sprintf("calls at once, 1 to %d", webhook.MaxParallel))
	f.IntVar(&e.PerMinute, "per-minute", 0, "calls in a minute; 0 for no limit")
	return c
}

func (a *app) webhooksList() *cobra.Command {
	var user string
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "list webhooks, how they went, and what waits", Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				views, err := d.Webhooks(ctx, user)
				if err != nil {
					return err
				}
				return a.printWebhooks(views, asJSON)
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "only this user's")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	return c
}

func (a *app) printWebhooks(views []webhookView, asJSON bool) error {
	if asJSON {
		out := newJSONOut(a.out, false)
		for _, v := range views {
			if err := out.write(v); err != nil {
				return err
			}
		}
		return nil
	}
	if len(views) == 0 {
		a.printf("No webhooks. collector webhooks add https://…   adds one\n")
		return nil
	}
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"ID", "USER", "ADDRESS", "STATE", "LAST OK", "WAITING", "DEAD"})
	for _, v := range views {
		last := "never"
		if v.LastOK != nil {
			last = ago(*v.LastOK, a.now())
		}
		t.AppendRow(table.Row{line(v.ID), line(v.User), line(v.URL), line(v.State), last, v.Waiting, v.Dead})
	}
	a.printTable(t)
	for _, v := range views {
		if v.Why != "" {
			a.printf("%s: %s\n", line(v.ID), line(v.Why))
		}
		if v.State == "stopped" {
			a.printf("  collector webhooks resume %s   calls it again\n", line(v.ID))
		}
	}
	return nil
}

// onWebhook runs fn at the desk for the one webhook that is named.
func (a *app) onWebhook(fn func(ctx context.Context, d desk, id string) error) func(*cobra.Command, []string) error {
	return a.command(func(c *cobra.Command, args []string) error {
		return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error { return fn(ctx, d, args[0]) })
	})
}

func (a *app) webhooksTest() *cobra.Command {
	return &cobra.Command{
		Use: "test <id>", Short: "call a webhook once, with a signed message of the type ping", Args: arguments(1, 1, "one webhook"),
		RunE: a.onWebhook(func(ctx context.Context, d desk, id string) error {
			got, err := d.PingWebhook(ctx, id)
			if err != nil {
				return err
			}
			if !got.Well {
				return &problem{code: exitTemporary, whose: "the webhook", reason: got.Why, next: "see that the server runs and answers a POST with 200"}
			}
			a.say("%s: it answered %d in %d ms", line(id), got.Status, got.Millis)
			return nil
		}),
	}
}

func (a *app) webhooksPause(paused bool) *cobra.Command {
	use, short := "pause <id>", "call a webhook no more; what it misses waits for up to 30 days"
	if !paused {
		use, short = "resume <id>", "call a webhook again that was paused, or stopped since it was dead"
	}
	return &cobra.Command{
		Use: use, Short: short, Args: arguments(1, 1, "one webhook"),
		RunE: a.onWebhook(func(ctx context.Context, d desk, id string) error {
			if err := d.PauseWebhook(ctx, id, paused); err != nil {
				return err
			}
			if paused {
				a.say("%s: paused", line(id))
			} else {
				a.say("%s: resumed; a running collector calls it within a minute", line(id))
			}
			return nil
		}),
	}
}

func (a *app) webhooksReplay() *cobra.Command {
	var since int64
	c := &cobra.Command{
		Use: "replay <id>", Short: "send again what was given up; with --since all changes after a number",
		Long: `Sends the messages again that were given up after all tries. With --since N all
changes after that number of the change log (collector changes) are sent, whether they
were sent before or not, under the same webhook-ids.`,
		Args: arguments(1, 1, "one webhook"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			id := args[0]
			if since < -1 {
				return you(exitUsage, "--since=0 sends all that the log holds", "--since=%d is below 0", since)
			}
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				if since >= 0 {
					if err := d.RewindWebhook(ctx, id, since); err != nil {
						return err
					}
					a.say("%s: a running collector sends the changes after %d", line(id), since)
					return nil
				}
				n, err := d.ReplayWebhook(ctx, id)
				if err == nil {
					a.say("%s: %s sent again by a running collector", line(id), many(n, "message is", "messages are"))
				}
				return err
			})
		}),
	}
	c.Flags().Int64Var(&since, "since", -1, "all changes after this number, 0 for all that the log holds")
	return c
}

func (a *app) webhooksRotate() *cobra.Command {
	return &cobra.Command{
		Use: "rotate <id>", Short: "print a new secret; calls are signed with the old one too for a day", Args: arguments(1, 1, "one webhook"),
		RunE: a.onWebhook(func(ctx context.Context, d desk, id string) error {
			r, err := d.RotateWebhook(ctx, id)
			if err != nil {
				return err
			}
			a.printf("%s\n", line(r.Secret))
			a.say("The old secret is signed with too until %s.", r.OldUntil.UTC().Format(time.RFC3339))
			return nil
		}),
	}
}

func (a *app) webhooksRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove <id>", Short: "call a webhook no more, and drop what waits for it", Args: arguments(1, 1, "one webhook"),
		RunE: a.onWebhook(func(ctx context.Context, d desk, id string) error {
			err := d.RemoveWebhook(ctx, id)
			if err == nil {
				a.say("%s: removed", line(id))
			}
			return err
		}),
	}
}
