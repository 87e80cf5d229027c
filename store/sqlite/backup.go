package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"collector/failpoint"
)

// backup copies the whole store to "<file>.backup-v<schema>-<time>", readable by
// its owner only. The copy gets its name once it is complete and on the disk, so
// a file of that name is always a whole store.
func backup(ctx context.Context, db *sql.DB, path string, version int64, now time.Time) error {
	name := fmt.Sprintf("%s.backup-v%d-%s", path, version, now.UTC().Format("20060102T150405Z"))
	part := name + ".partial"
	if err := failpoint.Hit(ctx, "backup.before"); err != nil {
		return err
	}
	if err := dropPartial(path); err != nil {
		return err
	}
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
	if err := flush(part); err != nil {
		return err
	}
	if err := os.Rename(part, name); err != nil {
		return err
	}
	return failpoint.Hit(ctx, "backup.after")
}

// dropPartial removes copies that were cut short. Only the holder of the
// migration lock makes copies, so none of them is in the making.
func dropPartial(path string) error {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, ours := strings.CutPrefix(e.Name(), filepath.Base(path)+".backup-v")
		if ours && strings.HasSuffix(name, ".partial") {
			if err := os.Remove(filepath.Join(filepath.Dir(path), e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
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
