package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"collector/control"
	"collector/state"
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
			return a.onDesk(c.Context(), a.withStore, func(ctx context.Context, d desk) error {
				e, err := d.Explain(ctx, user, args[0])
				if err != nil {
					return err
				}
				a.hintSteps(ctx, e)
				if asJSON {
					return newJSONOut(a.out, true).write(explained{e.Network, e.LastRan})
				}
				a.printf("%s", a.story(e, a.now()))
				return nil
			})
		}),
	}
	c.Flags().StringVar(&user, "user", "", "whose network it is, when several users have one of this name")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON: the network's object of collector status --json, with the steps of its last run")
	return c
}

// story is the long text on one network.
func (a *app) story(e control.Explained, now time.Time) string {
	v := e.Network
	var b strings.Builder
	say := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", label, line(fmt.Sprintf(format, args...)))
	}
	if a.simulated {
		b.WriteString("[simulated] made-up people and items\n")
	}
	say(line(v.Network), "%s, user %s", v.State, v.User)
	who := e.ID
	if who == "" {
		who = "not confirmed by the service yet"
	}
	say("account", "%s (%s)", v.Account, who)
	if v.Server != "" {
		say("server", "%s", v.Server)
	}
	imported := v.Condition == string(state.Imported)
	if !imported {
		say("mode", "%s", meaning(v.Mode))
	}
	say("items", "%s", count(v.Items)+total(e))
	if r := v.Removals; r != nil {
		say("whole list", "last read %s: %s shown, %s stored then, %s missing", ago(deref(r.At), now), count(r.Shown), count(r.Stored), count(r.Missing))
	}
	if v.Progress != nil {
		say("progress", "%s", v.Progress.Sentence())
	}
	switch {
	case imported:
		say("next run", "never")
	case v.Paused:
		say("next run", "paused by you; collector accounts resume %s", v.Network)
	case v.Running && e.LeaseUntil != nil:
		say("next run", "running now, in the hands of %s until %s", e.Owner, e.LeaseUntil.Local().Format("15:04:05"))
	case v.Running: // who reads it is for the operator
		say("next run", "running now")
	case v.Next != nil:
		say("next run", "%s (%s)", until(*v.Next, now), v.Next.Local().Format("2 Jan 2006 15:04:05"))
	}
	if v.Reason != "" && !v.Running {
		say("because", "%s", v.Reason)
	}
	say("last success", "%s", ago(deref(v.LastOK), now))
	if len(v.Runs) > 0 {
		say("last runs", "%s   (the newest at the right)", a.bars().bar(v.Runs))
	}
	a.steps(say, e)
	if e.Oldest != nil {
		say("first like", "%s", e.Oldest.Local().Format("2 Jan 2006"))
	}
	if e.Cursor != "" {
		say("cursor", "%s", e.Cursor)
	}
	for _, c := range e.Checks {
		if c.State == control.CheckWarned {
			say("check", "%s", c.Text)
			if c.Next != "" {
				say("", "%s", c.Next)
			}
		}
	}
	if v.Error != nil {
		say("last error", "%s", v.Error.Text)
		row := ""
		if v.Error.Failures > 0 {
			row = many(v.Error.Failures, "failure", "failures") + " in a row"
			if v.Error.Since != nil {
				row += ", the first " + ago(*v.Error.Since, now)
			}
			row += "; "
		}
		say("", "%s; %swhose: %s", ago(deref(v.Error.At), now), row, v.Error.Whose)
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
	case imported:
		say("note", "%s", strings.Join(v.Notes, "; "))
	default:
		say("note", "this collector has no service %s: use the one that connected it", v.Service)
	}
	return b.String()
}

func meaning(mode string) string {
	if mode == string(state.Initial) {
		return "initial: the whole history is being read"
	}
	return "normal: polled for what is new"
}

func total(e control.Explained) string {
	if e.Total > 0 {
		return fmt.Sprintf(" of %s that the service counts", count(e.Total))
	}
	return ""
}
