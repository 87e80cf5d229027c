package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"collector/store"
)

// Everybody who has the store open shares a lock on a file beside it, commands
// as well as instances; a restore holds it alone. So no process opens a file
// while another one is being put in its place: it would go on in the old file
// with the log of the new one.

func useFile(path string) string { return filepath.Join(ownersDir(path), ".use") }

// shareUse takes part in the use of the store; a restore is waited for.
func shareUse(ctx context.Context, path string) (*os.File, error) {
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		f, err := lockFile(useFile(path), tryShare)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, errHeld) {
			return nil, fmt.Errorf("%w: locking a file beside it: %w", store.ErrReadOnly, err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("another process is restoring the store: %w", ctx.Err())
		case <-retry.C:
		}
	}
}

// endUse gives a share back. The last one removes the file, and the folder if
// nothing else is in it.
func endUse(f *os.File) error {
	if tryAlone(f) == nil {
		err := removeLocked(f)
		os.Remove(filepath.Dir(f.Name()))
		return err
	}
	return f.Close()
}

// alone takes the store for this process, or returns store.ErrBusy.
func alone(path, shown string) (unlock func(), err error) {
	f, err := lockFile(useFile(path), tryLock)
	if errors.Is(err, errHeld) {
		return nil, fmt.Errorf("%w: a collector works with %s%s", store.ErrBusy, shown, running(path))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: locking a file beside it: %w", store.ErrReadOnly, err)
	}
	return func() {
		removeLocked(f)                   // the next one makes it anew
		os.Remove(filepath.Dir(f.Name())) // only if nothing else is there
	}, nil
}

// running names the instances that live, for people.
func running(path string) string {
	names := living(path)
	if len(names) == 0 {
		return ""
	}
	return " (" + strings.Join(names, ", ") + ")"
}

// living are the ids of the instances whose owner lock is held.
func living(path string) []string {
	entries, err := os.ReadDir(ownersDir(path))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		name := ownerFile(path, e.Name())
		if name == "" {
			continue
		}
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if errors.Is(tryLock(f), errHeld) {
			names = append(names, e.Name())
		}
		f.Close() // gives the lock back
	}
	return names
}
