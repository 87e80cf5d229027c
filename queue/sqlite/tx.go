package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"

	"collector/queue"
)

// errClosed says that the store was closed.
var errClosed = errors.New("the job queue is closed")

// conn is the connection that writes, with its statements.
type conn struct {
	*sql.Conn
	prepared map[string]*sql.Stmt
}

// tx is a transaction: what it did to the counts, and which queues are to be woken
// when it has ended well. Its statements run to their end whatever the caller's
// context does.
type tx struct {
	*conn
	counts map[string]*queue.Stats // changes
	woken  []string
}

// write runs fn in a transaction when it is our turn. Once ctx is over nothing is
// begun; what was begun is finished.
func (s *Store) write(ctx context.Context, what string, fn func(t *tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	t := &tx{counts: map[string]*queue.Stats{}}
	err := s.transact(ctx, t, fn)
	<-s.turn
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	s.wakes.Tell(t.woken...)
	return nil
}

func (s *Store) transact(ctx context.Context, t *tx, fn func(t *tx) error) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	t.conn = s.w
	if err := t.begin(ctx); err != nil {
		return errors.Join(err, s.hangUp())
	}
	err := fn(t)
	if err == nil {
		err = t.saveCounts()
	}
	if err == nil {
		err = t.exec("COMMIT")
	}
	if err != nil {
		if undo := t.exec("ROLLBACK"); undo != nil {
			return errors.Join(err, s.hangUp()) // closing the connection undoes it
		}
	}
	return err
}

// begins is how often a transaction is begun: each time it waits for other connections
// as long as a statement does. SQLite lets whoever looks first go on, so that one process
// that writes all the time may keep another from it for longer than that.
const begins = 6

// begin begins a transaction once no other connection writes.
func (t *tx) begin(ctx context.Context) (err error) {
	for range begins {
		if err = t.exec("BEGIN IMMEDIATE"); !busy(err) || ctx.Err() != nil {
			break
		}
	}
	return err
}

// busy says that another connection writes: SQLITE_BUSY (https://sqlite.org/rescode.html).
func busy(err error) bool {
	var coded interface{ Code() int }
	return errors.As(err, &coded) && coded.Code()&0xff == 5
}

// busyWait is how long a statement waits for other connections, in milliseconds,
// where the caller's handle says nothing.
const busyWait = 10000

// connect takes a connection, unless there is one.
func (s *Store) connect(ctx context.Context) error {
	if s.end {
		return errClosed
	}
	if s.w != nil {
		return nil
	}
	c, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	s.w = &conn{Conn: c, prepared: map[string]*sql.Stmt{}}
	var wait int
	if err := c.QueryRowContext(context.Background(), "PRAGMA busy_timeout").Scan(&wait); err != nil {
		return errors.Join(err, s.hangUp())
	}
	if wait == 0 {
		if _, err := c.ExecContext(context.Background(), fmt.Sprintf("PRAGMA busy_timeout = %d", busyWait)); err != nil {
			return errors.Join(err, s.hangUp())
		}
	}
	return nil
}

// hangUp closes the connection for good: it may have something open.
func (s *Store) hangUp() error {
	if s.w == nil {
		return nil
	}
	for _, st := range s.w.prepared {
		st.Close()
	}
	c := s.w.Conn
	s.w = nil
	err := c.Raw(func(any) error { return driver.ErrBadConn })
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return nil
	}
	return err
}

// stmt prepares a statement once a connection.
func (c *conn) stmt(query string) (*sql.Stmt, error) {
	if st := c.prepared[query]; st != nil {
		return st, nil
	}
	st, err := c.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	if len(c.prepared) >= 100 { // filters make many
		for _, old := range c.prepared {
			old.Close()
		}
		clear(c.prepared)
	}
	c.prepared[query] = st
	return st, nil
}

func (c *conn) exec(query string, args ...any) error {
	st, err := c.stmt(query)
	if err != nil {
		return err
	}
	_, err = st.ExecContext(context.Background(), args...)
	return err
}

// affect runs a statement and returns how many rows it changed.
func (c *conn) affect(query string, args ...any) (int64, error) {
	st, err := c.stmt(query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// rows calls each for every row, which scans it.
func (c *conn) rows(query string, args []any, each func(scan func(...any) error) error) error {
	st, err := c.stmt(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(context.Background(), args...)
	if err != nil {
		return err
	}
	return drain(rows, each)
}

// drain reads rows to their end and closes them.
func drain(rows *sql.Rows, each func(scan func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return rows.Close()
}

// read asks outside of the writer, but for a handle that has one connection only:
// that is the writer's.
func (s *Store) read(ctx context.Context, query string, args []any, each func(scan func(...any) error) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.db.Stats().MaxOpenConnections == 1 {
		return s.write(ctx, "reading", func(t *tx) error { return t.rows(query, args, each) })
	}
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return drain(rows, each)
}

// count is the change of a queue's counts.
func (t *tx) count(name string) *queue.Stats {
	c := t.counts[name]
	if c == nil {
		c = &queue.Stats{Queue: name}
		t.counts[name] = c
	}
	return c
}

// in is the count of jobs in a state.
func in(c *queue.Stats, state queue.State) *int64 {
	switch state {
	case queue.Scheduled:
		return &c.Scheduled
	case queue.Ready:
		return &c.Ready
	case queue.Running:
		return &c.Running
	case queue.Dead:
		return &c.Dead
	default:
		return &c.Done
	}
}

// move counts a job from one state to another; "" is none.
func (t *tx) move(name string, from, to queue.State) {
	c := t.count(name)
	if from != "" {
		*in(c, from)--
	}
	if to != "" {
		*in(c, to)++
	}
	if (to == queue.Ready || to == queue.Scheduled) && !slices.Contains(t.woken, name) {
		t.woken = append(t.woken, name)
	}
}

const saveCounts = `INSERT INTO queue_counts (queue, scheduled, ready, running, dead, done, added, completed, retried, buried, rescued, requeued)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (queue) DO UPDATE SET scheduled = scheduled + excluded.scheduled, ready = ready + excluded.ready,
running = running + excluded.running, dead = dead + excluded.dead, done = done + excluded.done, added = added + excluded.added,
completed = completed + excluded.completed, retried = retried + excluded.retried, buried = buried + excluded.buried,
rescued = rescued + excluded.rescued, requeued = requeued + excluded.requeued`

// saveCounts adds the changes to what is kept.
func (t *tx) saveCounts() error {
	for _, c := range t.counts {
		if *c == (queue.Stats{Queue: c.Queue}) {
			continue
		}
		err := t.exec(saveCounts, c.Queue, c.Scheduled, c.Ready, c.Running, c.Dead, c.Done,
			c.Added, c.Completed, c.Retried, c.Buried, c.Rescued, c.Requeued)
		if err != nil {
			return fmt.Errorf("keeping the counts: %w", err)
		}
	}
	return nil
}
