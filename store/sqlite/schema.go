package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/pressly/goose/v3"
	codes "modernc.org/sqlite/lib"

	"collector/failpoint"
	"collector/store"
)

// appID marks a SQLite file as ours: "CLCT".
const appID = 0x434c4354

// versions is the table in which goose notes what was applied.
const versions = "schema_versions"

//go:embed migrations/*.sql
var migrationFiles embed.FS

func migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return migrationFiles // fs.Sub fails only for a path that is not valid
	}
	return sub
}

// prepare makes sure that the file at path is a store of the newest schema.
func prepare(ctx context.Context, path, shown string, steps fs.FS, now func() time.Time) error {
	if err := create(path); err != nil {
		return fmt.Errorf("%w: creating %s: %w", store.ErrReadOnly, shown, err)
	}
	db, err := sql.Open("sqlite", dsn(path, "busy_timeout(10000)"))
	if err != nil {
		return fmt.Errorf("opening %s: %w", shown, err)
	}
	defer db.Close() // nothing is written through it after the last statement
	db.SetMaxOpenConns(1)

	return migrate(ctx, db, path, shown, steps, now)
}

// create makes an empty file that only its owner may read, unless there is one.
// It never opens a file that exists: closing it would drop the locks that SQLite
// holds on it elsewhere in this process (POSIX record locks).
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func migrate(ctx context.Context, db *sql.DB, path, shown string, steps fs.FS, now func() time.Time) error {
	have, err := inspect(ctx, db, shown)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, steps,
		goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true), goose.WithVerbose(false))
	if err != nil {
		return fmt.Errorf("reading the schema's steps: %w", err)
	}
	list := p.ListSources()
	newest := list[len(list)-1].Version
	if have > newest {
		return fmt.Errorf("%w: %s has schema %d, this collector knows %d; install the newer collector again, or restore the backup that it made before its upgrade", store.ErrNewer, shown, have, newest)
	}
	if have < newest {
		unlock, err := lockMigration(ctx, path)
		if err != nil {
			return fmt.Errorf("upgrading %s: %w", shown, err)
		}
		defer unlock()
		if have, err = inspect(ctx, db, shown); err != nil { // another process may have been first
			return err
		}
	}
	if have > 0 && have < newest {
		if err := unused(path, shown, have, newest); err != nil {
			return err
		}
		if err := backup(ctx, db, path, have, now()); err != nil {
			return fmt.Errorf("%s has schema %d and must be upgraded to %d, but the backup before it did not succeed, so nothing was changed: %w; free some space, then start again", shown, have, newest, err)
		}
	}
	if have < newest {
		if err := upgrade(ctx, db, p, shown); err != nil {
			return err
		}
	}
	return probe(ctx, db, shown)
}

func upgrade(ctx context.Context, db *sql.DB, p *goose.Provider, shown string) error {
	if err := failpoint.Hit(ctx, "migrate.before"); err != nil {
		return fmt.Errorf("upgrading %s: %w", shown, err)
	}
	if err := keepLog(ctx, db, shown); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", appID)); err != nil {
		return refused(shown, err)
	}
	if err := apply(ctx, p); err != nil {
		return refused(shown, fmt.Errorf("upgrading the schema: %w", err))
	}
	if err := failpoint.Hit(ctx, "migrate.after"); err != nil {
		return fmt.Errorf("upgrading %s: %w", shown, err)
	}
	return nil
}

// apply takes the steps that are missing, each in a transaction of its own: a
// process that dies between two leaves a whole older schema.
func apply(ctx context.Context, p *goose.Provider) error {
	for {
		_, err := p.UpByOne(ctx)
		if errors.Is(err, goose.ErrNoNextVersion) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := failpoint.Hit(ctx, "migrate.step"); err != nil {
			return err
		}
	}
}

// inspect returns the schema version of the file, 0 for an empty one, without
// changing anything. What is not ours is ErrForeign.
func inspect(ctx context.Context, db *sql.DB, shown string) (int64, error) {
	var id, tables int64
	err := db.QueryRowContext(ctx, "SELECT (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_master)").Scan(&id, &tables)
	if err != nil {
		return 0, refused(shown, err)
	}
	if id == 0 && tables == 0 {
		return 0, nil
	}
	if id != appID {
		return 0, fmt.Errorf("%w: %s is a SQLite database of another program (application id %d, %d tables); name another file", store.ErrForeign, shown, id, tables)
	}
	var known int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", versions).Scan(&known); err != nil {
		return 0, refused(shown, err)
	}
	if known == 0 {
		if tables > 0 {
			return 0, fmt.Errorf("%w: %s bears our mark but no schema version; restore a backup or name another file", store.ErrForeign, shown)
		}
		return 0, nil
	}
	var version sql.NullInt64
	if err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM "+versions+" WHERE is_applied").Scan(&version); err != nil {
		return 0, refused(shown, err)
	}
	return version.Int64, nil
}

// keepLog switches the write-ahead log on. A new file gets it before the first
// step, while nobody else uses the file: the switch needs it alone.
func keepLog(ctx context.Context, db *sql.DB, shown string) error {
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return refused(shown, err)
	}
	if mode != "wal" {
		return fmt.Errorf("%w: %s: the file system does not allow a write-ahead log; put the file on a local disk", store.ErrReadOnly, shown)
	}
	return nil
}

// probe takes the write lock once, so that a store that cannot be written is
// told at start.
func probe(ctx context.Context, db *sql.DB, shown string) error {
	if err := keepLog(ctx, db, shown); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil) // immediate, see dsn
	if err == nil {
		err = tx.Rollback()
	}
	return refused(shown, err)
}

// refused turns what SQLite says at start into the errors of package store.
func refused(shown string, err error) error {
	switch {
	case err == nil:
		return nil
	case code(err) == codes.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s is no SQLite file; name another file", store.ErrForeign, shown)
	case damaged(err):
		return fmt.Errorf("%w: %s is damaged: %w; restore a backup", store.ErrForeign, shown, err)
	case unwritable(err):
		return fmt.Errorf("%w: %s: %w; allow writing to the file and its folder, and see that the disk has room", store.ErrReadOnly, shown, err)
	case busy(err):
		return fmt.Errorf("%w: %s: %w; another program holds the file", store.ErrMissing, shown, err)
	}
	return fmt.Errorf("opening %s: %w", shown, err)
}
