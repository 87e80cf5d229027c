//go:build mongo

package mongo

import (
	"context"
	"flag"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue/queuetest"
	"collector/store/mongo/mongotest"
)

var histories = flag.Int("queue.histories", 0, "histories of concurrent owners to check; 0 is a few")

func TestQueue(t *testing.T) { kit(t, replica) }

func TestQueueOnAServerAlone(t *testing.T) { kit(t, alone) }

func kit(t *testing.T, on *mongotest.Servers) {
	queuetest.Run(t, func(t *testing.T) queuetest.Backend {
		db := database(t, on, options.Client())
		s, other := opened(t, db), opened(t, connected(t, on, db.Name(), options.Client()))
		t.Cleanup(func() { countedRight(t, s) })
		return queuetest.Backend{Store: s, Other: other, Histories: *histories}
	})
}

// countedRight holds the counts that are kept beside the jobs to a full count.
func countedRight(t *testing.T, s *Store) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // which ends before what is cleaned up
	stats, err := s.Stats(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range stats {
		c, err := s.jobs.Aggregate(ctx, bson.A{is("$match", is("queue", q.Queue)), is("$sortByCount", "$state")})
		found, err := all[struct {
			State string `bson:"_id"`
			Count int64
		}](ctx, c, err)
		if err != nil {
			t.Fatal(err)
		}
		is := map[string]int64{}
		for _, f := range found {
			is[f.State] = f.Count
		}
		for state, n := range map[string]int64{"scheduled": q.Scheduled, "ready": q.Ready, "running": q.Running, "dead": q.Dead, "done": q.Done} {
			if is[state] != n {
				t.Errorf("%s has %d jobs that are %s, and counts %d", q.Queue, is[state], state, n)
			}
		}
	}
}
