package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"collector/store"
)

// Place has write fill a file that gets the name target once it is on the disk: until then it is
// target.partial, readable by its owner only, and it is removed where something fails. A
// file that is there already is replaced only with force, and a store that collectors use
// never; errors are those of Backup.
func Place(target string, force bool, write func(*os.File) error) error {
	abs, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	free := func() error {
		if !absent(ownersDir(abs)) {
			return fmt.Errorf("%w: %s is a store that collectors use, not a place for a backup", fs.ErrExist, target)
		}
		_, err := replaceable(target, abs, force)
		return err
	}
	if err := free(); err != nil {
		return err
	}
	part := abs + ".partial"
	if _, err := os.Stat(filepath.Dir(abs)); err != nil { // the lock would make it
		if at, ok := errors.AsType[*fs.PathError](err); ok {
			err = &fs.PathError{Op: "open", Path: part, Err: at.Err}
		}
		return fmt.Errorf("backing up to %s: copying the store: %w", target, err)
	}
	one, err := lockFile(part+".lock", tryLock)
	if errors.Is(err, errHeld) {
		return fmt.Errorf("%w: another backup is being written to %s", store.ErrBusy, target)
	}
	if err != nil {
		return fmt.Errorf("backing up to %s: %w", target, err)
	}
	defer removeLocked(one) // the next one makes it anew
	drop(part)              // of a process that was killed
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("backing up to %s: %w", target, err)
	}
	err = errors.Join(write(f), f.Close())
	if err == nil {
		if err = free(); err == nil {
			err = publish(part, abs)
		}
	}
	if err != nil {
		drop(part)
		return fmt.Errorf("backing up to %s: %w", target, err)
	}
	return nil
}
