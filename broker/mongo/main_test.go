//go:build mongo

package mongo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/broker"
	"collector/broker/brokertest"
	"collector/queue"
	queuemongo "collector/queue/mongo"
	"collector/store/mongo/mongotest"
)

// replica and alone are what all tests of this package share; each test has a database
// of its own.
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

// dial is a database, over a connection of its own.
func dial(t *testing.T, on *mongotest.Servers, database string) *driver.Database {
	t.Helper()
	client, err := driver.Connect(options.Client().ApplyURI(on.URI(database)).SetHeartbeatInterval(500 * time.Millisecond).SetTimeout(20 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Disconnect(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return client.Database(database)
}

// connected is a log of a database, with a connection of its own.
func connected(t *testing.T, on *mongotest.Servers, database string, keep broker.Keep) *Log {
	t.Helper()
	l, err := Open(t.Context(), dial(t, on, database), keep)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLog(t *testing.T) {
	for name, on := range map[string]func() *mongotest.Servers{
		"Replica":    func() *mongotest.Servers { return replica },
		"Standalone": func() *mongotest.Servers { return alone },
	} {
		t.Run(name, func(t *testing.T) {
			brokertest.Log(t, func(t *testing.T, keep int) (one, other broker.Log) {
				database := fmt.Sprint("test", databases.Add(1))
				k := broker.Keep{Messages: int64(keep)}
				return connected(t, on(), database, k), connected(t, on(), database, k)
			})
		})
	}
}

// TestBroker keeps the messages of queues in the same database, as the daemon does.
func TestBroker(t *testing.T) {
	for name, on := range map[string]func() *mongotest.Servers{
		"Replica":    func() *mongotest.Servers { return replica },
		"Standalone": func() *mongotest.Servers { return alone },
	} {
		t.Run(name, func(t *testing.T) {
			brokertest.Broker(t, func(t *testing.T) (queue.Store, broker.Log) {
				db := dial(t, on(), fmt.Sprint("test", databases.Add(1)))
				jobs, err := queuemongo.Open(t.Context(), db, queuemongo.Options{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(jobs.Close)
				log, err := Open(t.Context(), db, broker.Keep{})
				if err != nil {
					t.Fatal(err)
				}
				return jobs, log
			})
		})
	}
}

// said is what a producer was told.
type said struct {
	mu sync.Mutex
	at map[int64]string
}

// TestFailover kills the primary of three servers while producers append and two processes
// follow: what a producer was told is stored is there under the position that it was told,
// both followers see every position once and the same messages, and both go on.
func TestFailover(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	program, err := mongotest.Program("../..")
	if err != nil {
		t.Fatal(err)
	}
	set, err := mongotest.Replica(ctx, program, t.TempDir(), 3)
	t.Cleanup(func() { set.Stop() })
	if err != nil {
		t.Fatal(err)
	}
	logs := []*Log{connected(t, set, "failover", broker.Keep{}), connected(t, set, "failover", broker.Keep{})}
	told := &said{at: map[int64]string{}}
	stop := make(chan struct{})
	var producers, followers sync.WaitGroup
	for p := range 4 {
		producers.Go(func() { told.produce(ctx, t, logs[p%2], fmt.Sprint(p), stop) })
	}
	following, end := context.WithCancel(ctx)
	defer end()
	seen := make([]map[int64]string, 2)
	progress := make([]atomic.Int64, 2)
	for i := range seen {
		seen[i] = map[int64]string{}
		followers.Go(func() {
			next := int64(1)
			for following.Err() == nil {
				err := logs[i].Follow(following, next, func(ms []broker.Message) {
					for _, m := range ms {
						if m.Position != next {
							t.Errorf("follower %d saw position %d, %d was next", i, m.Position, next)
						}
						seen[i][m.Position], next = m.ID, m.Position+1
					}
					progress[i].Store(next - 1)
				})
				if errors.Is(err, broker.ErrGone) {
					t.Errorf("follower %d: %v", i, err)
					return
				}
				wait(following, reopen)
			}
		})
	}
	for round := range 2 {
		if !told.reach(ctx, told.count()+40) {
			t.Fatalf("round %d: the producers stand still", round)
		}
		primary, err := set.Primary(ctx)
		if err != nil {
			t.Fatal(err)
		}
		before := told.count()
		if err := primary.Kill(); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if !told.reach(ctx, before+40) {
			t.Fatalf("round %d: the producers did not go on", round)
		}
		t.Logf("round %d: the primary was killed after %d messages; 40 more were stored after %v", round, before, time.Since(begun).Round(time.Millisecond))
		if err := set.Restart(ctx, primary); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	producers.Wait()
	_, next, err := logs[0].Bounds(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for i := range progress {
		for progress[i].Load() < next-1 && ctx.Err() == nil {
			wait(ctx, reopen)
		}
	}
	end()
	followers.Wait()
	if len(told.at) < 120 {
		t.Errorf("only %d messages were stored", len(told.at))
	}
	for position, id := range told.at {
		for i := range seen {
			if seen[i][position] != id {
				t.Errorf("position %d is %q for follower %d; its producer was told that it is %q", position, seen[i][position], i, id)
			}
		}
	}
	ids := map[string]bool{}
	for position := int64(1); position < next; position++ {
		id := seen[0][position]
		if id == "" || id != seen[1][position] || ids[id] {
			t.Errorf("position %d is %q and %q for the followers", position, id, seen[1][position])
		}
		ids[id] = true
	}
	t.Logf("%d messages were said to be stored, %d are, both followers saw them all", len(told.at), next-1)
}

// produce appends messages one by one, each until it is stored.
func (s *said) produce(ctx context.Context, t *testing.T, l *Log, name string, stop <-chan struct{}) {
	for i := 0; ; i++ {
		m := broker.Message{ID: fmt.Sprint(name, "-", i), Destination: "/topic/a"}
		for {
			at, err := l.Append(ctx, time.Time{}, []broker.Message{m})
			if err == nil {
				s.note(t, at[0], m.ID)
				break
			}
			if ctx.Err() != nil {
				t.Errorf("appending: %v", err)
				return
			}
			wait(ctx, reopen)
		}
		select {
		case <-stop:
			return
		default:
			wait(ctx, 10*time.Millisecond)
		}
	}
}

func (s *said) note(t *testing.T, at int64, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.at[at]; old != "" {
		t.Errorf("position %d was given to %s and %s", at, old, id)
	}
	s.at[at] = id
}

func (s *said) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.at)
}

// reach waits until so many messages are stored.
func (s *said) reach(ctx context.Context, n int) bool {
	for s.count() < n && ctx.Err() == nil {
		wait(ctx, reopen)
	}
	return ctx.Err() == nil
}
