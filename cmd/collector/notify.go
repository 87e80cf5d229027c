package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/deliver/notify"
	"collector/fetch"
)

// notifyCommand is about who is told when something needs a person.
func (a *app) notifyCommand() *cobra.Command {
	c := a.group(&cobra.Command{
		Use: "notify", Short: "who is told when something needs you",
		Long: `A running collector tells the addresses in COLLECTOR_NOTIFY or --notify-file when a
network needs you or is well again, when likes that are gone wait for your word, when a
webhook is not called any more, and when the store is full. Each change is told once, by
ntfy, mail, Telegram, Discord, Slack, Gotify and others: docs/NOTIFICATIONS.md.`,
	})
	a.keyFlags(c.PersistentFlags(), func(key string) bool { return key == "notify_file" })
	c.AddCommand(a.notifyTest())
	return c
}

func (a *app) notifyTest() *cobra.Command {
	return &cobra.Command{
		Use: "test", Short: "send a test message to each address, and say what failed and whose fault it is", Args: a.noArguments,
		Example: `  COLLECTOR_NOTIFY=ntfy://ntfy.sh/my-topic collector notify test
  collector notify test --notify-file=addresses`,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			if !a.asksHere() && c.Flags().Changed("notify-file") {
				return you(exitUsage, "leave it out: the collector that runs has addresses of its own", "--notify-file is for a test from here")
			}
			return a.onDeskAlone(c.Context(), func(ctx context.Context, d desk) error {
				told, err := d.TestNotify(ctx)
				if err != nil {
					return err
				}
				return a.sayTold(told)
			})
		}),
	}
}

// sayTold says of each address how it went.
func (a *app) sayTold(told []control.Told) error {
	if len(told) == 0 {
		return you(exitConfig, "name one in COLLECTOR_NOTIFY, or one a line in the file of --notify-file; docs/NOTIFICATIONS.md has examples", "there is no address to tell")
	}
	for _, t := range told {
		if t.Sent {
			a.printf("%s: sent\n", line(t.To))
			continue
		}
		a.printf("%s: not sent: %s\n  whose: %s\n  next:  %s\n", line(t.To), line(t.Reason), line(t.Whose), line(t.Next))
	}
	return notTold(told)
}

// notTold is the problem of addresses that could not be told, nil where there is none.
// What a person can mend comes first.
func notTold(told []control.Told) error {
	failures := slices.DeleteFunc(slices.Clone(told), func(t control.Told) bool { return t.Sent })
	if len(failures) == 0 {
		return nil
	}
	worst, code := failures[0], exitTemporary
	for _, f := range failures {
		if f.Whose == "you" {
			worst, code = f, exitConfig
			break
		}
	}
	return &problem{
		code: code, whose: worst.Whose, next: worst.Next,
		reason: fmt.Sprintf("%d of %s got no message: %s", len(failures), many(len(told), "address", "addresses"), worst.Reason),
	}
}

// testNotify sends a test message to each address, one after the other.
func (a *app) testNotify(ctx context.Context) (told []control.Told, err error) {
	addresses, err := a.addresses()
	if err != nil || len(addresses) == 0 {
		return nil, err
	}
	sender, err := a.sender()
	if err != nil {
		return nil, err
	}
	for _, to := range addresses {
		err := sender.Send(ctx, to, notify.Test(a.host))
		f, failed := errors.AsType[*notify.Failure](err)
		switch {
		case failed:
			told = append(told, control.Told{To: to.String(), Reason: f.Reason, Whose: f.Whose, Next: f.Next})
		case errors.Is(err, context.DeadlineExceeded): // of who asks over HTTP
			told = append(told, control.Told{To: to.String(), Reason: "there was no time left for it", Whose: "the service or the network", Next: "run collector notify test where the collector runs"})
		case err != nil:
			return told, err
		default:
			told = append(told, control.Told{To: to.String(), Sent: true})
		}
	}
	return told, nil
}

// sender is the way out for messages.
func (a *app) sender() (*notify.Sender, error) {
	out, err := fetch.NewOutside(fetch.Config{Version: version, AllowPrivate: a.conf.AllowPrivate, Own: a.own()})
	if err != nil {
		return nil, you(exitConfig, "collector config show", "%w", err)
	}
	return notify.NewSender(out), nil
}
