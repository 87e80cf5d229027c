package mongo

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Several rows of the ledger change together without a transaction, whose locks a
// server would keep for a minute after its client has died. All rows but the first
// are held, each where nobody has changed it. Then the first row is written, with
// all that the others are to be: that one update decides. Then the others are
// written and let go. Whoever meets a held row looks at the first one: either the
// change is decided, and he does the rest of it; or, after a while, he changes the
// version of the first row, so that it cannot be decided any more, and lets go.

// held names the change that holds a row, and where it is decided.
type held struct {
	By    string `bson:"by"`
	First string `bson:"first"`
}

// change is a decided change of several rows.
type change struct {
	By   string     `bson:"by"`
	Rows []wantedAs `bson:"rows"`
}

// wantedAs is what a row becomes.
type wantedAs struct {
	Key string `bson:"key"`
	Row string `bson:"row"`
}

// changeTogether writes several rows, all or none, or returns errChanged.
func (s *Store) changeTogether(ctx context.Context, was []quota, now []string) error {
	by := s.stamp()
	decided := &change{By: by}
	for i, q := range was[1:] {
		decided.Rows = append(decided.Rows, wantedAs{q.Key, now[i+1]})
	}
	for i, q := range was[1:] {
		if err := s.hold(ctx, q, held{by, was[0].Key}); err != nil {
			return errors.Join(err, s.letGo(ctx, by, decided.Rows[:i]))
		}
	}
	err := s.saveQuota(ctx, was[0], now[0], by, decided)
	if ambiguous(err) { // it may be decided: then the rows that are held are to be written, by whoever meets them
		return err
	}
	if err != nil {
		return errors.Join(err, s.letGo(ctx, by, decided.Rows))
	}
	_ = s.finish(ctx, was[0].Key, decided) // the change is made, whoever does the rest of it
	return nil
}

// hold holds a row that nobody has changed since it was read.
func (s *Store) hold(ctx context.Context, q quota, h held) error {
	if q.Version > 0 {
		return s.guarded(ctx, s.quotas, q.Key, free(q), set(bson.D{{Key: "held", Value: h}, {Key: "by", Value: h.By}}), h.By)
	}
	_, err := s.quotas.InsertOne(ctx, quota{Key: q.Key, Version: 1, By: h.By, Held: &h})
	if driver.IsDuplicateKeyError(err) {
		return errChanged
	}
	return err
}

// letGo gives up a change before it was decided.
func (s *Store) letGo(ctx context.Context, by string, rows []wantedAs) error {
	for _, r := range rows {
		if _, err := s.quotas.UpdateOne(ctx, bson.D{{Key: "_id", Value: r.Key}, {Key: "held.by", Value: by}}, bson.D{{Key: "$unset", Value: where("held", "")}}); err != nil {
			return err
		}
	}
	return nil
}

// finish does the rest of a change that was decided. Any number may do it.
func (s *Store) finish(ctx context.Context, first string, c *change) error {
	for _, r := range c.Rows {
		_, err := s.quotas.UpdateOne(ctx, bson.D{{Key: "_id", Value: r.Key}, {Key: "held.by", Value: c.By}}, bson.D{
			{Key: "$set", Value: where("row", r.Row)}, {Key: "$inc", Value: where("version", 1)}, {Key: "$unset", Value: where("held", "")},
		})
		if err != nil {
			return err
		}
	}
	_, err := s.quotas.UpdateOne(ctx, bson.D{{Key: "_id", Value: first}, {Key: "decided.by", Value: c.By}}, bson.D{{Key: "$unset", Value: where("decided", "")}})
	return err
}

// patience is how often a change under way is looked at before it is ended, some
// milliseconds apart: its process may be dead.
const patience = 20

// help brings a change that a row is part of to its end. It believes what a majority
// of the servers has: a decision that is taken back must not have been finished.
func (s *Store) help(ctx context.Context, q quota, tries int) error {
	at := q.Key
	if q.Held != nil {
		at = q.Held.First
	}
	var first quota
	err := settled(s.quotas).FindOne(ctx, where("_id", at)).Decode(&first)
	missing := errors.Is(err, driver.ErrNoDocuments)
	switch {
	case err != nil && !missing:
		return err
	case first.Decided != nil:
		return s.finish(ctx, first.Key, first.Decided)
	case q.Held == nil || tries < patience:
		return backOff(ctx, 1)
	case missing:
		_, err = s.quotas.InsertOne(ctx, quota{Key: q.Held.First, Version: 1, By: mark()})
		if driver.IsDuplicateKeyError(err) { // it is there by now: look again
			return nil
		}
	default:
		var r *driver.UpdateResult
		r, err = s.quotas.UpdateOne(ctx, bson.D{{Key: "_id", Value: first.Key}, {Key: "version", Value: first.Version}, {Key: "decided", Value: nil}},
			bson.D{{Key: "$inc", Value: where("version", 1)}}, options.UpdateOne())
		if err == nil && r.MatchedCount == 0 {
			return nil
		}
	}
	if err != nil {
		return err
	}
	return s.letGo(ctx, q.Held.By, []wantedAs{{Key: q.Key}})
}

// backOff waits a little, longer with every try, and never as long as another does.
func backOff(ctx context.Context, tries int) error {
	most := time.Duration(1+min(tries, 9)) * time.Millisecond
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(most)):
		return nil
	}
}
