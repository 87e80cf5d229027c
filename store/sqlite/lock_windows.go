//go:build windows

package sqlite

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes the lock of an open file or returns errHeld.
func tryLock(f *os.File) error { return lock(f, windows.LOCKFILE_EXCLUSIVE_LOCK) }

// tryShare takes a share of the lock of an open file, or returns errHeld.
func tryShare(f *os.File) error { return lock(f, 0) }

// tryAlone is not needed: removeLocked removes no file that others have open.
func tryAlone(*os.File) error { return nil }

func lock(f *os.File, how uint32) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()), how|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errHeld
	}
	if err != nil {
		return fmt.Errorf("locking %s: %w", f.Name(), err)
	}
	return nil
}

// removeLocked lets go of a file, then removes it: Windows removes no open file.
// Who locks it in between keeps it.
func removeLocked(f *os.File) error {
	name := f.Name()
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
		return err
	}
	return nil
}

// syncFolder does nothing: Windows opens no folder for it.
func syncFolder(string) error { return nil }

// writable leaves the question to SQLite: Windows has no such call.
func writable(string) bool { return true }
