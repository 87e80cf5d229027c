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
//
// Where there are transactions a commit whose answer was lost is asked for again by the
// driver, and a server makes it once. Elsewhere, and where no answer came in time, the
// caller is told that the store could not be reached, and may call again: each step comes
// to the same when it is repeated, and what tells that there is something left to do, the
// ended network and the networks that do not know their person, goes last.
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
	if err := s.joinKept(ctx, a); err != nil {
		return err
	}
	_, err = s.networks.UpdateMany(ctx, where("accountId", a.ID), bson.A{set(bson.D{
		{Key: "account", Value: literal(a.Name)},
		{Key: "accountKey", Value: literal(search.FieldKey(a.Name))},
		{Key: "remoteId", Value: literal(a.RemoteID)},
		{Key: "version", Value: bson.D{{Key: "$add", Value: bson.A{"$version", 1}}}},
		{Key: "by", Value: bson.D{{Key: "$concat", Value: bson.A{mark(), "/", "$_id"}}}}, // a claim returns what changes here: see lease
	})})
	return err
}

// joinKept gives the networks of an account what was kept of the lists of its person.
func (s *Store) joinKept(ctx context.Context, a account) error {
	cursor, err := s.networks.Find(ctx, bson.D{{Key: "accountId", Value: a.ID}, {Key: "removed", Value: nil}})
	ns, err := all[*network](ctx, cursor, err)
	if err != nil || len(ns) == 0 {
		return err
	}
	for _, n := range ns {
		n.RemoteID = a.RemoteID // which they are told last
	}
	kept, err := s.kept(ctx, ns)
	if err != nil {
		return err
	}
	for _, n := range ns {
		if len(kept[n.ID]) > 0 {
			if err := s.join(ctx, n, kept[n.ID], kept[n.ID]); err != nil {
				return err
			}
		}
	}
	return nil
}
