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
	"database/sql/driver"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"collector/deliver/webhook"
)

// versions is the table in which goose notes what was applied.
const versions = "webhook_versions"

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewer says that a newer version of this package has written the tables.
var ErrNewer = errors.New("the tables of webhooks are of a newer version")

// Store is a webhook.Store.
type Store struct {
	db   *sql.DB
	turn chan struct{} // holds one while somebody writes
}

// Made says whether the tables are there.
func Made(ctx context.Context, db *sql.DB) (bool, error) {
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'webhook_endpoints'").Scan(&n); err != nil {
		return false, fmt.Errorf("looking for webhooks: %w", err)
	}
	return n > 0, nil
}

// Open makes the tables in the database, or brings them up to date. The caller closes the
// handle, after all use of the store. The error wraps ErrNewer where that is so.
func Open(ctx context.Context, db *sql.DB) (*Store, error) {
	steps, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, steps,
		goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true), goose.WithVerbose(false))
	if err != nil {
		return nil, fmt.Errorf("opening the webhooks: %w", err)
	}
	is, want, err := p.GetVersions(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the webhooks: %w", err)
	}
	if is > want {
		return nil, fmt.Errorf("opening the webhooks: %w (%d, and %d is known here): use a newer program", ErrNewer, is, want)
	}
	if is < want {
		if _, err := p.Up(ctx); err != nil {
			// Another process may have done it meanwhile.
			if is, _, again := p.GetVersions(ctx); again != nil || is < want {
				return nil, fmt.Errorf("making the tables of webhooks: %w", err)
			}
		}
	}
	return &Store{db: db, turn: make(chan struct{}, 1)}, nil
}

// How surely a transaction is on the disk when it has ended.
const (
	firm  = "PRAGMA synchronous = FULL"
	loose = "PRAGMA synchronous = NORMAL"
)

// write runs fn in a transaction. Once ctx is over nothing is begun; what was begun is
// finished.
func (s *Store) write(ctx context.Context, how string, fn func(context.Context, *sql.Conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	c, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	whole := context.WithoutCancel(ctx)
	for _, statement := range []string{how, "BEGIN IMMEDIATE"} {
		if _, err := c.ExecContext(whole, statement); err != nil {
			return err
		}
	}
	if err = fn(whole, c); err == nil {
		_, err = c.ExecContext(whole, "COMMIT")
	}
	if err != nil {
		if _, undo := c.ExecContext(whole, "ROLLBACK"); undo != nil { // closing the connection undoes it
			_ = c.Raw(func(any) error { return driver.ErrBadConn })
		}
	}
	return err
}

// columns of a record, in the order in which scanned reads them and texts gives them.
const columns = "id, version, endpoint, place, health"

func scanned(scan func(...any) error) (r webhook.Record, err error) {
	var id, endpoint, place, health string
	if err := scan(&id, &r.Version, &endpoint, &place, &health); err != nil {
		return r, err
	}
	err = errors.Join(json.Unmarshal([]byte(endpoint), &r.Endpoint), json.Unmarshal([]byte(place), &r.Place), json.Unmarshal([]byte(health), &r.Health))
	if err != nil {
		return r, fmt.Errorf("webhook %s is damaged: %w; restore a backup", id, err)
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
	return r, nil
}

// List is webhook.Store.List.
func (s *Store) List(ctx context.Context, after string, n int) ([]webhook.Record, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT "+columns+" FROM webhook_endpoints WHERE id > ? AND NOT removed ORDER BY id LIMIT ?", after, max(n, 0))
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
	err = s.write(ctx, firm, func(ctx context.Context, c *sql.Conn) error {
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
	err := s.write(ctx, loose, func(ctx context.Context, c *sql.Conn) error {
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
	err := s.write(ctx, firm, func(ctx context.Context, c *sql.Conn) error {
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
	err := s.write(ctx, firm, func(ctx context.Context, c *sql.Conn) error {
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
