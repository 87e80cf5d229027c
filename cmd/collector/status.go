package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"collector/store"
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
recover by itself, with 5 when one is failing for now. --fail-on=waiting also
ends with 5 when one waits for its quota.

--json prints {"schema":1,"at","store","simulated","networks":[…],"instances":[…],
"summary":{…}}: one object, with --watch one a line. New fields may come; the
number of the schema grows when one changes its meaning or goes.`,
		Args: arguments(0, 1, "at most one network"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if failOn != "" && !slices.Contains([]string{"error", "waiting"}, failOn) {
				return you(exitUsage, "--fail-on=error or --fail-on=waiting", "--fail-on=%s is unknown", plain(failOn))
			}
			return a.withStore(c.Context(), func(ctx context.Context, st store.Store) error {
				f, only := store.Filter{User: user}, ""
				if len(args) == 1 {
					n, err := network(ctx, st, user, args[0])
					if err != nil {
						return err
					}
					f, only = store.Filter{User: n.User, Service: n.Service, Account: n.Account}, n.Name()
				}
				show := func() (statusView, error) {
					v, err := a.view(ctx, st, f)
					if only != "" {
						v.only(only)
					}
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
				return v.verdict(failOn)
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

// only keeps one network.
func (v *statusView) only(name string) {
	v.Networks = slices.DeleteFunc(v.Networks, func(n networkView) bool { return n.Network != name })
	v.Summary = summaryView{}
	for _, n := range v.Networks {
		v.Summary.add(n)
	}
}

// verdict is the error of --fail-on: the exit code is that of the worst network.
func (v statusView) verdict(failOn string) error {
	if failOn == "" {
		return nil
	}
	for _, code := range []int{exitSignIn, exitPermanent, exitTemporary} {
		for _, n := range v.Networks {
			is := n.exitIfAsked
			if failOn == "waiting" && n.State == "waiting: quota" {
				is = exitTemporary
			}
			if is == code {
				return &problem{code: code} // the table has said it
			}
		}
	}
	return nil
}

// printStatus writes one picture.
func (a *app) printStatus(v statusView, asJSON, watch bool) error {
	if asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetEscapeHTML(false)
		if !watch {
			enc.SetIndent("", "  ")
		}
		return enc.Encode(v)
	}
	var b strings.Builder
	if _, is := terminal(a.out); watch && is {
		b.WriteString("\x1b[H\x1b[2J")
	}
	a.drawStatus(&b, v)
	_, err := io.WriteString(a.out, b.String())
	return err
}

// drawStatus draws the table, a line under each network with why it runs when it
// runs, and the summary.
func (a *app) drawStatus(b *strings.Builder, v statusView) {
	if v.Simulated {
		b.WriteString("[simulated] made-up people and items\n")
	}
	if len(v.Networks) == 0 {
		b.WriteString("No networks yet. Next:\n" + firstSteps)
		return
	}
	look := a.bars()
	now := *v.At
	t := table.NewWriter()
	t.SetStyle(bare())
	header := table.Row{"NETWORK", "STATE", "ITEMS", "LAST OK", "NEXT", "QUOTA LEFT", "LAST 20 RUNS"}
	users := map[string]bool{}
	for _, n := range v.Networks {
		users[n.User] = true
	}
	if len(users) > 1 {
		header = append(table.Row{"USER"}, header...)
	}
	t.AppendHeader(header)
	under := make([][]string, 0, len(v.Networks))
	for _, n := range v.Networks {
		row := table.Row{line(n.Network), n.State, count(n.Items), ago(deref(n.LastOK), now), next(n, now), left(n.Quota), look.bar(n.Runs)}
		if len(users) > 1 {
			row = append(table.Row{line(n.User)}, row...)
		}
		t.AppendRow(row)
		under = append(under, n.lines())
	}
	items := len(header) - 4 // columns count from 1
	t.SetColumnConfigs([]table.ColumnConfig{{Number: items, Align: text.AlignRight}})
	rows := strings.Split(t.Render(), "\n")
	b.WriteString(strings.TrimRight(rows[0], " ") + "\n")
	for i, r := range rows[1:] {
		b.WriteString(strings.TrimRight(r, " ") + "\n")
		for _, l := range under[i] {
			fmt.Fprintf(b, "  %s %s\n", look.branch, line(l))
		}
	}
	b.WriteString(v.Summary.sentence(v.Instances) + "\n")
}

// lines are what stands under a network: why its next run is when it is, how far
// a walk is, the last error and what to do, what else there is to know.
func (n networkView) lines() []string {
	var out []string
	if n.Progress != nil {
		out = append(out, n.Progress.inSentence())
	}
	if n.Error != nil {
		s := n.Error.Text
		if n.Error.Failures > 1 {
			s += fmt.Sprintf(" (%d times in a row)", n.Error.Failures)
		}
		if n.Error.Next != "" {
			s += ". Fix: " + n.Error.Next
		}
		out = append(out, s)
	}
	if n.Reason != "" && !n.Paused {
		out = append(out, "next run: "+n.Reason)
	}
	return append(out, n.Notes...)
}

func next(n networkView, now time.Time) string {
	switch {
	case n.Paused:
		return "paused"
	case n.Running:
		return "running"
	case n.Next == nil:
		return "-"
	case n.State == "waiting: quota" && n.Next.After(now):
		return n.Next.Local().Format("15:04") + " (" + span(n.Next.Sub(now)) + ")"
	}
	return until(*n.Next, now)
}

func left(q *quotaView) string {
	if q == nil || q.Limit == 0 {
		return "-"
	}
	return count(q.Left) + "/" + count(q.Limit)
}

// sentence is the last line.
func (s summaryView) sentence(instances []instanceView) string {
	parts := []string{many(s.Networks, "network", "networks") + ":"}
	var states []string
	for _, p := range []struct {
		n    int
		what string
	}{{s.OK, "ok"}, {s.Waiting, "waiting"}, {s.Failing, "failing"}, {s.Paused, "paused"}} {
		if p.n > 0 {
			states = append(states, count(p.n)+" "+p.what)
		}
	}
	if s.NeedsYou > 0 {
		states = append(states, many(s.NeedsYou, "needs you", "need you"))
	}
	parts = append(parts, strings.Join(states, ", "))
	daemon := "no collector is running: start `collector`"
	if len(instances) > 0 {
		var who []string
		for _, in := range instances {
			who = append(who, fmt.Sprintf("%s:%d %s", line(in.Host), in.PID, in.Mode))
		}
		daemon = "running: " + strings.Join(who, ", ")
	}
	return fmt.Sprintf("%s  |  %s, due now %s, in work %s, oldest overdue %s  |  %s", strings.Join(parts, " "),
		many(s.Items, "item", "items"), count(s.DueNow), count(s.Running), span(time.Duration(s.Overdue)*time.Second), daemon)
}

// bars are the signs of the heartbeat bar.
type bars struct{ ok, limited, failed, branch string }

func (a *app) bars() bars {
	if a.unicode() {
		return bars{"▇", "▁", "✗", "└"}
	}
	return bars{"#", "_", "x", "`-"}
}

// bar draws the last runs, the newest at the right.
func (b bars) bar(runs []runView) string {
	var s strings.Builder
	for _, r := range runs[max(0, len(runs)-20):] {
		switch {
		case r.Fault == "":
			s.WriteString(b.ok)
		case limited(r):
			s.WriteString(b.limited)
		default:
			s.WriteString(b.failed)
		}
	}
	return s.String()
}

// bare is a table without lines.
func bare() table.Style {
	s := table.StyleDefault
	s.Options = table.OptionsNoBordersAndSeparators
	s.Box.PaddingLeft, s.Box.PaddingRight = "", "   "
	s.Format.Header = text.FormatDefault
	return s
}

func deref(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
