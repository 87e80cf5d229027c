package mongotest

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Whole waits until every member sees every other, all know the same primary, and the
// others have somebody to follow. A member that is still looking for that when another
// falls silent waits for it for 30 s, which no setting shortens: to lose a primary then
// is to lose two members at once
// (https://github.com/mongodb/mongo/blob/r6.0.5/src/mongo/db/repl/sync_source_resolver.cpp, kFetcherTimeout).
func (s *Servers) Whole(ctx context.Context) error {
	for !s.whole(ctx) {
		if err := pause(ctx); err != nil {
			return fmt.Errorf("waiting for all members: %w", err)
		}
	}
	return nil
}

func (s *Servers) whole(ctx context.Context) bool {
	const primary, secondary = 1, 2 // https://www.mongodb.com/docs/manual/reference/replica-states/
	leader := ""
	for _, m := range s.Members {
		var status struct {
			MyState        int
			SyncSourceHost string
			Members        []struct {
				Name  string
				State int
			}
		}
		if err := m.Command(ctx, bson.D{{Key: "replSetGetStatus", Value: 1}}, &status); err != nil {
			return false
		}
		if status.MyState == secondary && status.SyncSourceHost == "" {
			return false
		}
		leaders := 0
		for _, o := range status.Members {
			switch o.State {
			case primary:
				leaders++
				if leader == "" {
					leader = o.Name
				}
				if o.Name != leader {
					return false
				}
			case secondary:
			default:
				return false
			}
		}
		if leaders != 1 {
			return false
		}
	}
	return true
}
