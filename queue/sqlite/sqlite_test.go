package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"collector/queue"
	"collector/queue/queuetest"
	"collector/queue/sqlite"
)

// open opens a file with some connections; 0 is no limit.
func open(t testing.TB, path string, connections int) *sql.DB {
	t.Helper()
	db, err := opened(path, connections)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func opened(path string, connections int) (*sql.DB, error) {
	q := url.Values{"_pragma": {"journal_mode(WAL)", "synchronous(NORMAL)", "busy_timeout(10000)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	return db, nil
}

func store(t testing.TB, db *sql.DB) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestMadeByTwoAtOnce: each of two that open an empty file at the same time finds the tables.
func TestMadeByTwoAtOnce(t *testing.T) {
	for range 8 {
		path := filepath.Join(t.TempDir(), "jobs.db")
		ended := make(chan error, 2)
		for range cap(ended) {
			db := open(t, path, 0)
			go func() {
				_, err := sqlite.Open(t.Context(), db)
				ended <- err
			}()
		}
		for range cap(ended) {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
}

// TestStore has two handles on one file, as two processes would.
func TestStore(t *testing.T) {
	queuetest.Run(t, func(t *testing.T) queuetest.Backend {
		path := filepath.Join(t.TempDir(), "jobs.db")
		return queuetest.Backend{Store: store(t, open(t, path, 0)), Other: store(t, open(t, path, 0)), Histories: *histories}
	})
}

// TestStoreOnOneConnection has a handle that must not be asked for a second one.
func TestStoreOnOneConnection(t *testing.T) {
	queuetest.Run(t, func(t *testing.T) queuetest.Backend {
		s := store(t, open(t, filepath.Join(t.TempDir(), "jobs.db"), 1))
		return queuetest.Backend{Store: s, Other: s}
	})
}

// TestJobsOutliveTheHandle opens the file again, beside tables of somebody else.
func TestJobsOutliveTheHandle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	db := open(t, path, 0)
	if _, err := db.Exec("CREATE TABLE theirs (x)"); err != nil {
		t.Fatal(err)
	}
	s := store(t, db)
	if _, err := s.Add(t.Context(), time.Now(), "", []queue.Job{{ID: "a", Kind: "work"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(t.Context(), time.Now(), "", []queue.Job{{ID: "b", Kind: "work"}}); err == nil {
		t.Error("a closed store took a job")
	}
	if _, err := db.Exec("INSERT INTO theirs VALUES (1)"); err != nil {
		t.Errorf("the caller's handle after the store was closed: %v", err)
	}
	db.Close()
	j, err := store(t, open(t, path, 0)).Job(t.Context(), "a")
	if err != nil || j.State != queue.Ready {
		t.Errorf("after opening it again: %+v, %v", j, err)
	}
}

func TestNewerTablesAreRefused(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "jobs.db"), 0)
	store(t, db)
	if _, err := db.Exec("INSERT INTO queue_versions (version_id, is_applied) VALUES (99, 1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), db); !errors.Is(err, sqlite.ErrNewer) {
		t.Errorf("tables of version 99: %v", err)
	}
}
