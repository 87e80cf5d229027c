package metrics

import (
	"context"
	"time"

	"collector/queue"
	"collector/store"
)

// Source is where the facts are that all instances share; a function that is nil has none.
// What a call costs must not grow with the number of accounts.
type Source struct {
	// Tally counts networks: store.Accounts.Tally.
	Tally func(ctx context.Context, now time.Time) (store.Tally, error)
	// Beats are the instances seen since a time: store.Instances.Beats.
	Beats func(ctx context.Context, since time.Time) ([]store.Instance, error)
	// LastChange is the newest number of the change log: store.Items.LastChange.
	LastChange func(ctx context.Context) (int64, error)
	// Jobs are the counts of all queues, by what the jobs are for: "upkeep", "webhooks",
	// "messages". Other words are shown as other.
	Jobs func(ctx context.Context) (map[string][]queue.Stats, error)
	// Topics are the oldest position that is kept and the next one: broker.Log.Bounds. Not
	// kept says that there are no topics.
	Topics func(ctx context.Context) (oldest, next int64, kept bool, err error)
	// Life is how long a heartbeat shows that an instance lives.
	Life time.Duration
}

// From has the metrics tell of a store from now on. When ctx ends nothing more is asked
// there; Close waits for that.
func (m *Metrics) From(ctx context.Context, s Source) { m.facts.from(ctx, s) }

// Close waits until nothing is asked of the store any more; the context of From has ended.
func (m *Metrics) Close() { m.facts.close() }
