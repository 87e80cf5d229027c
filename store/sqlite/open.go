package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"collector/store"
)

var _ store.Pooled = (*Store)(nil)

// readers is how many reads may run at once in one process.
const readers = 8

// Store is a store.Store in one SQLite file.
type Store struct {
	path  string // absolute
	shown string // as given, for people
	now   func() time.Time
	read  *sql.DB
	w     *writer // nil where the file is only read
	owner *ownerLock
	use   *os.File // our share of the lock that keeps a restore away
	ended sync.Once
}

// Open opens or creates the store in the file path, which may be relative. An
// older schema is backed up beside the file and then migrated. The errors wrap
// store.ErrMissing, ErrReadOnly, ErrForeign, ErrNewer or ErrInUse; a file that is
// refused is not changed.
func Open(ctx context.Context, path string, o store.Options) (store.Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	abs, err := checkPath(path)
	if o.Reading && errors.Is(err, store.ErrReadOnly) {
		return openReading(ctx, path, o)
	}
	if err != nil {
		return nil, err
	}
	use, err := shareUse(ctx, abs)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	s := &Store{path: abs, shown: path, now: o.Now, use: use}
	if err := s.open(ctx, o.Owner); err != nil {
		return nil, errors.Join(err, endUse(use))
	}
	return s, nil
}

// open prepares the file and connects to it.
func (s *Store) open(ctx context.Context, owner string) error {
	err := prepare(ctx, s.path, s.shown, migrations(), s.now)
	if err != nil {
		return err
	}
	s.read, err = sql.Open("sqlite", dsn(s.path, "busy_timeout(10000)", "query_only(1)"))
	if err != nil {
		return fmt.Errorf("opening %s: %w", s.shown, err)
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers / 2)
	if owner != "" {
		if s.owner, err = lockOwner(s.path, owner); err != nil {
			return errors.Join(fmt.Errorf("opening %s: %w", s.shown, err), s.read.Close())
		}
	}
	s.w = newWriter(s.path, dsn(s.path, fmt.Sprintf("busy_timeout(%d)", busyWait.Milliseconds()), "synchronous(NORMAL)",
		"cache_size(-8000)", "journal_size_limit(67108864)", "secure_delete(1)"))
	return nil
}

// Connections are those that read and the one that writes (store.Pooled).
func (s *Store) Connections() (used, most int) {
	reading := s.read.Stats()
	used, most = reading.InUse, reading.MaxOpenConnections
	if s.w != nil {
		most++
		if s.w.busy.Load() {
			used++
		}
	}
	return used, most
}

// Describe says where the store is: "./collector.db (SQLite)".
func (s *Store) Describe() string {
	shown := s.shown
	if !filepath.IsAbs(shown) && !strings.HasPrefix(shown, ".") {
		shown = "." + string(filepath.Separator) + shown
	}
	return shown + " (SQLite)"
}

// Close ends the leases that this instance still holds, finishes what is being
// written and gives the owner lock back.
func (s *Store) Close() error {
	if s.w == nil {
		return s.read.Close()
	}
	var kept error // leases that could not be ended, since the disk is full, say
	if s.owner != nil {
		kept = s.freeLeases(context.Background(), s.owner.id, s.now())
		if errors.Is(kept, errClosed) {
			return nil
		}
	}
	err := errors.Join(kept, s.w.close(), s.read.Close())
	switch {
	case s.owner == nil:
	case kept != nil: // the file stays, unlocked, so that others see a dead owner
		err = errors.Join(err, s.owner.file.Close())
	default:
		err = errors.Join(err, s.owner.release())
	}
	s.ended.Do(func() { err = errors.Join(err, endUse(s.use)) })
	return err
}

// checkPath makes the path absolute and refuses what cannot become a store.
func checkPath(path string) (string, error) {
	if path == "" {
		return "", fmt.Errorf("%w: no file is named; write --store=sqlite:FILE", store.ErrMissing)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", store.ErrMissing, path, err)
	}
	dir := filepath.Dir(abs)
	in, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%w: the folder %s does not exist; create it or name another file", store.ErrMissing, dir)
	case err != nil:
		return "", fmt.Errorf("%w: %w", store.ErrMissing, err)
	case !in.IsDir():
		return "", fmt.Errorf("%w: %s is not a folder; name another file", store.ErrMissing, dir)
	}
	file, err := os.Stat(abs)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", fmt.Errorf("%w: %w", store.ErrMissing, err)
	case file.IsDir():
		return "", fmt.Errorf("%w: %s is a folder; name a file in it", store.ErrForeign, path)
	case !file.Mode().IsRegular():
		return "", fmt.Errorf("%w: %s is no regular file; name another one", store.ErrForeign, path)
	case file.Mode().Perm()&0o222 == 0 || !writable(abs):
		return "", fmt.Errorf("%w: the file %s is read-only; allow writing (chmod u+w) or name another file", store.ErrReadOnly, path)
	}
	if in.Mode().Perm()&0o222 == 0 || !writable(dir) {
		return "", fmt.Errorf("%w: the folder %s is read-only, and SQLite keeps its log beside the file; allow writing or name another file", store.ErrReadOnly, dir)
	}
	return abs, nil
}

// dsn is the address of the file for the driver, with pragmas for each
// connection. The path is escaped: it may hold any character. The file must be
// there: one that was deleted under a running collector is not made anew, empty.
func dsn(path string, pragmas ...string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // C:/Users/… on Windows
	}
	q := url.Values{"_pragma": pragmas, "_txlock": {"immediate"}, "_dqs": {"0"}, "mode": {"rw"}}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}
