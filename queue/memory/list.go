package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"collector/queue"
)

// Job is queue.Store.Job.
func (s *Store) Job(ctx context.Context, id string) (queue.Job, error) {
	if err := ctx.Err(); err != nil {
		return queue.Job{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.jobs[id]; e != nil {
		return shown(e.Job), nil
	}
	return queue.Job{}, queue.ErrNotFound
}

// Jobs is queue.Store.Jobs.
func (s *Store) Jobs(ctx context.Context, f queue.Filter, p queue.Page) ([]queue.Job, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	order := cmp.Compare[string]
	if p.Newest {
		order = func(a, b string) int { return cmp.Compare(b, a) }
	}
	limit := p.Size()
	s.mu.Lock()
	defer s.mu.Unlock()
	after := func(j queue.Job) bool { return p.Cursor == "" || order(j.ID, p.Cursor) > 0 }
	next := ""
	if p.Look > 0 && f.ID == "" {
		next = s.last(p.Look, after, order)
	}
	found := s.matching(f, func(j queue.Job) bool { return after(j) && (next == "" || order(j.ID, next) <= 0) })
	slices.SortFunc(found, func(a, b *entry) int { return order(a.ID, b.ID) })
	if len(found) > limit {
		found = found[:limit]
		next = found[limit-1].ID
	}
	out := make([]queue.Job, len(found))
	for i, e := range found {
		out[i] = shown(e.Job)
	}
	return out, next, nil
}

// last is the last of the first n jobs in an order; "" where there are no more than n.
func (s *Store) last(n int, among func(queue.Job) bool, order func(a, b string) int) string {
	var ids []string
	for id, e := range s.jobs {
		if among(e.Job) {
			ids = append(ids, id)
		}
	}
	if len(ids) <= n {
		return ""
	}
	slices.SortFunc(ids, order)
	return ids[n-1]
}

// matching returns the jobs that match, in no order.
func (s *Store) matching(f queue.Filter, also func(queue.Job) bool) []*entry {
	if f.ID != "" {
		if e := s.jobs[f.ID]; e != nil && f.Matches(e.Job) && also(e.Job) {
			return []*entry{e}
		}
		return nil
	}
	var out []*entry
	for _, e := range s.jobs {
		if f.Matches(e.Job) && also(e.Job) {
			out = append(out, e)
		}
	}
	return out
}

// Requeue is queue.Store.Requeue.
func (s *Store) Requeue(ctx context.Context, now, due time.Time, f queue.Filter, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	now, due = queue.Milli(now), queue.Milli(due)
	if due.IsZero() {
		due = now
	}
	s.mu.Lock()
	found := s.matching(f, func(j queue.Job) bool {
		return j.State == queue.Dead || f.State == queue.Scheduled && j.State == queue.Scheduled
	})
	found = found[:max(0, min(limit, len(found)))]
	woken := map[string]bool{}
	for _, e := range found {
		s.change(e, func(j *queue.Job) {
			j.Due, j.Attempts, j.LastError, j.Finished = due, 0, "", time.Time{}
			j.State = waiting(*j, now)
		})
		s.line(e.Queue).stats.Requeued++
		woken[e.Queue] = true
	}
	s.mu.Unlock()
	s.wakes.Tell(slices.Collect(maps.Keys(woken))...)
	return len(found), nil
}

// Remove is queue.Store.Remove.
func (s *Store) Remove(ctx context.Context, f queue.Filter, limit int) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.matching(f, func(j queue.Job) bool { return j.State != queue.Running })
	found = found[:max(0, min(limit, len(found)))]
	for _, e := range found {
		s.forget(e)
	}
	return len(found), nil
}

// Stats is queue.Store.Stats.
func (s *Store) Stats(ctx context.Context, queues ...string) ([]queue.Stats, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []queue.Stats
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if len(queues) == 0 || slices.Contains(queues, name) {
			out = append(out, s.queues[name].stats)
		}
	}
	return out, nil
}
