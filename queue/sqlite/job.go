package sqlite

import (
	"time"

	"collector/queue"
)

// columns of a job, in the order in which scanned reads them.
const columns = `id, queue, kind, data, priority, due, max_attempts, keep, state, added, attempts, deliveries,
owner, token, until, started, last_error, finished`

// scanned reads a row of columns.
func scanned(scan func(...any) error) (queue.Job, error) {
	var j queue.Job
	var due, keep, added, until, started, finished int64
	err := scan(&j.ID, &j.Queue, &j.Kind, &j.Data, &j.Priority, &due, &j.MaxAttempts, &keep, &j.State, &added, &j.Attempts,
		&j.Deliveries, &j.Owner, &j.Token, &until, &started, &j.LastError, &finished)
	if err != nil {
		return j, err
	}
	j.Due, j.Keep, j.Added = time.UnixMilli(due).UTC(), time.Duration(keep)*time.Millisecond, time.UnixMilli(added).UTC()
	j.Started, j.Finished = fromMillis(started), fromMillis(finished)
	if j.State == queue.Running {
		j.LeaseUntil = fromMillis(until)
	}
	return j, nil
}

// jobs reads all rows of a statement that returns columns.
func (c *conn) jobs(query string, args ...any) ([]queue.Job, error) {
	var out []queue.Job
	err := c.rows(query, args, func(scan func(...any) error) error {
		j, err := scanned(scan)
		out = append(out, j)
		return err
	})
	return out, err
}
