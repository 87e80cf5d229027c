package mongo

import (
	"cmp"
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
)

// byName orders networks by user, service, account name.
func byName(a, b *network) int {
	return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Account, b.Account), cmp.Compare(a.ID, b.ID))
}

// name is how people call a network.
func (n *network) name() string {
	return state.Network{Service: n.Service, Account: n.Account, Params: n.Params}.Name()
}

// named reads of networks what their names are made of.
func (s *Store) named(ctx context.Context, ids []string) (map[string]*network, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	cursor, err := s.networks.Find(ctx, where("_id", where("$in", ids)), options.Find().SetProjection(bson.D{
		{Key: "service", Value: 1}, {Key: "account", Value: 1}, {Key: "params", Value: 1},
	}))
	found, err := all[*network](ctx, cursor, err)
	out := map[string]*network{}
	for _, n := range found {
		out[n.ID] = n
	}
	return out, err
}

// AddNetworks saves new networks, all or none, each with what was kept of it.
func (s *Store) AddNetworks(ctx context.Context, ns []state.Network) error {
	if err := s.writing(ctx); err != nil || len(ns) == 0 {
		return err
	}
	for _, n := range ns {
		if err := s.settleKept(ctx, n.AccountID); err != nil {
			return wrap("adding networks", err)
		}
	}
	err := s.atomically(ctx, func(ctx context.Context) error { return s.addNetworks(ctx, ns) })
	if driver.IsDuplicateKeyError(err) {
		err = state.ErrExists
	}
	return wrap(fmt.Sprintf("adding %s", ns[0].Name()), err)
}

func (s *Store) addNetworks(ctx context.Context, ns []state.Network) error {
	accounts := map[string]account{}
	taken := map[string]bool{}
	var docs []*network
	for _, n := range ns {
		a, known := accounts[n.AccountID]
		if !known {
			var err error
			if a, err = s.accountOf(ctx, n.AccountID); err != nil {
				return err
			}
			if err := s.lockUser(ctx, a.User); err != nil {
				return err
			}
			accounts[a.ID] = a
		}
		n.User, n.Provider, n.Server, n.Account, n.RemoteID, n.CreatedAt = a.User, a.Provider, a.Server, a.Name, a.RemoteID, whole(n.CreatedAt)
		d, err := document(n)
		if err != nil {
			return err
		}
		if taken[d.ID] || taken[d.List] {
			return state.ErrExists
		}
		taken[d.ID], taken[d.List] = true, true
		docs = append(docs, d)
	}
	if err := s.unknown(ctx, docs); err != nil {
		return err
	}
	kept, err := s.kept(ctx, docs)
	if err != nil {
		return err
	}
	var inserts []any
	for _, d := range docs {
		if err := s.numberOn(ctx, d, kept[d.ID]); err != nil {
			return err
		}
		if len(kept[d.ID]) > 0 {
			if err := s.withhold(ctx, d); err != nil {
				return err
			}
		}
		inserts = append(inserts, d)
	}
	if _, err := s.networks.InsertMany(ctx, inserts); err != nil {
		return err
	}
	for _, d := range docs {
		if err := s.takeUp(ctx, d, kept[d.ID]); err != nil {
			return err
		}
	}
	return nil
}

// unknown refuses networks that exist already. The indexes refuse them too, but
// only after others were saved.
func (s *Store) unknown(ctx context.Context, docs []*network) error {
	var ids, lists []string
	for _, d := range docs {
		ids, lists = append(ids, d.ID), append(lists, d.List)
	}
	for field, values := range map[string][]string{"_id": ids, "list": lists} {
		n, err := s.networks.CountDocuments(ctx, where(field, where("$in", values)), options.Count().SetLimit(1))
		if err != nil || n > 0 {
			return cmp.Or(err, exists(n > 0))
		}
	}
	return nil
}
