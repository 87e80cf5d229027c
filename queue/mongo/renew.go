package mongo

import (
	"context"
	"errors"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/queue"
)

// Renew is queue.Store.Renew. A claim either stands, and then its lease ends at until,
// or it does not, and then it never will: so the update may be repeated, and what
// stands afterwards stood.
func (s *Store) Renew(ctx context.Context, claims []queue.Ref, until time.Time) ([]bool, error) {
	if err := ctx.Err(); err != nil || len(claims) == 0 {
		return nil, err
	}
	byToken, refs := map[string][]string{}, map[queue.Ref]bool{}
	var ids []string
	for _, c := range claims {
		if !refs[c] {
			refs[c] = true
			byToken[c.Token] = append(byToken[c.Token], c.ID)
			ids = append(ids, c.ID)
		}
	}
	var updates []driver.WriteModel
	for token, some := range byToken {
		updates = append(updates, driver.NewUpdateManyModel().SetFilter(of(some, held(token))).SetHint(indexID).
			SetUpdate(is("$set", is("leaseUntil", queue.Milli(until)))))
	}
	stood := make([]bool, len(claims))
	for {
		r, err := s.jobs.BulkWrite(ctx, updates, options.BulkWrite().SetOrdered(false))
		if lost(err) {
			if ctx.Err() != nil {
				return nil, wrap("renewing leases", errors.Join(err, ctx.Err()))
			}
			continue
		}
		if err != nil {
			return nil, wrap("renewing leases", err)
		}
		standing := refs
		if int(r.MatchedCount) < len(refs) {
			if standing, err = s.standing(ctx, ids); err != nil {
				return nil, wrap("renewing leases", err)
			}
		}
		for i, c := range claims {
			stood[i] = standing[c]
		}
		return stood, nil
	}
}

// standing are the claims under which some jobs are held.
func (s *Store) standing(ctx context.Context, ids []string) (map[queue.Ref]bool, error) {
	c, err := s.jobs.Find(ctx, of(ids, is("state", queue.Running)),
		options.Find().SetProjection(bson.D{{Key: "state", Value: 1}, {Key: "claim", Value: 1}, {Key: "queue", Value: 1}}).SetHint(indexID))
	found, err := all[row](ctx, c, err)
	out := map[queue.Ref]bool{}
	for _, r := range found {
		out[r.job().Ref()] = true
	}
	return out, err
}
