package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"

	"collector/store"
)

// Beside opens a database at a path, made if there is none, for what other packages keep
// in tables of their own: with a log of its writes, and each write on the disk when it is
// said to be done. Only the owner of the process may read it.
func Beside(ctx context.Context, path string) (*sql.DB, error) {
	if err := create(path); err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	abs, err := checkPath(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(abs, "busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(67108864)"))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(wrap("opening "+path, err), db.Close())
	}
	return db, nil
}

// BesideReading opens what Beside made for those who only read, also where the file or
// its folder cannot be written.
func BesideReading(ctx context.Context, path string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", readingDSN(abs))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(wrap("opening "+path, err), db.Close())
	}
	return db, nil
}

// Compact writes a database that Beside opened anew, without what was deleted by whatever
// handle, and empties its log of writes: the files hold nothing of that any more. The error
// wraps store.ErrBusy where another handle reads for so long that the log could not be emptied.
func Compact(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, "VACUUM"); err != nil {
		return wrap("writing the file anew", err)
	}
	var held, log, done int
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&held, &log, &done); err != nil {
		return wrap("emptying the log of writes", err)
	}
	if held != 0 {
		return fmt.Errorf("emptying the log of writes: %w: another program reads from it", store.ErrBusy)
	}
	return nil
}
