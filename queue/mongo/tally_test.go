//go:build mongo

package mongo

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// TestACallThatIsGivenUpIsCountedOnce gives a call up while the counts are on their way,
// as a process does that stops.
func TestACallThatIsGivenUpIsCountedOnce(t *testing.T) {
	const blocked = time.Second
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if e.CommandName == "update" {
			time.AfterFunc(100*time.Millisecond, stop) // when the server has it
		}
	}}
	s := opened(t, database(t, replica, options.Client().SetMonitor(monitor)))
	fail(t, replica, s.queues, "update", 1, bson.D{{Key: "blockConnection", Value: true}, {Key: "blockTimeMS", Value: blocked.Milliseconds()}})
	if _, err := s.Add(ctx, noon, "", []queue.Job{{ID: "a", Kind: "work"}}); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	<-ctx.Done()
	<-time.After(blocked) // until then the server has counted what it was sent
	stats, err := s.Stats(t.Context())
	if err != nil || len(stats) != 1 || stats[0].Ready != 1 || stats[0].Added != 1 {
		t.Errorf("of one job: %+v, %v", stats, err)
	}
}
