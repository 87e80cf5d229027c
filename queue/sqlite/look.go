package sqlite

import (
	"context"

	"collector/queue"
)

// byID is the index that SQLite makes for the ids of all jobs.
const byID = "sqlite_autoindex_queue_jobs_1"

// indexOf has the index of a state whose jobs are not in the order of their ids there.
var indexOf = map[queue.State]string{
	queue.Ready:     "queue_jobs_ready",
	queue.Scheduled: "queue_jobs_scheduled",
	queue.Running:   "queue_jobs_running",
	queue.Done:      "queue_jobs_done",
}

// looked says what a page is read from, and up to which id; "" is no bound. What the index
// of a state has no more of than is to be looked at is read from there and sorted.
func (s *Store) looked(ctx context.Context, f queue.Filter, p queue.Page) (from, until string, _ error) {
	if p.Look < 1 || f.ID != "" {
		return listed(f), "", nil
	}
	if index := indexOf[f.State]; index != "" {
		count := queue.Filter{State: f.State}
		if f.State == queue.Ready || f.State == queue.Scheduled { // the others do not begin with the queue
			count.Queue = f.Queue
		}
		among, args := where(count)
		found, err := s.texts(ctx, fewIn(index, among), append(args, p.Look))
		if err != nil || len(found) == 0 {
			return "queue_jobs INDEXED BY " + index, "", err
		}
	}
	from, among := "queue_jobs INDEXED BY "+byID, ""
	if f.State == queue.Dead {
		from = "queue_jobs INDEXED BY queue_jobs_dead"
		among, _ = where(queue.Filter{State: queue.Dead})
	}
	var args []any
	if p.Cursor != "" {
		args = append(args, p.Cursor)
	}
	found, err := s.texts(ctx, lastOf(from, among, p), append(args, p.Look-1))
	if err != nil || len(found) < 2 { // nothing is behind it
		return from, "", err
	}
	return from, found[0], nil
}

// fewIn finds something where an index has more than so many jobs.
func fewIn(index, among string) string {
	return "SELECT state FROM queue_jobs INDEXED BY " + index + " WHERE 1" + among + " LIMIT 1 OFFSET ?"
}

// lastOf finds the last id of a look, and the one behind it.
func lastOf(from, among string, p queue.Page) string {
	after, direction := " AND id > ?", ""
	if p.Newest {
		after, direction = " AND id < ?", " DESC"
	}
	if p.Cursor == "" {
		after = ""
	}
	return "SELECT id FROM " + from + " WHERE 1" + among + after + " ORDER BY id" + direction + " LIMIT 2 OFFSET ?"
}

// texts are the rows of a question for one text.
func (s *Store) texts(ctx context.Context, query string, args []any) (out []string, _ error) {
	err := s.read(ctx, query, args, func(scan func(...any) error) error {
		var text string
		err := scan(&text)
		out = append(out, text)
		return err
	})
	return out, err
}
