package mongo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// most is how many jobs one command changes.
const most = 1000

// Add is queue.Store.Add.
func (s *Store) Add(ctx context.Context, now time.Time, jobs []queue.Job) ([]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	mark := queue.NewToken()
	first := make(map[string]int, len(jobs)) // of each id
	rows := make([]row, 0, len(jobs))
	for i, j := range jobs {
		j, err := queue.Prepare(j, now)
		if err != nil {
			return nil, fmt.Errorf("adding job %d of %d: %w", i+1, len(jobs), err)
		}
		if _, twice := first[j.ID]; !twice {
			first[j.ID] = i
			rows = append(rows, newRow(j, mark))
		}
	}
	added := make([]bool, len(jobs))
	for some := range slices.Chunk(rows, most) {
		n := counts{}
		done, err := s.insert(ctx, queue.Milli(now), some, mark, n)
		for _, r := range some {
			if done[r.ID] {
				added[first[r.ID]] = true
				n.of(r.Queue).Added++
				n.stand(r.Queue, r.State, 1)
			}
		}
		s.count(ctx, n)
		s.tell(n.waiting()...)
		if err != nil {
			return nil, fmt.Errorf("adding jobs: %w", err)
		}
	}
	return added, nil
}

// insert adds rows and tells which: those whose ids are not taken.
func (s *Store) insert(ctx context.Context, now time.Time, rows []row, mark string, n counts) (map[string]bool, error) {
	added := map[string]bool{}
	for len(rows) > 0 {
		_, err := s.jobs.InsertMany(ctx, rows, options.InsertMany().SetOrdered(false))
		if lost(err) {
			got, err := s.wereAdded(ctx, idsOf(rows), mark, err)
			maps.Copy(added, got)
			return added, err
		}
		failed := driver.BulkWriteException{}
		if err != nil && !errors.As(err, &failed) {
			return added, err
		}
		taken, err := takenBy(rows, failed, err)
		for _, r := range rows {
			if !slices.Contains(taken, r.ID) {
				added[r.ID] = true
			}
		}
		if err != nil {
			return added, err
		}
		rows, err = s.replace(ctx, now, rows, taken, mark, added, n)
		if err != nil {
			return added, err
		}
	}
	return added, nil
}

func idsOf(rows []row) []string {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids
}

// takenBy are the ids of rows that were refused because their ids are taken. Any other
// refusal is an error.
func takenBy(rows []row, failed driver.BulkWriteException, err error) (taken []string, _ error) {
	const duplicate = 11000 // DuplicateKey
	for _, e := range failed.WriteErrors {
		taken = append(taken, rows[e.Index].ID)
		if e.Code != duplicate {
			return taken, err
		}
	}
	if failed.WriteConcernError != nil {
		return taken, err
	}
	return taken, nil
}

// replace puts those of some rows whose ids are taken where jobs are done and not to be
// kept any more, and returns those whose ids are free by now. The marks of earlier calls
// stay: those who made them may still have to look.
func (s *Store) replace(ctx context.Context, now time.Time, rows []row, taken []string, mark string, added map[string]bool, n counts) (free []row, _ error) {
	if len(taken) == 0 {
		return nil, nil
	}
	over := is("$or", bson.A{is("state", gone), bson.D{{Key: "state", Value: queue.Done}, {Key: "keptUntil", Value: is("$lte", now)}}})
	c, err := s.jobs.Find(ctx, of(taken, is("$nor", bson.A{over})), options.Find().SetProjection(is("_id", 1)))
	stay, err := all[row](ctx, c, err)
	if err != nil {
		return nil, err
	}
	there := idsOf(stay)
	for _, r := range rows {
		if !slices.Contains(taken, r.ID) || slices.Contains(there, r.ID) {
			continue
		}
		var old row
		put := bson.A{is("$replaceWith", is("$mergeObjects", bson.A{is("$literal", r), is("changed", "$changed")}))}
		err := s.jobs.FindOneAndUpdate(ctx, of([]string{r.ID}, over), put).Decode(&old)
		switch {
		case errors.Is(err, driver.ErrNoDocuments):
			free = append(free, r)
			continue
		case lost(err):
			got, err := s.wereAdded(ctx, []string{r.ID}, mark, err)
			if err != nil {
				return nil, err
			}
			if !got[r.ID] {
				free = append(free, r)
				continue
			}
		case err != nil:
			return nil, err
		case old.State == queue.Done:
			n.stand(old.Queue, queue.Done, -1)
		}
		added[r.ID] = true
	}
	return free, nil
}

// wereAdded tells which jobs a call added whose answer was lost. Of one that is not
// there nobody knows: it may never have come, or be done already.
func (s *Store) wereAdded(ctx context.Context, ids []string, mark string, was error) (map[string]bool, error) {
	c, err := s.sure().Find(ctx, is("_id", is("$in", ids)), options.Find().SetProjection(is("addedBy", 1)))
	there, err := all[row](ctx, c, err)
	if err != nil {
		return nil, errors.Join(was, err)
	}
	added := map[string]bool{}
	for _, r := range there {
		if r.AddedBy == mark {
			added[r.ID] = true
		}
	}
	if len(there) < len(ids) {
		return added, fmt.Errorf("%d of %d jobs are not known to be there: %w", len(ids)-len(there), len(ids), was)
	}
	return added, nil
}
