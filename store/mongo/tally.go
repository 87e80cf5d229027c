package mongo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
	"collector/store"
)

// Tally counts what is there.
func (s *Store) Tally(ctx context.Context, now time.Time) (store.Tally, error) {
	if err := s.begin(ctx); err != nil {
		return store.Tally{}, err
	}
	t, err := s.tally(ctx, now)
	return t, wrap("counting networks", err)
}

func (s *Store) tally(ctx context.Context, now time.Time) (t store.Tally, err error) {
	for n := countMost; n == countMost && !s.o.Reading; {
		if n, err = s.recordSome(ctx); err != nil {
			return t, err
		}
	}
	counts, err := s.readCounts(ctx)
	if err != nil {
		return t, err
	}
	t.Items = counts.Items
	running, err := s.running(ctx, now)
	if err != nil {
		return t, err
	}
	var services []string
	for _, c := range counts.Classes {
		key := c.Class
		t.States = append(t.States, store.Standing{
			Service: key.Service, Mode: key.Mode, Condition: key.Condition, Paused: key.Paused, Networks: c.Networks, Running: running[key],
		})
		if !slices.Contains(services, key.Service) {
			services = append(services, key.Service)
		}
	}
	slices.SortFunc(t.States, func(a, b store.Standing) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Mode, b.Mode), cmp.Compare(a.Condition, b.Condition), cmp.Compare(fmt.Sprint(a.Paused), fmt.Sprint(b.Paused)))
	})
	return t, s.waiting(ctx, now, services, &t)
}

// running is how many networks an instance holds a lease on, by class.
func (s *Store) running(ctx context.Context, now time.Time) (map[class]int, error) {
	cursor, err := s.networks.Aggregate(ctx, bson.A{
		where("$match", bson.D{{Key: "leaseUntil", Value: where("$gt", now)}, {Key: "owner", Value: where("$gt", "")}}),
		where("$group", bson.D{
			{Key: "_id", Value: bson.D{{Key: "service", Value: "$service"}, {Key: "mode", Value: "$mode"}, {Key: "condition", Value: "$condition"}, {Key: "paused", Value: "$paused"}}},
			{Key: "networks", Value: where("$sum", 1)},
		}),
	})
	groups, err := all[struct {
		ID       class `bson:"_id"`
		Networks int   `bson:"networks"`
	}](ctx, cursor, err)
	out := map[class]int{}
	for _, g := range groups {
		g.ID.Condition = cmp.Or(g.ID.Condition, state.OK)
		out[g.ID] += g.Networks
	}
	return out, err
}

// waiting finds how many networks are due and not in work, and since when.
func (s *Store) waiting(ctx context.Context, now time.Time, services []string, t *store.Tally) error {
	if len(services) == 0 {
		return nil
	}
	due := func(wake bson.D) bson.D {
		return bson.D{
			{Key: "mode", Value: where("$in", bson.A{state.Initial, state.Normal})}, {Key: "service", Value: where("$in", services)}, {Key: "wakeAt", Value: wake},
		}
	}
	group := func(field string) bson.D {
		return where("$group", bson.D{{Key: "_id", Value: nil}, {Key: "n", Value: where("$sum", 1)}, {Key: "oldest", Value: where("$min", field)}})
	}
	for _, part := range []struct {
		match bson.D
		field string
	}{
		// What a person asked for is due since then.
		{append(due(where("$eq", atOnce())), bson.E{Key: "askedAt", Value: where("$lt", now)}), "$askedAt"},
		{due(bson.D{{Key: "$gt", Value: atOnce()}, {Key: "$lt", Value: now}}), "$wakeAt"},
	} {
		cursor, err := s.networks.Aggregate(ctx, bson.A{
			where("$match", part.match), where("$sort", where("wakeAt", 1)), where("$limit", store.DueMost), group(part.field),
		})
		groups, err := all[struct {
			N      int       `bson:"n"`
			Oldest time.Time `bson:"oldest"`
		}](ctx, cursor, err)
		if err != nil {
			return err
		}
		for _, g := range groups {
			t.Due = min(t.Due+g.N, store.DueMost)
			if t.Oldest.IsZero() || g.Oldest.Before(t.Oldest) {
				t.Oldest = g.Oldest
			}
		}
	}
	return nil
}
