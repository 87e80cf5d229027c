package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// goneFor is how long a job that is gone is left for callers who have to look whether
// they changed it.
const goneFor = time.Minute

// Rescue is queue.Store.Rescue.
func (s *Store) Rescue(ctx context.Context, now time.Time, limit int) ([]queue.Job, error) {
	if err := ctx.Err(); err != nil || limit <= 0 {
		return nil, err
	}
	now = queue.Milli(now)
	out, err := s.rescue(ctx, now, limit)
	if err != nil {
		return nil, err
	}
	return out, wrap("removing what is done", s.sweep(ctx, now, limit)) // last, since there may be much of it
}

// rescue is Rescue without what it removes.
func (s *Store) rescue(ctx context.Context, now time.Time, limit int) ([]queue.Job, error) {
	c, err := s.jobs.Find(ctx, bson.D{{Key: "leaseUntil", Value: is("$lte", now)}, {Key: "state", Value: queue.Running}},
		options.Find().SetSort(is("leaseUntil", 1)).SetLimit(int64(min(limit, most))).SetHint(indexLease))
	found, err := all[row](ctx, c, err)
	if err != nil || len(found) == 0 {
		return nil, wrap("looking for leases that are over", err)
	}
	var changes []change
	call := queue.NewToken()
	groups := map[rescued][]string{}
	for _, r := range found {
		g := rescued{token(r.Claim, r.Queue), r.Owner, r.MaxAttempts > 0 && r.Attempts >= r.MaxAttempts}
		groups[g] = append(groups[g], r.ID)
	}
	for g, ids := range groups {
		changes = append(changes, g.change(ids, now, call))
	}
	made, err := s.make(ctx, changes)
	if err != nil {
		return nil, wrap("rescuing jobs", err)
	}
	n, waits := counts{}, []string(nil)
	var out []queue.Job
	for _, r := range found {
		g := rescued{token(r.Claim, r.Queue), r.Owner, r.MaxAttempts > 0 && r.Attempts >= r.MaxAttempts}
		if !made(g.mark(call), r.ID) {
			continue
		}
		j := r.job()
		j.LastError = queue.LeaseEnded(j)
		j.State, j.Due, j.Token, j.LeaseUntil = queue.Ready, now, "", time.Time{}
		if g.dead {
			j.State, j.Finished = queue.Dead, now
			n.of(r.Queue).Buried++
		} else {
			waits = append(waits, r.Queue)
		}
		n.of(r.Queue).Rescued++
		n.stand(r.Queue, queue.Running, -1)
		n.stand(r.Queue, j.State, 1)
		out = append(out, j)
	}
	s.count(ctx, n)
	s.tell(waits...)
	return out, nil
}

// rescued is what jobs whose leases are over have in common, which share an update.
type rescued struct {
	token, owner string
	dead         bool
}

func (g rescued) mark(call string) string {
	if g.dead {
		return call + "/dead/" + g.token
	}
	return call + "/" + g.token
}

func (g rescued) change(ids []string, now time.Time, call string) change {
	set := bson.D{
		{Key: "state", Value: queue.Ready}, {Key: "due", Value: now}, {Key: "lastError", Value: queue.LeaseEnded(queue.Job{Owner: g.owner})},
	}
	if g.dead {
		set = append(set, bson.E{Key: "finished", Value: now})
		set[0].Value = queue.Dead
	}
	mark := g.mark(call)
	return change{
		ids: ids, mark: mark, token: g.token,
		guard:  append(held(g.token), bson.E{Key: "leaseUntil", Value: is("$lte", now)}), // it may be renewed yet
		update: marked(mark, set, lease...),
	}
}

// sweeps is how often a rescue looks for more of what is gone.
const sweeps = 100

// sweep removes what is done and was kept long enough, and what was left for those who
// had to look for their marks, or by somebody who died before he removed it.
func (s *Store) sweep(ctx context.Context, now time.Time, limit int) error {
	for range sweeps {
		n, err := s.sweepGone(ctx, now)
		if err != nil {
			return err
		}
		if n < most {
			break
		}
	}
	return s.forget(ctx, now, limit)
}

// sweepGone removes up to a thousand jobs that are gone, and returns how many it found.
func (s *Store) sweepGone(ctx context.Context, now time.Time) (int, error) {
	left := bson.D{
		{Key: "leaseUntil", Value: is("$lte", now)},
		{Key: "state", Value: gone},
		{Key: "finished", Value: is("$not", is("$gt", now.Add(-goneFor)))},
	}
	c, err := s.jobs.Find(ctx, left, options.Find().SetLimit(most).SetProjection(is("finished", 1)).SetHint(indexLease))
	found, err := all[row](ctx, c, err)
	if err != nil {
		return 0, err
	}
	var over, begin []string // a job that was removed has no end yet
	for _, r := range found {
		if r.Finished.IsZero() {
			begin = append(begin, r.ID)
		} else {
			over = append(over, r.ID)
		}
	}
	if len(begin) > 0 {
		if _, err := s.loose.UpdateMany(ctx, of(begin, is("state", gone)), is("$set", is("finished", now)), options.UpdateMany().SetHint(indexID)); err != nil {
			return 0, err
		}
	}
	s.remove(ctx, over) // whatever their marks
	return len(found), nil
}

// forget removes what is done and was kept long enough.
func (s *Store) forget(ctx context.Context, now time.Time, limit int) error {
	over := is("keptUntil", is("$lte", now))
	c, err := s.jobs.Find(ctx, over, options.Find().SetLimit(int64(min(limit, most))).SetProjection(is("queue", 1)).SetHint(indexKept))
	found, err := all[row](ctx, c, err)
	if err != nil {
		return err
	}
	byQueue := map[string][]string{}
	for _, r := range found {
		byQueue[r.Queue] = append(byQueue[r.Queue], r.ID)
	}
	for name, ids := range byQueue {
		these := of(ids, append(over, bson.E{Key: "queue", Value: name}))
		removed, err := s.loose.DeleteMany(ctx, append(these, own(marksOfOne)), options.DeleteMany().SetHint(indexID))
		if err != nil {
			return err
		}
		done := removed.DeletedCount
		if int(done) < len(ids) { // others may still have to look for their marks
			left, err := s.loose.UpdateMany(ctx, these, bson.D{
				{Key: "$set", Value: bson.D{{Key: "state", Value: gone}, {Key: "leaseUntil", Value: time.UnixMilli(0)}}}, {Key: "$unset", Value: bson.D{{Key: "keptUntil", Value: ""}, {Key: "data", Value: ""}, {Key: "lastError", Value: ""}}},
			}, options.UpdateMany().SetHint(indexID))
			if err != nil {
				return err
			}
			done += left.ModifiedCount
		}
		n := counts{}
		n.stand(name, queue.Done, -done)
		s.count(ctx, n)
	}
	return nil
}
