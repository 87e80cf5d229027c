package mongo

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// Finish is queue.Store.Finish.
func (s *Store) Finish(ctx context.Context, now time.Time, outcomes []queue.Outcome) ([]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := queue.CheckOutcomes(outcomes); err != nil {
		return nil, err
	}
	stood := make([]bool, 0, len(outcomes))
	had := map[queue.Ref]bool{}
	for some := range slices.Chunk(outcomes, most) {
		e := &ending{now: queue.Milli(now), alone: !s.replica, call: queue.NewToken(), groups: map[group][]string{}}
		for _, o := range some {
			if had[o.Ref] {
				continue
			}
			had[o.Ref] = true
			g := group{Token: o.Token, Verb: o.Verb}
			switch o.Verb {
			case queue.Retry:
				g.Due, g.Error = queue.Milli(o.Due), queue.Cut(o.Error)
			case queue.Snooze:
				g.Due = queue.Milli(o.Due)
			case queue.Bury:
				g.Error = queue.Cut(o.Error)
			}
			e.groups[g] = append(e.groups[g], o.ID)
		}
		if err := s.end(ctx, e); err != nil {
			return nil, wrap("finishing jobs", err)
		}
		for _, o := range some {
			stood = append(stood, e.stood[o.Ref])
			delete(e.stood, o.Ref) // of two outcomes of one claim the first is carried out
		}
	}
	return stood, nil
}

// group is what several outcomes have in common, which share an update.
type group struct {
	Token string
	Verb  queue.Verb
	Due   time.Time
	Error string
}

// ending is the end of some claims.
type ending struct {
	now    time.Time
	alone  bool // the server: see Store.removeEnded
	call   string
	groups map[group][]string // ids
	stood  map[queue.Ref]bool
}

// mark is that of the changes to jobs under a token: a job may be claimed again while
// the answer is on its way.
func (e *ending) mark(token string) string {
	claim, _, _ := strings.Cut(token, "/")
	return e.call + "/" + claim
}

// end carries outcomes out.
func (s *Store) end(ctx context.Context, e *ending) error {
	e.stood = map[queue.Ref]bool{}
	var changes, kept []change
	for g, ids := range e.groups {
		changes = append(changes, e.changes(g, ids)...)
	}
	made, err := s.make(ctx, changes)
	if err != nil {
		return err
	}
	n, removed, waits := counts{}, []string(nil), []string(nil)
	for g, ids := range e.groups {
		_, name, _ := strings.Cut(g.Token, "/")
		var not []string
		for _, id := range ids {
			if !made(e.mark(g.Token), id) {
				not = append(not, id)
				continue
			}
			e.stood[queue.Ref{ID: id, Token: g.Token}] = true
			n.ended(name, g, e.now)
			if g.Verb == queue.Complete {
				removed = append(removed, id)
			} else if g.Verb != queue.Bury {
				waits = append(waits, name)
			}
		}
		if g.Verb == queue.Complete && len(not) > 0 {
			kept = append(kept, e.keep(g, not))
		}
	}
	keeping, err := s.make(ctx, kept)
	if err == nil {
		for _, c := range kept {
			for _, id := range c.ids {
				if keeping(c.mark, id) {
					e.stood[queue.Ref{ID: id, Token: c.token}] = true
					_, name, _ := strings.Cut(c.token, "/")
					n.ended(name, group{Verb: queue.Complete}, e.now)
					n.stand(name, queue.Done, 1)
				}
			}
		}
	}
	s.removeEnded(ctx, e.now, removed)
	s.count(ctx, n)
	s.tell(waits...)
	return err
}

// changes are what a group of outcomes changes. What is done and kept is left to keep.
func (e *ending) changes(g group, ids []string) []change {
	mark := e.mark(g.Token)
	one := func(update any, more ...bson.E) change {
		return change{ids: ids, guard: append(held(g.Token), more...), update: update, mark: mark, token: g.Token}
	}
	waits := queue.Ready
	if g.Due.After(e.now) {
		waits = queue.Scheduled
	}
	counting := func(update bson.D, fields ...string) bson.D {
		var less bson.D
		for _, f := range fields {
			less = append(less, bson.E{Key: f, Value: -1})
		}
		return append(update, bson.E{Key: "$inc", Value: less})
	}
	switch g.Verb {
	case queue.Complete: // its lease stays, by which it is found if nobody comes to remove it
		done := bson.D{{Key: "state", Value: gone}, {Key: "finished", Value: e.now}}
		var content []string
		if e.alone {
			done, content = append(done, bson.E{Key: "leaseUntil", Value: e.now.Add(goneFor)}), []string{"data", "lastError"}
		}
		return []change{one(marked(mark, done, content...), bson.E{Key: "keep", Value: nil})}
	case queue.Bury:
		return []change{one(marked(mark, bson.D{
			{Key: "state", Value: queue.Dead}, {Key: "finished", Value: e.now}, {Key: "lastError", Value: g.Error},
		}, lease...))}
	case queue.Retry:
		return []change{one(marked(mark, bson.D{
			{Key: "state", Value: waits}, {Key: "due", Value: g.Due}, {Key: "lastError", Value: g.Error},
		}, lease...))}
	case queue.Snooze:
		return []change{one(counting(marked(mark, bson.D{{Key: "state", Value: waits}, {Key: "due", Value: g.Due}}, lease...), "attempts"))}
	default: // Release: due as it was
		back := func(state queue.State, due string) change {
			return one(counting(marked(mark, is("state", state), lease...), "attempts", "deliveries"), bson.E{Key: "due", Value: is(due, e.now)})
		}
		return []change{back(queue.Ready, "$lte"), back(queue.Scheduled, "$gt")}
	}
}

// lease are the fields that a claim loses when it ends. Its mark stays.
var lease = []string{"owner", "leaseUntil"}

// keep is what changes where jobs are done and kept, each for its own time.
func (e *ending) keep(g group, ids []string) change {
	mark := e.mark(g.Token)
	return change{
		ids: ids, mark: mark, token: g.Token,
		guard: append(held(g.Token), bson.E{Key: "keep", Value: is("$gt", 0)}),
		update: bson.A{
			is("$set", bson.D{
				{Key: "state", Value: queue.Done},
				{Key: "finished", Value: e.now},
				{Key: "changed", Value: is("$slice", bson.A{is("$concatArrays", bson.A{is("$ifNull", bson.A{"$changed", bson.A{}}), bson.A{mark}}), -marksKept})},
				{Key: "keptUntil", Value: is("$add", bson.A{e.now, "$keep"})},
			}),
			is("$unset", lease),
		},
	}
}

// marksOfOne are the marks of a claim and of its end, which a job has that was done at
// once.
const marksOfOne = 2

// own is true of jobs with up to so many marks.
func own(marks int) bson.E {
	return bson.E{Key: "changed." + strconv.Itoa(marks), Value: is("$exists", false)}
}

// removeEnded removes jobs that are done. On a server alone, which does not remember what it has
// inserted, those stay for a moment that were added just now: who added them may have to look.
func (s *Store) removeEnded(ctx context.Context, now time.Time, ids []string) {
	if s.replica {
		s.remove(ctx, ids, own(marksOfOne))
	} else {
		s.remove(ctx, ids, own(marksOfOne), bson.E{Key: "added", Value: is("$lte", now.Add(-goneFor))})
	}
}

// remove removes those jobs that are gone and of which more is true: that they have no more marks
// than those of whoever ends them, since others may still have to look for theirs. A rescue
// removes the rest.
func (s *Store) remove(ctx context.Context, ids []string, more ...bson.E) {
	if len(ids) > 0 {
		_, _ = s.loose.DeleteMany(ctx, of(ids, append(is("state", gone), more...)), options.DeleteMany().SetHint(indexID))
	}
}
