package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

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
			addresses, err := a.addresses()
			if err != nil {
				return err
			}
			if len(addresses) == 0 {
				return you(exitConfig, "name one in COLLECTOR_NOTIFY, or one a line in the file of --notify-file; docs/NOTIFICATIONS.md has examples", "there is no address to tell")
			}
			sender, err := a.sender()
			if err != nil {
				return err
			}
			var failures []*notify.Failure
			for _, to := range addresses {
				err := sender.Send(c.Context(), to, notify.Test(a.host))
				f, failed := errors.AsType[*notify.Failure](err)
				switch {
				case failed:
					failures = append(failures, f)
					a.printf("%s: not sent: %s\n  whose: %s\n  next:  %s\n", to, f.Reason, f.Whose, f.Next)
				case err != nil:
					return err
				default:
					a.printf("%s: sent\n", to)
				}
			}
			return notTold(failures, len(addresses))
		}),
	}
}

// notTold is the problem of addresses that could not be told, nil where there is none.
// What a person can mend comes first.
func notTold(failures []*notify.Failure, of int) error {
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
		code: code, err: worst, whose: worst.Whose, next: worst.Next,
		reason: fmt.Sprintf("%d of %s got no message: %s", len(failures), many(of, "address", "addresses"), worst.Reason),
	}
}

// sender is the way out for messages.
func (a *app) sender() (*notify.Sender, error) {
	out, err := fetch.NewOutside(fetch.Config{Version: version, AllowPrivate: a.conf.AllowPrivate, Own: a.own()})
	if err != nil {
		return nil, you(exitConfig, "collector config show", "%w", err)
	}
	return notify.NewSender(out), nil
}
