package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/failpoint"
)

// entry is what one page changed: on its way to the log in the field unpublished
// of its network, then a document of the log with a number.
type entry struct {
	Seq     int64     `bson:"_id,omitempty"`
	Page    string    `bson:"page"`
	Kind    string    `bson:"kind"`
	At      time.Time `bson:"at"`
	User    string    `bson:"user"`
	Network string    `bson:"networkId"`
	Key     string    `bson:"key"` // of the attempt: with it the same change is known again
	Added   []string  `bson:"added,omitempty"`
	Changed []string  `bson:"changed,omitempty"`
	Removed []string  `bson:"removed,omitempty"`
}

// The log is dense: an entry's number is the last one plus one, and that it is
// inserted at all proves that nobody else had the number. So whoever reads upwards
// never steps over an entry that comes later. The last one is what a majority of the
// servers has: what a primary that is cut off has seen besides will be taken back, and
// a number after that would stand behind a hole. A process appends what waits in it in
// one statement.

// appended are the entries of a call on their way.
type appended struct {
	entries []*numbered
	err     error
}

// numbered is one of them.
type numbered struct {
	entry
	again int // the page stands in the log so many times already
	done  bool
}

// append appends entries to the log, and returns their numbers.
func (s *Store) append(ctx context.Context, left []entry) ([]int64, error) {
	mine := &appended{}
	for _, e := range left {
		mine.entries = append(mine.entries, &numbered{entry: e})
	}
	s.log.do("", mine, func(calls []*appended) { s.appendAll(shared(ctx, len(calls)), calls) })
	if mine.err != nil {
		return nil, wrap("writing the change log", mine.err)
	}
	var seqs []int64
	for _, e := range mine.entries {
		seqs = append(seqs, e.Seq)
	}
	return seqs, nil
}

// publish appends what a network left unpublished to the log and takes it off the
// network. It may be called for the same entries by several at once, and again.
func (s *Store) publish(ctx context.Context, network string, left []entry) error {
	if len(left) == 0 {
		return nil
	}
	if err := failpoint.Hit(ctx, "publish.before"); err != nil {
		return err
	}
	seqs, err := s.append(ctx, left)
	if err != nil {
		return err
	}
	if err := failpoint.Hit(ctx, "publish.appended"); err != nil {
		return err
	}
	r, err := s.networks.UpdateOne(ctx, where("_id", network), published(keysOf(left)))
	if err != nil {
		return wrap("noting what the change log holds", err)
	}
	if r.MatchedCount == 0 { // purged meanwhile: then the log must not tell of it either
		_, err := s.bury(ctx, where("_id", where("$in", seqs)))
		return wrap("taking a purged network out of the change log", err)
	}
	return failpoint.Hit(ctx, "publish.after")
}

func keysOf(es []entry) (keys []string) {
	for _, e := range es {
		keys = append(keys, e.Key)
	}
	return keys
}

// published takes entries that are in the log off a network.
func published(keys []string) bson.A {
	rest := bson.D{{Key: "$filter", Value: bson.D{
		{Key: "input", Value: bson.D{{Key: "$ifNull", Value: bson.A{"$unpublished", bson.A{}}}}},
		{Key: "cond", Value: bson.D{{Key: "$not", Value: bson.A{bson.D{{Key: "$in", Value: bson.A{"$$this.key", keys}}}}}}},
	}}}
	return bson.A{
		set(where("unpublished", rest)),
		set(where("pending", cond(bson.D{{Key: "$eq", Value: bson.A{"$unpublished", bson.A{}}}}, "$$REMOVE", true))),
		set(where("unpublished", cond("$pending", "$unpublished", "$$REMOVE"))),
	}
}

// shared is the context of what is done for one or several calls: who does it for
// others does not give up with his own call.
func shared(ctx context.Context, calls int) context.Context {
	if calls == 1 {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// appendMost is how many entries one statement appends.
const appendMost = 100

// appendAll gives numbers to entries and inserts them, or says in each call why not.
func (s *Store) appendAll(ctx context.Context, calls []*appended) {
	var queue []*numbered
	for _, c := range calls {
		queue = append(queue, c.entries...)
	}
	err := s.appendSome(ctx, queue)
	for _, c := range calls {
		if slices.ContainsFunc(c.entries, func(e *numbered) bool { return !e.done }) {
			c.err = err
		}
	}
}

func (s *Store) appendSome(ctx context.Context, queue []*numbered) error {
	for len(queue) > 0 {
		last, err := s.last(ctx)
		if err != nil {
			return err
		}
		some := queue[:min(len(queue), appendMost)]
		docs := make([]any, len(some))
		for i, a := range some {
			a.Seq = last + int64(i) + 1
			doc := a.entry
			if a.again > 0 {
				doc.Page += "~" + strconv.Itoa(a.again+1)
			}
			docs[i] = doc
		}
		_, err = s.changes.InsertMany(ctx, docs) // in order: it stops at the first that is refused
		inserted := len(docs)
		refused, taken := driver.BulkWriteException{}, false
		switch {
		case errors.As(err, &refused) && len(refused.WriteErrors) > 0 && driver.IsDuplicateKeyError(err):
			inserted = refused.WriteErrors[0].Index
			taken = !refused.WriteErrors[0].Raw.Lookup("keyPattern", "_id").IsZero()
		case ambiguous(err):
			inserted = 0 // the log tells, page by page
		case err != nil:
			return err
		}
		for _, a := range some[:inserted] {
			a.done = true
		}
		queue = queue[inserted:]
		if err == nil {
			continue
		}
		if !taken { // somebody else may have the number, which says nothing of the page
			stands, err := s.stands(ctx, queue[0])
			if err != nil {
				return err
			}
			if stands {
				queue[0].done = true
				queue = queue[1:]
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// stands tells whether the log holds an entry already. Where it holds the page of
// another time, when it was stored and told something else, the entry is to get a
// number after the page's name. It reads firmly: what it answers for is taken off the
// network, and what has another's number must be settled before the last one is read.
func (s *Store) stands(ctx context.Context, a *numbered) (bool, error) {
	for {
		page := a.Page
		if a.again > 0 {
			page += "~" + strconv.Itoa(a.again+1)
		}
		var there entry
		err := s.firm(s.changes).FindOne(ctx, where("page", page)).Decode(&there)
		switch {
		case errors.Is(err, driver.ErrNoDocuments):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("looking for a page in the change log: %w", err)
		case there.Key == a.Key:
			a.Seq = there.Seq
			return true, nil
		}
		a.again++
	}
}

// last is the newest number of the log, also when its entry is gone.
func (s *Store) last(ctx context.Context) (int64, error) {
	var newest struct {
		Seq int64 `bson:"_id"`
	}
	err := settled(s.changes).FindOne(ctx, bson.D{}, options.FindOne().SetSort(where("_id", -1)).SetProjection(where("_id", 1))).Decode(&newest)
	if errors.Is(err, driver.ErrNoDocuments) {
		return s.floor(ctx)
	}
	return newest.Seq, err
}

// floor is the newest number that was dropped for its age.
func (s *Store) floor(ctx context.Context) (int64, error) {
	var log struct{ Floor int64 }
	err := s.meta.FindOne(ctx, where("_id", logID)).Decode(&log)
	if errors.Is(err, driver.ErrNoDocuments) {
		return 0, nil
	}
	return log.Floor, err
}

// logID is the document of meta about the log.
const logID = "log"

// bury empties entries of the log and leaves their numbers, so that the log stays
// dense. It returns how many there were.
func (s *Store) bury(ctx context.Context, which bson.D) (int, error) {
	r, err := s.changes.UpdateMany(ctx, append(which, bson.E{Key: "page", Value: where("$exists", true)}), bson.D{{Key: "$unset", Value: bson.D{
		{Key: "page", Value: ""},
		{Key: "kind", Value: ""},
		{Key: "user", Value: ""},
		{Key: "networkId", Value: ""},
		{Key: "key", Value: ""},
		{Key: "added", Value: ""},
		{Key: "changed", Value: ""},
		{Key: "removed", Value: ""},
	}}})
	if err != nil {
		return 0, err
	}
	return int(r.ModifiedCount), nil
}
