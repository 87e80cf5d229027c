package mongotest

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// steady is how long all has to be well, since a member that has just come back chooses
// whom it follows more than once.
const steady = 3 * time.Second

// Whole waits until every member sees every other, all know the same primary, the others
// have somebody to follow, and that stays so for 3 s. A member that is still looking for
// that when another falls silent waits for it for 30 s, which no setting shortens: to lose
// a primary then is to lose two members at once
// (https://github.com/mongodb/mongo/blob/r6.0.5/src/mongo/db/repl/sync_source_resolver.cpp, kFetcherTimeout).
func (s *Servers) Whole(ctx context.Context) error {
	was, since := "", time.Now()
	for {
		now := s.whole(ctx)
		if now == "" || now != was {
			was, since = now, time.Now()
		} else if time.Since(since) >= steady {
			return nil
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("waiting for all members: %w", err)
		}
	}
}

// whole tells who follows whom, and nothing while that is not settled.
func (s *Servers) whole(ctx context.Context) string {
	const primary, secondary = 1, 2 // https://www.mongodb.com/docs/manual/reference/replica-states/
	leader, follows := "", ""
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
			return ""
		}
		if status.MyState == secondary && status.SyncSourceHost == "" {
			return ""
		}
		follows += " " + status.SyncSourceHost
		leaders := 0
		for _, o := range status.Members {
			switch o.State {
			case primary:
				leaders++
				if leader == "" {
					leader = o.Name
				}
				if o.Name != leader {
					return ""
				}
			case secondary:
			default:
				return ""
			}
		}
		if leaders != 1 {
			return ""
		}
	}
	return leader + follows
}
