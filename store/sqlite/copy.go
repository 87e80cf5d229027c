package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"collector/store"
)

// Copy says what is in a copy of a store.
type Copy struct {
	File       string // its name
	Bytes      int64
	Items      int   // present ones, of all networks
	Networks   int   // without those whose collecting has ended
	Accounts   int   // of which sign-ins are sealed in it
	Schema     int64 // version
	LastChange int64 // newest number of the log of changes
	Simulated  bool  // made-up data of the demo
}

// copyInto writes what db holds at one moment to the file part, which is made,
// readable by its owner only. Writers go on meanwhile: SQLite reads one snapshot,
// and the write-ahead log keeps what comes after it.
func copyInto(ctx context.Context, db *sql.DB, part string) error {
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", part); err != nil {
		os.Remove(part) // useless, and it takes the space that was missing
		return err
	}
	return nil
}

// still is the address of a file that nobody writes, with no file made beside it.
func still(path string) string {
	return strings.Replace(dsn(path), "mode=rw", "immutable=1&mode=ro", 1)
}

// frozen is the address of a file that is only read. Where a log stands beside
// it, that is read too.
func frozen(path string) string {
	if size(path+"-wal") > 0 || size(path+"-journal") > 0 {
		return strings.Replace(dsn(path, "busy_timeout(10000)"), "mode=rw", "mode=ro", 1)
	}
	return still(path)
}

// size is how large a file is, 0 where there is none.
func size(path string) int64 {
	in, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return in.Size()
}

// verify reads the whole copy: its structure, the search index, and whether the
// counters of each network are what counting gives.
func verify(ctx context.Context, path, shown string) (Copy, error) {
	db, err := sql.Open("sqlite", still(path))
	if err != nil {
		return Copy{}, err
	}
	defer db.Close() // nothing is written through it
	c := Copy{File: shown, Bytes: size(path)}
	if c.Schema, err = inspect(ctx, db, shown); err != nil {
		return c, err
	}
	if err := sound(ctx, db, shown); err != nil {
		return c, err
	}
	err = db.QueryRowContext(ctx, `SELECT (SELECT coalesce(sum(items), 0) FROM networks), (SELECT count(*) FROM networks WHERE ended = 0),
 (SELECT count(*) FROM credentials), coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0),
 coalesce((SELECT value FROM meta WHERE key = ?), '') = '1'`, store.MetaSimulated).
		Scan(&c.Items, &c.Networks, &c.Accounts, &c.LastChange, &c.Simulated)
	return c, unread(shown, err)
}

// unread is refused, of a file that inspect has taken for a store.
func unread(shown string, err error) error {
	if damaged(err) {
		return fmt.Errorf("%w: %s: %w", store.ErrDamaged, shown, err)
	}
	return refused(shown, err)
}

// sound tells what contradicts itself in a file.
func sound(ctx context.Context, db *sql.DB, shown string) error {
	var said string
	err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said)
	if err != nil {
		return unread(shown, err)
	}
	if said != "ok" {
		return fmt.Errorf("%w: %s: %s", store.ErrDamaged, shown, strings.TrimSpace(said))
	}
	for _, c := range contradictions() {
		var n int
		if err := db.QueryRowContext(ctx, c.query).Scan(&n); err != nil {
			return unread(shown, err)
		}
		if n > 0 {
			return fmt.Errorf("%w: %s: %d %s", store.ErrDamaged, shown, n, c.what)
		}
	}
	return nil
}

// contradiction is a question to which a whole store answers 0.
type contradiction struct{ what, query string }

func contradictions() []contradiction {
	return []contradiction{
		{"networks whose counters are wrong", `SELECT count(*) FROM networks n WHERE
 items <> (SELECT count(*) FROM items WHERE net = n.num AND removed_at IS NULL)
 OR bare <> (SELECT count(*) FROM items WHERE net = n.num AND bare_due IS NOT NULL)
 OR bad <> (SELECT count(*) FROM quarantine WHERE net = n.num)`},
		{"items that are not in the search index", "SELECT count(*) FROM items WHERE id NOT IN (SELECT id FROM word_index_docsize)"},
		{"search entries without an item", "SELECT count(*) FROM word_index_docsize WHERE id NOT IN (SELECT id FROM items)"},
	}
}

// flush waits until the file's content is on the disk.
func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// publish gives a complete file its name and makes both durable.
func publish(part, name string) error {
	if err := flush(part); err != nil {
		return err
	}
	if err := os.Rename(part, name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// beside lists the files of a folder whose names begin with path and stem and
// end with tail.
func beside(path, stem, tail string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		name, ours := strings.CutPrefix(e.Name(), filepath.Base(path)+stem)
		if ours && strings.HasSuffix(name, tail) {
			out = append(out, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	return out, nil
}

// absent says that a name is free.
func absent(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}
