package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"collector/broker"
	"collector/broker/brokertest"
	"collector/queue"
	queuesqlite "collector/queue/sqlite"
)

// opened is a handle on a file, closed with the test.
func opened(t *testing.T, path string) *sql.DB {
	t.Helper()
	q := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)"}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func open(t *testing.T, path string, keep broker.Keep) *Log {
	t.Helper()
	l, err := Open(t.Context(), opened(t, path), keep)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLog(t *testing.T) {
	brokertest.Log(t, func(t *testing.T, keep int) (one, other broker.Log) {
		path := filepath.Join(t.TempDir(), "t.db")
		k := broker.Keep{Messages: int64(keep)}
		return open(t, path, k), open(t, path, k)
	})
}

// TestBroker keeps the messages of queues in the same file, as the daemon does.
func TestBroker(t *testing.T) {
	brokertest.Broker(t, func(t *testing.T) (queue.Store, broker.Log) {
		path := filepath.Join(t.TempDir(), "t.db")
		jobs, err := queuesqlite.Open(t.Context(), opened(t, path))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := jobs.Close(); err != nil {
				t.Error(err)
			}
		})
		return jobs, open(t, path, broker.Keep{})
	})
}

// TestBytesAreBounded holds a log to its second bound, and lets one message be larger than
// that.
func TestBytesAreBounded(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "t.db"), broker.Keep{Bytes: 100_000})
	for i := range 200 {
		ms := []broker.Message{{ID: fmt.Sprint(i), Destination: "/topic/a", Body: make([]byte, 5000)}}
		if _, err := l.Append(t.Context(), time.Time{}, ms); err != nil {
			t.Fatal(err)
		}
	}
	oldest, next, err := l.Bounds(t.Context())
	if kept := next - oldest; err != nil || next != 201 || kept > 20 || kept < 1 {
		t.Errorf("positions %d to %d, %v", oldest, next, err)
	}
	if _, err := l.Append(t.Context(), time.Time{}, []broker.Message{{ID: "large", Destination: "/topic/a", Body: make([]byte, 200_000)}}); err != nil {
		t.Fatal(err)
	}
	ms, err := l.Read(t.Context(), "/topic/a", 201, 1)
	if err != nil || len(ms) != 1 || ms[0].ID != "large" {
		t.Errorf("the newest is %v, %v", ms, err)
	}
}

func TestWhatANewerProgramWroteIsLeftAlone(t *testing.T) {
	db := opened(t, filepath.Join(t.TempDir(), "t.db"))
	if _, err := Open(t.Context(), db, broker.Keep{}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE topic_meta SET value = 2 WHERE name = 'version'"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), db, broker.Keep{}); !errors.Is(err, ErrNewer) {
		t.Errorf("error %v, want %v", err, ErrNewer)
	}
}
