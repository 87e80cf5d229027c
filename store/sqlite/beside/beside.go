// Package beside lets other packages keep small tables of their own in the SQLite database
// of a store: made and brought up to date by numbered migrations, and changed by one writer
// at a time.
//
// The handle should come from modernc.org/sqlite, with the journal mode WAL and
// secure_delete, so that what is removed is overwritten.
package beside

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"

	"collector/store"
)

// Tables are those of one package.
type Tables struct {
	What       string // what they hold, in the plural: "grants"
	One        string // the name of a table that is there once they were made
	Versions   string // the table in which goose notes what was applied
	Migrations fs.FS  // migrations/NNNNN_name.sql; a published one is never changed
}

// DB is a database with the tables in it. It is safe for use by many goroutines.
type DB struct {
	*sql.DB
	turn chan struct{} // holds one while somebody writes
}

// Made says whether the tables are there.
func (t Tables) Made(ctx context.Context, db *sql.DB) (bool, error) {
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", t.One).Scan(&n); err != nil {
		return false, fmt.Errorf("looking for %s: %w", t.What, err)
	}
	return n > 0, nil
}

// Open makes the tables in a database, or brings them up to date. The caller closes the
// handle, after all use. The error wraps store.ErrNewer where a newer program wrote them.
func (t Tables) Open(ctx context.Context, db *sql.DB) (*DB, error) {
	steps, err := fs.Sub(t.Migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("opening the %s: %w", t.What, err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, steps,
		goose.WithTableName(t.Versions), goose.WithDisableGlobalRegistry(true), goose.WithVerbose(false))
	if err != nil {
		return nil, fmt.Errorf("opening the %s: %w", t.What, err)
	}
	if err := upToDate(ctx, p); err != nil {
		return nil, fmt.Errorf("opening the %s: %w", t.What, err)
	}
	return &DB{db, make(chan struct{}, 1)}, nil
}

// Another process may make the tables at the same time, and one meets the locks of the other, or
// tables where it looked in vain just before: so often it is looked again, after so long.
const (
	makeTries = 5
	makePause = 50 * time.Millisecond
)

// upToDate makes the tables, or brings them up to date. Where they are, nothing is written.
func upToDate(ctx context.Context, p *goose.Provider) error {
	for try := 1; ; try++ {
		is, want, err := p.GetVersions(ctx)
		switch {
		case err != nil:
		case is > want:
			return fmt.Errorf("%w (%d, and %d is known here)", store.ErrNewer, is, want)
		case is < want:
			if _, err = p.Up(ctx); err != nil {
				err = fmt.Errorf("making the tables: %w", err)
			}
		}
		if err == nil || try == makeTries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(makePause):
		}
	}
}

// How surely a transaction is on the disk when it has ended, also against a power failure.
type How string

// The ways.
const (
	Firm  How = "PRAGMA synchronous = FULL"
	Loose How = "PRAGMA synchronous = NORMAL" // the newest may be lost
)

// Write runs fn in a transaction of its own. Once ctx is over nothing is begun; what was
// begun is finished.
func (d *DB) Write(ctx context.Context, how How, fn func(context.Context, *sql.Conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case d.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.turn }()
	c, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	whole := context.WithoutCancel(ctx)
	for _, statement := range []string{string(how), "BEGIN IMMEDIATE"} {
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
