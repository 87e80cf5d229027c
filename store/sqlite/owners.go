package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ownerLock is a file that this instance holds locked while it lives. The
// kernel lets go of it at death, whatever the cause, so others see at once that
// the leases of its name are nobody's.
type ownerLock struct {
	id   string
	file *os.File
}

// errHeld says that a living process holds the lock.
var errHeld = errors.New("held by a running process")

func ownersDir(path string) string { return path + ".owners" }

// ownerFile is where the lock of an instance is; "" for an id that is no file name.
func ownerFile(path, id string) string {
	if id == "" || id != filepath.Base(id) || strings.HasPrefix(id, ".") {
		return ""
	}
	return filepath.Join(ownersDir(path), id)
}

func lockOwner(path, id string) (*ownerLock, error) {
	name := ownerFile(path, id)
	if name == "" {
		return nil, fmt.Errorf("the instance id %q is no file name", id)
	}
	f, err := lockFile(name, tryLock)
	if errors.Is(err, errHeld) {
		return nil, fmt.Errorf("an instance with the id %q runs already; give each its own id", id)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the owner file: %w", err)
	}
	return &ownerLock{id: id, file: f}, nil
}

func (o *ownerLock) release() error { return removeLocked(o.file) }

// lockFile opens a file of the owners' folder and locks it with try, creating
// both. It never waits.
func lockFile(name string, try func(*os.File) error) (*os.File, error) {
	for {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the empty folder was removed between the two calls
		}
		if err != nil {
			return nil, err
		}
		if err := try(f); err != nil {
			f.Close()
			return nil, err
		}
		if current(f, name) {
			return f, nil
		}
		f.Close() // whoever held it removed it between the two calls: take the new one
	}
}

// current tells whether f is still the file of that name.
func current(f *os.File, name string) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(name)
	return err == nil && os.SameFile(mine, there)
}

// lockMigration waits for the right to change the schema.
func lockMigration(ctx context.Context, path string) (unlock func(), err error) {
	name := filepath.Join(ownersDir(path), ".migration")
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		f, err := lockFile(name, tryLock)
		if err == nil {
			return func() {
				removeLocked(f)               // the next one makes it anew
				os.Remove(filepath.Dir(name)) // only if no instance is there
			}, nil
		}
		if !errors.Is(err, errHeld) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("another process is upgrading the schema: %w", ctx.Err())
		case <-retry.C:
		}
	}
}

// FreeDead ends the leases of instances whose lock file is there but free, and
// removes such files. An owner without a file is left alone: its leases run out.
func (s *Store) FreeDead(ctx context.Context, now time.Time) ([]string, error) {
	entries, err := os.ReadDir(ownersDir(s.path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("looking for dead owners: %w", err)
	}
	var dead []string
	for _, e := range entries {
		name := ownerFile(s.path, e.Name())
		if name == "" || s.owner != nil && e.Name() == s.owner.id {
			continue
		}
		was, err := s.freeOwner(ctx, e.Name(), name, now)
		if err != nil {
			return dead, fmt.Errorf("ending the leases of a dead owner: %w", err)
		}
		if was {
			dead = append(dead, e.Name())
		}
	}
	return dead, nil
}

// freeOwner ends the leases of one owner if its lock is free, and only then
// removes the file: a crash in between is repeated by the next call.
func (s *Store) freeOwner(ctx context.Context, id, name string, now time.Time) (dead bool, err error) {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := tryLock(f); err != nil {
		f.Close()
		if errors.Is(err, errHeld) {
			return false, nil
		}
		return false, err
	}
	if !current(f, name) {
		return false, f.Close()
	}
	if err := s.freeLeases(ctx, id, now); err != nil {
		f.Close()
		return false, err
	}
	return true, removeLocked(f)
}
