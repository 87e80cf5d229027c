package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// statusCommand shows one screen of truth.
func (a *app) statusCommand() *cobra.Command {
	var asJSON, watch bool
	var failOn, user string
	var every time.Duration
	c := &cobra.Command{
		Use:   "status [network]",
		Short: "show every network: its state, last success, next run and why then",
		Long: `Shows every network with its state, items, last success, next run and the reason
for that time, what is left of its quota, and how its last 20 runs went.

--fail-on=error ends with 4 when a network needs you, with 7 when one will not
recover by itself, with 5 when one is failing for now or collecting pauses since
the disk is nearly full. --fail-on=waiting also ends with 5 when one waits for its
quota.

Of more than 1,000 networks only those are listed that need somebody, at most 50;
all are counted. --user and a network's name show the others.

--json prints {"schema":1,"at","store","simulated","networks":[…],"instances":[…],
"summary":{…}}: one object, with --watch one a line. New fields may come; the
number of the schema grows when one changes its meaning or goes.`,
		Args: arguments(0, 1, "at most one network"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if failOn != "" && !slices.Contains([]string{"error", "waiting"}, failOn) {
				return you(exitUsage, "--fail-on=error or --fail-on=waiting", "--fail-on=%s is unknown", plain(failOn))
			}
			only := ""
			if len(args) == 1 {
				only = args[0]
			}
			return a.onDesk(c.Context(), a.withReadStore, func(ctx context.Context, d desk) error {
				show := func() (statusView, error) {
					v, err := d.Status(ctx, user, only)
					if err == nil {
						err = a.printStatus(v, asJSON, watch)
					}
					return v, err
				}
				v, err := show()
				for err == nil && watch {
					select {
					case <-ctx.Done():
						return nil
					case <-time.After(every):
						v, err = show()
					}
				}
				if err != nil {
					return err
				}
				return verdict(v, failOn)
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&watch, "watch", false, "show it again and again until stopped")
	c.Flags().DurationVar(&every, "every", 2*time.Second, "how often --watch shows it")
	c.Flags().StringVar(&failOn, "fail-on", "", "end with an error code: error or waiting")
	c.Flags().StringVar(&user, "user", "", "only this user's networks")
	return c
}

// verdict is the error of --fail-on: the exit code is that of the worst network.
func verdict(v statusView, failOn string) error {
	if failOn == "" {
		return nil
	}
	for _, code := range []int{exitSignIn, exitPermanent, exitTemporary} {
		if v.Any(func(n networkView) bool {
			return exitIn(n.Trouble()) == code || code == exitTemporary && failOn == "waiting" && n.State == "waiting: quota"
		}) {
			return &problem{code: code} // the table has said it
		}
	}
	if v.Pause != "" {
		return &problem{code: exitTemporary} // so has its last line but one
	}
	return nil
}

// printStatus writes one picture.
func (a *app) printStatus(v statusView, asJSON, watch bool) error {
	if asJSON {
		return newJSONOut(a.out, !watch).write(v)
	}
	var b strings.Builder
	width, is := terminal(a.out)
	if watch && is {
		b.WriteString("\x1b[H\x1b[2J")
	}
	a.drawStatus(&b, v, width)
	_, err := io.WriteString(a.out, b.String())
	return err
}

func (a *app) bars() bars {
	if a.unicode() {
		return bars{"▇", "▁", "✗", "└"}
	}
	return bars{"#", "_", "x", "`-"}
}
