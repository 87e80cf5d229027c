// Package foreign opens SQLite files that are somebody else's, to be imported: nothing is
// written to them, and nothing in their schema is run.
package foreign

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"collector/imports"
)

// magic begins every SQLite database (sqlite.org/fileformat2.html, 1.3).
const magic = "SQLite format 3\x00"

// Find returns the one part of an export if it is a database with all of the tables. The
// error says that it is a database and cannot be read.
func Find(parts []imports.Part, tables ...string) ([]imports.Part, error) {
	if len(parts) != 1 || parts[0].Path == "" || !isDatabase(parts[0]) {
		return nil, nil
	}
	db, err := Open(parts[0].Path)
	if err != nil {
		return nil, err
	}
	there, err := Texts(context.Background(), db, "SELECT name FROM sqlite_master WHERE type = 'table'")
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, fmt.Errorf("the database cannot be read: %w", err)
	}
	for _, t := range tables {
		if !slices.Contains(there, t) {
			return nil, nil
		}
	}
	return parts, nil
}

func isDatabase(p imports.Part) bool {
	r, err := p.Open()
	if err != nil {
		return false
	}
	defer r.Close() // it was only read
	head := make([]byte, len(magic))
	_, err = io.ReadFull(r, head)
	return err == nil && string(head) == magic
}

// Open opens a database to be read.
func Open(path string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding %s: %w", path, err)
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(abs), RawQuery: "mode=ro&_pragma=query_only(1)&_pragma=trusted_schema(0)"}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return db, nil
}

// Texts returns the texts that a query of one column finds.
func Texts(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() // Err tells
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
