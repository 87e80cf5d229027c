package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/auth"
	"collector/failpoint"
)

// credential is the document of a sealed credential.
type credential struct {
	Account string `bson:"_id"`
	Version int64  `bson:"version"`
	By      string `bson:"by"`
	KeyID   string `bson:"keyId"`
	Sealed  []byte `bson:"sealed"`
}

func (c credential) record() auth.Record {
	return auth.Record{Account: c.Account, Version: c.Version, KeyID: c.KeyID, Sealed: c.Sealed}
}

// credentialLook is a call that reads the record of an account.
type credentialLook struct {
	ctx     context.Context
	account string
	record  auth.Record
	err     error
}

// Credential returns the record of an account. Every page begins with that, so calls
// that wait for the server share a look, which begins after all of them.
func (s *Store) Credential(ctx context.Context, account string) (auth.Record, error) {
	if err := s.begin(ctx); err != nil {
		return auth.Record{}, err
	}
	mine := &credentialLook{ctx: ctx, account: account}
	s.sealed.do("", mine, func(calls []*credentialLook) { s.lookUp(shared(calls[0].ctx, len(calls)), calls) })
	return mine.record, mine.err
}

// lookUp reads the records that calls want. One that could be taken back with its
// primary is not read: another could have its version then, and would be overwritten.
func (s *Store) lookUp(ctx context.Context, calls []*credentialLook) {
	accounts := make([]string, len(calls))
	for i, c := range calls {
		accounts[i] = c.account
	}
	cursor, err := settled(s.credentials).Find(ctx, where("_id", where("$in", accounts)))
	found, err := all[bson.Raw](ctx, cursor, err)
	records, damaged := map[string]auth.Record{}, map[string]error{}
	for _, raw := range found { // one that cannot be read holds up no other
		var c credential
		if err := bson.Unmarshal(raw, &c); err != nil {
			id, _ := raw.Lookup("_id").StringValueOK()
			damaged[id] = err
			continue
		}
		records[c.Account] = c.record()
	}
	for _, c := range calls {
		record, there := records[c.account]
		switch {
		case err != nil:
			c.err = wrap("reading a credential", err)
		case damaged[c.account] != nil:
			c.err = fmt.Errorf("reading a credential: %w", damaged[c.account])
		case !there:
			c.err = fmt.Errorf("account %q: %w", c.account, auth.ErrNone)
		default:
			record.Sealed = slices.Clone(record.Sealed) // which a call for the same account gets as well
			c.record = record
		}
	}
}

// SaveCredential replaces the record that has the version of r.
func (s *Store) SaveCredential(ctx context.Context, r auth.Record) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	if err := failpoint.Hit(ctx, "token.save.before"); err != nil {
		return err
	}
	by := mark()
	next := credential{Account: r.Account, Version: r.Version + 1, By: by, KeyID: r.KeyID, Sealed: r.Sealed}
	var err error
	if r.Version == 0 {
		if _, err = s.credentials.InsertOne(ctx, next); ambiguous(err) || driver.IsDuplicateKeyError(err) {
			var now credential
			if again := s.firm(s.credentials).FindOne(ctx, where("_id", r.Account)).Decode(&now); again == nil {
				err = errChanged
				if now.By == by {
					err = nil
				}
			}
		}
	} else {
		err = s.guarded(ctx, s.credentials, r.Account, bson.D{{Key: "_id", Value: r.Account}, {Key: "version", Value: r.Version}},
			set(bson.D{{Key: "version", Value: next.Version}, {Key: "by", Value: by}, {Key: "keyId", Value: r.KeyID}, {Key: "sealed", Value: r.Sealed}}), by)
	}
	if errors.Is(err, errChanged) {
		return auth.ErrConflict
	}
	if err != nil {
		return wrap("saving a credential", err)
	}
	return failpoint.Hit(ctx, "token.save.after")
}

// Credentials lists records in order of account, as lookUp reads them.
func (s *Store) Credentials(ctx context.Context, after string, n int) ([]auth.Record, error) {
	if err := s.begin(ctx); err != nil || n <= 0 {
		return nil, err
	}
	cursor, err := settled(s.credentials).Find(ctx, where("_id", where("$gt", after)), options.Find().SetSort(where("_id", 1)).SetLimit(int64(n)))
	found, err := all[credential](ctx, cursor, err)
	var out []auth.Record
	for _, c := range found {
		out = append(out, c.record())
	}
	return out, wrap("listing credentials", err)
}

// LeaseRefresh takes the right to refresh a credential.
func (s *Store) LeaseRefresh(ctx context.Context, account, owner string, now, until time.Time) (bool, error) {
	if err := s.writing(ctx); err != nil {
		return false, err
	}
	free := bson.D{{Key: "_id", Value: account}, {Key: "$or", Value: bson.A{where("owner", owner), where("until", where("$lte", now))}}}
	_, err := s.refreshes.UpdateOne(ctx, free, set(bson.D{{Key: "owner", Value: owner}, {Key: "until", Value: until}}), options.UpdateOne().SetUpsert(true))
	if driver.IsDuplicateKeyError(err) { // there is one, and it is not free
		return false, nil
	}
	if err != nil {
		return false, wrap("asking to refresh a credential", err)
	}
	return true, nil
}

// EndRefresh gives the right back.
func (s *Store) EndRefresh(ctx context.Context, account, owner string) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	_, err := s.refreshes.DeleteOne(ctx, bson.D{{Key: "_id", Value: account}, {Key: "owner", Value: owner}})
	return wrap("ending a refresh", err)
}
