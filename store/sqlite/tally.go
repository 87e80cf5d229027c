package sqlite

import (
	"context"
	"database/sql"
	"time"

	"collector/state"
	"collector/store"
)

// Tally reads counters, which triggers keep, and what is in work, which is never
// much; see store.Accounts.
func (s *Store) Tally(ctx context.Context, now time.Time) (store.Tally, error) {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // all of one moment
	if err != nil {
		return store.Tally{}, wrap("counting networks", err)
	}
	defer tx.Rollback() // it wrote nothing
	var t store.Tally
	if t.States, err = standings(ctx, tx, now); err == nil {
		err = due(ctx, tx, now, &t)
	}
	if err == nil {
		err = tx.QueryRowContext(ctx, "SELECT coalesce(sum(items), 0) FROM holdings").Scan(&t.Items)
	}
	if err != nil {
		return store.Tally{}, wrap("counting networks", err)
	}
	return t, nil
}

const runningQuery = `SELECT service, mode, condition, paused, count(*) FROM leases INDEXED BY leases_held
 WHERE owner IS NOT NULL AND lease_until > ? GROUP BY 1, 2, 3, 4`

func standings(ctx context.Context, tx *sql.Tx, now time.Time) ([]store.Standing, error) {
	var out []store.Standing
	read := func(each func(store.Standing), query string, args ...any) error {
		rows, err := tx.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		return drain(rows, func(rows *sql.Rows) error {
			var st store.Standing
			var mode int
			err := rows.Scan(&st.Service, &mode, &st.Condition, &st.Paused, &st.Networks)
			if st.Mode = state.Initial; mode == polling {
				st.Mode = state.Normal
			}
			each(st)
			return err
		})
	}
	err := read(func(st store.Standing) { out = append(out, st) },
		"SELECT service, mode, condition, paused, networks FROM tallies WHERE networks <> 0 ORDER BY 1, 2, 3, 4")
	if err != nil {
		return nil, err
	}
	err = read(func(busy store.Standing) {
		for i, st := range out {
			if st.Networks = busy.Networks; st == busy {
				out[i].Running = busy.Networks
			}
		}
	}, runningQuery, now.UnixMilli())
	return out, err
}

// due counts what waits, service by service in the order of its index, and stops
// when there is enough. A network that a person wants at once stands before all
// others in it, and waits since it was wanted.
func due(ctx context.Context, tx *sql.Tx, now time.Time, t *store.Tally) error {
	type line struct {
		service string
		mode    state.Mode
	}
	seen := map[line]bool{}
	older := func(since sql.NullInt64) {
		if w := at(since); since.Valid && (t.Oldest.IsZero() || w.Before(t.Oldest)) {
			t.Oldest = w
		}
	}
	for _, st := range t.States {
		l := line{st.Service, st.Mode}
		if seen[l] {
			continue
		}
		seen[l] = true
		var n int
		var waits, wanted sql.NullInt64
		err := tx.QueryRowContext(ctx, dueQuery, modeNumber(l.mode), l.service, now.UnixMilli(), store.DueMost-t.Due).Scan(&n, &waits, &wanted)
		if err != nil {
			return err
		}
		t.Due = min(t.Due+n, store.DueMost)
		older(waits)
		older(wanted)
	}
	return nil
}

const dueWhere = "FROM leases INDEXED BY leases_wake WHERE mode = ?1 AND service = ?2 AND wake_at IS NOT NULL AND "

const dueQuery = "SELECT (SELECT count(*) FROM (SELECT 1 " + dueWhere + "wake_at > 1 AND wake_at < ?3 LIMIT ?4)) + coalesce(n, 0)," +
	" (SELECT wake_at " + dueWhere + "wake_at > 1 AND wake_at < ?3 ORDER BY wake_at LIMIT 1), since" +
	" FROM (SELECT count(*) AS n, min(w) AS since FROM (SELECT max(wished, 1) AS w " + dueWhere + "wake_at = 1 LIMIT ?4) WHERE w < ?3)"
