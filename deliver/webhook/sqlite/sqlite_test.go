package sqlite

import (
	"bytes"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"collector/deliver/webhook"
	"collector/deliver/webhook/webhooktest"
	"collector/store"
)

// opened is a handle on a file, closed with the test.
func opened(t *testing.T, path string) *sql.DB {
	t.Helper()
	q := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "secure_delete(1)"}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), opened(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	webhooktest.Run(t, func(t *testing.T) (one, other webhook.Store) {
		path := filepath.Join(t.TempDir(), "w.db")
		return open(t, path), open(t, path)
	})
}

func TestWhatANewerProgramWroteIsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.db")
	open(t, path)
	db := opened(t, path)
	if _, err := db.ExecContext(t.Context(), "INSERT INTO webhook_versions (version_id, is_applied) VALUES (99, 1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), db); !errors.Is(err, store.ErrNewer) {
		t.Errorf("error %v, want %v", err, store.ErrNewer)
	}
}

// TestNothingIsLeftOfWhatWasRemoved reads the bytes of the file.
func TestNothingIsLeftOfWhatWasRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.db")
	db := opened(t, path)
	s, err := Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	holds := func() bool {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(text, []byte("adelheid"))
	}
	e := webhook.Endpoint{ID: "wh_1", User: "adelheid", URL: "https://adelheid.example/"}
	v, err := s.Put(t.Context(), webhook.Record{Endpoint: e, Health: webhook.Health{Error: "adelheid does not answer"}})
	if err != nil {
		t.Fatal(err)
	}
	e.Query = "by:adelheid"
	if _, err := s.Put(t.Context(), webhook.Record{Endpoint: e, Version: v}); err != nil {
		t.Fatal(err)
	}
	if !holds() {
		t.Fatal("the name is not in the file: this proves nothing")
	}
	if err := s.Remove(t.Context(), "wh_1"); err != nil {
		t.Fatal(err)
	}
	if holds() {
		t.Error("the name is still in the file")
	}
}

// TestOneDamagedRowHidesNoOther: it is listed as damaged, and can be removed.
func TestOneDamagedRowHidesNoOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.db")
	s, db := open(t, path), opened(t, path)
	for _, id := range []string{"wh_1", "wh_2", "wh_3"} {
		if _, err := s.Put(t.Context(), webhook.Record{Endpoint: webhook.Endpoint{ID: id, User: "me"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE webhook_endpoints SET endpoint = '{"id":' WHERE id = 'wh_2'`); err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context(), "", 9)
	if err != nil || len(list) != 3 || list[0].Damaged != nil || list[1].ID != "wh_2" || !errors.Is(list[1].Damaged, webhook.ErrDamaged) || list[2].User != "me" {
		t.Errorf("listed as %+v, %v", list, err)
	}
	if _, err := s.Get(t.Context(), "wh_2"); !errors.Is(err, webhook.ErrDamaged) {
		t.Errorf("read: %v", err)
	}
	if err := s.Remove(t.Context(), "wh_2"); err != nil {
		t.Errorf("removed: %v", err)
	}
}
