package sqlite

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestBeside opens a database twice: what one handle wrote the other reads, each write is
// on the disk when it is said to be, and nobody else may read the file.
func TestBeside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b#.messages")
	one, err := Beside(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	if _, err := one.ExecContext(t.Context(), "CREATE TABLE x (n INTEGER); INSERT INTO x VALUES (7)"); err != nil {
		t.Fatal(err)
	}
	other, err := Beside(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var n, synchronous int
	var journal string
	for _, err := range []error{
		other.QueryRowContext(t.Context(), "SELECT n FROM x").Scan(&n),
		other.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&journal),
		other.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&synchronous),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const full = 2 // https://www.sqlite.org/pragma.html#pragma_synchronous
	if n != 7 || journal != "wal" || synchronous != full {
		t.Errorf("read %d, journal %s, synchronous %d", n, journal, synchronous)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the file has the mode %v", info.Mode())
	}
	if _, err := Beside(t.Context(), filepath.Join(path, "below")); err == nil || errors.Is(err, fs.ErrExist) {
		t.Errorf("below a file: %v", err)
	}
}

// TestCompact: what another handle deleted is in no file any more.
func TestCompact(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.messages")
	var handles [2]*sql.DB
	for i := range handles {
		db, err := Beside(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		handles[i] = db
	}
	const canary = "c4nary"
	held := func() (n int) {
		t.Helper()
		for _, end := range []string{"", "-wal"} {
			b, err := os.ReadFile(path + end)
			if err != nil {
				t.Fatal(err)
			}
			n += bytes.Count(b, []byte(canary))
		}
		return n
	}
	for _, statement := range []string{"CREATE TABLE x (text TEXT)", "INSERT INTO x VALUES ('" + canary + "')", "DELETE FROM x"} {
		if _, err := handles[0].ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if held() == 0 {
		t.Fatal("it is not in the files: this proves nothing")
	}
	if err := Compact(t.Context(), handles[1]); err != nil {
		t.Fatal(err)
	}
	if n := held(); n != 0 {
		t.Errorf("it is in the files %d times", n)
	}
}
