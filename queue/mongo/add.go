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
func (s *Store) Add(ctx context.Context, now time.Time, mark string, jobs []queue.Job) ([]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	again := mark != ""
	if !again {
		mark = queue.NewToken() // by which this call finds what it has added
	}
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
	var sent []*insertion
	var err error
	for _, some := range parts(rows) {
		a := &adding{now: queue.Milli(now), mark: mark, added: map[string]bool{}, n: counts{}}
		err = s.add(ctx, a, some)
		sent = append(sent, a.sent...)
		for _, r := range some {
			if a.added[r.ID] {
				added[first[r.ID]] = true
				if c := a.sent[0].counted; !c[r.ID] {
					c[r.ID] = true
					a.n.of(r.Queue).Added++
					a.n.stand(r.Queue, r.State, 1)
				}
			}
		}
		s.count(ctx, a.n)
		s.tell(a.n.waiting()...)
		if err != nil {
			break
		}
	}
	s.once.end(sent, err, again)
	if err != nil {
		return nil, fmt.Errorf("adding jobs: %w", err)
	}
	return added, nil
}

// adding is the adding of some jobs.
type adding struct {
	now   time.Time
	mark  string
	sent  []*insertion
	added map[string]bool // by id
	n     counts
}

// add adds those rows whose ids are not taken.
func (s *Store) add(ctx context.Context, a *adding, rows []row) error {
	for len(rows) > 0 {
		in, err := s.once.begin(s.db.Client(), a.mark, rows)
		if err != nil {
			return err
		}
		a.sent = append(a.sent, in)
		err = s.insertOnce(ctx, in, rows)
		if lost(err) {
			got, err := s.wereAdded(ctx, in.ids, a.mark, err)
			maps.Copy(a.added, got)
			return err
		}
		failed := driver.WriteException{}
		if err != nil && !errors.As(err, &failed) {
			return err
		}
		taken, err := takenBy(rows, failed, err)
		for _, r := range rows {
			if !slices.Contains(taken, r.ID) {
				a.added[r.ID] = true
			}
		}
		if err != nil {
			return err
		}
		if rows, err = s.replace(ctx, a, rows, taken); err != nil {
			return err
		}
	}
	return nil
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
func takenBy(rows []row, failed driver.WriteException, err error) (taken []string, _ error) {
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
// kept any more, and returns those whose ids are free by now. What a call before added under
// the same mark is its own. The marks of earlier calls stay: those who made them may still have
// to look.
func (s *Store) replace(ctx context.Context, a *adding, rows []row, taken []string) (free []row, _ error) {
	if len(taken) == 0 {
		return nil, nil
	}
	over := bson.D{{Key: "$or", Value: bson.A{is("state", gone), bson.D{{Key: "state", Value: queue.Done}, {Key: "keptUntil", Value: is("$lte", a.now)}}}}, {Key: "addedBy", Value: is("$ne", a.mark)}}
	c, err := s.jobs.Find(ctx, of(taken, is("$nor", bson.A{over})), options.Find().SetProjection(is("addedBy", 1)))
	stay, err := all[row](ctx, c, err)
	if err != nil {
		return nil, err
	}
	there := idsOf(stay)
	for _, r := range stay {
		if r.AddedBy == a.mark {
			a.added[r.ID] = true
		}
	}
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
			got, err := s.wereAdded(ctx, []string{r.ID}, a.mark, err)
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
			a.n.stand(old.Queue, queue.Done, -1)
		}
		a.added[r.ID] = true
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
