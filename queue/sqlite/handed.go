package sqlite

import (
	"context"
	"fmt"

	"collector/queue"
)

const (
	addHeld = `INSERT INTO queue_jobs (id, queue, kind, data, priority, due, max_attempts, keep, state, added, attempts, deliveries, owner, token, until, started)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, 1, 1, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`

	stillHeld = `SELECT 1 FROM queue_jobs WHERE state = 'running' AND id = ? AND token = ?`
)

// AddClaimed is queue.Store.AddClaimed.
func (s *Store) AddClaimed(ctx context.Context, c queue.Claim, mark string, jobs []queue.Job) ([]queue.Ref, error) {
	prepared := make([]queue.Job, len(jobs))
	for i, j := range jobs {
		var err error
		if prepared[i], err = queue.Held(j, c, mark); err != nil {
			return nil, fmt.Errorf("adding job %d of %d: %w", i+1, len(jobs), err)
		}
	}
	refs := make([]queue.Ref, len(jobs))
	err := s.write(ctx, "adding jobs that are held", func(t *tx) error {
		for i, j := range prepared {
			held, err := t.addHeld(j)
			if err != nil {
				return err
			}
			if held {
				refs[i] = j.Ref()
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return refs, nil
}

// addHeld adds a job that is held, and says whether it is by this call.
func (t *tx) addHeld(j queue.Job) (held bool, err error) {
	data := j.Data
	if data == nil {
		data = []byte{}
	}
	n, err := t.affect(addHeld, j.ID, j.Queue, j.Kind, data, j.Priority, j.Due.UnixMilli(), j.MaxAttempts, j.Keep.Milliseconds(), j.Added.UnixMilli(),
		j.Owner, j.Token, millis(j.LeaseUntil), millis(j.Started))
	if err != nil {
		return false, err
	}
	if n > 0 {
		t.move(j.Queue, "", queue.Running)
		t.count(j.Queue).Added++
		return true, nil
	}
	err = t.rows(stillHeld, []any{j.ID, j.Token}, func(scan func(...any) error) error {
		held = true
		return nil
	})
	return held, err
}

// Passed is queue.Store.Passed.
func (s *Store) Passed(ctx context.Context, jobs map[string]int64) error {
	return s.write(ctx, "counting jobs", func(t *tx) error {
		for name, n := range jobs {
			t.count(name).Added += n
			t.count(name).Completed += n
		}
		return nil
	})
}

// Paused is queue.Store.Paused.
func (s *Store) Paused(ctx context.Context, name string) (paused bool, err error) {
	err = s.read(ctx, "SELECT paused FROM queue_counts WHERE queue = ?", []any{name}, func(scan func(...any) error) error { return scan(&paused) })
	if err != nil {
		return false, fmt.Errorf("looking whether a queue is paused: %w", err)
	}
	return paused, ctx.Err()
}
