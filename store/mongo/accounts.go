package mongo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
	"collector/store"
)

// account is the document of an account.
type account struct {
	ID        string    `bson:"_id"`
	User      string    `bson:"user"`
	Provider  string    `bson:"provider"`
	Server    string    `bson:"server"`
	RemoteID  string    `bson:"remoteId,omitempty"` // absent until it is known
	Name      string    `bson:"name"`
	Given     bool      `bson:"given,omitempty"`
	Scopes    []string  `bson:"scopes,omitempty"`
	CreatedAt time.Time `bson:"createdAt,omitempty"`
}

func (a account) view() state.Account { return state.Account(a) }

// AddAccount saves a new account.
func (s *Store) AddAccount(ctx context.Context, a state.Account) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	a.CreatedAt = whole(a.CreatedAt)
	err := s.atomically(ctx, func(ctx context.Context) error {
		if err := s.lockUser(ctx, a.User); err != nil {
			return err
		}
		if another, err := s.another(ctx, a); err != nil || another {
			return errors.Join(err, exists(another))
		}
		_, err := s.accounts.InsertOne(ctx, account(a))
		return err
	})
	if driver.IsDuplicateKeyError(err) {
		err = state.ErrExists
	}
	return wrap(fmt.Sprintf("adding the account %q at %s", a.Name, a.Provider), err)
}

func exists(is bool) error {
	if is {
		return state.ErrExists
	}
	return nil
}

// another tells whether the user has a's person in another account.
func (s *Store) another(ctx context.Context, a state.Account) (bool, error) {
	if person := sameCaller(a, "remoteId", a.RemoteID); a.RemoteID != "" {
		if n, err := s.accounts.CountDocuments(ctx, person, options.Count().SetLimit(1).SetHint(indexPerson)); err != nil || n > 0 {
			return n > 0, err
		}
	}
	if a.Name == "" {
		return false, nil
	}
	named := sameCaller(a, "name", a.Name)
	if a.RemoteID != "" { // another person may have the same name
		named = append(named, bson.E{Key: "remoteId", Value: nil})
	}
	n, err := s.accounts.CountDocuments(ctx, named, options.Count().SetLimit(1).SetHint(indexNamed))
	return n > 0, err
}

// sameCaller selects the other accounts of a's user at the same place that have a
// value in a field.
func sameCaller(a state.Account, field, value string) bson.D {
	return bson.D{
		{Key: "user", Value: a.User},
		{Key: "provider", Value: a.Provider},
		{Key: "server", Value: a.Server},
		{Key: field, Value: value},
		{Key: "_id", Value: where("$ne", a.ID)},
	}
}

// Account returns one account.
func (s *Store) Account(ctx context.Context, id string) (state.Account, error) {
	if err := s.begin(ctx); err != nil {
		return state.Account{}, err
	}
	a, err := s.accountOf(ctx, id)
	return a.view(), wrap("reading an account", err)
}

func (s *Store) accountOf(ctx context.Context, id string) (a account, err error) {
	err = s.accounts.FindOne(ctx, where("_id", id)).Decode(&a)
	if errors.Is(err, driver.ErrNoDocuments) {
		err = fmt.Errorf("account %q: %w", id, state.ErrNotFound)
	}
	return a, err
}

// Accounts lists accounts by user, provider, name.
func (s *Store) Accounts(ctx context.Context, user string) ([]state.Account, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	filter := bson.D{}
	if user != "" {
		filter = where("user", user)
	}
	cursor, err := s.accounts.Find(ctx, filter, options.Find().SetSort(accountOrder())) // as the index has it
	found, err := all[account](ctx, cursor, err)
	slices.SortStableFunc(found, func(a, b account) int {
		return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	var out []state.Account
	for _, a := range found {
		out = append(out, a.view())
	}
	return out, wrap("listing accounts", err)
}

func accountOrder() bson.D {
	return bson.D{{Key: "user", Value: 1}, {Key: "provider", Value: 1}, {Key: "name", Value: 1}}
}

// Network returns one network.
func (s *Store) Network(ctx context.Context, id string) (state.Network, error) {
	if err := s.begin(ctx); err != nil {
		return state.Network{}, err
	}
	n, err := s.read(ctx, id, live(id))
	if err != nil {
		return state.Network{}, wrap("reading a network", err)
	}
	return n.view()
}

// Networks lists networks by user, service, account name.
func (s *Store) Networks(ctx context.Context, f store.Filter) ([]state.Network, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	filter := bson.D{}
	for field, value := range map[string]string{"user": f.User, "service": f.Service, "account": f.Account, "accountId": f.AccountID, "mode": string(f.Mode)} {
		if value != "" {
			filter = append(filter, bson.E{Key: field, Value: value})
		}
	}
	if !f.Removed {
		filter = append(filter, bson.E{Key: "removed", Value: nil})
	}
	if len(f.Conditions) > 0 {
		filter = append(filter, bson.E{Key: "condition", Value: where("$in", f.Conditions)})
	}
	o := options.Find()
	if f.Limit > 0 {
		o.SetLimit(int64(f.Limit)) // which ones is the store's choice: no sorting of a million
	} else {
		o.SetSort(bson.D{{Key: "user", Value: 1}, {Key: "service", Value: 1}, {Key: "account", Value: 1}, {Key: "_id", Value: 1}})
	}
	cursor, err := s.networks.Find(ctx, filter, o)
	found, err := all[*network](ctx, cursor, err)
	if err != nil {
		return nil, wrap("listing networks", err)
	}
	slices.SortFunc(found, byName)
	var out []state.Network
	for _, n := range found {
		v, err := n.view()
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
