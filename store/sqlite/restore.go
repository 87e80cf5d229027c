package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"collector/failpoint"
	"collector/store"
)

// Restored says what a restore did.
type Restored struct {
	Copy        // what the store holds now
	From  int64 // version of the backup's schema
	Aside string
	Carried
}

// Restore puts the store that the file backup holds in the place of the one at
// path, which may be missing or damaged. It is made ready beside it: copied,
// upgraded to the present schema, read through from end to end, and freed of what
// was true only when the backup was made (settle). Then it takes the name path in
// one step, and the store that was there is kept as
// "<path>.before-restore-<time>" (Aside; "" where there was none). A process that
// is killed at any moment leaves the one store or the other, whole; what it left
// beside them the next Restore clears up.
//
// Nothing is changed by an error: store.ErrBusy while a program has the store
// open, ErrMissing without a backup of that name, ErrForeign, ErrDamaged or
// ErrNewer for one that this program cannot use.
func Restore(ctx context.Context, path, backup string, o store.Options) (Restored, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	abs, err := checkPath(path)
	if err != nil {
		return Restored{}, err
	}
	from, err := checkBackup(abs, backup)
	if err != nil {
		return Restored{}, err
	}
	unlock, err := alone(abs, path)
	if err != nil {
		return Restored{}, err
	}
	defer unlock()
	if err := finishSwap(ctx, abs); err != nil {
		return Restored{}, fmt.Errorf("clearing up after a restore that was cut short: %w", err)
	}
	if err := present(ctx, abs, path); err != nil {
		return Restored{}, err
	}
	now := o.Now()
	part := abs + ".restore-" + stampOf(now) + ".partial"
	r, err := ready(ctx, abs, part, from, backup, now)
	if err == nil {
		r.Aside, err = swap(ctx, abs, part, now)
	}
	if err != nil {
		return Restored{}, fmt.Errorf("restoring %s: %w", backup, errors.Join(err, finishSwap(ctx, abs)))
	}
	r.File = path
	return r, nil
}

// checkBackup makes the name of a backup absolute and refuses what can be none.
func checkBackup(path, shown string) (string, error) {
	abs, err := filepath.Abs(shown)
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", store.ErrMissing, shown, err)
	}
	in, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%w: there is no file %s", store.ErrMissing, shown)
	case err != nil:
		return "", fmt.Errorf("%w: %w", store.ErrMissing, err)
	case !in.Mode().IsRegular():
		return "", fmt.Errorf("%w: %s is no regular file", store.ErrForeign, shown)
	case in.Size() == 0:
		return "", fmt.Errorf("%w: %s is empty", store.ErrForeign, shown)
	case sameFile(abs, path):
		return "", fmt.Errorf("%w: %s is the store itself", store.ErrForeign, shown)
	}
	return abs, nil
}

// present refuses to replace what is no store: the database of another program,
// or one that a program has open. A damaged file is no reason to refuse.
func present(ctx context.Context, path, shown string) error {
	if size(path) == 0 {
		return nil
	}
	if err := fold(ctx, path); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", still(path))
	if err != nil {
		return err
	}
	defer db.Close()
	var id int64
	err = db.QueryRowContext(ctx, "SELECT application_id FROM pragma_application_id").Scan(&id)
	if err == nil && id != appID {
		return fmt.Errorf("%w: %s, which would be replaced, is a SQLite database of another program (application id %d)", store.ErrForeign, shown, id)
	}
	if err != nil && !damaged(err) {
		return refused(shown, err)
	}
	return nil
}

// ready makes the store that will be put in place, in the file part.
func ready(ctx context.Context, path, part, from, shown string, now time.Time) (Restored, error) {
	var r Restored
	if err := failpoint.Hit(ctx, "restore.before"); err != nil {
		return r, err
	}
	src, err := sql.Open("sqlite", frozen(from))
	if err != nil {
		return r, err
	}
	defer src.Close() // nothing is written through it
	if r.From, err = inspect(ctx, src, shown); err != nil {
		if e, ok := errors.AsType[*driver.Error](err); ok && code(e) == codes.SQLITE_CORRUPT {
			err = fmt.Errorf("%w: %s: %w", store.ErrDamaged, shown, e)
		}
		return r, err
	}
	p, db, err := stepsOn(part)
	if err != nil {
		return r, err
	}
	defer db.Close() // closed with its error below, unless something failed before
	list := p.ListSources()
	newest := list[len(list)-1].Version
	switch {
	case r.From == 0:
		return r, fmt.Errorf("%w: %s holds no store", store.ErrForeign, shown)
	case r.From > newest:
		return r, fmt.Errorf("%w: %s has schema %d, this collector knows %d", store.ErrNewer, shown, r.From, newest)
	}
	if err := copyInto(ctx, src, part); err != nil {
		return r, unread(shown, err)
	}
	if err := failpoint.Hit(ctx, "restore.copied"); err != nil {
		return r, err
	}
	if r.From < newest {
		if err := apply(ctx, p); err != nil {
			return r, unread(shown, fmt.Errorf("upgrading the schema: %w", err))
		}
	}
	if err := failpoint.Hit(ctx, "restore.upgraded"); err != nil {
		return r, err
	}
	if r.Carried, err = settle(ctx, db, path, now); err != nil {
		return r, unread(shown, fmt.Errorf("clearing what is no longer true: %w", err))
	}
	if err := db.Close(); err != nil {
		return r, err
	}
	if err := failpoint.Hit(ctx, "restore.settled"); err != nil {
		return r, err
	}
	if r.Copy, err = verify(ctx, part, shown); err != nil {
		return r, err
	}
	if r.Simulated {
		return r, fmt.Errorf("%w: %s holds simulated data of collector demo", store.ErrForeign, shown)
	}
	if err := flush(part); err != nil {
		return r, err
	}
	return r, failpoint.Hit(ctx, "restore.ready")
}

// stepsOn are the steps of the schema for a file that may not be there yet.
func stepsOn(path string) (*goose.Provider, *sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, "busy_timeout(10000)", "synchronous(FULL)", "secure_delete(1)"))
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	p, err := goose.NewProvider(goose.DialectSQLite3, db, migrations(),
		goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true), goose.WithVerbose(false))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("reading the schema's steps: %w", err), db.Close())
	}
	return p, db, nil
}
