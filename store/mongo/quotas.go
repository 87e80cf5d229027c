package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/limit"
)

// quota is the document of a row of the ledger.
type quota struct {
	Key     string `bson:"_id"`
	Version int64  `bson:"version"`
	By      string `bson:"by"`
	Row     string `bson:"row"` // JSON of limit.Row
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

// keyLocks let one call of this process at a time at a row: those of other
// processes are met often enough.
type keyLocks struct {
	mu    sync.Mutex
	locks map[string]*keyLock
}

type keyLock struct {
	sync.Mutex
	wanted int
}

// lock takes the locks of sorted keys and returns how they are given back.
func (l *keyLocks) lock(keys []string) (unlock func()) {
	var taken []*keyLock
	for _, key := range keys {
		l.mu.Lock()
		if l.locks == nil {
			l.locks = map[string]*keyLock{}
		}
		k := l.locks[key]
		if k == nil {
			k = &keyLock{}
			l.locks[key] = k
		}
		k.wanted++
		l.mu.Unlock()
		k.Lock()
		taken = append(taken, k)
	}
	return func() {
		for i, k := range taken {
			k.Unlock()
			l.mu.Lock()
			if k.wanted--; k.wanted == 0 {
				delete(l.locks, keys[i])
			}
			l.mu.Unlock()
		}
	}
}

// UpdateQuotas lets fn change the rows of keys, all or none. One row is read and
// written where nobody has changed it meanwhile; several change in a transaction.
func (s *Store) UpdateQuotas(ctx context.Context, keys []string, fn func([]*limit.Row) error) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	defer s.keys.lock(keys)()
	var said error // by fn: returned as it is
	ask := func(rows []*limit.Row) error {
		said = fn(rows)
		return said
	}
	for {
		err := s.atomicallyIf(ctx, len(keys) > 1, func(ctx context.Context) error { return s.updateQuotas(ctx, keys, ask) })
		switch {
		case err == nil || said != nil:
			return err
		case errors.Is(err, errChanged) || driver.IsDuplicateKeyError(err):
			if err := ctx.Err(); err != nil {
				return err
			}
			continue
		}
		return wrap("changing quotas", err)
	}
}

// atomicallyIf is atomically where several documents are written.
func (s *Store) atomicallyIf(ctx context.Context, several bool, fn func(context.Context) error) error {
	if !several {
		return fn(ctx)
	}
	return s.atomically(ctx, fn)
}

func (s *Store) updateQuotas(ctx context.Context, keys []string, fn func([]*limit.Row) error) error {
	cursor, err := s.quotas.Find(ctx, where("_id", where("$in", keys)))
	found, err := all[quota](ctx, cursor, err)
	if err != nil {
		return err
	}
	stored := make([]quota, len(keys))
	rows := make([]*limit.Row, len(keys))
	for i, key := range keys {
		stored[i] = quota{Key: key}
		if at := slices.IndexFunc(found, func(q quota) bool { return q.Key == key }); at >= 0 {
			stored[i] = found[at]
		}
		if rows[i], err = stored[i].row(); err != nil {
			return err
		}
	}
	if err := fn(slices.Clone(rows)); err != nil {
		return err
	}
	for i, q := range stored {
		text, err := json.Marshal(rows[i])
		if err != nil {
			return fmt.Errorf("the quota %s: %w", q.Key, err)
		}
		if err := s.saveQuota(ctx, q, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// saveQuota writes a row that nobody has changed since it was read.
func (s *Store) saveQuota(ctx context.Context, was quota, row string) error {
	by := mark()
	if was.Version == 0 {
		_, err := s.quotas.InsertOne(ctx, quota{Key: was.Key, Version: 1, By: by, Row: row})
		if ambiguous(err) && driver.SessionFromContext(ctx) == nil {
			var now quota
			if again := s.quotas.FindOne(ctx, where("_id", was.Key)).Decode(&now); again == nil && now.By == by {
				return nil
			}
		}
		return err
	}
	return guarded(ctx, s.quotas, was.Key, bson.D{{Key: "_id", Value: was.Key}, {Key: "version", Value: was.Version}},
		set(bson.D{{Key: "version", Value: was.Version + 1}, {Key: "by", Value: by}, {Key: "row", Value: row}}), by)
}

// Quotas returns the rows whose key begins with prefix, sorted by key, as they
// were at one moment.
func (s *Store) Quotas(ctx context.Context, prefix string) (out []limit.Row, err error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	filter := where("_id", bson.Regex{Pattern: "^" + regexp.QuoteMeta(prefix)})
	err = s.atomically(ctx, func(ctx context.Context) error {
		out = nil
		cursor, err := s.quotas.Find(ctx, filter, options.Find().SetSort(where("_id", 1)))
		found, err := all[quota](ctx, cursor, err)
		for _, q := range found {
			r, err := q.row()
			if err != nil {
				return err
			}
			out = append(out, *r)
		}
		return err
	})
	return out, wrap("reading quotas", err)
}
