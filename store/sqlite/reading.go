package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	codes "modernc.org/sqlite/lib"

	"collector/state"
	"collector/store"
)

// openReading opens a store whose file or folder cannot be written, for those who
// only read: after a file system has become read-only, or from a medium that is.
// SQLite reads the log of such a file where a collector has it open, or has left
// its index; where neither is so and there is no log, nothing can change the file
// and it is read as it is. What is only in a log that cannot be read is not passed
// over: that is an error.
func openReading(ctx context.Context, path string, o store.Options) (store.Store, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", store.ErrMissing, path, err)
	}
	s := &Store{path: abs, shown: path, now: o.Now}
	if s.read, err = sql.Open("sqlite", readingDSN(abs)); err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	s.read.SetMaxOpenConns(readers)
	if err := s.readable(ctx); err != nil {
		s.read.Close() // nothing was read
		return nil, err
	}
	return s, nil
}

// readable refuses what cannot be read as a store of the present schema.
func (s *Store) readable(ctx context.Context) error {
	have, err := inspect(ctx, s.read, s.shown)
	if unwritable(err) {
		c := code(err)
		what := "it cannot be read without writing beside it"
		if c == codes.SQLITE_READONLY || c == codes.SQLITE_CANTOPEN {
			what = "what was written last is in its log (" + filepath.Base(s.path) + "-wal), which cannot be taken over without writing"
		}
		return fmt.Errorf("%w: %s: %s: %w; make it writable, or copy it and its log to where you may write", store.ErrReadOnly, s.shown, what, err)
	}
	if err != nil {
		return err
	}
	newest, err := newestSchema()
	switch {
	case err != nil:
		return err
	case have > newest:
		return fmt.Errorf("%w: %s has schema %d, this collector knows %d; read it with the newer collector", store.ErrNewer, s.shown, have, newest)
	case have < newest:
		return fmt.Errorf("%w: %s has schema %d and must be upgraded to %d, which it cannot while it is read-only; make the file and its folder writable, or read it with the older collector", store.ErrReadOnly, s.shown, have, newest)
	}
	return nil
}

// readingDSN is the address of a file that is only read.
func readingDSN(path string) string {
	address := strings.Replace(dsn(path, "busy_timeout(10000)", "query_only(1)"), "mode=rw", "mode=ro", 1)
	address = strings.Replace(address, "&"+url.Values{"_txlock": {"immediate"}}.Encode(), "", 1)
	if size(path+"-wal") <= 0 && !exists(path+"-shm") {
		address += "&immutable=1"
	}
	return address
}

// newestSchema is the version that the last step leads to.
func newestSchema() (int64, error) {
	steps, err := fs.ReadDir(migrations(), ".")
	if err != nil || len(steps) == 0 {
		return 0, fmt.Errorf("reading the schema's steps: %w", err)
	}
	return goose.NumericComponent(steps[len(steps)-1].Name())
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// do hands a job to the writer, if there is one.
func (s *Store) do(j *job) error {
	if s.w == nil {
		return fmt.Errorf("%w: %s was opened for reading alone", state.ErrUnavailable, s.shown)
	}
	return s.w.do(j)
}
