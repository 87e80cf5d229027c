package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"collector/control"
	"collector/fault"
	"collector/queue"
	"collector/state"
	"collector/store"
)

// topRuns is how far back runs are counted.
const topRuns = time.Hour

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
			return a.withReadJobs(c.Context(), func(ctx context.Context, st store.Store, all []queue.Store) error {
				for {
					v, err := a.viewTop(ctx, st, all)
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

// topView is one picture.
type topView struct {
	status   statusView
	services []topService
	workers  []workerView
	jobs     queue.Stats // of all queues together
}

// topService is a service and how its networks fare.
type topService struct {
	name                                string
	networks, running, waiting, trouble int
	late                                time.Duration
	runs, failed, added                 int
	quota                               *quotaView // the tightest
}

func (a *app) viewTop(ctx context.Context, st store.Store, all []queue.Store) (v topView, err error) {
	now := a.now()
	tally, err := st.Tally(ctx, now)
	if err != nil {
		return v, err
	}
	if tally.Networks() <= control.StatusMost {
		v.status, err = a.panel(st).Status(ctx, store.Filter{}, now)
		v.services = topOfNetworks(v.status.Networks, now)
	} else {
		v.status, err = a.panel(st).Counted(ctx, tally, now)
		v.services = topOfTally(tally)
	}
	if err != nil {
		return v, err
	}
	if v.workers, err = control.Workers(ctx, st, all, a.now()); err != nil {
		return v, err
	}
	for _, jobs := range all {
		queues, err := jobs.Stats(ctx)
		if err != nil {
			return v, err
		}
		for _, q := range queues {
			v.jobs.Ready += q.Ready
			v.jobs.Scheduled += q.Scheduled
			v.jobs.Running += q.Running
			v.jobs.Dead += q.Dead
		}
	}
	return v, nil
}

// topOfNetworks adds networks up by service.
func topOfNetworks(networks []networkView, now time.Time) []topService {
	by := map[string]topService{}
	for _, n := range networks {
		s := by[n.Service]
		s.name = n.Service
		s.networks++
		if n.Running {
			s.running++
		}
		switch {
		case n.NeedsYou, n.Condition == string(state.Failing), n.Condition == string(state.Stalled):
			s.trouble++
		case n.Condition == string(state.Limited):
			s.waiting++
		}
		s.late = max(s.late, n.Overdue)
		for _, r := range n.Runs {
			if now.Sub(deref(r.At)) > topRuns {
				continue
			}
			s.runs++
			s.added += r.Added
			if r.Fault != "" && r.Fault != fault.RateLimited.String() {
				s.failed++
			}
		}
		if q := n.Quota; q != nil && (s.quota == nil || q.Left*max(s.quota.Limit, 1) < s.quota.Left*max(q.Limit, 1)) {
			s.quota = q
		}
		by[n.Service] = s
	}
	return slices.SortedFunc(maps.Values(by), func(x, y topService) int { return cmp.Compare(x.name, y.name) })
}

// topOfTally adds counted networks up by service.
func topOfTally(t store.Tally) []topService {
	by := map[string]topService{}
	for _, st := range t.States {
		s := by[st.Service]
		s.name = st.Service
		s.networks += st.Networks
		s.running += st.Running
		switch st.Condition {
		case state.NeedsSignIn, state.NeedsScope, state.Missing, state.Broken, state.Failing, state.Stalled:
			s.trouble += st.Networks
		case state.Limited:
			s.waiting += st.Networks
		}
		by[st.Service] = s
	}
	return slices.SortedFunc(maps.Values(by), func(x, y topService) int { return cmp.Compare(x.name, y.name) })
}

// drawTop writes one picture: at a terminal over the one before, cut to its size.
func (a *app) drawTop(v topView, once bool) error {
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

func (a *app) topText(v topView) string {
	now, s := *v.status.At, v.status.Summary
	var b strings.Builder
	label := ""
	if v.status.Simulated {
		label = "[simulated] "
	}
	fmt.Fprintf(&b, "%scollector top   %s   %s\n", label, line(v.status.Store), now.Local().Format(time.TimeOnly))
	fmt.Fprintf(&b, "%s, %s   due now %s, the oldest for %s   in work %s   need you %s\n",
		many(s.Networks, "network", "networks"), many(s.Items, "item", "items"), count(s.DueNow), clock(time.Duration(s.Overdue)*time.Second), count(s.Running), count(s.NeedsYou))
	fmt.Fprintf(&b, "jobs: %d ready, %d to be tried later, %d running, %d dead\n\n", v.jobs.Ready, v.jobs.Scheduled, v.jobs.Running, v.jobs.Dead)
	t := topTable("INSTANCE", "WHERE", "MODE", "VERSION", "STARTED", "IN WORK")
	for _, in := range v.status.Instances {
		t.AppendRow(table.Row{line(in.ID), fmt.Sprintf("%s:%d", line(in.Host), in.PID), line(in.Mode), line(in.Version), ago(deref(in.Started), now), in.Running})
	}
	topPart(&b, t, len(v.status.Instances), "No collector is running.")
	t = topTable("SERVICE", "NETWORKS", "IN WORK", "WAIT", "TROUBLE", "LATE", "RUNS 1H", "FAILED", "NEW", "QUOTA LEFT")
	for _, s := range v.services {
		row := table.Row{line(s.name), count(s.networks), s.running, s.waiting, s.trouble, clock(s.late), s.runs, s.failed, s.added, left(s.quota)}
		if v.status.Unlisted > 0 {
			row = append(row[:5], "-", "-", "-", "-", "-")
		}
		t.AppendRow(row)
	}
	topPart(&b, t, len(v.services), "No networks yet: collector connect")
	busy := slices.DeleteFunc(slices.Clone(v.workers), func(w workerView) bool { return w.Does == "nothing" })
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
