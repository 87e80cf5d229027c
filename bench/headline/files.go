package headline

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver, to count what was stored

	"collector/store"
	"collector/store/sqlite"
)

// files are stores on SQLite in a folder.
type files struct {
	dir  string
	runs int
}

// Prepared implements Place.
func (f *files) Prepared() string { return "sqlite:" + filepath.Join(f.dir, "prepared.db") }

// Open implements Place.
func (f *files) Open(ctx context.Context, address string) (store.Store, error) {
	return sqlite.Open(ctx, strings.TrimPrefix(address, "sqlite:"), store.Options{})
}

// Copy implements Place.
func (f *files) Copy(context.Context) (string, error) {
	f.runs++
	to := filepath.Join(f.dir, "run"+strconv.Itoa(f.runs)+".db")
	text, err := os.ReadFile(strings.TrimPrefix(f.Prepared(), "sqlite:"))
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("copying the prepared store: %w", err)
	}
	return "sqlite:" + to, nil
}

// Drop implements Place.
func (f *files) Drop(_ context.Context, address string) error {
	for _, end := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(strings.TrimPrefix(address, "sqlite:") + end) // the folder is removed anyhow; this saves room
	}
	return nil
}

// Count implements Place.
func (f *files) Count(ctx context.Context, address string) (items, searchable int, err error) {
	db, err := sql.Open("sqlite", strings.TrimPrefix(address, "sqlite:"))
	if err != nil {
		return 0, 0, fmt.Errorf("counting what was stored: %w", err)
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM items), (SELECT count(*) FROM word_index)").Scan(&items, &searchable)
	if err != nil {
		return 0, 0, fmt.Errorf("counting what was stored: %w", err)
	}
	return items, searchable, nil
}

// CPU implements Place.
func (f *files) CPU() (time.Duration, error) { return 0, nil }
