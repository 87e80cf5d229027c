package mongo

import (
	"context"
	"errors"

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
	return s.conditionBy(ctx, q, "")
}

// conditionBy is condition, of which the index is asked by one of the words that every hit
// has, and not by the others; by any where that is "".
func (s *Store) conditionBy(ctx context.Context, q store.Query, rarest string) (condition, error) {
	c := &compiler{rarest: rarest, nets: func(account string) ([]string, error) { return s.ofAccount(ctx, q.User, account) }}
	x := c.compile(q.Expr, 0)
	filter, err := s.whose(ctx, q)
	if q.Network != "" {
		filter = append(filter, bson.E{Key: "net", Value: q.Network})
	}
	if !q.Removed && !search.AsksRemoved(q.Expr) {
		filter = append(filter, bson.E{Key: "removedAt", Value: nil})
	}
	if x.filter != nil {
		filter = append(filter, bson.E{Key: "$and", Value: bson.A{x.filter}})
	}
	return condition{filter, x.exact}, firstOf(c.err, err)
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

// fewEnough is false where a search is known to have more hits than are ranked, so that
// none of them is read in vain; and where finding out would be to read more than are
// ranked: none of the words that every hit has is rare enough in the time that is asked
// for, nor are several of which it has one, nor is it one word without others. The index
// alone is asked. Of words that every hit has, it tells the rarest.
func (s *Store) fewEnough(ctx context.Context, c condition, e search.Expr) (few bool, rarest string, err error) {
	words := musts(e)
	if len(words) == 0 {
		least, err := s.atLeast(ctx, c, e)
		return least <= store.BestMost, "", err
	}
	rarest, n, err := s.rarest(ctx, c, e, store.BestMost)
	if err != nil || n <= store.BestMost {
		return err == nil, rarest, err
	}
	parts, _ := e.(search.And)
	for _, part := range parts {
		if _, not := part.(search.Not); not && len(words) == 1 { // how many it leaves, only reading them tells
			return true, "", nil
		}
		if few, err := s.fewOfOne(ctx, c, part, times(e)); few || err != nil {
			return few, "", err
		}
	}
	return false, "", nil
}

// fewOfOne tells whether few enough items to be ranked have one of several words.
func (s *Store) fewOfOne(ctx context.Context, c condition, e search.Expr, bounds bson.A) (bool, error) {
	or, _ := e.(search.Or)
	words, plain := plainWords(or)
	if !plain || len(words) > partsMost {
		return false, nil
	}
	sum := 0
	for _, w := range words {
		n, err := s.counted(ctx, c, w, bounds, store.BestMost+1)
		if sum += n; err != nil || n < 0 || sum > store.BestMost {
			return false, err
		}
	}
	return true, nil
}

// atLeast counts, up to one more than are ranked, how many items have what any hit has.
func (s *Store) atLeast(ctx context.Context, c condition, e search.Expr) (int, error) {
	switch e := e.(type) {
	case search.Word:
		n, err := s.counted(ctx, c, string(e), nil, store.BestMost+1)
		return max(n, 0), err
	case search.Or:
		most := 0
		for _, part := range e[:min(len(e), partsMost)] {
			n, err := s.atLeast(ctx, c, part)
			if most = max(most, n); err != nil || most > store.BestMost {
				return most, err
			}
		}
		return most, nil
	}
	return 0, nil
}

// partsMost is of how many parts of an expression it is asked how common they are.
const partsMost = 8

// counted is how many items have a word and were liked within bounds, removed ones too,
// most at most; -1 where the index does not tell, since users are not named.
func (s *Store) counted(ctx context.Context, c condition, word string, bounds bson.A, most int) (int, error) {
	if len(c.filter) == 0 || c.filter[0].Key != "user" {
		return -1, nil
	}
	query := bson.D{c.filter[0], {Key: "words", Value: word}}
	if len(bounds) > 0 {
		query = append(query, bson.E{Key: "$and", Value: bounds})
	}
	var n struct{ N int }
	err := s.items.Database().RunCommand(ctx, bson.D{
		{Key: "count", Value: s.items.Name()},
		{Key: "query", Value: query},
		{Key: "limit", Value: most},
		{Key: "hint", Value: indexWords},
	}).Decode(&n)
	return n.N, err
}

// rare tells whether a word that every hit has stands in at most so many items, or may:
// where users are not named the index does not tell.
func (s *Store) rare(ctx context.Context, c condition, e search.Expr, most int) (bool, error) {
	_, n, err := s.rarest(ctx, c, e, most)
	return err == nil && n <= most, err
}

// rarest is the rarest of the words that every hit has, and in how many items it stands in
// the time that is asked for: more than most where all stand in more. The word is "" where
// the index does not tell.
func (s *Store) rarest(ctx context.Context, c condition, e search.Expr, most int) (word string, least int, err error) {
	words, bounds := musts(e), times(e)
	least = most + 1
	for _, w := range words[:min(len(words), partsMost)] {
		n, err := s.counted(ctx, c, w, bounds, least)
		if err != nil || n < 0 {
			return "", n, err
		}
		if n < least {
			word, least = w, n
		}
	}
	return word, least, nil
}

// musts are words of the index that every hit has.
func musts(e search.Expr) (out []string) {
	switch e := e.(type) {
	case search.And:
		for _, part := range e {
			out = append(out, musts(part)...)
		}
	case search.Word:
		out = append(out, string(e))
	case search.Phrase:
		out = append(out, e...)
	case search.Field:
		if w := wordOf(e); w != "" {
			out = append(out, w)
		}
	}
	return out
}
