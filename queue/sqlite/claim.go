package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/queue"
)

const (
	// promote makes ready what is due.
	promote = `UPDATE queue_jobs SET state = 'ready' WHERE state = 'scheduled' AND queue = ? AND due <= ?`

	// claim takes the first ones; %s chooses among the kinds.
	claim = `UPDATE queue_jobs SET state = 'running', owner = ?, token = ?, until = ?, started = ?, attempts = attempts + 1, deliveries = deliveries + 1
WHERE n IN (SELECT n FROM queue_jobs WHERE state = 'ready' AND queue = ?%s ORDER BY priority DESC, due, id LIMIT ?)
RETURNING ` + columns

	renew = `UPDATE queue_jobs SET until = ? WHERE state = 'running' AND id = ? AND token = ?`

	over = `SELECT ` + columns + ` FROM queue_jobs WHERE state = 'running' AND until <= ? ORDER BY until LIMIT ?`

	rescue = `UPDATE queue_jobs SET state = ?, owner = '', token = '', until = 0, due = ?, last_error = ?, finished = ?
WHERE state = 'running' AND id = ? AND token = ?`

	// open are the queues of a JSON array that are not paused.
	open = `FROM json_each(?) AS q WHERE NOT EXISTS (SELECT 1 FROM queue_counts WHERE queue = q.value AND paused)`

	claimable = `SELECT q.value ` + open + ` AND (EXISTS (SELECT 1 FROM queue_jobs WHERE state = 'ready' AND queue = q.value)
OR EXISTS (SELECT 1 FROM queue_jobs WHERE state = 'scheduled' AND queue = q.value AND due <= ?))`

	nextDue = `SELECT min((SELECT min(due) FROM queue_jobs WHERE state = 'scheduled' AND queue = q.value)) ` + open

	purge = `DELETE FROM queue_jobs WHERE n IN (SELECT n FROM queue_jobs WHERE state = 'done' AND until <= ? LIMIT ?) RETURNING queue`
)

// Claim is queue.Store.Claim.
func (s *Store) Claim(ctx context.Context, c queue.Claim) ([]queue.Job, error) {
	if c.N < 1 {
		return nil, ctx.Err()
	}
	now := millis(c.Now)
	var out []queue.Job
	err := s.write(ctx, "claiming jobs", func(t *tx) error {
		paused := true // also where there is no such queue
		err := t.rows("SELECT paused FROM queue_counts WHERE queue = ?", []any{c.Queue}, func(scan func(...any) error) error { return scan(&paused) })
		if err != nil || paused {
			return err
		}
		due, err := t.affect(promote, c.Queue, now)
		if err != nil {
			return err
		}
		counts := t.count(c.Queue)
		counts.Scheduled -= due
		counts.Ready += due
		args := []any{c.Owner, queue.NewToken(), millis(c.Until), now, c.Queue}
		which := ""
		if len(c.Kinds) > 0 {
			which = " AND kind IN (?" + strings.Repeat(", ?", len(c.Kinds)-1) + ")"
			for _, k := range c.Kinds {
				args = append(args, k)
			}
		}
		out, err = t.jobs(fmt.Sprintf(claim, which), append(args, c.N)...)
		counts.Ready -= int64(len(out))
		counts.Running += int64(len(out))
		return err
	})
	if err != nil {
		return nil, err
	}
	// RETURNING has an order of its own.
	slices.SortFunc(out, func(a, b queue.Job) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// Claimable is queue.Store.Claimable.
func (s *Store) Claimable(ctx context.Context, now time.Time, queues []string) (out []string, _ error) {
	names, err := json.Marshal(queues)
	if err != nil {
		return nil, err
	}
	if out, err = s.texts(ctx, claimable, []any{string(names), millis(now)}); err != nil {
		return nil, fmt.Errorf("asking which queues have something to claim: %w", err)
	}
	return out, nil
}

// NextDue is queue.Store.NextDue.
func (s *Store) NextDue(ctx context.Context, queues []string) (next time.Time, _ error) {
	names, err := json.Marshal(queues)
	if err != nil {
		return time.Time{}, err
	}
	err = s.read(ctx, nextDue, []any{string(names)}, func(scan func(...any) error) error {
		var due *int64
		if err := scan(&due); err != nil || due == nil {
			return err
		}
		next = time.UnixMilli(*due).UTC()
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("looking for the next due job: %w", err)
	}
	return next, nil
}

// Renew is queue.Store.Renew.
func (s *Store) Renew(ctx context.Context, claims []queue.Ref, until time.Time) ([]bool, error) {
	stood := make([]bool, len(claims))
	err := s.write(ctx, "renewing leases", func(t *tx) error {
		for i, r := range claims {
			n, err := t.affect(renew, millis(until), r.ID, r.Token)
			if err != nil {
				return err
			}
			stood[i] = n > 0
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return stood, nil
}

// Rescue is queue.Store.Rescue.
func (s *Store) Rescue(ctx context.Context, now time.Time, limit int) ([]queue.Job, error) {
	limit = max(0, limit)
	at := millis(now)
	var out []queue.Job
	err := s.write(ctx, "rescuing jobs", func(t *tx) error {
		var err error
		if out, err = t.jobs(over, at, limit); err != nil {
			return err
		}
		for i := range out {
			if err := t.rescue(&out[i], at); err != nil {
				return err
			}
		}
		return t.rows(purge, []any{at, limit}, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			t.move(name, queue.Done, "")
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// rescue makes of a job whose lease is over what it is to be.
func (t *tx) rescue(j *queue.Job, now int64) error {
	r := j.Ref()
	j.LastError = queue.LeaseEnded(*j)
	j.State, j.Token, j.LeaseUntil, j.Due = queue.Ready, "", time.Time{}, fromMillis(now)
	if j.MaxAttempts > 0 && j.Attempts >= j.MaxAttempts {
		j.State, j.Finished = queue.Dead, fromMillis(now)
		t.count(j.Queue).Buried++
	}
	t.count(j.Queue).Rescued++
	t.move(j.Queue, queue.Running, j.State)
	return t.exec(rescue, j.State, now, j.LastError, millis(j.Finished), r.ID, r.Token)
}

// Pause is queue.Store.Pause.
func (s *Store) Pause(ctx context.Context, name string, paused bool) error {
	if name == "" || len(name) > queue.MaxName {
		return fmt.Errorf("pausing: %q is no name of a queue; it has 1 to %d bytes", name, queue.MaxName)
	}
	return s.write(ctx, "pausing", func(t *tx) error {
		if !paused {
			t.woken = append(t.woken, name)
		}
		return t.exec("INSERT INTO queue_counts (queue, paused) VALUES (?, ?) ON CONFLICT (queue) DO UPDATE SET paused = excluded.paused", name, paused)
	})
}
