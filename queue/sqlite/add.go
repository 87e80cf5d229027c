package sqlite

import (
	"context"
	"fmt"
	"time"

	"collector/queue"
)

const (
	addJob = `INSERT INTO queue_jobs (id, queue, kind, data, priority, due, max_attempts, keep, state, added)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`

	// replaceDone frees the id of a job that need not be kept any more.
	replaceDone = `DELETE FROM queue_jobs WHERE id = ? AND state = 'done' AND until <= ? RETURNING queue`
)

// Add is queue.Store.Add. A call that failed has added nothing, so it needs no mark to be made again.
func (s *Store) Add(ctx context.Context, now time.Time, _ string, jobs []queue.Job) ([]bool, error) {
	prepared := make([]queue.Job, len(jobs))
	for i, j := range jobs {
		var err error
		if prepared[i], err = queue.Prepare(j, now); err != nil {
			return nil, fmt.Errorf("adding job %d of %d: %w", i+1, len(jobs), err)
		}
	}
	added := make([]bool, len(jobs))
	err := s.write(ctx, "adding jobs", func(t *tx) error {
		for i, j := range prepared {
			ok, err := t.add(j, millis(now))
			if err != nil {
				return err
			}
			added[i] = ok
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return added, nil
}

func (t *tx) add(j queue.Job, now int64) (bool, error) {
	data := j.Data
	if data == nil {
		data = []byte{}
	}
	insert := func() (int64, error) {
		return t.affect(addJob, j.ID, j.Queue, j.Kind, data, j.Priority, j.Due.UnixMilli(), j.MaxAttempts, j.Keep.Milliseconds(), j.State, j.Added.UnixMilli())
	}
	n, err := insert()
	if err != nil {
		return false, err
	}
	if n == 0 {
		freed := false
		err := t.rows(replaceDone, []any{j.ID, now}, func(scan func(...any) error) error {
			var name string
			freed = true
			err := scan(&name)
			t.move(name, queue.Done, "")
			return err
		})
		if err != nil || !freed {
			return false, err
		}
		if _, err := insert(); err != nil {
			return false, err
		}
	}
	t.move(j.Queue, "", j.State)
	t.count(j.Queue).Added++
	return true, nil
}
