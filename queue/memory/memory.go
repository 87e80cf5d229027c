// Package memory keeps jobs in the memory of one process: for tests, and for work
// that need not outlive the process.
//
// A queue has a heap of what is scheduled, by due time, and for each kind a heap of
// what is ready, by the order of claims. Everything happens under one lock.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"collector/queue"
)

// Store is a queue.Store.
type Store struct {
	wakes queue.Wakes

	mu      sync.Mutex
	jobs    map[string]*entry
	queues  map[string]*line
	running map[string]*entry // by id
	done    map[string]*entry // by id
}

// entry is a job and its place in the heap that it waits in.
type entry struct {
	queue.Job
	in *heap // nil where it is in none
	at int
}

// line is one queue.
type line struct {
	stats     queue.Stats
	scheduled heap
	ready     map[string]*heap // by kind
}

// New returns an empty store.
func New() *Store {
	return &Store{jobs: map[string]*entry{}, queues: map[string]*line{}, running: map[string]*entry{}, done: map[string]*entry{}}
}

// Describe says what it is.
func (s *Store) Describe() string { return "memory" }

// Watch is queue.Store.Watch.
func (s *Store) Watch(ctx context.Context, wake func(queue string)) error {
	return s.wakes.Watch(ctx, wake)
}

func (s *Store) line(name string) *line {
	l := s.queues[name]
	if l == nil {
		l = &line{stats: queue.Stats{Queue: name}, scheduled: heap{less: byDue}, ready: map[string]*heap{}}
		s.queues[name] = l
	}
	return l
}

// count is the counter of jobs in a state.
func (l *line) count(state queue.State) *int64 {
	switch state {
	case queue.Scheduled:
		return &l.stats.Scheduled
	case queue.Ready:
		return &l.stats.Ready
	case queue.Running:
		return &l.stats.Running
	case queue.Dead:
		return &l.stats.Dead
	default:
		return &l.stats.Done
	}
}

// take removes a job from where its state puts it; put puts it where the state says.
// Between the two whatever decides the order may change.
func (s *Store) take(e *entry) {
	*s.line(e.Queue).count(e.State)--
	if e.in != nil {
		e.in.remove(e)
	}
	delete(s.running, e.ID)
	delete(s.done, e.ID)
}

func (s *Store) put(e *entry) {
	l := s.line(e.Queue)
	*l.count(e.State)++
	switch e.State {
	case queue.Scheduled:
		l.scheduled.add(e)
	case queue.Ready:
		h := l.ready[e.Kind]
		if h == nil {
			h = &heap{less: byRank}
			l.ready[e.Kind] = h
		}
		h.add(e)
	case queue.Running:
		s.running[e.ID] = e
	case queue.Done:
		s.done[e.ID] = e
	}
}

// change moves a job from its state to what fn makes of it.
func (s *Store) change(e *entry, fn func(j *queue.Job)) {
	s.take(e)
	fn(&e.Job)
	s.put(e)
}

// forget removes a job.
func (s *Store) forget(e *entry) {
	s.take(e)
	delete(s.jobs, e.ID)
}

// Add is queue.Store.Add. A call that failed has added nothing, so it needs no mark to be made again.
func (s *Store) Add(ctx context.Context, now time.Time, _ string, jobs []queue.Job) ([]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	prepared := make([]queue.Job, len(jobs))
	for i, j := range jobs {
		var err error
		if prepared[i], err = queue.Prepare(j, now); err != nil {
			return nil, fmt.Errorf("adding job %d of %d: %w", i+1, len(jobs), err)
		}
		prepared[i].Data = bytes.Clone(j.Data)
	}
	added := make([]bool, len(jobs))
	var woken []string
	s.mu.Lock()
	for i, j := range prepared {
		if old := s.jobs[j.ID]; old != nil {
			if !over(old.Job, now) {
				continue
			}
			s.forget(old)
		}
		e := &entry{Job: j}
		s.jobs[j.ID] = e
		s.put(e)
		s.line(j.Queue).stats.Added++
		added[i] = true
		if !slices.Contains(woken, j.Queue) {
			woken = append(woken, j.Queue)
		}
	}
	s.mu.Unlock()
	s.wakes.Tell(woken...)
	return added, nil
}

// over says that a job is done and need not be kept any more.
func over(j queue.Job, now time.Time) bool {
	return j.State == queue.Done && !queue.Milli(now).Before(j.Finished.Add(j.Keep))
}

// shown is the job for a caller.
func shown(j queue.Job) queue.Job {
	j.Data = bytes.Clone(j.Data)
	return j
}
