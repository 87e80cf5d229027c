package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"collector/store"
)

// unused refuses with store.ErrInUse while an instance holds its owner lock: its
// program knows the present schema, and must not find another one under its
// hands. An instance that starts between this look and the upgrade waits for the
// writer's lock and then finds a newer schema, which it refuses.
func unused(path, shown string, have, newest int64) error {
	entries, err := os.ReadDir(ownersDir(path))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking for running instances: %w", err)
	}
	for _, e := range entries {
		name := ownerFile(path, e.Name())
		if name == "" {
			continue
		}
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("looking for running instances: %w", err)
		}
		held := errors.Is(tryLock(f), errHeld)
		if err := f.Close(); err != nil { // gives the lock back
			return fmt.Errorf("looking for running instances: %w", err)
		}
		if held {
			return fmt.Errorf("%w: %s has schema %d and must be upgraded to %d, but the collector %s works with it; stop that one, then start again", store.ErrInUse, shown, have, newest, e.Name())
		}
	}
	return nil
}
