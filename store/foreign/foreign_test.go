package foreign

import (
	"database/sql"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"collector/imports"
)

func part(path string) []imports.Part {
	return []imports.Part{{Name: filepath.Base(path), Path: path, Alone: true, Open: func() (io.ReadCloser, error) { return os.Open(path) }}}
}

// TestFind takes a database with the tables, in whatever folder, and nothing else.
func TestFind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c#d%")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	db, err := sql.Open("sqlite", "file:x.db")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"CREATE TABLE one (a TEXT)", "CREATE TABLE two (a TEXT)", "INSERT INTO one VALUES ('x'), ('y')"} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "x.db")
	if got, err := Find(part(path), "one", "two"); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := Find(part(path), "one", "three"); err != nil || len(got) != 0 {
		t.Errorf("without a table: %v, %v", got, err)
	}
	if err := os.WriteFile("text.db", []byte("SQLite format 3 is what this is not"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(part(filepath.Join(dir, "text.db"))); err != nil || len(got) != 0 {
		t.Errorf("a text: %v, %v", got, err)
	}
	if err := os.WriteFile("torn.db", []byte(magic+strings.Repeat("x", 200)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Find(part(filepath.Join(dir, "torn.db"))); err == nil || len(got) != 0 {
		t.Errorf("a torn one: %v", got)
	}
	if db, err = Open(path); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got, err := Texts(t.Context(), db, "SELECT a FROM one ORDER BY a DESC"); err != nil || strings.Join(got, "") != "yx" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := db.Exec("INSERT INTO one VALUES ('z')"); err == nil {
		t.Error("it can be written")
	}
}
