package sqlite

import (
	"context"
	"time"

	"collector/queue"
)

// The claim that stands is the row that runs under this token.
const standing = ` WHERE state = 'running' AND id = ? AND token = ? `

const (
	remove = `DELETE FROM queue_jobs` + standing + `AND keep = 0 RETURNING queue, ''`

	keep = `UPDATE queue_jobs SET state = 'done', owner = '', token = '', finished = ?, until = ? + keep` + standing + `RETURNING queue, state`

	bury = `UPDATE queue_jobs SET state = 'dead', owner = '', token = '', until = 0, finished = ?, last_error = ?` + standing + `RETURNING queue, state`

	// waits: for retry and snooze.
	waits = `UPDATE queue_jobs SET state = ?, owner = '', token = '', until = 0, due = ?, last_error = coalesce(?, last_error),
attempts = attempts - ?` + standing + `RETURNING queue, state`

	release = `UPDATE queue_jobs SET state = iif(due <= ?, 'ready', 'scheduled'), owner = '', token = '', until = 0,
attempts = attempts - 1, deliveries = deliveries - 1` + standing + `RETURNING queue, state`
)

// Finish is queue.Store.Finish.
func (s *Store) Finish(ctx context.Context, now time.Time, outcomes []queue.Outcome) ([]bool, error) {
	if err := queue.CheckOutcomes(outcomes); err != nil {
		return nil, err
	}
	stood := make([]bool, len(outcomes))
	err := s.write(ctx, "ending jobs", func(t *tx) error {
		for i, o := range outcomes {
			ok, err := t.finish(o, millis(now))
			if err != nil {
				return err
			}
			stood[i] = ok
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stood, nil
}

// finish carries out one outcome, and returns whether its claim stood.
func (t *tx) finish(o queue.Outcome, now int64) (bool, error) {
	due, waiting := millis(o.Due), queue.Ready
	if due > now {
		waiting = queue.Scheduled
	}
	switch o.Verb {
	case queue.Complete:
		counted := func(c *queue.Stats) { c.Completed++ }
		if ok, err := t.ended(remove, counted, o.ID, o.Token); ok || err != nil {
			return ok, err
		}
		return t.ended(keep, counted, now, now, o.ID, o.Token)
	case queue.Bury:
		return t.ended(bury, func(c *queue.Stats) { c.Buried++ }, now, queue.Cut(o.Error), o.ID, o.Token)
	case queue.Retry:
		return t.ended(waits, func(c *queue.Stats) { c.Retried++ }, waiting, due, queue.Cut(o.Error), 0, o.ID, o.Token)
	case queue.Snooze:
		return t.ended(waits, func(*queue.Stats) {}, waiting, due, nil, 1, o.ID, o.Token)
	default: // queue.Release: others were refused
		return t.ended(release, func(*queue.Stats) {}, now, o.ID, o.Token)
	}
}

// ended changes the row of a claim that stands, and counts it.
func (t *tx) ended(query string, counted func(*queue.Stats), args ...any) (stood bool, err error) {
	err = t.rows(query, args, func(scan func(...any) error) error {
		var name string
		var to queue.State
		if err := scan(&name, &to); err != nil {
			return err
		}
		stood = true
		counted(t.count(name))
		t.move(name, queue.Running, to)
		return nil
	})
	return stood, err
}
