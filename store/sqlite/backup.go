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

	"collector/failpoint"
	"collector/store"
)

// backup copies the whole store to "<file>.backup-v<schema>-<time>", readable by
// its owner only. The copy gets its name once it is complete and on the disk, so
// a file of that name is always a whole store.
func backup(ctx context.Context, db *sql.DB, path string, version int64, now time.Time) error {
	name := fmt.Sprintf("%s.backup-v%d-%s", path, version, stampOf(now))
	part := name + ".partial"
	if err := failpoint.Hit(ctx, "backup.before"); err != nil {
		return err
	}
	// Only the holder of the migration lock makes copies of this name, so none
	// that was cut short is in the making.
	if err := errors.Join(dropAll(path, ".backup-v", ".partial"), dropAll(path, ".backup-v", ".partial-journal")); err != nil {
		return err
	}
	if err := copyInto(ctx, db, part); err != nil {
		return err
	}
	if err := failpoint.Hit(ctx, "backup.copied"); err != nil {
		return err
	}
	if err := publish(part, name); err != nil {
		return err
	}
	return failpoint.Hit(ctx, "backup.after")
}

func stampOf(now time.Time) string { return now.UTC().Format("20060102T150405Z") }

// dropAll removes files that a process was killed over.
func dropAll(path, stem, tail string) error {
	names, err := beside(path, stem, tail)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// drop removes a database that nobody needs; what is not there is no error.
func drop(path string) {
	for _, tail := range []string{"", "-wal", "-shm", "-journal"} {
		os.Remove(path + tail)
	}
}

// Backup writes a whole copy of the store, as it is at one moment, to the file
// target, while other processes go on writing. The copy is made under
// target.partial, read through from end to end, and gets its name once it is on
// the disk; readable by its owner only. A file that is there already is replaced
// only with force. The copy holds sealed credentials, not the key.
//
// It returns store.ErrBusy while another backup of the store is made or the
// target is an open database, fs.ErrExist without force, and store.ErrDamaged
// when what was copied contradicts itself: then no file of that name is made.
func (s *Store) Backup(ctx context.Context, target string, force bool) (Copy, error) {
	abs, err := s.vacant(target, force)
	if err != nil {
		return Copy{}, err
	}
	one, err := lockFile(filepath.Join(ownersDir(s.path), ".backup"), tryLock)
	if errors.Is(err, errHeld) {
		return Copy{}, fmt.Errorf("%w: another backup of %s is being made", store.ErrBusy, s.shown)
	}
	if err != nil {
		return Copy{}, fmt.Errorf("backing up to %s: %w", target, err)
	}
	defer removeLocked(one) // the next one makes it anew
	part := abs + ".partial"
	c, err := s.copyTo(ctx, part, target)
	if err == nil {
		if _, err = s.vacant(target, force); err == nil {
			err = publish(part, abs)
		}
	}
	if err == nil {
		err = failpoint.Hit(ctx, "backup.after")
	}
	if err != nil {
		drop(part) // useless, and it may hold what somebody wants deleted
		return Copy{}, fmt.Errorf("backing up to %s: %w", target, err)
	}
	return c, nil
}

func (s *Store) copyTo(ctx context.Context, part, shown string) (Copy, error) {
	if err := failpoint.Hit(ctx, "backup.before"); err != nil {
		return Copy{}, err
	}
	db, err := sql.Open("sqlite", dsn(s.path, "busy_timeout(10000)"))
	if err != nil {
		return Copy{}, err
	}
	defer db.Close() // nothing is written through it
	if err := copyInto(ctx, db, part); err != nil {
		return Copy{}, wrap("copying the store", err)
	}
	if err := failpoint.Hit(ctx, "backup.copied"); err != nil {
		return Copy{}, err
	}
	c, err := verify(ctx, part, shown)
	if err != nil {
		return Copy{}, err
	}
	return c, failpoint.Hit(ctx, "backup.checked")
}

// vacant refuses a target that is the store itself, that exists, or that a
// program has open, and makes it absolute.
func (s *Store) vacant(target string, force bool) (string, error) {
	abs, err := filepath.Abs(target)
	if err != nil {
		return "", err
	}
	for _, own := range []string{s.path, s.path + "-wal", s.path + "-shm", s.path + "-journal"} {
		if abs == own || sameFile(abs, own) {
			return "", fmt.Errorf("%w: %s is the store itself, not a place for its backup", fs.ErrExist, target)
		}
	}
	return replaceable(target, abs, force)
}

// replaceable is vacant of any store.
func replaceable(target, abs string, force bool) (string, error) {
	if !absent(abs) && !force {
		return "", fmt.Errorf("%w: %s", fs.ErrExist, target)
	}
	if in, err := os.Stat(abs); err == nil && !in.Mode().IsRegular() {
		return "", fmt.Errorf("%w: %s is no regular file", fs.ErrExist, target)
	}
	for _, log := range []string{"-wal", "-journal"} {
		if size(abs+log) > 0 {
			return "", fmt.Errorf("%w: %s stands beside it, so a program has %s open, or died over it", store.ErrBusy, target+log, target)
		}
	}
	return abs, nil
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
