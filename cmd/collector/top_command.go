package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"collector/control"
	"collector/control/words"
)

// topCommand shows live who works on what, and how far behind it is.
func (a *app) topCommand() *cobra.Command {
	var once bool
	var every time.Duration
	c := &cobra.Command{
		Use: "top", Short: "watch live who works on what, how late networks are, runs and quotas",
		Long: `Shows the instances that run, each service with its networks, how late the latest of
them is, its runs within the last hour and the tightest of its quotas, and what each
worker has in hand. It is drawn anew until it is stopped; where the output is no
terminal, one picture follows the other. --once shows one.

The last hour is counted of the last 20 runs that each network keeps. Of more than
` + many(control.StatusMost, "network", "networks") + ` only counters are read: no service's lateness, runs and quota is shown.`,
		Args: a.noArguments,
		RunE: a.command(func(c *cobra.Command, _ []string) error {
			if every < 100*time.Millisecond {
				return you(exitUsage, "--every=2s", "--every=%s is too short", every)
			}
			return a.onDesk(c.Context(), a.withReadStore, func(ctx context.Context, d desk) error {
				for {
					v, err := d.Top(ctx)
					if err == nil {
						err = a.drawTop(v, once)
					}
					if err != nil || once {
						return err
					}
					select {
					case <-ctx.Done():
						return nil
					case <-time.After(every):
					}
				}
			})
		}),
	}
	c.Flags().BoolVar(&once, "once", false, "show one picture and end")
	c.Flags().DurationVar(&every, "every", 2*time.Second, "how often it is drawn anew")
	return c
}

func (d atStore) Top(ctx context.Context) (control.Top, error) { return d.panel().Top(ctx, d.a.now()) }

// drawTop writes one picture: at a terminal over the one before, cut to its size.
func (a *app) drawTop(v control.Top, once bool) error {
	rows := strings.Split(strings.TrimRight(a.topText(v), "\n"), "\n")
	width, is := terminal(a.out)
	if !is || once {
		_, err := io.WriteString(a.out, strings.Join(rows, "\n")+"\n")
		return err
	}
	height := 24
	if f, ok := a.out.(*os.File); ok {
		if _, h, err := term.GetSize(int(f.Fd())); err == nil && h > 1 {
			height = h
		}
	}
	if len(rows) > height-1 {
		rows = append(rows[:height-2], fmt.Sprintf("… %d more lines", len(rows)-height+2))
	}
	var b strings.Builder
	b.WriteString("\x1b[H") // over the old one, so that nothing flickers
	for _, r := range rows {
		b.WriteString(short(r, width-1) + "\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	_, err := io.WriteString(a.out, b.String())
	return err
}

func (a *app) topText(v control.Top) string {
	now, s := deref(v.Status.At), v.Status.Summary
	var b strings.Builder
	label := ""
	if v.Status.Simulated {
		label = "[simulated] "
	}
	fmt.Fprintf(&b, "%scollector top   %s   %s\n", label, line(v.Status.Store), now.Local().Format(time.TimeOnly))
	fmt.Fprintf(&b, "%s, %s   due now %s, the oldest for %s   in work %s   need you %s\n",
		many(s.Networks, "network", "networks"), many(s.Items, "item", "items"), count(s.DueNow), clock(time.Duration(s.Overdue)*time.Second), count(s.Running), count(s.NeedsYou))
	fmt.Fprintf(&b, "jobs: %d ready, %d to be tried later, %d running, %d dead", v.Jobs.Ready, v.Jobs.Scheduled, v.Jobs.Running, v.Jobs.Dead)
	if rate := v.Jobs.EndedPerMinute; rate != nil {
		fmt.Fprintf(&b, ", %.1f ended a minute", *rate)
	}
	b.WriteString("\n\n")
	t := topTable("INSTANCE", "WHERE", "STATE", "MODE", "VERSION", "STARTED", "IN WORK", "BUSY", "LEASES", "CALLS 1M", "MEMORY", "DB CONNS")
	for _, in := range v.Status.Instances {
		t.AppendRow(append(table.Row{line(in.ID), fmt.Sprintf("%s:%d", line(in.Host), in.PID), line(in.State), line(in.Mode), line(in.Version), ago(deref(in.Started), now), in.Running}, vitalsRow(in.Vitals)...))
	}
	topPart(&b, t, len(v.Status.Instances), "No collector is running.")
	t = topTable("SERVICE", "NETWORKS", "IN WORK", "WAIT", "TROUBLE", "LATE", "RUNS 1H", "FAILED", "NEW", "QUOTA LEFT")
	for _, s := range v.Services {
		row := table.Row{line(s.Service), count(s.Networks), s.Running, s.Waiting, s.Trouble, clock(time.Duration(s.Late) * time.Second), s.Runs, s.Failed, s.Added, left(s.Quota)}
		if v.Status.Unlisted > 0 {
			row = append(row[:5], "-", "-", "-", "-", "-")
		}
		t.AppendRow(row)
	}
	topPart(&b, t, len(v.Services), "No networks yet: collector connect")
	busy := slices.DeleteFunc(slices.Clone(v.Workers), func(w workerView) bool { return w.Does == "nothing" })
	t = topTable("WORKER OF", "DOES", "SINCE", "LEASE ENDS")
	for _, w := range busy {
		lease := "-"
		if w.Lease != nil {
			lease = until(*w.Lease, now)
		}
		t.AppendRow(table.Row{line(w.Owner), line(workDone(w)), ago(deref(w.Since), now), lease})
	}
	topPart(&b, t, len(busy), "Nothing is in hand.")
	return b.String()
}

// vitalsRow is what an instance tells of itself; "-" of one that does not.
func vitalsRow(v *control.Vitals) table.Row {
	if v == nil {
		return table.Row{"-", "-", "-", "-", "-"}
	}
	memory := words.Bytes(v.Memory)
	if !v.Resident {
		memory += " of Go"
	}
	conns := "-"
	switch {
	case v.Most > 0:
		conns = fmt.Sprintf("%d/%d", v.Conns, v.Most)
	case v.Conns > 0:
		conns = count(v.Conns)
	}
	return table.Row{fmt.Sprintf("%d/%d", v.Busy, v.Workers), v.Leases, v.Calls, memory, conns}
}

func topTable(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(header)
	return t
}

// topPart writes a table, or what is so where it has no rows.
func topPart(b *strings.Builder, t table.Writer, rows int, none string) {
	if rows == 0 {
		b.WriteString(none + "\n\n")
		return
	}
	for l := range strings.SplitSeq(t.Render(), "\n") {
		b.WriteString(strings.TrimRight(l, " ") + "\n")
	}
	b.WriteString("\n")
}
