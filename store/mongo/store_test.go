//go:build mongo

package mongo

import (
	"context"
	"flag"
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
	"collector/store"
	"collector/store/mongo/mongotest"
	"collector/store/storetest"
)

var histories = flag.Int("store.histories", 0, "histories of concurrent owners to check; four at least")

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Backend { return backend(t, replica) })
}

// TestStoreOnAServerAlone is TestStore without transactions.
func TestStoreOnAServerAlone(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Backend { return backend(t, alone) })
}

func backend(t *testing.T, on *mongotest.Servers) storetest.Backend {
	at := addressOn(t, on)
	return storetest.Backend{
		Open:      func(owner string) (store.Store, error) { return Open(context.Background(), at, opts(owner)) },
		Durable:   true,
		HalfPages: true, // of a backfill, see stepwise.go; on a server alone of every page
		Integrity: func() error { return integrity(opened(t, at, "")) },
		Explain: func(want state.Claim) ([]string, error) {
			return opened(t, at, "").explain(bson.D{
				{Key: "aggregate", Value: "networks"}, {Key: "pipeline", Value: duePipeline(want, want.Services, want.N, 1)}, {Key: "cursor", Value: bson.D{}},
			})
		},
		DueIndex: "IXSCAN " + indexDue, Histories: *histories,
	}
}

// integrity checks that the counters are what counting gives, that the log is
// dense, and that it lacks nothing that waits to be published.
func integrity(s *Store) error {
	ctx := context.Background()
	cursor, err := s.networks.Find(ctx, bson.D{})
	ns, err := all[*network](ctx, cursor, err)
	for _, n := range ns {
		was := [3]int{n.Items, n.Bare, n.Bad}
		if err == nil {
			err = s.recount(ctx, n)
		}
		if now := [3]int{n.Items, n.Bare, n.Bad}; err == nil && now != was {
			return fmt.Errorf("network %s counts %v items, bare and bad; there are %v", n.ID, was, now)
		}
		if n.Pending != (len(n.Unpublished) > 0) {
			return fmt.Errorf("network %s does not say whether it has unpublished changes: %+v", n.ID, n.Unpublished)
		}
		for _, e := range n.Unpublished { // what its owner's next write takes off
			if there, err2 := s.changes.CountDocuments(ctx, where("key", e.Key)); err == nil && (err2 != nil || there != 1) {
				return fmt.Errorf("network %s has unpublished changes: %+v; in the log: %d, %w", n.ID, e, there, err2)
			}
		}
	}
	if err != nil {
		return err
	}
	cursor, err = s.changes.Find(ctx, bson.D{})
	entries, err := all[entry](ctx, cursor, err)
	if err != nil {
		return err
	}
	seqs := map[int64]bool{}
	for _, e := range entries {
		seqs[e.Seq] = true
	}
	floor, err := s.floor(ctx)
	last, err2 := s.last(ctx)
	if err != nil || err2 != nil {
		return fmt.Errorf("reading the log: %w, %w", err, err2)
	}
	for seq := floor + 1; seq <= last; seq++ {
		if !seqs[seq] {
			return fmt.Errorf("the log has no number %d of %d", seq, last)
		}
	}
	return nil
}

// explain returns the steps of the plan of a command, one a line.
func (s *Store) explain(command bson.D) ([]string, error) {
	var plan bson.M
	err := s.networks.Database().RunCommand(context.Background(), bson.D{{Key: "explain", Value: command}, {Key: "verbosity", Value: "queryPlanner"}}).Decode(&plan)
	if err != nil {
		return nil, err
	}
	var lines []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case bson.D:
			m := bson.M{}
			for _, e := range v {
				m[e.Key] = e.Value
			}
			walk(m)
		case bson.M:
			if stage, ok := v["stage"].(string); ok {
				line := stage
				if index, ok := v["indexName"].(string); ok {
					line += " " + index
				}
				lines = append(lines, line)
			}
			for key, part := range v {
				if key != "rejectedPlans" && key != "command" {
					walk(part)
				}
			}
		case bson.A:
			for _, part := range v {
				walk(part)
			}
		}
	}
	walk(plan)
	return lines, nil
}
