package mongo

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/store"
)

// LikeDays counts the newest likes by day and service. The index of likes has all that
// is asked for, and is read from its newest end.
func (s *Store) LikeDays(ctx context.Context, user string, from, until time.Time, most int) (store.Days, error) {
	if err := s.begin(ctx); err != nil {
		return store.Days{}, err
	}
	d, err := s.likeDays(ctx, user, store.DaysFrom(from), until, store.DaysLimit(most))
	return d, wrap("counting likes by day", err)
}

func (s *Store) likeDays(ctx context.Context, user string, from, until time.Time, most int) (store.Days, error) {
	filter, err := s.whose(ctx, store.Query{User: user})
	if err != nil {
		return store.Days{}, err
	}
	if len(filter) == 0 { // more users than are named
		return store.Days{Since: until}, nil
	}
	cursor, err := s.items.Aggregate(ctx, daysPipeline(filter, from, until, most+1), options.Aggregate().SetHint(indexLikes))
	groups, err := all[struct {
		ID struct {
			Net string
			Day time.Time
		} `bson:"_id"`
		N int
	}](ctx, cursor, err)
	if err != nil {
		return store.Days{}, err
	}
	var ids []string
	for _, g := range groups {
		ids = append(ids, g.ID.Net)
	}
	nets, err := s.named(ctx, slices.Compact(slices.Sorted(slices.Values(ids))))
	if err != nil {
		return store.Days{}, err
	}
	var c store.DayCount
	for _, g := range groups {
		if n := nets[g.ID.Net]; n != nil {
			c.Add(g.ID.Day, n.Service, g.N)
		} else { // it was deleted just now, and was counted all the same
			most -= g.N
		}
	}
	return c.Days(from, most), nil
}

// daysPipeline counts by network and day what was liked from from on and before until,
// of more than most likes the newest.
func daysPipeline(filter bson.D, from, until time.Time, most int) bson.A {
	match := append(append(bson.D{}, filter...), bson.E{Key: "likedAt", Value: bson.D{{Key: "$gte", Value: from}, {Key: "$lt", Value: until}}})
	begun := where("$subtract", bson.A{"$likedAt", where("$mod", bson.A{where("$toLong", "$likedAt"), (24 * time.Hour).Milliseconds()})})
	return bson.A{
		where("$match", match),
		where("$sort", where("likedAt", -1)),
		where("$limit", most),
		where("$project", bson.D{{Key: "_id", Value: 0}, {Key: "net", Value: 1}, {Key: "likedAt", Value: 1}}),
		where("$group", bson.D{
			{Key: "_id", Value: bson.D{{Key: "net", Value: "$net"}, {Key: "day", Value: begun}}},
			{Key: "n", Value: where("$sum", 1)},
		}),
	}
}
