package sqlite

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"collector/store"
)

// TestDatabase: what another package keeps in the store's file is in a backup, does not
// disturb the store, and when it is deleted it is gone from the file.
func TestDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "collector.db")
	st, err := Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s := st.(*Store)
	db, err := s.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE guests (name TEXT); INSERT INTO guests VALUES ('kunigunde')"); err != nil {
		t.Fatal(err)
	}
	if err := st.SetMeta(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), "copy")
	if _, err := s.Backup(t.Context(), copied, false); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "DELETE FROM guests"); err != nil {
		t.Fatal(err)
	}
	if err := s.checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{copied: true, path: false, path + "-wal": false} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("kunigunde")) != want {
			t.Errorf("%s holds what was written: %v, want %v", filepath.Base(name), !want, want)
		}
	}
	again, err := Open(t.Context(), copied, store.Options{Reading: true})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
}
