package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

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

// UpdateQuotas lets fn change the rows of keys, all or none: they are read, and
// written where nobody has changed them meanwhile.
func (s *Store) UpdateQuotas(ctx context.Context, keys []string, fn func([]*limit.Row) error) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	if len(keys) == 0 {
		return fn(nil)
	}
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
		return s.saveQuota(ctx, was[0], now[0], mark(), nil)
	}
	return s.changeTogether(ctx, was, now)
}

// saveQuota writes one row, with what was decided of others.
func (s *Store) saveQuota(ctx context.Context, was quota, row, by string, decided *change) error {
	next := quota{Key: was.Key, Version: was.Version + 1, By: by, Row: row, Decided: decided}
	if was.Version > 0 {
		return s.guarded(ctx, s.quotas, was.Key, free(was), set(next), by)
	}
	_, err := s.quotas.InsertOne(ctx, next)
	if driver.IsDuplicateKeyError(err) || ambiguous(err) {
		var there quota
		if again := s.firm(s.quotas).FindOne(ctx, where("_id", was.Key)).Decode(&there); again == nil && there.By == by {
			return nil
		} else if again == nil {
			return errChanged
		}
	}
	return err
}

// free is the filter of a row as it was read, that nobody holds.
func free(was quota) bson.D {
	return bson.D{{Key: "_id", Value: was.Key}, {Key: "version", Value: was.Version}, {Key: "held", Value: nil}, {Key: "decided", Value: nil}}
}

// Quotas returns the rows whose key begins with prefix, sorted by key, as they were
// at one moment: twice the same.
func (s *Store) Quotas(ctx context.Context, prefix string) ([]limit.Row, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	filter := where("_id", bson.Regex{Pattern: "^" + regexp.QuoteMeta(prefix)})
	first, err := s.settled(ctx, filter)
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
	return nil, wrap("reading quotas", err)
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
