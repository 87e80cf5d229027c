package torture

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// What a file is found to be, beside damages in words.
const (
	none  = "nothing"
	whole = "a whole store of "
)

// read tells what is in the store or backup of a name: the same words mean the
// same items and places in the lists. It reads a copy, so that a log which a dead
// process left is not written back before a restore meets it.
func (b *backing) read(path string) (what string) {
	b.t.Helper()
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return none
	} else if err != nil {
		b.t.Fatal(err)
	}
	err = b.over(path, func(db *sql.DB) error {
		var ok string
		var wrong, items int
		err := db.QueryRow(`SELECT (SELECT min(integrity_check) FROM pragma_integrity_check),
			(SELECT count(*) FROM networks n WHERE items <> (SELECT count(*) FROM items WHERE net = n.num AND removed_at IS NULL)),
			(SELECT count(*) FROM items)`).Scan(&ok, &wrong, &items)
		if err != nil || ok != "ok" || wrong > 0 {
			return fmt.Errorf("integrity %q, %d networks with wrong counters, %w", ok, wrong, err)
		}
		sum := sha256.New()
		for _, text := range []string{"SELECT net, item_id || coalesce(removed_at, '') FROM items ORDER BY net, item_id", "SELECT num, progress FROM networks ORDER BY num"} {
			rows, err := db.Query(text)
			if err != nil {
				return err
			}
			for rows.Next() {
				var net int
				var line string
				if err := rows.Scan(&net, &line); err != nil {
					return err
				}
				fmt.Fprintln(sum, net, line)
			}
			if err := rows.Err(); err != nil {
				return err
			}
		}
		what = fmt.Sprintf("%s%d items (%.6x)", whole, items, sum.Sum(nil))
		return nil
	})
	if err != nil {
		return fmt.Sprintf("a damaged file (%.6x): %v", sha256.Sum256(raw), err)
	}
	return what
}

// over opens a copy of a store.
func (b *backing) over(path string, do func(*sql.DB) error) error {
	b.t.Helper()
	dir, err := os.MkdirTemp(b.dir, "read-")
	if err != nil {
		b.t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, tail := range []string{"", "-wal"} {
		text, err := os.ReadFile(path + tail)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "s.db"+tail), text, 0o600)); err != nil {
			b.t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "s.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	return do(db)
}
