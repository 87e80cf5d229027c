//go:build mongo

package mongo

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
	"collector/store/mongo/mongotest"
)

// listener is a handle of another process, as far as the server can tell, that
// watches.
type listener struct {
	*testing.T
	told chan string
}

func listening(t *testing.T, s *Store) *listener {
	t.Helper()
	l := &listener{t, make(chan string, 10_000)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Watch(ctx, func(queue string) { l.told <- queue }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the watch ended with %v", err)
		}
	})
	return l
}

// begins waits until what another handle does is heard.
func (l *listener) begins(other *Store) {
	l.Helper()
	patience, again := time.NewTimer(2*time.Minute), time.NewTicker(20*time.Millisecond)
	defer patience.Stop()
	defer again.Stop()
	for {
		select {
		case name := <-l.told:
			if name == "begin" {
				return
			}
		case <-again.C:
			if err := other.Pause(l.Context(), "begin", false); err != nil {
				l.Fatal(err)
			}
		case <-patience.C:
			l.Fatal("nothing is told")
		}
	}
}

// hears waits until a queue is told of.
func (l *listener) hears(queue string) {
	l.Helper()
	patience := time.NewTimer(2 * time.Minute)
	defer patience.Stop()
	for {
		select {
		case name := <-l.told:
			if name == queue {
				return
			}
		case <-patience.C:
			l.Fatalf("nothing was told of the queue %q", queue)
		}
	}
}

// TestOtherProcessesHear has a process wait while another one adds jobs, with and
// without a replica set, also after the server has ended the cursor and after more
// signals than are kept.
func TestOtherProcessesHear(t *testing.T) {
	for name, on := range map[string]*mongotest.Servers{"a replica set": replica, "a server alone": alone} {
		t.Run(name, func(t *testing.T) {
			db := database(t, on, options.Client())
			s, other := opened(t, db), opened(t, connected(t, on, db.Name(), options.Client()))
			l := listening(t, other)
			l.begins(s)
			added(t, s, 1, queue.Job{ID: "a", Queue: "first"})
			l.hears("first")
			if on == replica {
				fail(t, replica, s.signals, "getMore", 1, ways["the command"])
				added(t, s, 1, queue.Job{ID: "b", Queue: "second"})
				l.hears("")
				added(t, s, 1, queue.Job{ID: "c", Queue: "third"})
				l.hears("third")
			}
			flood := make([]any, 2*signalsMost)
			for i := range flood {
				flood[i] = signal{ID: bson.NewObjectID(), From: "somebody", Queues: []string{"flood"}}
			}
			if _, err := s.signals.InsertMany(t.Context(), flood); err != nil {
				t.Fatal(err)
			}
			added(t, s, 1, queue.Job{ID: "d", Queue: "last"})
			l.hears("last")
		})
	}
}

// TestAClosedStoreWatchesNothing: who watches is told that there is nothing to wait for
// any more.
func TestAClosedStoreWatchesNothing(t *testing.T) {
	s := opened(t, database(t, replica, options.Client()))
	ended := make(chan error, 1)
	began := make(chan struct{}, 10)
	go func() { ended <- s.Watch(t.Context(), func(string) { began <- struct{}{} }) }()
	<-began
	s.Close()
	if err := <-ended; !errors.Is(err, errClosed) {
		t.Errorf("the watch ended with %v", err)
	}
}
