package memory

import (
	"bytes"
	"context"
	"fmt"

	"collector/queue"
)

// AddClaimed is queue.Store.AddClaimed.
func (s *Store) AddClaimed(ctx context.Context, c queue.Claim, mark string, jobs []queue.Job) ([]queue.Ref, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	prepared := make([]queue.Job, len(jobs))
	for i, j := range jobs {
		var err error
		if prepared[i], err = queue.Held(j, c, mark); err != nil {
			return nil, fmt.Errorf("adding job %d of %d: %w", i+1, len(jobs), err)
		}
		prepared[i].Data = bytes.Clone(j.Data)
	}
	refs := make([]queue.Ref, len(jobs))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, j := range prepared {
		if s.jobs[j.ID] == nil {
			e := &entry{Job: j}
			s.jobs[j.ID] = e
			s.put(e)
			s.line(j.Queue).stats.Added++
		}
		if s.held(j.Ref()) != nil {
			refs[i] = j.Ref()
		}
	}
	return refs, nil
}

// Passed is queue.Store.Passed.
func (s *Store) Passed(ctx context.Context, jobs map[string]int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, n := range jobs {
		stats := &s.line(name).stats
		stats.Added += n
		stats.Completed += n
	}
	return nil
}

// Paused is queue.Store.Paused.
func (s *Store) Paused(ctx context.Context, name string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.queues[name]
	return l != nil && l.stats.Paused, nil
}
