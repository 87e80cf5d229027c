package sqlite

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"collector/state"
	"collector/store"
)

// errClosed answers who still writes after Close.
var errClosed = errors.New("the store is closed")

// code returns the primary result code of SQLite in err's chain, 0 if none.
func code(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// busy says that another process holds the write lock.
func busy(err error) bool {
	c := code(err)
	return c == codes.SQLITE_BUSY || c == codes.SQLITE_LOCKED
}

// unwritable says that the disk or the file refuses: nothing in the transaction
// can be kept.
func unwritable(err error) bool {
	switch code(err) {
	case codes.SQLITE_FULL, codes.SQLITE_IOERR, codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN, codes.SQLITE_NOMEM:
		return true
	}
	return false
}

// damaged says that the file's content contradicts itself.
func damaged(err error) bool {
	c := code(err)
	return c == codes.SQLITE_CORRUPT || c == codes.SQLITE_NOTADB
}

// wrap says what was being done and, where SQLite refused for an outer reason,
// which one and what helps.
func wrap(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, state.ErrUnavailable):
		return fmt.Errorf("%s: %w", doing, err)
	case code(err) == codes.SQLITE_FULL:
		return fmt.Errorf("%s: %w: %w; free some space, then collecting goes on by itself", doing, state.ErrUnavailable, err)
	case code(err) == codes.SQLITE_READONLY:
		return fmt.Errorf("%s: %w: %w; allow writing to the file and its folder", doing, state.ErrUnavailable, err)
	case unwritable(err):
		return fmt.Errorf("%s: %w: %w; look at the disk and its folder", doing, state.ErrUnavailable, err)
	case busy(err):
		return fmt.Errorf("%s: %w: %w; another program holds the file", doing, state.ErrUnavailable, err)
	case damaged(err):
		return fmt.Errorf("%s: %w: %w; stop the collector and restore a backup", doing, store.ErrDamaged, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
