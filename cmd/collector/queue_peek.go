package main

import (
	"context"
	"encoding/base64"
	"time"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"collector/broker"
	"collector/queue"
)

// messageView is one message as `queue peek --json` prints it; headers and body only
// when they are asked for, since they may be private.
type messageView struct {
	ID         string       `json:"id"`
	Queue      string       `json:"queue"`
	Kind       string       `json:"kind"` // "message", or that of another job
	State      queue.State  `json:"state"`
	Priority   int          `json:"priority"`
	Sent       *time.Time   `json:"sent"`
	Due        *time.Time   `json:"due"`
	Deliveries int          `json:"deliveries"`
	Owner      string       `json:"owner,omitempty"` // in whose hands it is
	Lease      *time.Time   `json:"lease_until,omitempty"`
	Error      string       `json:"error,omitempty"` // of the last delivery
	Bytes      int          `json:"bytes"`           // headers and body
	Headers    []headerView `json:"headers,omitempty"`
	Body       string       `json:"body,omitempty"`
	Base64     string       `json:"body_base64,omitempty"` // of a body that is no UTF-8
}

type headerView struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func viewOf(j queue.Job, content bool) messageView {
	v := messageView{
		ID: j.ID, Queue: j.Queue, Kind: j.Kind, State: j.State, Priority: j.Priority, Sent: stamp(j.Added), Due: stamp(j.Due),
		Deliveries: j.Deliveries, Owner: j.Owner, Lease: stamp(j.LeaseUntil), Error: j.LastError, Bytes: len(j.Data),
	}
	body := j.Data
	if j.Kind == broker.KindMessage {
		if m, err := broker.FromJob(j); err == nil { // else it is shown as the job that it is
			v.ID, body = m.ID, m.Body
			for _, h := range m.Headers {
				v.Headers = append(v.Headers, headerView(h))
			}
		}
	}
	switch {
	case !content:
		v.Headers = nil
	case utf8.Valid(body):
		v.Body = string(body)
	default:
		v.Base64 = base64.StdEncoding.EncodeToString(body)
	}
	return v
}

func (a *app) queuePeek() *cobra.Command {
	var asJSON, content, newest bool
	var is string
	var n int
	c := &cobra.Command{
		Use: "peek <queue>", Short: "show messages of a queue and leave them where they are",
		Long: `Shows messages of a queue, the oldest first, and leaves them where they are.
Headers and bodies may be private, so they are shown only with --content.`,
		Args: arguments(1, 1, "one queue"),
		RunE: a.command(func(c *cobra.Command, args []string) error {
			if n < 1 || n > queue.MaxPage {
				return you(exitUsage, "--limit=20", "--limit=%d is not between 1 and %d", n, queue.MaxPage)
			}
			if err := stateNamed(is); err != nil {
				return err
			}
			return a.withReadMessages(c.Context(), func(ctx context.Context, m messages) error {
				q, err := queueCalled(ctx, m.jobs, args[0])
				if err != nil {
					return err
				}
				jobs, next, err := m.jobs.Jobs(ctx, queue.Filter{Queue: q.Queue, State: queue.State(is)}, queue.Page{Limit: n, Newest: newest})
				if err != nil {
					return err
				}
				views := make([]messageView, len(jobs))
				for i, j := range jobs {
					views[i] = viewOf(j, content)
				}
				if err := a.printMessages(views, asJSON || content); err != nil {
					return err
				}
				switch {
				case next != "":
					a.say("%s shown; there are more", many(len(jobs), "message", "messages"))
				case len(jobs) == 0:
					a.say("there is nothing")
				}
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, one object a line")
	c.Flags().BoolVar(&content, "content", false, "also headers and bodies; prints JSON")
	c.Flags().BoolVar(&newest, "newest", false, "the newest first")
	c.Flags().StringVar(&is, "state", "", "only those that are ready, running, scheduled, dead or done")
	c.Flags().IntVar(&n, "limit", 20, "at most so many messages, 1 to 1000")
	return c
}

// stateNamed refuses a word that is no state; "" is any.
func stateNamed(is string) error {
	switch queue.State(is) {
	case "", queue.Ready, queue.Running, queue.Scheduled, queue.Dead, queue.Done:
		return nil
	}
	return you(exitUsage, "--state=dead; the states are ready, running, scheduled, dead, done", "there is no state %q", plain(is))
}

func (a *app) printMessages(views []messageView, asJSON bool) error {
	if asJSON {
		return writeLines(a.out, views)
	}
	if len(views) == 0 {
		return nil
	}
	t := table.NewWriter()
	t.SetStyle(bare())
	t.AppendHeader(table.Row{"MESSAGE", "STATE", "PRIORITY", "SENT", "DELIVERED", "SIZE", "IN THE HANDS OF", "LAST ERROR"})
	for _, v := range views {
		t.AppendRow(table.Row{line(v.ID), v.State, v.Priority, ago(deref(v.Sent), a.now()), many(v.Deliveries, "time", "times"), bytesText(int64(v.Bytes)), firstOf(line(v.Owner), "-"), firstOf(short(line(v.Error), 60), "-")})
	}
	a.printTable(t)
	return nil
}
