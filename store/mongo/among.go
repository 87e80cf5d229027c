package mongo

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/search"
	"collector/store"
)

// usersMost is how many users are named in a search that is for all. The indexes begin
// with the user; a search of a database with more users reads on without them.
const usersMost = 20

// condition is what a search asks the server for.
func (s *Store) condition(ctx context.Context, q store.Query) (condition, error) {
	users, err := s.whose(ctx, q)
	if err != nil {
		return condition{}, err
	}
	return s.conditionBy(ctx, q, users, lead{})
}

// conditionBy is condition, among the items of some users and led by some of the words.
func (s *Store) conditionBy(ctx context.Context, q store.Query, users bson.D, by lead) (condition, error) {
	c := &compiler{led: by.is(), nets: func(account string) ([]string, error) { return s.ofAccount(ctx, q.User, account) }}
	x := c.compile(by.rest(q.Expr), 0)
	filter, hint := slices.Clone(users), ""
	switch {
	case len(by.words) == 1:
		filter, hint = append(filter, bson.E{Key: "words", Value: by.words[0]}), indexWords
	case len(by.words) > 1:
		filter, hint = append(filter, bson.E{Key: "words", Value: where("$in", by.words)}), indexWords
	case by.begins != "":
		filter, hint = append(filter, bson.E{Key: "words", Value: beginning(string(by.begins))}), indexWords
	case by.walk:
		hint = indexLikes
	}
	if q.Network != "" {
		filter = append(filter, bson.E{Key: "net", Value: q.Network})
	}
	if !q.Removed && !search.AsksRemoved(q.Expr) {
		filter = append(filter, bson.E{Key: "removedAt", Value: nil})
	}
	if x.filter != nil {
		filter = append(filter, bson.E{Key: "$and", Value: bson.A{x.filter}})
	}
	return condition{filter, x.exact, hint}, c.err
}

// whose is the filter of the users whose items a search is among; without any where
// there are too many to be named.
func (s *Store) whose(ctx context.Context, q store.Query) (bson.D, error) {
	if q.User != "" {
		return where("user", q.User), nil
	}
	if q.Network != "" {
		var n network
		err := s.networks.FindOne(ctx, where("_id", q.Network), options.FindOne().SetProjection(where("user", 1))).Decode(&n)
		if errors.Is(err, driver.ErrNoDocuments) {
			return bson.D{}, nil
		}
		return where("user", n.User), err
	}
	users := []string{}
	for filter := (bson.D{}); len(users) <= usersMost; { // from one to the next: the index of networks begins with the user
		var n network
		err := s.networks.FindOne(ctx, filter, options.FindOne().SetSort(where("user", 1)).SetProjection(where("user", 1))).Decode(&n)
		if errors.Is(err, driver.ErrNoDocuments) {
			return where("user", where("$in", users)), nil
		}
		if err != nil {
			return nil, err
		}
		users = append(users, n.User)
		filter = where("user", where("$gt", n.User))
	}
	return bson.D{}, nil
}
