package mongo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// few is up to how many jobs are claimed one by one: that is less work for the server
// than to look, to mark and to read.
const few = 2

// Claim is queue.Store.Claim.
func (s *Store) Claim(ctx context.Context, c queue.Claim) ([]queue.Job, error) {
	if err := ctx.Err(); err != nil || c.N <= 0 {
		return nil, err
	}
	if paused, err := s.paused(ctx, []string{c.Queue}); err != nil || len(paused) > 0 {
		return nil, wrap("claiming jobs", err)
	}
	if err := s.promote(ctx, c.Queue, queue.Milli(c.Now)); err != nil {
		return nil, wrap("claiming jobs", err)
	}
	ctx, done := finishing(ctx)
	defer done()
	taking := taking{Claim: c, mark: queue.NewToken()}
	var rows []row
	for left, more, err := c.N, true, error(nil); more && left > 0; left = c.N - len(rows) {
		var got []row
		if left <= few {
			got, more, err = s.takeFirst(ctx, taking)
		} else {
			got, more, err = s.takeSome(ctx, taking, min(left, most))
		}
		rows = append(rows, got...)
		taking.again = len(rows) > 0
		if err != nil && len(rows) == 0 {
			return nil, wrap("claiming jobs", err)
		}
		more = more && err == nil // what was claimed before an error is kept
	}
	if len(rows) > 0 {
		n := counts{}
		n.stand(c.Queue, queue.Ready, -int64(len(rows)))
		n.stand(c.Queue, queue.Running, int64(len(rows)))
		s.count(ctx, n)
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	return jobsOf(rows), nil
}

func jobsOf(rows []row) []queue.Job {
	jobs := make([]queue.Job, len(rows))
	for i, r := range rows {
		jobs[i] = r.job()
	}
	return jobs
}

// taking is one claim under its mark.
type taking struct {
	queue.Claim
	mark  string
	again bool // it has some already: one that is free again meanwhile is for others
}

// ready is the filter of the jobs that may be claimed.
func (t taking) ready() bson.D {
	f := bson.D{{Key: "state", Value: queue.Ready}, {Key: "queue", Value: t.Queue}}
	if len(t.Kinds) > 0 {
		f = append(f, bson.E{Key: "kind", Value: is("$in", t.Kinds)})
	}
	if t.again {
		f = append(f, bson.E{Key: "changed", Value: is("$ne", t.mark)})
	}
	return f
}

// byRank is the order of claims, which the index has.
func byRank() bson.D {
	return bson.D{{Key: "priority", Value: -1}, {Key: "due", Value: 1}, {Key: "_id", Value: 1}}
}

// update puts the mark on a job, which it keeps when the claim has ended.
func (t taking) update() bson.D {
	return append(marked(t.mark, bson.D{
		{Key: "state", Value: queue.Running},
		{Key: "owner", Value: t.Owner},
		{Key: "claim", Value: t.mark},
		{Key: "leaseUntil", Value: queue.Milli(t.Until)},
		{Key: "started", Value: queue.Milli(t.Now)},
	}), bson.E{Key: "$inc", Value: bson.D{{Key: "attempts", Value: 1}, {Key: "deliveries", Value: 1}}})
}

// takeFirst claims the first job, and says whether there may be more.
func (s *Store) takeFirst(ctx context.Context, t taking) (got []row, more bool, err error) {
	var r row
	err = s.jobs.FindOneAndUpdate(ctx, t.ready(), t.update(), options.FindOneAndUpdate().SetSort(byRank()).SetHint(indexReady).SetReturnDocument(options.After)).Decode(&r)
	switch {
	case errors.Is(err, driver.ErrNoDocuments):
		return nil, false, nil
	case lost(err):
		// Which one it was is not known, so all leases with this end are looked at.
		return s.markedAfter(ctx, err, bson.D{{Key: "leaseUntil", Value: queue.Milli(t.Until)}, {Key: "state", Value: queue.Running}}, t.mark)
	case err != nil:
		return nil, false, err
	}
	return []row{r}, true, nil
}

// window is among how many times as many jobs as it wants a process chooses while
// others want the same ones.
const window = 4

// takeSome claims up to n jobs: it reads which are first, and marks those that are as
// they were read. Where others took some, or the answer was lost, the marks tell.
func (s *Store) takeSome(ctx context.Context, t taking, n int) (got []row, more bool, err error) {
	skip := 0
	if s.rivals.met(t.Queue) {
		skip = rand.IntN((window-1)*n + 1)
	}
	c, err := s.jobs.Find(ctx, t.ready(), options.Find().SetSort(byRank()).SetSkip(int64(skip)).SetLimit(int64(n)).SetHint(indexReady))
	found, err := all[row](ctx, c, err)
	if err == nil && len(found) == 0 && skip > 0 {
		s.rivals.note(t.Queue, false)
		return nil, true, nil
	}
	if err != nil || len(found) == 0 {
		return nil, false, err
	}
	ids := idsOf(found)
	r, err := s.jobs.UpdateMany(ctx, of(ids, unchanged(found)), t.update(), options.UpdateMany().SetHint(indexID))
	if err != nil && !lost(err) {
		return nil, false, err
	}
	if err != nil || int(r.MatchedCount) < len(found) {
		jobs, was := s.jobs, err
		if lost(was) {
			jobs = s.sure()
		}
		made, err := s.made(ctx, jobs, ids, map[string]bool{t.mark: true})
		if err != nil {
			return nil, false, errors.Join(was, err)
		}
		found = slices.DeleteFunc(found, func(r row) bool { return !made(t.mark, r.ID) })
		if was != nil && len(found) == 0 {
			return nil, false, was
		}
	}
	s.rivals.note(t.Queue, len(found) < len(ids))
	for i := range found {
		t.mine(&found[i])
	}
	return found, len(ids) == n || len(found) < len(ids) || skip > 0, nil
}

// unchanged is true of jobs that are ready and were not claimed, or removed and added
// again, since they were read: nothing else changes one that is ready.
func unchanged(rows []row) bson.D {
	claims, adds := bson.A{}, bson.A{}
	for _, r := range rows {
		if r.Claim == "" {
			claims = append(claims, nil) // it has none
		} else {
			claims = append(claims, r.Claim)
		}
		adds = append(adds, r.AddedBy)
	}
	distinct := func(a bson.A) bson.A {
		had := map[any]bool{}
		return slices.DeleteFunc(a, func(v any) bool { was := had[v]; had[v] = true; return was })
	}
	return bson.D{
		{Key: "state", Value: queue.Ready}, {Key: "claim", Value: is("$in", distinct(claims))}, {Key: "addedBy", Value: is("$in", distinct(adds))},
	}
}

// mine is a job as the update leaves it.
func (t taking) mine(r *row) {
	r.State, r.Owner, r.Claim = queue.Running, t.Owner, t.mark
	r.LeaseUntil, r.Started = queue.Milli(t.Until), queue.Milli(t.Now)
	r.Attempts++
	r.Deliveries++
}

// markedAfter reads the jobs of some that a claim has whose answer was lost.
func (s *Store) markedAfter(ctx context.Context, was error, some bson.D, mark string) (got []row, more bool, _ error) {
	c, err := s.sure().Find(ctx, append(some, bson.E{Key: "claim", Value: mark}))
	got, err = all[row](ctx, c, err)
	if err != nil || len(got) == 0 {
		return nil, false, errors.Join(was, err)
	}
	return got, false, nil
}

// rivals remembers in which queues other processes were met that claim the same jobs.
type rivals struct {
	mu  sync.Mutex
	yet map[string]int
}

// after is how many claims without a loss it takes to believe that nobody else claims.
const after = 16

func (r *rivals) note(queue string, lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.yet == nil {
		r.yet = map[string]int{}
	}
	if lost {
		r.yet[queue] = after
	} else if r.yet[queue]--; r.yet[queue] <= 0 {
		delete(r.yet, queue)
	}
}

func (r *rivals) met(queue string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.yet[queue] > 0
}

// promote makes ready what is due of a queue. The write need not be safe: what a
// failover undoes is due all the same, and is made ready by the next claim.
func (s *Store) promote(ctx context.Context, name string, now time.Time) error {
	for {
		due := bson.D{{Key: "state", Value: queue.Scheduled}, {Key: "queue", Value: name}, {Key: "due", Value: is("$lte", now)}}
		c, err := s.jobs.Find(ctx, due, options.Find().SetLimit(most).SetProjection(is("_id", 1)).SetHint(indexDue))
		found, err := all[row](ctx, c, err)
		if err != nil || len(found) == 0 {
			return err
		}
		r, err := s.loose.UpdateMany(ctx, of(idsOf(found), due), is("$set", is("state", queue.Ready)), options.UpdateMany().SetHint(indexID))
		if err != nil && !lost(err) {
			return err
		}
		if r != nil && err == nil {
			n := counts{}
			n.stand(name, queue.Scheduled, -r.ModifiedCount)
			n.stand(name, queue.Ready, r.ModifiedCount)
			s.count(ctx, n)
		}
		if len(found) < most {
			return nil
		}
	}
}

// paused tells which of some queues are.
func (s *Store) paused(ctx context.Context, names []string) (map[string]bool, error) {
	c, err := s.queues.Find(ctx, bson.D{{Key: "_id", Value: is("$in", names)}, {Key: "paused", Value: true}}, options.Find().SetProjection(is("_id", 1)))
	found, err := all[struct {
		ID string `bson:"_id"`
	}](ctx, c, err)
	out := map[string]bool{}
	for _, q := range found {
		out[q.ID] = true
	}
	return out, err
}

// Claimable is queue.Store.Claimable. The server leaps from queue to queue in the indexes of
// what is ready and of what is scheduled; only these have what the filters ask for.
func (s *Store) Claimable(ctx context.Context, now time.Time, queues []string) ([]string, error) {
	if err := ctx.Err(); err != nil || len(queues) == 0 {
		return nil, err
	}
	open, err := s.open(ctx, queues)
	if err != nil {
		return nil, wrap("asking which queues have something to claim", err)
	}
	var out []string
	for _, some := range []bson.D{
		{{Key: "state", Value: queue.Ready}, {Key: "queue", Value: is("$in", open)}},
		{{Key: "state", Value: queue.Scheduled}, {Key: "queue", Value: is("$in", open)}, {Key: "due", Value: is("$lte", queue.Milli(now))}},
	} {
		var names []string
		if err := s.jobs.Distinct(ctx, "queue", some).Decode(&names); err != nil {
			return nil, wrap("asking which queues have something to claim", err)
		}
		out = append(out, names...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// open are those of some queues that are not paused.
func (s *Store) open(ctx context.Context, queues []string) ([]string, error) {
	paused, err := s.paused(ctx, queues)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(queues), func(q string) bool { return paused[q] }), nil
}

// NextDue is queue.Store.NextDue.
func (s *Store) NextDue(ctx context.Context, queues []string) (time.Time, error) {
	if err := ctx.Err(); err != nil || len(queues) == 0 {
		return time.Time{}, err
	}
	open, err := s.open(ctx, queues)
	if err != nil {
		return time.Time{}, wrap("asking for the next due job", err)
	}
	var next time.Time
	for part := range slices.Chunk(open, merged) {
		c, err := s.jobs.Find(ctx, bson.D{{Key: "state", Value: queue.Scheduled}, {Key: "queue", Value: is("$in", part)}},
			options.Find().SetSort(is("due", 1)).SetLimit(1).SetProjection(is("due", 1)).SetHint(indexDue))
		first, err := all[row](ctx, c, err)
		if err != nil {
			return time.Time{}, wrap("asking for the next due job", err)
		}
		if len(first) > 0 && (next.IsZero() || first[0].Due.Before(next)) {
			next = first[0].Due
		}
	}
	return next, nil
}

// merged is how many queues one question for the first of all names: of more than 200 the server
// does not merge the beginnings, but reads all that is scheduled, and sorts it.
const merged = 200

// wrap says what was being done.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
