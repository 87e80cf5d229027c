package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// Job is queue.Store.Job.
func (s *Store) Job(ctx context.Context, id string) (queue.Job, error) {
	if err := ctx.Err(); err != nil {
		return queue.Job{}, err
	}
	var r row
	err := s.jobs.FindOne(ctx, is("_id", id)).Decode(&r)
	if errors.Is(err, driver.ErrNoDocuments) || err == nil && r.State == gone {
		return queue.Job{}, queue.ErrNotFound
	}
	if err != nil {
		return queue.Job{}, wrap("reading a job", err)
	}
	return r.job(), nil
}

// Jobs is queue.Store.Jobs.
func (s *Store) Jobs(ctx context.Context, f queue.Filter, p queue.Page) ([]queue.Job, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	order, next, end := 1, "$gt", "$lte"
	if p.Newest {
		order, next, end = -1, "$lt", "$gte"
	}
	var ids bson.D
	if p.Cursor != "" {
		ids = is(next, p.Cursor)
	}
	by, cursor, err := s.looked(ctx, f, p, ids, order)
	if err != nil {
		return nil, "", wrap("listing jobs", err)
	}
	if cursor != "" {
		ids = append(ids, bson.E{Key: end, Value: cursor})
	}
	filter, size := append(matching(f), by.also...), p.Size()
	if ids != nil {
		filter = append(filter, bson.E{Key: "$and", Value: bson.A{is("_id", ids)}})
	}
	find := options.Find().SetSort(is("_id", order)).SetLimit(int64(size) + 1)
	if by.name != "" {
		find.SetHint(by.name)
	}
	c, err := s.jobs.Find(ctx, filter, find)
	rows, err := all[row](ctx, c, err)
	if err != nil {
		return nil, "", wrap("listing jobs", err)
	}
	if len(rows) > size {
		rows = rows[:size]
		cursor = rows[size-1].ID
	}
	return jobsOf(rows), cursor, nil
}

// matching is a filter as a query.
func matching(f queue.Filter) bson.D {
	q := bson.D{{Key: "state", Value: is("$ne", gone)}}
	if f.State != "" {
		q[0].Value = bson.D{{Key: "$eq", Value: f.State}, {Key: "$ne", Value: gone}}
	}
	for _, e := range []struct{ field, is string }{{"_id", f.ID}, {"queue", f.Queue}, {"kind", f.Kind}, {"owner", f.Owner}} {
		if e.is != "" {
			q = append(q, bson.E{Key: e.field, Value: e.is})
		}
	}
	if f.Error != "" { // letter by letter, unlike an expression
		at := is("$indexOfBytes", bson.A{is("$ifNull", bson.A{"$lastError", ""}), is("$literal", f.Error)})
		q = append(q, bson.E{Key: "$expr", Value: is("$gte", bson.A{at, 0})})
	}
	if f.MinAttempts > 0 {
		q = append(q, bson.E{Key: "attempts", Value: is("$gte", f.MinAttempts)})
	}
	var added bson.D
	if !f.AddedFrom.IsZero() {
		added = append(added, bson.E{Key: "$gte", Value: queue.Milli(f.AddedFrom)})
	}
	if !f.AddedBefore.IsZero() {
		added = append(added, bson.E{Key: "$lt", Value: queue.Milli(f.AddedBefore)})
	}
	if added != nil {
		q = append(q, bson.E{Key: "added", Value: added})
	}
	return q
}

// Requeue is queue.Store.Requeue.
func (s *Store) Requeue(ctx context.Context, now, due time.Time, f queue.Filter, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if f.State == "" {
		f.State = queue.Dead
	}
	if f.State != queue.Dead && f.State != queue.Scheduled {
		return 0, nil
	}
	if due.IsZero() {
		due = now
	}
	due, waits := queue.Milli(due), queue.Ready
	if due.After(queue.Milli(now)) {
		waits = queue.Scheduled
	}
	set := bson.D{{Key: "state", Value: waits}, {Key: "due", Value: due}, {Key: "attempts", Value: 0}}
	n, err := s.all(ctx, matching(f), limit, func(mark string) bson.D { return marked(mark, set, "lastError", "finished") }, func(n counts, r row) {
		n.of(r.Queue).Requeued++
		n.stand(r.Queue, r.State, -1)
		n.stand(r.Queue, waits, 1)
	})
	return n, wrap("re-queueing jobs", err)
}

// Remove is queue.Store.Remove.
func (s *Store) Remove(ctx context.Context, f queue.Filter, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	var ids []string
	set := bson.D{{Key: "state", Value: gone}, {Key: "leaseUntil", Value: time.UnixMilli(0)}} // a rescue finds it there
	idle := append(matching(f), bson.E{Key: "$nor", Value: bson.A{is("state", queue.Running)}})
	// What it was about goes at once, also where the rest waits for a rescue.
	n, err := s.all(ctx, idle, limit, func(mark string) bson.D { return marked(mark, set, "keptUntil", "finished", "data", "lastError") }, func(n counts, r row) {
		ids = append(ids, r.ID)
		n.stand(r.Queue, r.State, -1)
	})
	s.remove(ctx, ids, own(1))
	return n, wrap("removing jobs", err)
}

// all changes up to limit jobs of a filter, in the order of their ids, and counts each.
// One that others change meanwhile is looked at again: it may be one of these still.
func (s *Store) all(ctx context.Context, filter bson.D, limit int, update func(mark string) bson.D, each func(counts, row)) (done int, _ error) {
	of := func(id bson.D) bson.D {
		return append(slices.Clone(filter), bson.E{Key: "$and", Value: bson.A{is("_id", id)}})
	}
	for last := ""; done < limit; {
		found, err := s.some(ctx, of(is("$gt", last)), min(limit-done, most))
		if err != nil || len(found) == 0 {
			return done, err
		}
		last = found[len(found)-1].ID
		for len(found) > 0 {
			made, missed, err := s.each(ctx, filter, found, update, each)
			done += made
			if err != nil {
				return done, err
			}
			if len(missed) == 0 {
				break
			}
			if found, err = s.some(ctx, of(is("$in", missed)), most); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

// some reads of jobs of a filter what changing them needs.
func (s *Store) some(ctx context.Context, filter bson.D, n int) ([]row, error) {
	c, err := s.jobs.Find(ctx, filter,
		options.Find().SetSort(is("_id", 1)).SetLimit(int64(n)).SetProjection(bson.D{{Key: "state", Value: 1}, {Key: "queue", Value: 1}}))
	return all[row](ctx, c, err)
}

// each changes jobs whose states are as they were found and which are still of a filter,
// counts them, and returns the ids of the others.
func (s *Store) each(ctx context.Context, filter bson.D, found []row, update func(mark string) bson.D, count func(counts, row)) (done int, missed []string, _ error) {
	call, states := queue.NewToken(), map[queue.State][]string{}
	for _, r := range found {
		states[r.State] = append(states[r.State], r.ID)
	}
	var changes []change
	mark := func(state queue.State) string { return call + "/" + string(state) }
	for state, ids := range states {
		guard := is("$and", bson.A{filter, is("state", state)})
		changes = append(changes, change{ids: ids, guard: guard, update: update(mark(state)), mark: mark(state)})
	}
	made, err := s.make(ctx, changes)
	if err != nil {
		return 0, nil, err
	}
	n := counts{}
	for _, r := range found {
		if !made(mark(r.State), r.ID) {
			missed = append(missed, r.ID)
			continue
		}
		count(n, r)
		done++
	}
	s.count(ctx, n)
	s.tell(n.waiting()...)
	return done, missed, nil
}

// Pause is queue.Store.Pause.
func (s *Store) Pause(ctx context.Context, name string, paused bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if name == "" || len(name) > queue.MaxName {
		return fmt.Errorf("pausing: %q is no name of a queue; it has 1 to %d bytes", name, queue.MaxName)
	}
	_, err := s.queues.UpdateByID(ctx, name, is("$set", is("paused", paused)), options.UpdateOne().SetUpsert(true))
	if err != nil {
		return wrap("pausing a queue", err)
	}
	if !paused {
		s.tell(name)
	}
	return nil
}
