package main

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func texts(db *sql.DB, query string) ([]string, error) {
	r, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var out []string
	for r.Next() {
		var s string
		if err := r.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, r.Err()
}

// rows is the text of all tables but the ledger of quotas (asking whose a token is costs a call), or the digest of a file that is no database.
func rows(t *testing.T, path string) string {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	names, err := texts(db, "select name from sqlite_master where type = 'table' and name not like '%\\_%' escape '\\' and name <> 'quotas' order by name")
	if err != nil {
		return fmt.Sprintf("%s %x\n", path, sha256.Sum256(read(t, path)))
	}
	var b strings.Builder
	for _, n := range names {
		columns, err := texts(db, fmt.Sprintf("select 'quote(\"'||name||'\")' from pragma_table_info('%s')", n))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := texts(db, fmt.Sprintf("select %s from %q order by 1", strings.Join(columns, "||','||"), n))
		if err != nil {
			t.Fatal(n, err)
		}
		fmt.Fprintln(&b, path, n, rows)
	}
	return b.String()
}

// unchanged fails the test with the lines in which two fingerprints differ.
func unchanged(t *testing.T, before, after string) {
	t.Helper()
	old := strings.Split(before, "\n")
	for i, l := range strings.Split(after, "\n") {
		if i >= len(old) || old[i] != l {
			t.Errorf("changed: %s", l)
		}
	}
	if len(after) < len(before) && strings.HasPrefix(before, after) {
		t.Errorf("something is gone:\n%s", before[len(after):])
	}
}

// fingerprint is what everything in the folder says: of a store its rows, since
// SQLite's own files come and go.
func fingerprint(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, "-wal") || strings.HasSuffix(path, "-shm") || strings.Contains(path, ".owners") {
			return err
		}
		if path == "collector.db" {
			b.WriteString(rows(t, path))
			return nil
		}
		fmt.Fprintf(&b, "%s %x\n", path, sha256.Sum256(read(t, path)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, name string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

func exec(t *testing.T, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "collector.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}

func file(name, text string) func(*testing.T) {
	return func(t *testing.T) { write(t, name, text) }
}
