//go:build mongo

package mongo

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
	"collector/store/mongo/mongotest"
)

// noon is the time of the tests.
var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// replica and alone are what all tests of this package share; each test has a
// database of its own.
var replica, alone *mongotest.Servers

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	return mongotest.Both("../..", func(set, single *mongotest.Servers) int {
		replica, alone = set, single
		return m.Run()
	})
}

var databases atomic.Int64

// database is one of the servers that nothing else uses.
func database(t *testing.T, on *mongotest.Servers, o *options.ClientOptions) *driver.Database {
	t.Helper()
	return connected(t, on, fmt.Sprint("test", databases.Add(1)), o)
}

func connected(t *testing.T, on *mongotest.Servers, name string, o *options.ClientOptions) *driver.Database {
	t.Helper()
	// A server that says it is going down is looked at again with the next heartbeat.
	client, err := driver.Connect(options.Client().ApplyURI(on.URI("")).SetHeartbeatInterval(500*time.Millisecond), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(context.WithoutCancel(t.Context())) })
	return client.Database(name)
}

// opened is a handle on a database, closed with the test.
func opened(t *testing.T, db *driver.Database) *Store {
	t.Helper()
	s, err := Open(t.Context(), db, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// added adds jobs of the kind "work" with ids that follow each other.
func added(t *testing.T, s *Store, n int, j queue.Job) {
	t.Helper()
	jobs := make([]queue.Job, n)
	for i := range jobs {
		jobs[i] = j
		jobs[i].ID, jobs[i].Kind = fmt.Sprintf("%s%05d", j.ID, i), "work"
	}
	ok, err := s.Add(t.Context(), noon, "", jobs)
	if err != nil || len(ok) != n {
		t.Fatalf("%d of %d jobs: %v", len(ok), n, err)
	}
}

// asking is a claim of the default queue for a minute.
func asking(n int) queue.Claim {
	return queue.Claim{Queue: queue.DefaultQueue, N: n, Owner: "anna", Now: noon, Until: noon.Add(time.Minute)}
}

func claimed(t *testing.T, s *Store, n int) []queue.Job {
	t.Helper()
	got, err := s.Claim(t.Context(), asking(n))
	if err != nil {
		t.Fatal(err)
	}
	return got
}
