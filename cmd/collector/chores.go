package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"collector/cluster"
	"collector/control"
	"collector/store"
)

// pruneEvery is how often the change log is shortened.
const pruneEvery = time.Hour

// pruneTask is the kind of task that shortens the change log.
const pruneTask = "prune"

// chores are what one instance sees to for all: the leader has them done, by
// whichever member has the least to do.
type chores struct {
	st  store.Store
	now func() time.Time
	log *slog.Logger
}

// pruned is the answer of the task.
type pruned struct {
	Changes int `json:"changes"`
}

// into adds the chores to what a member is told.
func (c chores) into(conf *cluster.Config, member func() *cluster.Member) {
	conf.Tasks = map[string]cluster.Handler{pruneTask: c.prune}
	conf.Results = c.done
	conf.Duties = []cluster.Duty{{Name: "change log", Every: pruneEvery, Do: func(ctx context.Context) error {
		return c.order(ctx, member())
	}}}
}

// order hands the task out, unless one of this hour is under way.
func (c chores) order(ctx context.Context, m *cluster.Member) error {
	id := fmt.Sprintf("%s-%d", pruneTask, c.now().Unix()/int64(pruneEvery/time.Second))
	err := m.Submit(ctx, id, pruneTask, nil)
	if errors.Is(err, cluster.ErrTaken) {
		return nil
	}
	return err
}

// prune drops changes that are older than control.ChangesKept, counted from the newest
// one: a clock that is ahead while nothing is written drops nothing.
func (c chores) prune(ctx context.Context, _ cluster.Task) (json.RawMessage, error) {
	last, err := c.st.LastChange(ctx)
	if err != nil {
		return nil, err
	}
	newest, err := c.st.Changes(ctx, "", max(last-1, 0), 1)
	if err != nil || len(newest) == 0 {
		return json.RawMessage(`{"changes":0}`), err
	}
	before := c.now()
	if newest[0].At.Before(before) {
		before = newest[0].At
	}
	n, err := c.st.PruneChanges(ctx, before.Add(-control.ChangesKept))
	if err != nil {
		return nil, err
	}
	return json.Marshal(pruned{n})
}

// done takes the answer.
func (c chores) done(_ context.Context, r cluster.Result) error {
	var p pruned
	switch {
	case r.Kind != pruneTask:
		return nil
	case r.Error != "":
		c.log.Warn("the change log could not be shortened; it is tried again in an hour", "instance", r.Executor, "err", r.Error)
	case json.Unmarshal(r.Answer, &p) == nil && p.Changes > 0:
		c.log.Info("changes older than 30 days were dropped", "changes", p.Changes, "instance", r.Executor)
	}
	return nil
}
