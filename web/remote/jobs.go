package remote

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"collector/control"
	"collector/store"
)

// mostListed is how many jobs and messages one answer lists at most.
const mostListed = 1000

// older is a time as the API takes it: whole seconds, and never less, so that nothing is
// chosen that is younger.
func older(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

func word(on bool, text string) string {
	if on {
		return text
	}
	return ""
}

func number(n int) string { return word(n != 0, strconv.Itoa(n)) }

// Jobs calls fn with jobs as control.EachJob does. More than one answer lists are not told.
func (c *Client) Jobs(ctx context.Context, ch control.JobChoice, n int, newest bool, fn func(control.Job) error) (more bool, err error) {
	ask := n
	if n == 0 || n > mostListed {
		n, ask = 0, mostListed
	}
	var out struct {
		Jobs []control.Job
		More bool
	}
	err = c.get(ctx, "jobs", asked("queue", ch.Queue, "kind", ch.Kind, "state", ch.State, "error", ch.Error, "older", number(older(ch.Older)), "newest", word(newest, "true"), "limit", number(ask)), &out)
	if err != nil {
		return false, err
	}
	for _, j := range out.Jobs {
		if err := fn(j); err != nil {
			return false, err
		}
	}
	if n == 0 && out.More {
		return false, &control.Problem{Kind: control.Wrong, Whose: "you", Reason: fmt.Sprintf("there are more than the %d jobs that a collector lists at a time", mostListed), Next: "choose among them: --queue, --kind, --state, --error or --older"}
	}
	return out.More, nil
}

// Job is one job, with its data where that is asked for.
func (c *Client) Job(ctx context.Context, id string, content bool) (out control.Job, err error) {
	err = c.get(ctx, "jobs/show", asked("job", id, "content", word(content, "true")), &out)
	return out, err
}

// JobCounts are the counts of the queues of jobs.
func (c *Client) JobCounts(ctx context.Context) ([]control.Queue, error) {
	var out struct{ Queues []control.Queue }
	err := c.get(ctx, "jobs/counts", nil, &out)
	return out.Queues, err
}

// changed is a wish about one job or message, or about all that are chosen.
type changed struct {
	Job     string `json:"job,omitempty"`
	Queue   string `json:"queue,omitempty"`
	Message string `json:"message,omitempty"`
	All     bool   `json:"all,omitempty"`
	Kind    string `json:"kind,omitempty"`
	State   string `json:"state,omitempty"`
	Error   string `json:"error,omitempty"`
	Older   int    `json:"older,omitempty"`
}

func (c *Client) change(ctx context.Context, path string, w changed) (int, error) {
	var out struct{ Changed int }
	err := c.post(ctx, path, w, &out)
	return out.Changed, err
}

func chosenJobs(id string, ch control.JobChoice) changed {
	return changed{Job: id, All: id == "", Queue: ch.Queue, Kind: ch.Kind, State: ch.State, Error: ch.Error, Older: older(ch.Older)}
}

// RetryJobs lets one job be done again, or where id is "" those that are chosen.
func (c *Client) RetryJobs(ctx context.Context, id string, ch control.JobChoice) (int, error) {
	return c.change(ctx, "jobs/retry", chosenJobs(id, ch))
}

// RemoveJobs deletes one job, or where id is "" those that are chosen.
func (c *Client) RemoveJobs(ctx context.Context, id string, ch control.JobChoice) (int, error) {
	return c.change(ctx, "jobs/remove", chosenJobs(id, ch))
}

// Workers is control.Workers.
func (c *Client) Workers(ctx context.Context) ([]control.Worker, error) {
	var out struct{ Workers []control.Worker }
	err := c.get(ctx, "workers", nil, &out)
	return out.Workers, err
}

// AskInstance is control.Panel.AskInstance.
func (c *Client) AskInstance(ctx context.Context, id string, w store.Wish) (out control.Asked, err error) {
	path := map[store.Wish]string{store.Quiet: "workers/quiet", store.Work: "workers/resume", store.Stop: "workers/stop"}[w]
	err = c.post(ctx, path, map[string]any{"instance": id}, &out)
	return out, err
}

// Drain asks a member of the cluster to leave.
func (c *Client) Drain(ctx context.Context, member string) (out control.Drained, err error) {
	err = c.post(ctx, "cluster/drain", map[string]any{"member": member}, &out)
	return out, err
}

// Cluster is the cluster that the collector is a member of.
func (c *Client) Cluster(ctx context.Context) (out control.Cluster, err error) {
	err = c.get(ctx, "cluster", nil, &out)
	return out, err
}
