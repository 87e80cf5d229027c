// Package sqlite keeps jobs in a SQLite database that the caller opened, in tables of
// its own (queue_…) beside whatever else is there.
//
// All writes go through one connection, one transaction at a time, and a transaction
// takes many jobs: that, not the number of writers, is what makes it fast. A second
// process on the same file waits for its turn (busy_timeout), and is seen when the
// queue is looked at from time to time; users of one Store wake each other at once.
//
// The handle should come from modernc.org/sqlite, with the journal mode WAL. With
// synchronous=NORMAL the newest transactions may be lost when the power fails, with
// FULL not.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"

	"collector/queue"
)

// Store is a queue.Store.
type Store struct {
	db    *sql.DB
	wakes queue.Wakes
	turn  chan struct{} // holds one while somebody writes
	w     *conn         // of who has the turn; nil: not connected
	end   bool          // of who has the turn
}

// versions is the table in which goose notes what was applied.
const versions = "queue_versions"

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewer says that a newer version of this package has written the tables.
var ErrNewer = errors.New("the tables of the job queue are of a newer version")

// Open makes the tables in the database, or brings them up to date, and returns the
// store. The caller closes the store before the handle. The error wraps ErrNewer where that is so.
func Open(ctx context.Context, db *sql.DB) (*Store, error) {
	steps, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, steps,
		goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true), goose.WithVerbose(false))
	if err != nil {
		return nil, fmt.Errorf("opening the job queue: %w", err)
	}
	if err := upToDate(ctx, p); err != nil {
		return nil, fmt.Errorf("opening the job queue: %w", err)
	}
	return &Store{db: db, turn: make(chan struct{}, 1)}, nil
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
			return fmt.Errorf("%w (%d, and %d is known here): use a newer program", ErrNewer, is, want)
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

// Close gives the store's connection back. The handle stays open.
func (s *Store) Close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.end = true
	return s.hangUp()
}

// Describe says what it is.
func (s *Store) Describe() string { return "SQLite" }

// Watch is queue.Store.Watch, for what users of this Store do.
func (s *Store) Watch(ctx context.Context, wake func(queue string)) error {
	return s.wakes.Watch(ctx, wake)
}

// millis is a time as it is kept.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
