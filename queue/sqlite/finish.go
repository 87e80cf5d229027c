package sqlite

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"collector/queue"
)

// The claim that stands is the row that runs under this token.
const standing = ` WHERE state = 'running' AND id = ? AND token = ? `

const (
	// removeAll removes what is done, of a list of [id, token].
	removeAll = `DELETE FROM queue_jobs WHERE n IN (SELECT j.n FROM json_each(?) AS r CROSS JOIN queue_jobs AS j ON j.id = r.value ->> 0
WHERE j.state = 'running' AND j.token = r.value ->> 1 AND j.keep = 0) RETURNING id, token, queue`

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
	first := map[queue.Ref]int{} // of two outcomes of one claim the second finds none
	for i, o := range outcomes {
		if _, ok := first[o.Ref]; !ok {
			first[o.Ref] = i
		}
	}
	stood := make([]bool, len(outcomes))
	err := s.write(ctx, "ending jobs", func(t *tx) error {
		if err := t.removeAll(outcomes, first, stood); err != nil {
			return err
		}
		for _, i := range first {
			if stood[i] {
				continue
			}
			ok, err := t.finish(outcomes[i], millis(now))
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

// removeAll removes in one statement what is done and need not be kept, as nearly
// everything is.
func (t *tx) removeAll(outcomes []queue.Outcome, first map[queue.Ref]int, stood []bool) error {
	var refs [][2]string
	for r, i := range first {
		// What JSON would not carry as it is waits for a statement of its own.
		if outcomes[i].Verb == queue.Complete && utf8.ValidString(r.ID) && !strings.ContainsRune(r.ID, 0) {
			refs = append(refs, [2]string{r.ID, r.Token})
		}
	}
	if len(refs) == 0 {
		return nil
	}
	list, err := json.Marshal(refs)
	if err != nil {
		return err
	}
	return t.rows(removeAll, []any{string(list)}, func(scan func(...any) error) error {
		var r queue.Ref
		var name string
		if err := scan(&r.ID, &r.Token, &name); err != nil {
			return err
		}
		stood[first[r]] = true
		t.count(name).Completed++
		t.move(name, queue.Running, "")
		return nil
	})
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
