package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"collector/queue"
)

// Job is queue.Store.Job.
func (s *Store) Job(ctx context.Context, id string) (queue.Job, error) {
	jobs, _, err := s.Jobs(ctx, queue.Filter{ID: id}, queue.Page{Limit: 1})
	if err != nil {
		return queue.Job{}, err
	}
	if id == "" || len(jobs) == 0 {
		return queue.Job{}, queue.ErrNotFound
	}
	return jobs[0], nil
}

// where is the condition of a filter, which begins with AND. States stand in it as
// they are: an index of one state is only used where the state can be read.
func where(f queue.Filter) (string, []any) {
	var b strings.Builder
	var args []any
	add := func(condition string, arg any) {
		b.WriteString(" AND " + condition)
		args = append(args, arg)
	}
	for _, c := range []struct{ column, is string }{{"id", f.ID}, {"queue", f.Queue}, {"kind", f.Kind}, {"owner", f.Owner}} {
		if c.is != "" {
			add(c.column+" = ?", c.is)
		}
	}
	switch f.State {
	case "":
	case queue.Scheduled, queue.Ready, queue.Running, queue.Dead, queue.Done:
		b.WriteString(" AND state = '" + string(f.State) + "'")
	default:
		b.WriteString(" AND 0")
	}
	if f.Error != "" {
		add("instr(last_error, ?) > 0", f.Error)
	}
	if f.MinAttempts > 0 {
		add("attempts >= ?", f.MinAttempts)
	}
	if !f.AddedFrom.IsZero() {
		add("added >= ?", millis(f.AddedFrom))
	}
	if !f.AddedBefore.IsZero() {
		add("added < ?", millis(f.AddedBefore))
	}
	return b.String(), args
}

// listed is what a list is read from. Few jobs run, among any number that do not: they are
// sorted. SQLite would rather read all jobs in the order of their ids.
func listed(f queue.Filter) string {
	if f.State == queue.Running && f.ID == "" {
		return "queue_jobs INDEXED BY queue_jobs_running"
	}
	return "queue_jobs"
}

// Jobs is queue.Store.Jobs.
func (s *Store) Jobs(ctx context.Context, f queue.Filter, p queue.Page) ([]queue.Job, string, error) {
	from, until, err := s.looked(ctx, f, p)
	if err != nil {
		return nil, "", fmt.Errorf("listing jobs: %w", err)
	}
	query, args := listing(f, p, from, until)
	limit := p.Size()
	var out []queue.Job
	err = s.read(ctx, query, append(args, limit+1),
		func(scan func(...any) error) error {
			j, err := scanned(scan)
			out = append(out, j)
			return err
		})
	if err != nil {
		return nil, "", fmt.Errorf("listing jobs: %w", err)
	}
	if len(out) <= limit {
		return out, until, nil
	}
	return out[:limit], out[limit-1].ID, nil
}

// listing is the question for a page, whose last argument is how many jobs it may have.
func listing(f queue.Filter, p queue.Page, from, until string) (string, []any) {
	condition, args := where(f)
	after, end, direction := ">", "<=", ""
	if p.Newest {
		after, end, direction = "<", ">=", " DESC"
	}
	if p.Cursor != "" {
		condition += " AND id " + after + " ?"
		args = append(args, p.Cursor)
	}
	if until != "" {
		condition += " AND id " + end + " ?"
		args = append(args, until)
	}
	return "SELECT " + columns + " FROM " + from + " WHERE 1" + condition + " ORDER BY id" + direction + " LIMIT ?", args
}

// Requeue is queue.Store.Requeue.
func (s *Store) Requeue(ctx context.Context, now, due time.Time, f queue.Filter, limit int) (int, error) {
	if due.IsZero() {
		due = now
	}
	switch f.State {
	case "":
		f.State = queue.Dead
	case queue.Dead, queue.Scheduled:
	default:
		return 0, ctx.Err()
	}
	to := queue.Ready
	if millis(due) > millis(now) {
		to = queue.Scheduled
	}
	condition, args := where(f)
	args = append([]any{to, millis(due)}, append(args, max(0, limit))...)
	return s.changed(ctx, "re-queueing jobs", `UPDATE queue_jobs SET state = ?, due = ?, attempts = 0, last_error = '', finished = 0
WHERE n IN (SELECT n FROM queue_jobs WHERE 1`+condition+` LIMIT ?) RETURNING queue, state`, args, func(t *tx, name string, _ queue.State) {
		t.move(name, f.State, to)
		t.count(name).Requeued++
	})
}

// Remove is queue.Store.Remove.
func (s *Store) Remove(ctx context.Context, f queue.Filter, limit int) (int, error) {
	condition, args := where(f)
	return s.changed(ctx, "removing jobs", `DELETE FROM queue_jobs WHERE n IN (SELECT n FROM queue_jobs WHERE state <> 'running'`+condition+` LIMIT ?)
RETURNING queue, state`, append(args, max(0, limit)), func(t *tx, name string, was queue.State) { t.move(name, was, "") })
}

// changed runs a statement that returns the queue and the state of each row that it
// changed, and counts them.
func (s *Store) changed(ctx context.Context, what, query string, args []any, count func(t *tx, name string, state queue.State)) (int, error) {
	n := 0
	err := s.write(ctx, what, func(t *tx) error {
		return t.rows(query, args, func(scan func(...any) error) error {
			var name string
			var state queue.State
			if err := scan(&name, &state); err != nil {
				return err
			}
			n++
			count(t, name, state)
			return nil
		})
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

const (
	countsOfAll = `SELECT queue, paused, scheduled, ready, running, dead, done, added, completed, retried, buried, rescued, requeued
FROM queue_counts`
	countsOfNamed = countsOfAll + ` WHERE queue IN (SELECT value FROM json_each(?))`
)

// Stats is queue.Store.Stats.
func (s *Store) Stats(ctx context.Context, queues ...string) ([]queue.Stats, error) {
	query, args := countsOfAll, []any(nil)
	if len(queues) > 0 {
		names, err := json.Marshal(queues)
		if err != nil {
			return nil, fmt.Errorf("reading the counts of jobs: %w", err)
		}
		query, args = countsOfNamed, []any{string(names)}
	}
	var out []queue.Stats
	err := s.read(ctx, query+" ORDER BY queue", args, func(scan func(...any) error) error {
		var c queue.Stats
		err := scan(&c.Queue, &c.Paused, &c.Scheduled, &c.Ready, &c.Running, &c.Dead, &c.Done,
			&c.Added, &c.Completed, &c.Retried, &c.Buried, &c.Rescued, &c.Requeued)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the counts of jobs: %w", err)
	}
	return out, nil
}
