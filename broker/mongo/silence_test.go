//go:build mongo

package mongo

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/broker"
)

// TestSilenceIsNoFailure: a follower waits for what comes longer than its client waits for an
// answer, with one cursor, and gets it.
func TestSilenceIsNoFailure(t *testing.T) {
	const limit = 5 * time.Second
	var cursors atomic.Int32
	monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if _, err := e.Command.LookupErr("tailable"); err == nil {
			cursors.Add(1)
		}
	}}
	client, err := driver.Connect(options.Client().ApplyURI(replica.URI("")).SetTimeout(limit).SetMonitor(monitor))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Disconnect(context.WithoutCancel(t.Context())) })
	l, err := Open(t.Context(), client.Database("silence"), broker.Keep{})
	if err != nil {
		t.Fatal(err)
	}
	send := func(id string) {
		t.Helper()
		if _, err := l.Append(t.Context(), time.Time{}, []broker.Message{{ID: id, Destination: "/topic/a"}}); err != nil {
			t.Fatal(err)
		}
	}
	send("first")
	came := make(chan string, 2)
	ended := errors.New("the test has ended")
	ctx, end := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- l.Follow(ctx, 1, func(ms []broker.Message) {
			for _, m := range ms {
				came <- m.ID
			}
		})
	}()
	for i, id := range []string{"first", "second"} {
		if i > 0 {
			wait(ctx, limit+limit/2) // nothing comes
			send(id)
		}
		select {
		case got := <-came:
			if got != id {
				t.Errorf("%s came, want %s", got, id)
			}
		case err := <-done:
			t.Fatalf("the follower has ended before %s: %v", id, err)
		}
	}
	if n := cursors.Load(); n != 1 {
		t.Errorf("it took %d cursors", n)
	}
	end(ended)
	if err := <-done; !errors.Is(err, ended) {
		t.Errorf("the follower ended with %v", err)
	}
}
