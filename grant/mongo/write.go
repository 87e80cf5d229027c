package mongo

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"collector/grant"
)

// Add is grant.Store.Add.
func (s *Store) Add(ctx context.Context, r grant.Record) error {
	next, err := rowOf(r)
	if err == nil {
		_, err = s.grants.InsertOne(ctx, next)
	}
	if driver.IsDuplicateKeyError(err) {
		err = grant.ErrTaken
	}
	if err != nil {
		return fmt.Errorf("saving grant %s: %w", r.ID, err)
	}
	return nil
}

// Note is grant.Store.Note.
func (s *Store) Note(ctx context.Context, h grant.Hash, used time.Time) error {
	filter := append(is("_id", h[:]), bson.E{Key: "used", Value: is("$lt", milli(used))})
	if _, err := s.grants.UpdateOne(ctx, filter, is("$set", is("used", milli(used)))); err != nil {
		return fmt.Errorf("noting that a grant was used: %w", err)
	}
	return nil
}

// Remove is grant.Store.Remove.
func (s *Store) Remove(ctx context.Context, id string) error {
	res, err := s.grants.DeleteOne(ctx, is("id", id))
	if err == nil && res.DeletedCount == 0 {
		err = grant.ErrUnknown
	}
	if err != nil {
		return fmt.Errorf("removing grant %s: %w", id, err)
	}
	return nil
}

// RemoveOf is grant.Store.RemoveOf.
func (s *Store) RemoveOf(ctx context.Context, user string) (int, error) {
	n, err := s.removed(ctx, is("user", user))
	if err != nil {
		return n, fmt.Errorf("removing the grants of a user: %w", err)
	}
	return n, nil
}

// Prune is grant.Store.Prune.
func (s *Store) Prune(ctx context.Context, from, to time.Time) (int, error) {
	after := max(0, milli(from)) // 0 is never
	n, err := s.removed(ctx, is("expires", bson.D{{Key: "$gt", Value: after}, {Key: "$lte", Value: milli(to)}}))
	if err != nil {
		return n, fmt.Errorf("removing grants that have ended: %w", err)
	}
	return n, nil
}

func (s *Store) removed(ctx context.Context, which bson.D) (int, error) {
	res, err := s.grants.DeleteMany(ctx, which)
	if err != nil {
		return 0, err
	}
	return int(res.DeletedCount), nil
}

// Bring is grant.Store.Bring.
func (s *Store) Bring(ctx context.Context, rs []grant.Record) error {
	var all []driver.WriteModel
	for _, r := range rs {
		next, err := rowOf(r)
		if err != nil {
			return fmt.Errorf("saving grant %s: %w", r.ID, err)
		}
		all = append(all, driver.NewReplaceOneModel().SetFilter(is("_id", next.Hash)).SetReplacement(next).SetUpsert(true))
	}
	if len(all) == 0 {
		return ctx.Err()
	}
	_, err := s.grants.BulkWrite(ctx, all)
	if driver.IsDuplicateKeyError(err) {
		err = grant.ErrTaken
	}
	if err != nil {
		return fmt.Errorf("saving grants: %w", err)
	}
	return nil
}
