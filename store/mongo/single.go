package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/limit"
)

// Most calls change the row of an account, and are many at a time: so rows of
// several calls are read with one command and written with another, each where
// nobody has changed it meanwhile. The server does not say which updates found their
// row. Where not all did, each row is looked at: it keeps the mark of the newest update
// of each process. What was not done is done again, row by row.

// singleChange is a row and what it is to become.
type singleChange struct {
	calls     []*rowChange
	was, next quota
}

// changeSingle makes the changes of calls that change one row each.
func (s *Store) changeSingle(calls []*rowChange) {
	byKey := map[string][]*rowChange{}
	for _, c := range calls {
		if c.err = c.ctx.Err(); c.err == nil {
			byKey[c.key] = append(byKey[c.key], c)
		}
	}
	if len(byKey) == 0 {
		return
	}
	keys := slices.Sorted(maps.Keys(byKey))
	defer s.keys.lock(keys)()
	ctx := shared(calls[0].ctx, len(calls))
	cursor, err := s.quotas.Find(ctx, where("_id", where("$in", keys)))
	stored, err := all[quota](ctx, cursor, err)
	if err != nil {
		for _, of := range byKey {
			tell(of, wrap("reading quotas", err))
		}
		return
	}
	was := map[string]quota{}
	for _, q := range stored {
		was[q.Key] = q
	}
	var changes []singleChange
	for _, key := range keys {
		q := was[key]
		q.Key = key
		if q.Held != nil || q.Decided != nil { // a change of several rows is to be brought to its end first
			again(byKey[key])
			continue
		}
		text, err := q.changed(byKey[key])
		if err != nil {
			tell(byKey[key], err)
		} else if text != "" {
			changes = append(changes, singleChange{byKey[key], q, q.next(text, s.stamp(), nil)})
		}
	}
	s.saveSingle(ctx, changes)
}

// changed is the row after the changes of all calls, "" when all refuse.
func (q quota) changed(calls []*rowChange) (string, error) {
	row, err := q.row()
	if err != nil {
		return "", err
	}
	if changeAll([]*limit.Row{row}, calls) != nil {
		return "", nil
	}
	text, err := json.Marshal(row)
	if err != nil {
		return "", fmt.Errorf("the quota %s: %w", q.Key, err)
	}
	return string(text), nil
}

// saveSingle writes rows, and has those changed again that somebody else changed.
func (s *Store) saveSingle(ctx context.Context, changes []singleChange) {
	if len(changes) == 0 {
		return
	}
	var writes []driver.WriteModel
	for _, c := range changes {
		if c.was.Version > 0 {
			writes = append(writes, driver.NewUpdateOneModel().SetFilter(free(c.was)).SetUpdate(set(c.next)))
		} else {
			writes = append(writes, driver.NewInsertOneModel().SetDocument(c.next))
		}
	}
	r, err := s.quotas.BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false))
	if err == nil && int(r.MatchedCount+r.InsertedCount) == len(changes) {
		return
	}
	for _, c := range changes {
		switch undone, look := s.undone(ctx, c, err != nil); {
		case look != nil:
			tell(c.calls, wrap("changing quotas", errors.Join(err, look)))
		case undone:
			s.keys.contend(c.next.Key, s.o.Now())
			again(c.calls)
		}
	}
}

// undone tells whether a row was not written. Where the answer to that was lost, the
// server may still be about to write it: then the row gets another version, for which the
// write does not stand.
func (s *Store) undone(ctx context.Context, c singleChange, lost bool) (bool, error) {
	for {
		var now quota
		err := s.firm(s.quotas).FindOne(ctx, where("_id", c.next.Key)).Decode(&now)
		missing := errors.Is(err, driver.ErrNoDocuments)
		switch {
		case err != nil && !missing:
			return false, err
		case slices.Contains(now.Marks, c.next.By):
			return false, nil
		case !lost || now.Version != c.was.Version || now.By != c.was.By:
			return true, nil
		case missing:
			_, err = s.quotas.InsertOne(ctx, quota{Key: c.next.Key, Version: 1, By: mark()})
			if driver.IsDuplicateKeyError(err) {
				continue
			}
			return true, err
		}
		by := mark()
		err = s.guarded(ctx, s.quotas, now.Key, free(now), bson.D{{Key: "$inc", Value: where("version", 1)}, {Key: "$set", Value: where("by", by)}}, by)
		if !errors.Is(err, errChanged) {
			return true, err
		}
	}
}

// tell has calls end with an error, also those that refused: what one of them refused
// for may have been the change of another.
func tell(calls []*rowChange, err error) {
	for _, c := range calls {
		c.err = err
	}
}

// again has calls made by themselves.
func again(calls []*rowChange) {
	for _, c := range calls {
		c.again = true
	}
}
