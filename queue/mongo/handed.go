package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// AddClaimed is queue.Store.AddClaimed.
func (s *Store) AddClaimed(ctx context.Context, c queue.Claim, mark string, jobs []queue.Job) ([]queue.Ref, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows := make([]row, len(jobs))
	refs := make([]queue.Ref, len(jobs))
	for i, j := range jobs {
		j, err := queue.Held(j, c, mark)
		if err != nil {
			return nil, fmt.Errorf("adding job %d of %d: %w", i+1, len(jobs), err)
		}
		rows[i] = heldRow(j, mark)
	}
	var sent []*insertion
	var err error
	for at, some := range parts(rows) {
		var in *insertion
		if in, err = s.once.begin(s.db.Client(), mark, some); err != nil {
			break
		}
		sent = append(sent, in)
		var held map[string]bool
		if held, err = s.insertHeld(ctx, in, some); err != nil {
			break
		}
		for i, r := range some {
			if held[r.ID] {
				refs[at+i] = queue.Ref{ID: r.ID, Token: token(mark, r.Queue)}
			}
		}
	}
	s.once.end(sent, err, true)
	if err != nil {
		return nil, wrap("adding jobs that are held", err)
	}
	return refs, nil
}

// heldRow is a job as it is stored by whoever has it in hand: the mark is that of the call
// which added it and of its claim.
func heldRow(j queue.Job, mark string) row {
	r := newRow(j, mark)
	r.Attempts, r.Deliveries = int32(j.Attempts), int32(j.Deliveries)
	r.Owner, r.Claim, r.LeaseUntil, r.Started = j.Owner, mark, j.LeaseUntil, j.Started
	return r
}

// insertHeld adds rows and tells which are held under the mark, by this call or one before it.
// It counts what it knows that these calls added.
func (s *Store) insertHeld(ctx context.Context, in *insertion, rows []row) (map[string]bool, error) {
	held := map[string]bool{}
	n := counts{}
	defer func() { s.count(ctx, n) }()
	add := func(r row) {
		held[r.ID] = true
		if !in.counted[r.ID] {
			in.counted[r.ID] = true
			n.of(r.Queue).Added++
			n.stand(r.Queue, queue.Running, 1)
		}
	}
	err := s.insertOnce(ctx, in, rows)
	failed := driver.WriteException{}
	var taken []string
	switch {
	case lost(err):
		there, again := s.wereAdded(ctx, in.ids, in.mark, err)
		for _, r := range rows {
			if there[r.ID] {
				add(r)
			}
		}
		if again != nil {
			return nil, again
		}
		in.before = true
	case err == nil || errors.As(err, &failed):
		var refused error
		taken, refused = takenBy(rows, failed, err)
		for _, r := range rows {
			if !slices.Contains(taken, r.ID) {
				add(r)
			}
		}
		if refused != nil {
			return nil, refused
		}
	default:
		return nil, err
	}
	if in.before { // they may have been rescued meanwhile, and be done
		clear(held)
		taken = in.ids
	}
	if len(taken) == 0 {
		return held, nil
	}
	return held, s.findHeld(ctx, taken, in.mark, held)
}

// findHeld looks which jobs of some are held under a mark.
func (s *Store) findHeld(ctx context.Context, ids []string, mark string, held map[string]bool) error {
	c, err := s.sure().Find(ctx, of(ids, is("claim", mark)), options.Find().SetProjection(is("state", 1)).SetHint(indexID))
	found, err := all[row](ctx, c, err)
	if err != nil {
		return err
	}
	for _, r := range found {
		if r.State == queue.Running {
			held[r.ID] = true
		}
	}
	return nil
}

// Passed is queue.Store.Passed.
func (s *Store) Passed(ctx context.Context, jobs map[string]int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n := counts{}
	for name, passed := range jobs {
		n.of(name).Added += passed
		n.of(name).Completed += passed
	}
	s.count(ctx, n)
	return nil
}

// Paused is queue.Store.Paused.
func (s *Store) Paused(ctx context.Context, name string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	paused, err := s.paused(ctx, []string{name})
	return paused[name], wrap("looking whether a queue is paused", err)
}
