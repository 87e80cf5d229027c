package mongo

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// change is one guarded update of some jobs.
type change struct {
	ids    []string
	guard  bson.D // what must be true of a job, beside its id
	update any    // leaves the mark, and makes the guard untrue
	mark   string
	token  string // that the jobs are held under; "" where they are not
}

// done tells of a mark and an id whether the change was made.
type done func(mark, id string) bool

func everything(string, string) bool { return true }

// make makes changes, and tells which were made. Each is made once at most, also when
// answers are lost: the guard refuses what was changed, and the marks tell by whom.
func (s *Store) make(ctx context.Context, changes []change) (done, error) {
	var updates []driver.WriteModel
	var ids []string
	marks, wanted := map[string]bool{}, map[string]bool{}
	for _, c := range changes {
		updates = append(updates, driver.NewUpdateManyModel().SetFilter(of(c.ids, c.guard)).SetUpdate(c.update).SetHint(indexID))
		ids = append(ids, c.ids...)
		marks[c.mark] = true
		for _, id := range c.ids {
			wanted[c.mark+id] = true
		}
	}
	if len(updates) == 0 {
		return everything, nil
	}
	jobs, answered := s.jobs, true
	for {
		r, err := s.jobs.BulkWrite(ctx, updates, options.BulkWrite().SetOrdered(false))
		if err == nil && answered && int(r.MatchedCount) == len(wanted) {
			return everything, nil
		}
		if err == nil {
			return s.made(ctx, jobs, ids, marks)
		}
		if !lost(err) {
			return nil, err
		}
		jobs, answered = s.sure(), false
		made, again := s.made(ctx, jobs, ids, marks)
		if again != nil {
			return nil, errors.Join(err, again)
		}
		whole := true
		for _, c := range changes {
			for _, id := range c.ids {
				whole = whole && made(c.mark, id)
			}
		}
		if whole {
			return made, nil
		}
	}
}

// made reads which changes were made.
func (s *Store) made(ctx context.Context, jobs *driver.Collection, ids []string, marks map[string]bool) (done, error) {
	var left bson.A
	for m := range marks {
		left = append(left, m)
	}
	c, err := jobs.Find(ctx, of(ids, is("changed", is("$in", left))), options.Find().SetProjection(is("changed", 1)).SetHint(indexID))
	found, err := all[row](ctx, c, err)
	if err != nil {
		return nil, err
	}
	made := map[string]bool{}
	for _, r := range found {
		for _, mark := range r.Changed {
			made[mark+r.ID] = true
		}
	}
	return func(mark, id string) bool { return made[mark+id] }, nil
}
