package mongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"collector/search"
	"collector/state"
)

// Learn saves the identity that the service confirmed, and joins what was kept of
// the lists of that person.
func (s *Store) Learn(ctx context.Context, id string, who state.Identity) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	err := s.settleKept(ctx, id)
	if err == nil {
		err = s.atomically(ctx, func(ctx context.Context) error { return s.learn(ctx, id, who) })
	}
	if driver.IsDuplicateKeyError(err) {
		err = fmt.Errorf("the account of %s (%s): %w", who.Name, who.ID, state.ErrExists)
	}
	return wrap("saving who an account is", err)
}

func (s *Store) learn(ctx context.Context, id string, who state.Identity) error {
	a, err := s.accountOf(ctx, id)
	if err != nil {
		return err
	}
	if err := s.lockUser(ctx, a.User); err != nil {
		return err
	}
	if a.RemoteID != "" && a.RemoteID != who.ID {
		return fmt.Errorf("%w: it is of %s (%s), the account is %s (%s)", state.ErrOtherPerson, who.Name, who.ID, a.Name, a.RemoteID)
	}
	a.RemoteID = who.ID
	if !a.Given && who.Name != "" {
		a.Name = who.Name
	}
	if who.Scopes != nil {
		a.Scopes = who.Scopes
	}
	twin, err := s.accounts.CountDocuments(ctx, bson.D{
		{Key: "user", Value: a.User},
		{Key: "provider", Value: a.Provider},
		{Key: "server", Value: a.Server},
		{Key: "remoteId", Value: a.RemoteID},
		{Key: "_id", Value: where("$ne", a.ID)},
	})
	if err != nil || twin > 0 {
		return errors.Join(err, exists(twin > 0))
	}
	if _, err := s.accounts.UpdateByID(ctx, a.ID, set(bson.D{
		{Key: "remoteId", Value: a.RemoteID}, {Key: "name", Value: a.Name}, {Key: "scopes", Value: a.Scopes},
	})); err != nil {
		return err
	}
	if _, err := s.networks.UpdateMany(ctx, where("accountId", a.ID), bson.D{
		{Key: "$set", Value: bson.D{{Key: "account", Value: a.Name}, {Key: "accountKey", Value: search.FieldKey(a.Name)}, {Key: "remoteId", Value: a.RemoteID}}},
		{Key: "$inc", Value: where("version", 1)},
	}); err != nil {
		return err
	}
	return s.joinKept(ctx, a.ID)
}

// joinKept gives the networks of an account what was kept of their lists.
func (s *Store) joinKept(ctx context.Context, id string) error {
	cursor, err := s.networks.Find(ctx, bson.D{{Key: "accountId", Value: id}, {Key: "removed", Value: nil}})
	ns, err := all[*network](ctx, cursor, err)
	if err != nil || len(ns) == 0 {
		return err
	}
	kept, err := s.kept(ctx, ns)
	if err != nil {
		return err
	}
	for _, n := range ns {
		if len(kept[n.ID]) == 0 {
			continue
		}
		for _, old := range kept[n.ID] {
			if err := s.absorb(ctx, n, old); err != nil {
				return err
			}
		}
		if err := s.recount(ctx, n); err != nil {
			return err
		}
		if _, err := s.networks.UpdateByID(ctx, n.ID, bson.D{
			{Key: "$set", Value: bson.D{{Key: "items", Value: n.Items}, {Key: "bare", Value: n.Bare}, {Key: "bad", Value: n.Bad}, {Key: "uncounted", Value: true}}},
			{Key: "$inc", Value: bson.D{{Key: "version", Value: 1}, {Key: "recounts", Value: 1}}},
		}); err != nil {
			return err
		}
	}
	return nil
}
