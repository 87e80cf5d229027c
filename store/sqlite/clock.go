package sqlite

import (
	"context"
	"database/sql"
	"time"
)

// SetRight makes due what a clock that was ahead has put off. Where the clock was
// right, which is nearly always, it looks at the end of an index and takes no lock.
func (s *Store) SetRight(ctx context.Context, now time.Time) (woken int, err error) {
	ms := now.UnixMilli()
	var nets []int64
	err = s.query(ctx, putOffQuery, []any{ms}, func(rows *sql.Rows) error {
		var net int64
		err := rows.Scan(&net)
		nets = append(nets, net)
		return err
	})
	if err != nil || len(nets) == 0 {
		return 0, wrap("looking for what a wrong clock put off", err)
	}
	err = chunks([]any{ms}, nets, func(args []any) error {
		n := 0
		err := s.write(ctx, func(t *tx) (err error) {
			if err := t.exec("UPDATE items SET bare_due = ?1 WHERE net IN ("+inList+") AND bare_due > ?1", args...); err != nil {
				return err
			}
			n, err = t.affect("UPDATE leases SET wake_at = ?1, set_at = ?1 WHERE net IN ("+inList+") AND "+putOff, args...)
			return err
		})
		woken += n
		return err
	})
	return woken, wrap("mending what a wrong clock put off", err)
}

// putOff says that a free network waits for a time that was written after ?1.
const putOff = "set_at > ?1 AND wake_at > ?1 AND owner IS NULL"

const putOffQuery = "SELECT net FROM leases WHERE " + putOff
