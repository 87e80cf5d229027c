package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// tx is the writer's connection inside a transaction, with what the transaction
// has to remember: which numbers are free and what the search index still owes.
// Its statements run to their end whatever the caller's context does, since half
// of a group would be worth nothing.
type tx struct {
	conn     *sql.Conn
	prepared map[string]*sql.Stmt

	nextItem int64 // row number of the next item; 0: not asked yet
	lastSeq  int64 // newest entry of the change log; -1: not asked yet
	entries  []entry
	wrote    int // statements that may have changed something
}

// entry is a row of the search index to write at the end of the transaction.
type entry struct {
	id          int64
	meta, words string
	replaces    bool
}

// mark is what undo goes back to.
type mark struct {
	lastSeq int64
	entries int
	wrote   int
}

func (t *tx) reset() {
	t.nextItem, t.lastSeq, t.entries = 0, -1, t.entries[:0]
}

func (t *tx) mark() mark { return mark{t.lastSeq, len(t.entries), t.wrote} }

func (t *tx) undo(m mark) {
	t.lastSeq = m.lastSeq
	t.entries = t.entries[:m.entries]
}

// close gives the connection back; errors change nothing any more.
func (t *tx) close() {
	for _, st := range t.prepared {
		st.Close()
	}
	t.conn.Close()
}

// stmt prepares a statement once a connection.
func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if st := t.prepared[query]; st != nil {
		return st, nil
	}
	st, err := t.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	t.prepared[query] = st
	return st, nil
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.affect(query, args...)
	return err
}

// affect runs a statement and returns how many rows it changed.
func (t *tx) affect(query string, args ...any) (int, error) {
	st, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	t.wrote++
	res, err := st.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// once runs a statement that is not worth keeping: its text differs each time.
func (t *tx) once(query string, args ...any) error {
	t.wrote++
	_, err := t.conn.ExecContext(context.Background(), query, args...)
	return err
}

// row reads one row; sql.ErrNoRows where there is none.
func (t *tx) row(query string, args []any, into ...any) error {
	st, err := t.stmt(query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(context.Background(), args...).Scan(into...)
}

// rows calls each for every row, which scans it.
func (t *tx) rows(query string, args []any, each func(*sql.Rows) error) error {
	st, err := t.stmt(query)
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
func drain(rows *sql.Rows, each func(*sql.Rows) error) error {
	for rows.Next() {
		if err := each(rows); err != nil {
			rows.Close()
			return err
		}
	}
	if err := rows.Err(); err != nil {
		rows.Close()
		return err
	}
	return rows.Close()
}

// query reads rows outside of the writer.
func (s *Store) query(ctx context.Context, query string, args []any, each func(*sql.Rows) error) error {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return drain(rows, each)
}

// newItem numbers a new item. Only the holder of the write lock numbers, so the
// number needs no answer of the database.
func (t *tx) newItem() (int64, error) {
	if t.nextItem == 0 {
		var last sql.NullInt64
		if err := t.row("SELECT max(id) FROM items", nil, &last); err != nil {
			return 0, fmt.Errorf("numbering items: %w", err)
		}
		t.nextItem = last.Int64 + 1
	}
	id := t.nextItem
	t.nextItem++
	return id, nil
}
