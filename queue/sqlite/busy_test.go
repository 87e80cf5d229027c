package sqlite_test

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"collector/queue"
	"collector/queue/sqlite"
)

// TestWhoWritesAllTheTimeIsOutwaited: another connection keeps the file for longer than a
// statement waits; what was to be written then is written afterwards.
func TestWhoWritesAllTheTimeIsOutwaited(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	s := store(t, open(t, path, 4))
	q := url.Values{"_pragma": {"busy_timeout(500)"}}
	short, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		t.Fatal(err)
	}
	defer short.Close()
	waits, err := sqlite.Open(t.Context(), short)
	if err != nil {
		t.Fatal(err)
	}
	defer waits.Close()
	other, err := open(t, path, 1).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hold := func(statement string) {
		t.Helper()
		if _, err := other.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	hold("BEGIN IMMEDIATE")
	done := make(chan error, 1)
	go func() {
		_, err := waits.Add(context.Background(), time.Unix(1, 0), "", []queue.Job{{ID: "late", Queue: "q", Kind: "k"}})
		done <- err
	}()
	<-time.After(700 * time.Millisecond) // longer than one statement waits, and far less than all do
	hold("ROLLBACK")
	if err := <-done; err != nil {
		t.Error(err)
	}
	stats, err := s.Stats(t.Context())
	if err != nil || len(stats) != 1 || stats[0].Added != 1 {
		t.Errorf("%+v, %v", stats, err)
	}
}
