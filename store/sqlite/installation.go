package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"collector/state"
	"collector/store"
)

// forgotten is how long an instance that died without leaving stays listed.
const forgotten = 30 * 24 * time.Hour

// Meta reads a named value of the installation, "" when it is not set.
func (s *Store) Meta(ctx context.Context, key string) (string, error) {
	var value string
	err := s.read.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?", key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, wrap("reading "+key, err)
}

// SetMeta saves a named value.
func (s *Store) SetMeta(ctx context.Context, key, value string) error {
	return wrap("saving "+key, s.write(ctx, func(t *tx) error { return t.setMeta(key, value) }))
}

// SwapMeta saves a named value if it is as given.
func (s *Store) SwapMeta(ctx context.Context, key, old, value string) (swapped bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		var have string
		if err := t.row("SELECT value FROM meta WHERE key = ?", []any{key}, &have); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if swapped = have == old; !swapped {
			return nil
		}
		return t.setMeta(key, value)
	})
	return swapped && err == nil, wrap("saving "+key, err)
}

func (t *tx) setMeta(key, value string) error {
	return t.exec("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2", key, value)
}

// Heartbeat records that an instance lives, and returns what is wished of it.
func (s *Store) Heartbeat(ctx context.Context, in store.Instance) (wish store.Wish, err error) {
	vitals, err := json.Marshal(in.Vitals) // "null" where it is not told
	if err != nil {
		return "", wrap("recording the heartbeat", err)
	}
	err = s.write(ctx, func(t *tx) error {
		if err := t.exec("DELETE FROM instances WHERE seen < ?", in.Seen.Add(-forgotten).UnixMilli()); err != nil {
			return err
		}
		return t.row(`INSERT INTO instances (id, host, pid, mode, version, started, seen, running, quiet, vitals, wish) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
 ON CONFLICT (id) DO UPDATE SET host = ?2, pid = ?3, mode = ?4, version = ?5, started = ?6, seen = ?7, running = ?8, quiet = ?9, vitals = ?10 RETURNING wish`,
			[]any{in.ID, in.Host, in.PID, in.Mode, in.Version, stamp(in.Started), in.Seen.UnixMilli(), in.Running, in.Quiet, string(vitals), string(in.Wish)}, &wish)
	})
	return wish, wrap("recording the heartbeat", err)
}

// Ask says what is wished of an instance.
func (s *Store) Ask(ctx context.Context, id string, w store.Wish) error {
	err := s.write(ctx, func(t *tx) error {
		n, err := t.affect("UPDATE instances SET wish = ? WHERE id = ?", string(w), id)
		if err == nil && n == 0 {
			err = fmt.Errorf("instance %s: %w", id, state.ErrNotFound)
		}
		return err
	})
	return wrap("noting what is wished of an instance", err)
}

// Beats returns the instances seen since a time, by id.
func (s *Store) Beats(ctx context.Context, since time.Time) ([]store.Instance, error) {
	var out []store.Instance
	err := s.query(ctx, "SELECT id, host, pid, mode, version, started, seen, running, quiet, vitals, wish FROM instances WHERE seen >= ? ORDER BY id",
		[]any{ceil(since)}, func(rows *sql.Rows) error {
			var in store.Instance
			var started, seen sql.NullInt64
			var vitals string
			err := rows.Scan(&in.ID, &in.Host, &in.PID, &in.Mode, &in.Version, &started, &seen, &in.Running, &in.Quiet, &vitals, &in.Wish)
			in.Started, in.Seen = at(started), at(seen)
			if err == nil {
				err = json.Unmarshal([]byte(vitals), &in.Vitals)
			}
			out = append(out, in)
			return err
		})
	return out, wrap("reading heartbeats", err)
}

// Leave removes an instance at shutdown.
func (s *Store) Leave(ctx context.Context, id string) error {
	err := s.write(ctx, func(t *tx) error { return t.exec("DELETE FROM instances WHERE id = ?", id) })
	return wrap("leaving", err)
}
