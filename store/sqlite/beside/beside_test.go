package beside

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"testing/fstest"
	"testing/synctest"

	_ "modernc.org/sqlite"

	"collector/store"
)

const first = "-- +goose Up\nCREATE TABLE notes (text TEXT NOT NULL);\n"

func tables() Tables {
	return Tables{What: "notes", One: "notes", Versions: "note_versions", Migrations: fstest.MapFS{"migrations/00001_first.sql": {Data: []byte(first)}}}
}

func opened(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "b.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestMadeAndBroughtUpToDate(t *testing.T) {
	db := opened(t)
	for _, want := range []bool{false, true, true} {
		if made, err := tables().Made(t.Context(), db); made != want || err != nil {
			t.Errorf("made: %v, want %v, %v", made, want, err)
		}
		if _, err := tables().Open(t.Context(), db); err != nil {
			t.Fatal(err)
		}
	}
	more := tables()
	more.Migrations = fstest.MapFS{"migrations/00001_first.sql": {Data: []byte(first)}, "migrations/00002_second.sql": {Data: []byte("-- +goose Up\nALTER TABLE notes ADD COLUMN at INTEGER NOT NULL DEFAULT 0;\n")}}
	d, err := more.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.ExecContext(t.Context(), "INSERT INTO notes (text, at) VALUES ('x', 1)"); err != nil {
		t.Error(err)
	}
	if _, err := tables().Open(t.Context(), db); !errors.Is(err, store.ErrNewer) {
		t.Errorf("what a newer program wrote: %v", err)
	}
}

// TestAWriteIsWholeOrNotAtAll, whatever becomes of the context once it has begun.
func TestAWriteIsWholeOrNotAtAll(t *testing.T) {
	db := opened(t)
	d, err := tables().Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	add := func(ctx context.Context, c *sql.Conn) error {
		_, err := c.ExecContext(ctx, "INSERT INTO notes (text) VALUES ('x')")
		return err
	}
	count := func() (n int) {
		if err := d.QueryRowContext(t.Context(), "SELECT count(*) FROM notes").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	failure := errors.New("no")
	if err := d.Write(t.Context(), Firm, func(ctx context.Context, c *sql.Conn) error { return errors.Join(add(ctx, c), failure) }); !errors.Is(err, failure) || count() != 0 {
		t.Errorf("one that failed: %v, %d notes", err, count())
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := d.Write(ctx, Loose, func(inside context.Context, c *sql.Conn) error { cancel(); return add(inside, c) }); err != nil || count() != 1 {
		t.Errorf("one that had begun: %v, %d notes", err, count())
	}
	if err := d.Write(ctx, Firm, add); !errors.Is(err, context.Canceled) || count() != 1 {
		t.Errorf("one that was not begun: %v, %d notes", err, count())
	}
}

// TestOneWritesAtATime, and who gives up waiting has written nothing.
func TestOneWritesAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := tables().Open(t.Context(), opened(t))
		if err != nil {
			t.Fatal(err)
		}
		held, hold, first := make(chan struct{}), make(chan struct{}), make(chan error)
		go func() {
			first <- d.Write(t.Context(), Loose, func(context.Context, *sql.Conn) error { close(held); <-hold; return nil })
		}()
		<-held
		ctx, cancel := context.WithCancel(t.Context())
		ran, second := false, make(chan error)
		go func() {
			second <- d.Write(ctx, Loose, func(context.Context, *sql.Conn) error { ran = true; return nil })
		}()
		synctest.Wait()
		cancel()
		if err := <-second; !errors.Is(err, context.Canceled) || ran {
			t.Errorf("who gave up: %v, ran %v", err, ran)
		}
		close(hold)
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}
