package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"collector/limit"
)

// UpdateQuotas changes rows of the ledger under the file's write lock, so that
// no other process sees or makes a change in between.
func (s *Store) UpdateQuotas(ctx context.Context, keys []string, fn func(rows []*limit.Row) error) error {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	keys = slices.Compact(keys)
	var refused error // of fn, which is told unwrapped
	err := s.write(ctx, func(t *tx) error {
		rows := make([]*limit.Row, len(keys))
		for i, key := range keys {
			rows[i] = &limit.Row{Key: key}
			err := t.rows("SELECT row FROM quotas WHERE key = ?", []any{key}, func(r *sql.Rows) error { return scanQuota(r, rows[i]) })
			if err != nil {
				return err
			}
		}
		if refused = fn(rows); refused != nil {
			return refused
		}
		for i, r := range rows {
			b, err := json.Marshal(r)
			if err != nil {
				return fmt.Errorf("quota %s: %w", keys[i], err)
			}
			if err := t.exec("INSERT INTO quotas (key, row) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET row = ?2", keys[i], string(b)); err != nil {
				return err
			}
		}
		return nil
	})
	if refused != nil {
		return refused
	}
	return wrap("updating quotas", err)
}

// scanQuota reads the JSON of a row, after what is scanned into more.
func scanQuota(rows *sql.Rows, into *limit.Row, more ...any) error {
	var text string
	if err := rows.Scan(append(more, &text)...); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("quota %s: %w", into.Key, err)
	}
	return nil
}

// Quotas returns the rows whose key begins with prefix, sorted by key.
func (s *Store) Quotas(ctx context.Context, prefix string) ([]limit.Row, error) {
	return s.quotas(ctx, "key >= ?1 AND substr(key, 1, length(?1)) = ?1", prefix)
}

// QuotaRows returns the rows of keys.
func (s *Store) QuotaRows(ctx context.Context, keys []string) ([]limit.Row, error) {
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("reading quotas: %w", err)
	}
	return s.quotas(ctx, "key IN (SELECT value FROM json_each(?1))", string(list))
}

func (s *Store) quotas(ctx context.Context, where, arg string) (out []limit.Row, err error) {
	err = s.query(ctx, "SELECT key, row FROM quotas WHERE "+where+" ORDER BY key", []any{arg}, func(rows *sql.Rows) error {
		var r limit.Row
		err := scanQuota(rows, &r, &r.Key)
		out = append(out, r)
		return err
	})
	return out, wrap("reading quotas", err)
}

// Owing returns the keys of the rows in which one of some processes has calls outstanding.
func (s *Store) Owing(ctx context.Context, processes []string) (keys []string, err error) {
	if len(processes) == 0 {
		return nil, nil
	}
	st := &statement{}
	var named []string
	for _, p := range processes { // what else stands in a row is told apart below
		named = append(named, "instr(row, "+st.arg(p)+") > 0")
	}
	err = s.query(ctx, "SELECT key, row FROM quotas WHERE "+strings.Join(named, " OR ")+" ORDER BY key", st.args, func(rows *sql.Rows) error {
		var r limit.Row
		err := scanQuota(rows, &r, &r.Key)
		if r.Owes(processes) {
			keys = append(keys, r.Key)
		}
		return err
	})
	return keys, wrap("looking for what is outstanding", err)
}
