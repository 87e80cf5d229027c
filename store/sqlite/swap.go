package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"collector/failpoint"
	"collector/store"
)

// A swap in steps, each of which a kill may follow:
//
//  1. the log of the present file is written back into it, and goes
//  2. the file gets a second name, <path>.before-restore-<time>.partial
//  3. the new file takes its first name: from here on it is the store
//  4. the second name loses its ".partial"
//
// So the name always leads to one of the two, and never to one with the log of
// the other.
const kept = ".before-restore-"

// fold writes the log of the present store back into its file and proves that no
// other program has it open. A file that SQLite cannot read is left as it is.
func fold(ctx context.Context, path string) error {
	if size(path) == 0 {
		return nil
	}
	db, err := sql.Open("sqlite", dsn(path, "busy_timeout(2000)"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var mode string
	err = db.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode)
	switch {
	case busy(err) || err == nil && mode != "delete":
		return fmt.Errorf("%w: another program has %s open", store.ErrBusy, filepath.Base(path))
	case err != nil && !damaged(err):
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	for _, log := range []string{path + "-wal", path + "-journal"} {
		if size(log) > 0 {
			return fmt.Errorf("%w: SQLite could not write %s back into the store; move both files away, then restore again", store.ErrReadOnly, filepath.Base(log))
		}
	}
	return nil
}

// swap puts part in the place of path and returns where the former one is.
func swap(ctx context.Context, path, part string, now time.Time) (aside string, err error) {
	if err := fold(ctx, path); err != nil {
		return "", err
	}
	if err := failpoint.Hit(ctx, "restore.folded"); err != nil {
		return "", err
	}
	if absent(path) {
		return "", errors.Join(publish(part, path), failpoint.Hit(ctx, "restore.swapped"))
	}
	for aside = path + kept + stampOf(now); !absent(aside); {
		now = now.Add(time.Second)
		aside = path + kept + stampOf(now)
	}
	half := aside + ".partial"
	if err := secondName(path, half); err != nil {
		return "", err
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return "", err
	}
	if err := failpoint.Hit(ctx, "restore.aside"); err != nil {
		return "", err
	}
	if err := publish(part, path); err != nil {
		return "", err
	}
	if err := failpoint.Hit(ctx, "restore.swapped"); err != nil {
		return "", err
	}
	if err := finishSwap(ctx, path); err != nil {
		return "", fmt.Errorf("the backup is in place, but the former store is still called %s: %w", half, err)
	}
	return aside, failpoint.Hit(ctx, "restore.after")
}

// secondName makes a file known under another name too. On a file system without
// links it is copied.
func secondName(old, name string) error {
	if err := os.Link(old, name); err == nil {
		return nil
	}
	from, err := os.Open(old)
	if err != nil {
		return err
	}
	defer from.Close()
	part := name + ".copy" // never taken for whole
	to, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err := errors.Join(err, to.Sync(), to.Close()); err != nil {
		os.Remove(part)
		return err
	}
	return os.Rename(part, name)
}

// finishSwap ends what a killed restore had begun. A former store that is still
// the present one loses its second name; one that was replaced gets its final one.
func finishSwap(ctx context.Context, path string) error {
	if err := errors.Join(dropAll(path, ".restore-", ""), dropAll(path, kept, ".copy")); err != nil {
		return err
	}
	if err := failpoint.Hit(ctx, "restore.clearing"); err != nil {
		return err
	}
	halves, err := beside(path, kept, ".partial")
	if err != nil {
		return err
	}
	for _, half := range halves {
		if sameFile(half, path) {
			err = os.Remove(half)
		} else {
			err = os.Rename(half, strings.TrimSuffix(half, ".partial"))
		}
		if err != nil {
			return err
		}
	}
	return syncFolder(filepath.Dir(path))
}
