package mongo

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
)

// candidate is a network that may be claimed, and what tells that it may.
type candidate struct {
	ID     string    `bson:"_id"`
	User   string    `bson:"user"`
	WakeAt time.Time `bson:"wakeAt"`
}

// dueOf is due for a part of the users. It reads what is due for the others too,
// until it has enough: a part of n reads about n times as much.
func (s *Store) dueOf(ctx context.Context, want state.Claim, free map[string]int, had map[string]bool, n int) ([]*network, error) {
	var found []candidate
	seen := map[string]bool{}
	for _, service := range slices.Sorted(maps.Keys(free)) {
		room := min(free[service], n)
		for i, filter := range duePart(want, service) {
			if room <= 0 {
				break
			}
			some, err := s.candidates(ctx, filter, room, func(c candidate) bool {
				return !had[c.ID] && !seen[c.ID] && want.Shard.Has(c.User)
			})
			if err != nil {
				return nil, err
			}
			for _, c := range some {
				seen[c.ID] = true
				if i > 0 { // its own time is not to be believed
					c.WakeAt = want.Now
				}
				found = append(found, c)
			}
			room -= len(some)
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Or(a.WakeAt.Compare(b.WakeAt), cmp.Compare(a.ID, b.ID)) })
	ids := make([]string, 0, n)
	for _, c := range found[:min(len(found), n)] {
		ids = append(ids, c.ID)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	cursor, err := s.networks.Find(ctx, where("_id", where("$in", ids)))
	out, err := all[*network](ctx, cursor, err)
	slices.SortFunc(out, func(a, b *network) int { return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID)) })
	return out, err
}

// duePart finds what of one service may be claimed: what is due, and what a wrong
// clock put off or leased for longer than can be.
func duePart(want state.Claim, service string) []bson.D {
	of := bson.D{{Key: "mode", Value: want.Mode}, {Key: "service", Value: service}}
	longest := want.Now.Add(2 * want.Until.Sub(want.Now))
	return []bson.D{
		append(slices.Clone(of), bson.E{Key: "wakeAt", Value: where("$lte", want.Now)}),
		append(slices.Clone(of), bson.E{Key: "wakeAt", Value: where("$gt", want.Now.Add(farthest))}, bson.E{Key: "owner", Value: nil}),
		append(bson.D{{Key: "leaseUntil", Value: where("$gt", longest)}, {Key: "wakeAt", Value: where("$gt", longest)}}, of...),
	}
}

// candidates reads in the order of their times until n are wanted ones.
func (s *Store) candidates(ctx context.Context, filter bson.D, n int, wanted func(candidate) bool) (out []candidate, err error) {
	cursor, err := s.networks.Find(ctx, filter, options.Find().SetSort(where("wakeAt", 1)).SetProjection(bson.D{{Key: "user", Value: 1}, {Key: "wakeAt", Value: 1}}))
	if err != nil {
		return nil, err
	}
	defer cursor.Close(context.WithoutCancel(ctx)) // it was only read
	for len(out) < n && cursor.Next(ctx) {
		var c candidate
		if err := cursor.Decode(&c); err != nil {
			return nil, err
		}
		if wanted(c) {
			out = append(out, c)
		}
	}
	return out, cursor.Err()
}
