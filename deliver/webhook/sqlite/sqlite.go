// Package sqlite keeps the endpoints of webhooks in a SQLite database that the caller
// opened, in tables of its own (webhook_…) beside whatever else is there.
//
// The handle should come from modernc.org/sqlite, with the journal mode WAL and
// secure_delete, so that what is removed is overwritten. What people change is on the disk
// when a call has returned; of what the daemon notes the newest may be lost when the power
// fails, and is found out again.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"collector/deliver/webhook"
	"collector/store/sqlite/beside"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// tables are those of webhooks.
var tables = beside.Tables{What: "webhooks", One: "webhook_endpoints", Versions: "webhook_versions", Migrations: migrationFiles}

// Store is a webhook.Store.
type Store struct{ db *beside.DB }

// Made says whether the tables are there.
func Made(ctx context.Context, db *sql.DB) (bool, error) {
	return tables.Made(ctx, db)
}

// Open makes the tables in the database, or brings them up to date. The caller closes the
// handle, after all use of the store. The error wraps store.ErrNewer where a newer program
// wrote them.
func Open(ctx context.Context, db *sql.DB) (*Store, error) {
	d, err := tables.Open(ctx, db)
	if err != nil {
		return nil, err
	}
	return &Store{d}, nil
}

// columns of a record, in the order in which scanned reads them and texts gives them.
const columns = "id, version, endpoint, place, health"

// scanned reads a record, or says that it is damaged.
func scanned(scan func(...any) error) (r webhook.Record, err error) {
	var id, endpoint, place, health string
	if err := scan(&id, &r.Version, &endpoint, &place, &health); err != nil {
		return r, err
	}
	err = errors.Join(json.Unmarshal([]byte(endpoint), &r.Endpoint), json.Unmarshal([]byte(place), &r.Place), json.Unmarshal([]byte(health), &r.Health))
	if err != nil {
		return webhook.Record{Endpoint: webhook.Endpoint{ID: id}, Version: r.Version, Damaged: webhook.Broken(id, err)}, nil
	}
	return r, nil
}

// texts is what a record is written as, with a version.
func texts(r webhook.Record, version int64) ([]any, error) {
	out := []any{r.ID, version}
	for _, v := range []any{r.Endpoint, r.Place, r.Health} {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		out = append(out, string(text))
	}
	return out, nil
}

// Get is webhook.Store.Get.
func (s *Store) Get(ctx context.Context, id string) (webhook.Record, error) {
	r, err := scanned(s.db.QueryRowContext(ctx, "SELECT "+columns+" FROM webhook_endpoints WHERE id = ? AND NOT removed", id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return webhook.Record{}, fmt.Errorf("%w: %s", webhook.ErrUnknown, id)
	}
	if err != nil {
		return webhook.Record{}, fmt.Errorf("reading webhook %s: %w", id, err)
	}
	if r.Damaged != nil {
		return webhook.Record{}, r.Damaged
	}
	return r, nil
}

// List is webhook.Store.List.
func (s *Store) List(ctx context.Context, after string, n int) ([]webhook.Record, error) {
	return s.list(ctx, "id > ? AND NOT removed ORDER BY id LIMIT ?", after, max(n, 0))
}

// whose is the user of an endpoint, as an index has it.
const whose = "CASE WHEN json_valid(endpoint) THEN json_extract(endpoint, '$.user') END"

// Of is webhook.Store.Of.
func (s *Store) Of(ctx context.Context, user string) ([]webhook.Record, error) {
	list, err := s.list(ctx, whose+" = ? AND NOT removed ORDER BY id", user)
	return slices.DeleteFunc(list, func(r webhook.Record) bool { return r.Damaged != nil }), err
}

// list reads the endpoints of which a condition is true.
func (s *Store) list(ctx context.Context, where string, args ...any) ([]webhook.Record, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+columns+" FROM webhook_endpoints WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("listing webhooks: %w", err)
	}
	defer rows.Close()
	var out []webhook.Record
	for rows.Next() {
		r, err := scanned(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("listing webhooks: %w", err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing webhooks: %w", err)
	}
	return out, nil
}

// Put is webhook.Store.Put.
func (s *Store) Put(ctx context.Context, r webhook.Record) (int64, error) {
	args, err := texts(r, r.Version+1)
	if err != nil {
		return 0, fmt.Errorf("saving webhook %s: %w", r.ID, err)
	}
	query := "INSERT INTO webhook_endpoints (" + columns + ") VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
	if r.Version > 0 {
		query, args = "UPDATE webhook_endpoints SET version = version + 1, endpoint = ? WHERE id = ? AND version = ? AND NOT removed", []any{args[2], r.ID, r.Version}
	}
	err = s.db.Write(ctx, beside.Firm, func(ctx context.Context, c *sql.Conn) error {
		return change(ctx, c, webhook.ErrChanged, query, args...)
	})
	if err != nil {
		return 0, fmt.Errorf("saving webhook %s: %w", r.ID, err)
	}
	return r.Version + 1, nil
}

// change runs a statement, and returns a given error where it changed nothing.
func change(ctx context.Context, c *sql.Conn, nothing error, query string, args ...any) error {
	res, err := c.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return nothing
}

// Note is webhook.Store.Note.
func (s *Store) Note(ctx context.Context, notes []webhook.Note) error {
	err := s.db.Write(ctx, beside.Loose, func(ctx context.Context, c *sql.Conn) error {
		for _, n := range notes {
			place, err := text(n.Place)
			if err != nil {
				return err
			}
			health, err := text(n.Health)
			if err != nil {
				return err
			}
			_, err = c.ExecContext(ctx, "UPDATE webhook_endpoints SET place = coalesce(?, place), health = coalesce(?, health) WHERE id = ? AND NOT removed", place, health, n.ID)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("noting how webhooks went: %w", err)
	}
	return nil
}

// text is a value as it is kept; NULL for nil.
func text[T any](v *T) (sql.NullString, error) {
	if v == nil {
		return sql.NullString{}, nil
	}
	b, err := json.Marshal(v)
	return sql.NullString{String: string(b), Valid: true}, err
}

// Remove is webhook.Store.Remove.
func (s *Store) Remove(ctx context.Context, id string) error {
	err := s.db.Write(ctx, beside.Firm, func(ctx context.Context, c *sql.Conn) error {
		return change(ctx, c, webhook.ErrUnknown, `UPDATE webhook_endpoints SET version = version + 1, removed = 1, endpoint = '', place = '', health = ''
 WHERE id = ? AND NOT removed`, id)
	})
	if err != nil {
		return fmt.Errorf("removing webhook %s: %w", id, err)
	}
	return nil
}

// Count is webhook.Store.Count.
func (s *Store) Count(ctx context.Context) (int, error) {
	var n int
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM webhook_endpoints WHERE NOT removed").Scan(&n); err != nil {
		return 0, fmt.Errorf("counting webhooks: %w", err)
	}
	return n, nil
}

// Revision is webhook.Store.Revision: versions only grow, so their sum does.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	var sum int64
	if err := s.db.QueryRowContext(ctx, "SELECT coalesce(sum(version), 0) FROM webhook_endpoints").Scan(&sum); err != nil {
		return 0, fmt.Errorf("looking for changes of webhooks: %w", err)
	}
	return sum, nil
}

// Bring is webhook.Store.Bring.
func (s *Store) Bring(ctx context.Context, rs []webhook.Record) error {
	err := s.db.Write(ctx, beside.Firm, func(ctx context.Context, c *sql.Conn) error {
		for _, r := range rs {
			args, err := texts(r, r.Version)
			if err != nil {
				return err
			}
			if _, err := c.ExecContext(ctx, "INSERT OR REPLACE INTO webhook_endpoints ("+columns+") VALUES (?, ?, ?, ?, ?)", args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("saving webhooks: %w", err)
	}
	return nil
}
