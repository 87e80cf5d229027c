package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"collector/control/words"
	"collector/queue"
)

// Job is one job of the collector's own; its data only where it is asked for, since it may
// be private.
type Job struct {
	ID          string          `json:"id"`
	Queue       string          `json:"queue"`
	Kind        string          `json:"kind"`
	State       queue.State     `json:"state"`
	Priority    int             `json:"priority"`
	Added       *time.Time      `json:"added"`
	Due         *time.Time      `json:"due"`
	Attempts    int             `json:"attempts"`
	MaxAttempts int             `json:"max_attempts"` // 0: no limit
	Deliveries  int             `json:"deliveries"`   // starts, those before a retry by hand too
	Owner       string          `json:"owner,omitempty"`
	Started     *time.Time      `json:"started,omitempty"` // of the last attempt
	Lease       *time.Time      `json:"lease_until,omitempty"`
	Finished    *time.Time      `json:"finished,omitempty"`
	Error       string          `json:"error,omitempty"` // of the last attempt that failed
	Bytes       int             `json:"bytes"`           // of the data
	Data        json.RawMessage `json:"data,omitempty"`
}

// JobOf is what is shown of a job.
func JobOf(j queue.Job, content bool) Job {
	v := Job{
		ID: j.ID, Queue: j.Queue, Kind: j.Kind, State: j.State, Priority: j.Priority, Added: words.Stamp(j.Added), Due: words.Stamp(j.Due),
		Attempts: j.Attempts, MaxAttempts: j.MaxAttempts, Deliveries: j.Deliveries,
		Owner: j.Owner, Started: words.Stamp(j.Started), Lease: words.Stamp(j.LeaseUntil), Finished: words.Stamp(j.Finished),
		Error: j.LastError, Bytes: len(j.Data),
	}
	if content && json.Valid(j.Data) { // as all kinds of ours are
		v.Data = j.Data
	}
	return v
}

// JobChoice chooses among jobs; what is empty chooses all.
type JobChoice struct {
	Queue, Kind, State string
	Error              string        // letters of the last error
	Older              time.Duration // added so long ago
}

// Checked refuses a choice that makes no sense.
func (ch JobChoice) Checked() error {
	if ch.Older < 0 {
		return you(Wrong, "--older=24h", "--older=%v is below 0", ch.Older)
	}
	return StateNamed(ch.State)
}

// Filter says which jobs are meant.
func (ch JobChoice) Filter(ctx context.Context, all []queue.Store, now time.Time) (queue.Filter, error) {
	f := queue.Filter{Queue: ch.Queue, Kind: ch.Kind, State: queue.State(ch.State), Error: ch.Error}
	if err := ch.Checked(); err != nil {
		return f, err
	}
	if ch.Older > 0 {
		f.AddedBefore = now.Add(-ch.Older)
	}
	if ch.Queue == "" {
		return f, nil
	}
	stats, err := JobStats(ctx, all)
	if err != nil {
		return f, err
	}
	var known []string
	for _, s := range stats {
		known = append(known, s.Queue)
	}
	if !slices.Contains(known, ch.Queue) {
		next := "collector jobs counts   shows the queues; those of messages are in collector queue list"
		if near := words.Nearest(ch.Queue, known); near != "" {
			next = fmt.Sprintf("did you mean %q?", near)
		}
		return f, you(Unknown, next, "no job is or was in a queue %q", words.Plain(ch.Queue))
	}
	return f, nil
}

// StateNamed refuses a word that is no state of a job; "" is any.
func StateNamed(is string) error {
	switch queue.State(is) {
	case "", queue.Ready, queue.Running, queue.Scheduled, queue.Dead, queue.Done:
		return nil
	}
	return you(Wrong, "--state=dead; the states are ready, running, scheduled, dead, done", "there is no state %q", words.Plain(is))
}

// jobsAtOnce is how many jobs are read at once: the data of each may be of megabytes.
const jobsAtOnce = 100

// EachJob calls fn with the jobs that match, those of each store in the order of their
// ids, at most n; 0 is no limit. more says that it left some out.
func EachJob(ctx context.Context, all []queue.Store, f queue.Filter, n int, newest bool, fn func(queue.Job) error) (more bool, err error) {
	left := n
	for _, jobs := range all {
		for cursor := ""; ; {
			size := jobsAtOnce
			if n > 0 {
				size = min(size, left+1) // one more tells that there are more
			}
			list, next, err := jobs.Jobs(ctx, f, queue.Page{Cursor: cursor, Limit: size, Newest: newest})
			if err != nil {
				return false, err
			}
			for _, j := range list {
				if n > 0 && left == 0 {
					return true, nil
				}
				if err := fn(j); err != nil {
					return false, err
				}
				left--
			}
			if cursor = next; next == "" {
				break
			}
		}
	}
	return false, nil
}

// JobCalled finds a job and the store that it is in.
func JobCalled(ctx context.Context, all []queue.Store, id string) (queue.Store, queue.Job, error) {
	for _, jobs := range all {
		j, err := jobs.Job(ctx, id)
		if err == nil || !errors.Is(err, queue.ErrNotFound) {
			return jobs, j, err
		}
	}
	return nil, queue.Job{}, you(Unknown, "collector jobs list   shows the jobs; one that is done goes after a while", "there is no job %q", words.Plain(id))
}

// JobStats are the counts of all queues.
func JobStats(ctx context.Context, all []queue.Store) ([]queue.Stats, error) {
	var out []queue.Stats
	for _, jobs := range all {
		stats, err := jobs.Stats(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, stats...)
	}
	return out, nil
}
