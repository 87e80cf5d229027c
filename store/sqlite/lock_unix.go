//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock of an open file or returns errHeld.
func tryLock(f *os.File) error { return flock(f, unix.LOCK_EX) }

// tryShare takes a share of the lock of an open file, or returns errHeld.
func tryShare(f *os.File) error { return flock(f, unix.LOCK_SH) }

// tryAlone makes a share of the lock the whole of it, or returns errHeld.
func tryAlone(f *os.File) error { return flock(f, unix.LOCK_EX) }

func flock(f *os.File, how int) error {
	err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errHeld
	}
	if err != nil {
		return fmt.Errorf("flock %s: %w", f.Name(), err)
	}
	return nil
}

// removeLocked removes a file whose lock we hold, then lets go.
func removeLocked(f *os.File) error {
	return errors.Join(os.Remove(f.Name()), f.Close())
}

// syncFolder makes the names in a folder durable.
func syncFolder(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// writable asks the system, which knows more than the mode bits.
func writable(path string) bool { return unix.Access(path, unix.W_OK) == nil }
