package main

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"collector/control"
	"collector/fault"
	"collector/state"
)

// drawStatus draws the table, a line under each network with why it runs when it
// runs, and the summary. In a narrow terminal columns are left out from the right,
// and lines are wrapped; width 0 has room for all.
func (a *app) drawStatus(b *strings.Builder, v statusView, width int) {
	if v.Simulated {
		b.WriteString("[simulated] made-up people and items\n")
	}
	if len(v.Networks) == 0 && v.Unlisted == 0 {
		b.WriteString("No networks yet. Next:\n" + firstSteps)
		return
	}
	look := a.bars()
	now := a.now()
	if v.At != nil {
		now = *v.At
	}
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
		row := table.Row{line(n.Network), line(n.State), count(n.Items), ago(deref(n.LastOK), now), next(n, now), left(n.Quota), look.bar(n.Runs)}
		if len(users) > 1 {
			row = append(table.Row{line(n.User)}, row...)
		}
		t.AppendRow(row)
		under = append(under, linesOf(n))
	}
	items := len(header) - 4 // columns count from 1
	columns := []table.ColumnConfig{{Number: items, Align: text.AlignRight}}
	t.SetColumnConfigs(columns)
	rows := strings.Split(t.Render(), "\n")
	for _, less := range []int{items + 4, items + 3, items + 1, items + 2} { // the last runs, the quota, the last success, the next run
		if width == 0 || widest(rows) <= width {
			break
		}
		columns = append(columns, table.ColumnConfig{Number: less, Hidden: true})
		t.SetColumnConfigs(columns)
		rows = strings.Split(t.Render(), "\n")
	}
	b.WriteString(strings.TrimRight(rows[0], " ") + "\n")
	for i, r := range rows[1:] {
		b.WriteString(strings.TrimRight(r, " ") + "\n")
		for _, l := range under[i] {
			fmt.Fprintf(b, "  %s %s\n", look.branch, wrapped(line(l), width-4, "    "))
		}
	}
	if v.Pause != "" {
		b.WriteString(wrapped("COLLECTING PAUSES: "+line(v.Pause), width, "") + "\n")
	}
	if v.Unlisted > 0 {
		b.WriteString(wrapped(restLine(v), width, "") + "\n")
	}
	b.WriteString(wrapped(sentence(v), width, "") + "\n")
}

// widest is the length of the longest line, blanks at its end not counted.
func widest(lines []string) (n int) {
	for _, l := range lines {
		n = max(n, utf8.RuneCountInString(strings.TrimRight(l, " ")))
	}
	return n
}

// wrapped breaks a line at blanks so that it fits; what follows the first line is
// indented. A width below 20 has room for all.
func wrapped(l string, width int, indent string) string {
	if width < 20 || utf8.RuneCountInString(l) <= width {
		return l
	}
	lines := strings.Split(text.WrapSoft(l, width), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n"+indent)
}

// linesOf are what stands under a network: why its next run is when it is, how far
// a walk is, the last error and what to do, what else there is to know.
func linesOf(n networkView) []string {
	var out []string
	if n.Progress != nil {
		out = append(out, n.Progress.Sentence())
	}
	if n.Error != nil {
		s := n.Error.Text
		if n.Error.Failures > 1 {
			s += fmt.Sprintf(" (%d times in a row)", n.Error.Failures)
		}
		rest, nothing := strings.CutPrefix(n.Error.Next, "nothing: ")
		switch {
		case n.Error.Next == "" || strings.Contains(s, n.Error.Next):
		case nothing:
			s += ". Nothing to do: " + rest
		default:
			s += ". Fix: " + n.Error.Next
		}
		out = append(out, s)
	}
	if n.Reason != "" && !n.Paused && !n.Running { // who runs waits for nothing
		out = append(out, "next run: "+n.Reason)
	}
	return append(out, n.Notes...)
}

func next(n networkView, now time.Time) string {
	switch {
	case n.Condition == string(state.Imported):
		return "never"
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
	return q.Amount(q.Left) + "/" + q.Amount(q.Limit)
}

// sentence is the last line of a table. What runs where is the operator's to know, as is
// where the store is: to others neither is told.
func sentence(v statusView) string {
	s := v.Summary
	parts := []string{many(s.Networks, "network", "networks") + ":"}
	var states []string
	for _, p := range []struct {
		n    int
		what string
	}{{s.OK, "ok"}, {s.Waiting, "waiting"}, {s.Failing, "failing"}, {s.Paused, "paused"}, {s.Imported, "imported"}} {
		if p.n > 0 {
			states = append(states, count(p.n)+" "+p.what)
		}
	}
	if s.NeedsYou > 0 {
		states = append(states, many(s.NeedsYou, "needs you", "need you"))
	}
	parts = append(parts, strings.Join(states, ", "))
	daemon := "  |  no collector is running: start `collector`"
	switch {
	case len(v.Instances) > 0:
		var who []string
		for _, in := range v.Instances {
			text := fmt.Sprintf("%s:%d %s", line(in.Host), in.PID, line(in.Mode))
			if in.State != control.AtWork {
				text += " (" + in.State + ")"
			}
			who = append(who, text)
		}
		daemon = "  |  running: " + strings.Join(who, ", ")
	case v.Store == "":
		daemon = ""
	}
	return fmt.Sprintf("%s  |  %s, due now %s, in work %s, oldest overdue %s%s", strings.Join(parts, " "),
		many(s.Items, "item", "items"), count(s.DueNow), count(s.Running), span(time.Duration(s.Overdue)*time.Second), daemon)
}

// restLine says what the table leaves out.
func restLine(v statusView) string {
	return "Listed are those that need somebody, at most " + count(control.TroubleMost) + "; " + many(v.Unlisted, "other network", "other networks") +
		" are only counted. To see them: collector status --user NAME or collector status NETWORK"
}

// limited says whether a run ended at a limit, which is no failure.
func limited(r runView) bool { return r.Fault == fault.RateLimited.String() }

// bars are the signs of the heartbeat bar.
type bars struct{ ok, limited, failed, branch string }

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

// printTable writes a table as data.
func (a *app) printTable(t table.Writer) {
	for _, r := range strings.Split(t.Render(), "\n") {
		a.printf("%s\n", strings.TrimRight(r, " "))
	}
}

func deref(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
