package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/limit"
)

// quota is the document of a row of the ledger.
type quota struct {
	Key     string  `bson:"_id"`
	Version int64   `bson:"version"`
	By      string  `bson:"by"`
	Row     string  `bson:"row"`               // JSON of limit.Row; "" in a row that is only held
	Held    *held   `bson:"held,omitempty"`    // a change of several rows is about to be decided
	Decided *change `bson:"decided,omitempty"` // a change of several rows that was made, and stands here alone as yet

	Marks []string `bson:"marks,omitempty"` // of the newest update of each process
}

// A row keeps the mark of the newest update of each process. That is enough, since a
// process changes a row one call after another (keyLocks): whose answer is lost finds
// its mark, however often others have changed the row by then. Marks that nobody can
// look for any more are dropped, or the rows would name every process there ever was.
const (
	marksFor  = 10 * time.Minute // longer than a call with all its looks
	marksMost = 500
)

// stamp names one update of rows of the ledger: when it was made, by which process.
func (s *Store) stamp() string {
	return fmt.Sprintf("%d/%s/%s", s.Now().Unix(), s.handle, mark())
}

// stamped takes a mark apart.
func stamped(by string) (at time.Time, process string) {
	seconds, rest, _ := strings.Cut(by, "/")
	n, _ := strconv.ParseInt(seconds, 10, 64)
	process, _, _ = strings.Cut(rest, "/")
	return time.Unix(n, 0), process
}

// next is the row after an update.
func (q quota) next(row, by string, decided *change) quota {
	now, own := stamped(by)
	marks := slices.DeleteFunc(slices.Clone(q.Marks), func(mark string) bool {
		at, process := stamped(mark)
		return process == own || now.Sub(at) > marksFor
	})
	marks = append(marks, by)
	return quota{Key: q.Key, Version: q.Version + 1, By: by, Row: row, Decided: decided, Marks: marks[max(0, len(marks)-marksMost):]}
}

func (q quota) row() (*limit.Row, error) {
	r := &limit.Row{}
	if q.Row != "" {
		if err := json.Unmarshal([]byte(q.Row), r); err != nil {
			return nil, fmt.Errorf("the quota %s: %w", q.Key, err)
		}
	}
	r.Key = q.Key
	return r, nil
}

// rowChange is a call that changes rows.
type rowChange struct {
	ctx   context.Context
	key   string // of one that changes a single row
	fn    func([]*limit.Row) error
	again bool // it is to be made by itself
	err   error
}

// UpdateQuotas lets fn change the rows of keys, all or none. Calls of this process
// for the same rows share a turn: the rows are read, changed by one call after the
// other, and written once. Calls for single rows share the commands as well.
func (s *Store) UpdateQuotas(ctx context.Context, keys []string, fn func([]*limit.Row) error) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	if len(keys) == 0 {
		return fn(nil)
	}
	mine := &rowChange{ctx: ctx, key: keys[0], fn: fn}
	if len(keys) == 1 && !s.keys.contended(keys[0], s.o.Now()) {
		s.keys.single.among("", gatherTurns, gatherMost, mine, s.changeSingle)
		if !mine.again {
			return mine.err
		}
	}
	s.rows.do(strings.Join(keys, "\n"), mine, func(calls []*rowChange) { s.changeRows(keys, calls) })
	return mine.err
}

// changeRows makes the changes of all calls, but for those that refuse or were given
// up by then. Where the rows could not be written, each call is told so: what one of
// them refused for may have been the change of another.
func (s *Store) changeRows(keys []string, calls []*rowChange) {
	calls = slices.DeleteFunc(calls, func(c *rowChange) bool {
		c.err = c.ctx.Err()
		return c.err != nil
	})
	if len(calls) == 0 {
		return
	}
	var refused error
	err := s.updateRows(shared(calls[0].ctx, len(calls)), keys, func(rows []*limit.Row) error {
		refused = changeAll(rows, calls)
		return refused
	})
	for _, c := range calls {
		if err != nil && refused == nil {
			c.err = err
		}
	}
}

// changeAll lets each call change the rows, and takes back what one did that refuses.
// When all refuse it returns an error: then nothing is to be written. Most often none
// refuses; so what is taken back is kept by call only once one did.
func changeAll(rows []*limit.Row, calls []*rowChange) (refused error) {
	before := make([]limit.Row, len(rows))
	keep := func() {
		for i, r := range rows {
			before[i] = r.Clone()
		}
	}
	takeBack := func() {
		for i, r := range rows {
			*r = before[i]
		}
	}
	keep()
	if !slices.ContainsFunc(calls, func(c *rowChange) bool { c.err = c.fn(slices.Clone(rows)); return c.err != nil }) {
		return nil
	}
	takeBack()
	changed := false
	for _, c := range calls {
		keep()
		if c.err = c.fn(slices.Clone(rows)); c.err == nil {
			changed = true
			continue
		}
		refused = c.err
		takeBack()
	}
	if changed {
		return nil
	}
	return refused
}

// updateRows lets fn change rows: they are read, and written where nobody has changed
// them meanwhile.
func (s *Store) updateRows(ctx context.Context, keys []string, fn func([]*limit.Row) error) error {
	defer s.keys.lock(keys)()
	for tries := 0; ; tries++ {
		stored, err := s.settled(ctx, where("_id", where("$in", keys)))
		if err != nil {
			return wrap("reading quotas", err)
		}
		was := make([]quota, len(keys))
		rows := make([]*limit.Row, len(keys))
		for i, key := range keys {
			was[i] = quota{Key: key}
			if at := slices.IndexFunc(stored, func(q quota) bool { return q.Key == key }); at >= 0 {
				was[i] = stored[at]
			}
			if rows[i], err = was[i].row(); err != nil {
				return err
			}
		}
		if err := fn(slices.Clone(rows)); err != nil {
			return err
		}
		now := make([]string, len(keys))
		for i, r := range rows {
			text, err := json.Marshal(r)
			if err != nil {
				return fmt.Errorf("the quota %s: %w", keys[i], err)
			}
			now[i] = string(text)
		}
		err = s.saveQuotas(ctx, was, now)
		if !errors.Is(err, errChanged) {
			return wrap("changing quotas", err)
		}
		if err := backOff(ctx, tries); err != nil {
			return err
		}
	}
}

// saveQuotas writes rows that nobody has changed since they were read.
func (s *Store) saveQuotas(ctx context.Context, was []quota, now []string) error {
	if len(was) == 1 {
		return s.saveQuota(ctx, was[0], now[0], s.stamp(), nil)
	}
	return s.changeTogether(ctx, was, now)
}

// saveQuota writes one row, with what was decided of others.
func (s *Store) saveQuota(ctx context.Context, was quota, row, by string, decided *change) error {
	next := was.next(row, by, decided)
	if was.Version > 0 {
		return s.guarded(ctx, s.quotas, was.Key, free(was), set(next), by)
	}
	_, err := s.quotas.InsertOne(ctx, next)
	if driver.IsDuplicateKeyError(err) || ambiguous(err) {
		var there marked
		if again := s.firm(s.quotas).FindOne(ctx, where("_id", was.Key)).Decode(&there); again == nil && there.with(by) {
			return nil
		} else if again == nil {
			return errChanged
		}
	}
	return err
}

// free is the filter of a row as it was read, that nobody holds.
func free(was quota) bson.D {
	return append(asRead(was.Key, was.Version, was.By), bson.E{Key: "held", Value: nil}, bson.E{Key: "decided", Value: nil})
}

// rowLook is a call that reads rows.
type rowLook struct {
	rows []limit.Row
	err  error
}

// Quotas returns the rows whose key begins with prefix, sorted by key, up to sameMost as
// they were at one moment. Calls of this process that ask for the same share a look, which
// begins after all of them.
func (s *Store) Quotas(ctx context.Context, prefix string) ([]limit.Row, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	mine := &rowLook{}
	s.looks.do(prefix, mine, func(calls []*rowLook) {
		rows, err := s.readRows(shared(ctx, len(calls)), prefix)
		for _, c := range calls {
			c.err = err
			for _, r := range rows {
				c.rows = append(c.rows, r.Clone())
			}
		}
	})
	return mine.rows, wrap("reading quotas", mine.err)
}

// QuotaRows returns the rows of keys, each as it was at some moment of the look.
func (s *Store) QuotaRows(ctx context.Context, keys []string) ([]limit.Row, error) {
	if err := s.begin(ctx); err != nil || len(keys) == 0 {
		return nil, err
	}
	stored, err := s.settled(ctx, where("_id", where("$in", keys)))
	if err != nil {
		return nil, wrap("reading quotas", err)
	}
	return rowsOf(stored)
}

// sameMost is how many rows are read until they are twice the same. Of more, some always
// change: whoever looks at thousands gets each as it was at some moment of the look.
const sameMost = 100

// readRows reads rows until they are twice the same; a single one was so at one
// moment.
func (s *Store) readRows(ctx context.Context, prefix string) ([]limit.Row, error) {
	filter := where("_id", bson.Regex{Pattern: "^" + regexp.QuoteMeta(prefix)})
	first, err := s.settled(ctx, filter)
	if err == nil && (len(first) <= 1 || len(first) > sameMost) {
		return rowsOf(first)
	}
	for tries := 0; err == nil; tries++ {
		var second []quota
		if second, err = s.settled(ctx, filter); err != nil {
			break
		}
		if slices.EqualFunc(first, second, func(a, b quota) bool { return a.Key == b.Key && a.Version == b.Version }) {
			return rowsOf(second)
		}
		first, err = second, backOff(ctx, tries)
	}
	return nil, err
}

func rowsOf(stored []quota) ([]limit.Row, error) {
	var out []limit.Row
	for _, q := range stored {
		if q.Row == "" { // it was held for a change that was not made
			continue
		}
		r, err := q.row()
		if err != nil {
			return nil, err
		}
		out = append(out, *r)
	}
	return out, nil
}

// settled reads rows with no change of several rows under way.
func (s *Store) settled(ctx context.Context, filter bson.D) ([]quota, error) {
	for tries := 0; ; tries++ {
		cursor, err := s.quotas.Find(ctx, filter, options.Find().SetSort(where("_id", 1)))
		found, err := all[quota](ctx, cursor, err)
		if err != nil {
			return nil, err
		}
		at := slices.IndexFunc(found, func(q quota) bool { return q.Held != nil || q.Decided != nil })
		if at < 0 {
			return found, nil
		}
		if err := s.help(ctx, found[at], tries); err != nil {
			return nil, err
		}
	}
}

// Owing returns the keys of the rows in which one of some processes has calls outstanding,
// also of those that are about to become so: what was decided before a process died is
// made by whoever comes next.
func (s *Store) Owing(ctx context.Context, processes []string) ([]string, error) {
	if err := s.begin(ctx); err != nil || len(processes) == 0 {
		return nil, err
	}
	keys, err := s.owing(ctx, processes)
	return keys, wrap("looking for what is outstanding", err)
}

func (s *Store) owing(ctx context.Context, processes []string) ([]string, error) {
	var names []string
	for _, p := range processes { // the server reads all rows and sends a few
		names = append(names, regexp.QuoteMeta(p))
	}
	named := bson.Regex{Pattern: strings.Join(names, "|")}
	cursor, err := s.quotas.Find(ctx, where("$or", bson.A{where("row", named), where("decided.rows.row", named)}))
	found, err := all[quota](ctx, cursor, err)
	if err != nil {
		return nil, err
	}
	keys := map[string]bool{}
	for _, q := range found {
		texts := []wantedAs{{q.Key, q.Row}}
		if q.Decided != nil {
			texts = append(texts, q.Decided.Rows...)
		}
		for _, text := range texts {
			r, err := quota{Key: text.Key, Row: text.Row}.row()
			if err != nil {
				return nil, err
			}
			if r.Owes(processes) {
				keys[text.Key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(keys)), nil
}
