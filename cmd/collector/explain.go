package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/state"
	"collector/store"
)

// explainCommand tells all about one network.
func (a *app) explainCommand() *cobra.Command {
	var user string
	var asJSON bool
	c := &cobra.Command{
		Use:   "explain <network>",
		Short: "say why a network is in its state and runs when it runs",
		Args:  arguments(1, 1, "one network"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				now := a.now()
				e, err := a.panel(st).Explain(ctx, user, args[0], now)
				if err != nil {
					return err
				}
				if asJSON {
					return newJSONOut(a.out, true).write(e.Network)
				}
				a.printf("%s", a.story(e, now))
				return nil
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "whose network it is, when several users have one of this name")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON: the network's object of collector status --json")
	return c
}

// story is the long text on one network.
func (a *app) story(e control.Explained, now time.Time) string {
	n, v := e.Stored, e.Network
	var b strings.Builder
	say := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", label, line(fmt.Sprintf(format, args...)))
	}
	if a.simulated {
		b.WriteString("[simulated] made-up people and items\n")
	}
	say(n.Name(), "%s, user %s", v.State, n.User)
	who := n.RemoteID
	if who == "" {
		who = "not confirmed by the service yet"
	}
	say("account", "%s (%s)", n.Account, who)
	if n.Server != "" {
		say("server", "%s", n.Server)
	}
	if n.Condition != state.Imported {
		say("mode", "%s", meaning(n.Mode))
	}
	say("items", "%s", count(n.Items)+total(n))
	if r := v.Removals; r != nil {
		say("whole list", "last read %s: %s shown, %s stored then, %s missing", ago(n.Swept.At, now), count(r.Shown), count(r.Stored), count(r.Missing))
	}
	if v.Progress != nil {
		say("progress", "%s", v.Progress.Sentence())
	}
	switch {
	case n.Condition == state.Imported:
		say("next run", "never")
	case v.Paused:
		say("next run", "paused by you; collector accounts resume %s", n.Name())
	case v.Running:
		say("next run", "running now, in the hands of %s until %s", n.Owner, n.LeaseUntil.Local().Format("15:04:05"))
	case v.Next != nil:
		say("next run", "%s (%s)", until(*v.Next, now), v.Next.Local().Format("2 Jan 2006 15:04:05"))
	}
	if v.Reason != "" && !v.Running {
		say("because", "%s", v.Reason)
	}
	say("last success", "%s", ago(n.LastOKAt, now))
	if len(v.Runs) > 0 {
		say("last runs", "%s   (the newest at the right)", a.bars().bar(v.Runs))
	}
	if v.Error != nil {
		say("last error", "%s", v.Error.Text)
		row := ""
		if v.Error.Failures > 0 {
			row = many(v.Error.Failures, "failure", "failures") + " in a row; "
		}
		say("", "%s; %swhose: %s", ago(n.LastErrorAt, now), row, v.Error.Whose)
		if v.Error.Next != "" {
			say("what to do", "%s", v.Error.Next)
		}
	}
	switch {
	case e.Known:
		for _, q := range e.Quotas {
			say("quota", "%s", q.Sentence(now))
		}
		for _, note := range v.Notes {
			say("note", "%s", note)
		}
		for _, l := range e.CannotShow {
			say("cannot show", "%s", l)
		}
	case n.Condition == state.Imported:
		say("note", "%s", strings.Join(v.Notes, "; "))
	default:
		say("note", "this collector has no service %s: use the one that connected it", n.Service)
	}
	return b.String()
}

func meaning(m state.Mode) string {
	if m == state.Initial {
		return "initial: the whole history is being read"
	}
	return "normal: polled for what is new"
}

func total(n state.Network) string {
	if n.Total > 0 {
		return fmt.Sprintf(" of %s that the service counts", count(n.Total))
	}
	return ""
}
