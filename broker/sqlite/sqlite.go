// Package sqlite keeps the messages of topics in a SQLite database that the caller
// opened, in tables of its own (topic_…) beside whatever else is there.
//
// A position is a row number: the next is one more than the greatest, and since only one
// transaction writes at a time, none is left out. The newest row always stays. Users of
// one Log are told at once what was appended; what another process appends is seen when
// the table is looked at, five times a second while somebody follows.
//
// The handle should come from modernc.org/sqlite, with the journal mode WAL. With
// synchronous=NORMAL the newest messages may be lost when the power fails, with FULL not.
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"collector/broker"
)

// looks is how often what other processes appended is looked for.
const looks = 200 * time.Millisecond

// version is that of the tables.
const version = 1

// ErrNewer says that a newer version of this package has written the tables.
var ErrNewer = errors.New("the tables of topics are of a newer version: use a newer program")

const schema = `
CREATE TABLE IF NOT EXISTS topic_messages (position INTEGER PRIMARY KEY, topic TEXT NOT NULL, id TEXT NOT NULL, data BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS topic_messages_id ON topic_messages (topic, id);
CREATE INDEX IF NOT EXISTS topic_messages_topic ON topic_messages (topic);
CREATE TABLE IF NOT EXISTS topic_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO topic_meta (name, value) VALUES ('version', 1), ('bytes', 0);`

// Log is a broker.Log.
type Log struct {
	db   *sql.DB
	keep broker.Keep
	turn chan struct{} // holds one while somebody writes

	mu     sync.Mutex
	signal chan struct{} // closed and made anew when something was appended
}

// Open makes the tables unless they are there. The caller closes the handle, after all use
// of the log.
func Open(ctx context.Context, db *sql.DB, keep broker.Keep) (*Log, error) {
	l := &Log{db: db, keep: keep.Filled(), turn: make(chan struct{}, 1), signal: make(chan struct{})}
	is := 0
	const versionOf = "SELECT value FROM topic_meta WHERE name = 'version'"
	err := db.QueryRowContext(ctx, versionOf).Scan(&is)
	if err != nil { // most likely they are not there yet; where only reading is possible they have to be
		err = l.write(ctx, func(c *sql.Conn) error {
			if _, err := c.ExecContext(context.Background(), schema); err != nil {
				return err
			}
			return c.QueryRowContext(context.Background(), versionOf).Scan(&is)
		})
	}
	if err == nil && is > version {
		err = fmt.Errorf("%w (%d, and %d is known here)", ErrNewer, is, version)
	}
	if err != nil {
		return nil, fmt.Errorf("making the tables of topics: %w", err)
	}
	return l, nil
}

// write runs fn in a transaction. Once ctx is over nothing is begun; what was begun is
// finished.
func (l *Log) write(ctx context.Context, fn func(*sql.Conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-l.turn }()
	c, err := l.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	do := func(statement string) error {
		_, err := c.ExecContext(context.Background(), statement)
		return err
	}
	if err := do("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err = fn(c); err == nil {
		err = do("COMMIT")
	}
	if err != nil {
		if undo := do("ROLLBACK"); undo != nil { // closing the connection undoes it
			_ = c.Raw(func(any) error { return driver.ErrBadConn })
		}
	}
	return err
}

// Append is broker.Log.Append.
func (l *Log) Append(ctx context.Context, _ time.Time, ms []broker.Message) ([]int64, error) {
	at := make([]int64, len(ms))
	if len(ms) == 0 {
		return at, ctx.Err()
	}
	err := l.write(ctx, func(c *sql.Conn) error { return l.append(context.Background(), c, ms, at) })
	if err != nil {
		return nil, fmt.Errorf("appending to the topics: %w", err)
	}
	l.mu.Lock()
	close(l.signal)
	l.signal = make(chan struct{})
	l.mu.Unlock()
	return at, nil
}

func (l *Log) append(ctx context.Context, c *sql.Conn, ms []broker.Message, at []int64) error {
	var next, bytes int64
	err := c.QueryRowContext(ctx, "SELECT (SELECT coalesce(max(position), 0) + 1 FROM topic_messages), (SELECT value FROM topic_meta WHERE name = 'bytes')").Scan(&next, &bytes)
	if err != nil {
		return err
	}
	insert, err := c.PrepareContext(ctx, "INSERT INTO topic_messages (position, topic, id, data) VALUES (?, ?, ?, ?) ON CONFLICT (topic, id) DO NOTHING")
	if err != nil {
		return err
	}
	defer insert.Close()
	for i, m := range ms {
		data := broker.Encode(m)
		res, err := insert.ExecContext(ctx, next, m.Destination, m.ID, data)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 1 {
			at[i], next, bytes = next, next+1, bytes+int64(len(data))
			continue
		}
		if err := c.QueryRowContext(ctx, "SELECT position FROM topic_messages WHERE topic = ? AND id = ?", m.Destination, m.ID).Scan(&at[i]); err != nil {
			return err
		}
	}
	if bytes, err = l.shorten(ctx, c, next, bytes); err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, "UPDATE topic_meta SET value = ? WHERE name = 'bytes'", bytes)
	return err
}

// shorten drops the oldest messages until both bounds are kept, and returns the bytes
// that are left.
func (l *Log) shorten(ctx context.Context, c *sql.Conn, next, bytes int64) (int64, error) {
	drop := func(where string, arg int64) (int64, error) {
		rows, err := c.QueryContext(ctx, "DELETE FROM topic_messages WHERE "+where+" RETURNING length(data)", arg)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		gone := int64(0)
		for rows.Next() {
			var n int64
			if err := rows.Scan(&n); err != nil {
				return 0, err
			}
			gone += n
		}
		return gone, rows.Err()
	}
	gone, err := drop("position < ?", next-l.keep.Messages)
	for bytes -= gone; err == nil && bytes > l.keep.Bytes; bytes -= gone {
		gone, err = drop("position IN (SELECT position FROM topic_messages WHERE position < ? ORDER BY position LIMIT 100)", next-1)
		if gone == 0 {
			break
		}
	}
	return bytes, err
}

// Read is broker.Log.Read.
func (l *Log) Read(ctx context.Context, topic string, from int64, n int) ([]broker.Message, error) {
	return l.list(ctx, from, "topic = ?1 AND position >= ?2 ORDER BY position LIMIT ?3", topic, from, n)
}

// list returns the messages that a condition chooses, all of which have the position from
// or a later one.
func (l *Log) list(ctx context.Context, from int64, where string, args ...any) ([]broker.Message, error) {
	rows, err := l.db.QueryContext(ctx, "SELECT position, topic, id, data FROM topic_messages WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the topics: %w", err)
	}
	out, err := messagesOf(rows)
	if err != nil {
		return nil, fmt.Errorf("reading the topics: %w", err)
	}
	oldest, _, err := l.Bounds(ctx) // asked last: what was dropped meanwhile may be missing above
	if err != nil {
		return nil, err
	}
	if from < oldest {
		return nil, fmt.Errorf("position %d, the oldest is %d: %w", from, oldest, broker.ErrGone)
	}
	return out, nil
}

// messagesOf reads all rows of position, topic, id and data.
func messagesOf(rows *sql.Rows) ([]broker.Message, error) {
	defer rows.Close()
	var out []broker.Message
	for rows.Next() {
		var position int64
		var topic, id string
		var data []byte
		if err := rows.Scan(&position, &topic, &id, &data); err != nil {
			return nil, err
		}
		m, err := broker.Decode(data)
		if err != nil {
			return nil, fmt.Errorf("message %s of %s: %w", id, topic, err)
		}
		topic, _, _ = strings.Cut(topic, " ") // of a blank
		m.Position, m.Destination, m.ID = position, topic, id
		out = append(out, m)
	}
	return out, rows.Err()
}

// Bounds is broker.Log.Bounds.
func (l *Log) Bounds(ctx context.Context) (oldest, next int64, err error) {
	err = l.db.QueryRowContext(ctx, "SELECT (SELECT coalesce(min(position), 1) FROM topic_messages), (SELECT coalesce(max(position), 0) + 1 FROM topic_messages)").Scan(&oldest, &next)
	if err != nil {
		return 0, 0, fmt.Errorf("reading the topics: %w", err)
	}
	return oldest, next, nil
}

// followed is how many messages Follow reads at once.
const followed = 500

// Follow is broker.Log.Follow.
func (l *Log) Follow(ctx context.Context, from int64, fn func([]broker.Message)) error {
	t := time.NewTicker(looks)
	defer t.Stop()
	for ctx.Err() == nil {
		l.mu.Lock()
		signal := l.signal
		l.mu.Unlock()
		ms, err := l.list(ctx, from, "position >= ?1 ORDER BY position LIMIT ?2", from, followed)
		if err != nil {
			return err
		}
		if len(ms) > 0 {
			from = ms[len(ms)-1].Position + 1
			fn(ms)
			continue
		}
		select {
		case <-signal:
		case <-t.C:
		case <-ctx.Done():
		}
	}
	return context.Cause(ctx)
}

// Topics is broker.Log.Topics. It reads the whole index.
func (l *Log) Topics(ctx context.Context) ([]broker.TopicStats, error) {
	rows, err := l.db.QueryContext(ctx, `SELECT g.topic, g.n, g.low, g.high, m.data FROM
(SELECT CASE WHEN topic LIKE '% %' THEN rtrim(topic, ' 0123456789') ELSE topic END topic, count(*) n, min(position) low, max(position) high
 FROM topic_messages GROUP BY 1) g
JOIN topic_messages m ON m.position = g.high ORDER BY g.topic`)
	if err != nil {
		return nil, fmt.Errorf("listing the topics: %w", err)
	}
	defer rows.Close()
	var out []broker.TopicStats
	for rows.Next() {
		var s broker.TopicStats
		var data []byte
		if err := rows.Scan(&s.Topic, &s.Messages, &s.Oldest, &s.Newest, &data); err != nil {
			return nil, fmt.Errorf("listing the topics: %w", err)
		}
		m, err := broker.Decode(data)
		if err != nil {
			return nil, fmt.Errorf("reading the newest message of %s: %w", s.Topic, err)
		}
		s.Time = m.Time
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing the topics: %w", err)
	}
	return out, nil
}
