package mongo

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/failpoint"
	"collector/state"
)

// claimMost is how many networks one update claims.
const claimMost = 500

// claimsKept is how many marks of claims a network keeps. With fewer, a claimer that
// is slow to look would take a network that others have claimed since for never
// claimed.
const claimsKept = 12

// window is among how many times as many networks as it wants an instance chooses
// once it has met another that wants the same ones.
const window = 4

// Claim leases networks that are due. It reads those that are most overdue, a
// bounded range of the index a service, and claims those that nobody has changed
// since, with a mark that tells which these are.
func (s *Store) Claim(ctx context.Context, want state.Claim) ([]state.Claimed, error) {
	if err := s.writing(ctx); err != nil {
		return nil, err
	}
	if err := s.clocked(); err != nil {
		return nil, err
	}
	var out []state.Claimed
	had := map[string]bool{} // one that is free again meanwhile is for others
	free := maps.Clone(want.Services)
	contended := false
	for len(out) < want.N {
		due, err := s.due(ctx, want, free, had, min(want.N-len(out), claimMost), contended)
		if err != nil || len(due) == 0 {
			return out, s.claimed(ctx, out, err)
		}
		got, err := s.take(ctx, want, due)
		for _, n := range got {
			free[n.Service]--
			had[n.ID] = true
		}
		out = append(out, got...)
		if err != nil {
			return out, s.claimed(ctx, out, err)
		}
		contended = len(got) < len(due)
	}
	return out, s.claimed(ctx, out, nil)
}

// claimed ends a claim: what was claimed before an error is kept.
func (s *Store) claimed(ctx context.Context, got []state.Claimed, err error) error {
	if err != nil && len(got) == 0 {
		return wrap("claiming networks", err)
	}
	if len(got) > 0 {
		return failpoint.Hit(ctx, "lease.acquired")
	}
	return nil
}

// due reads at most n networks that may be claimed, most overdue first, but for
// those that this claim has had.
func (s *Store) due(ctx context.Context, want state.Claim, free map[string]int, had map[string]bool, n int, contended bool) ([]*network, error) {
	choice := 1
	if contended {
		choice = window
	}
	pipeline := duePipeline(want, free, n, choice)
	if pipeline == nil {
		return nil, nil
	}
	cursor, err := s.networks.Aggregate(ctx, pipeline)
	found, err := all[*network](ctx, cursor, err)
	if contended && len(found) > n {
		from := rand.IntN(len(found) - n + 1)
		found = found[from:]
	}
	var out []*network
	taken := map[string]int{}
	for _, d := range found { // a wrong clock's network may stand in two branches
		if len(out) < n && !had[d.ID] && taken[d.Service] < free[d.Service] && !slices.ContainsFunc(out, func(o *network) bool { return o.ID == d.ID }) {
			taken[d.Service]++
			out = append(out, d)
		}
	}
	return out, err
}

// duePipeline finds choice times as many networks as are wanted, with one branch a
// service, each bounded by its free slots, and two for what a wrong clock wrote: leases and due times that lie
// farther ahead than any can.
func duePipeline(want state.Claim, free map[string]int, n, choice int) bson.A {
	branch := func(match bson.D, most int) bson.A {
		if want.Shard.Of > 1 {
			match = append(match, bson.E{Key: "userHash", Value: where("$mod", bson.A{want.Shard.Of, want.Shard.Index - 1})})
		}
		return bson.A{
			where("$match", match),
			where("$sort", where("wakeAt", 1)),
			where("$limit", most),
		}
	}
	after := func(t time.Time) bson.D { return where("$gt", t) }
	var branches []bson.A
	var services []string
	for _, service := range slices.Sorted(maps.Keys(free)) {
		if free[service] <= 0 {
			continue
		}
		services = append(services, service)
		branches = append(branches, branch(bson.D{
			{Key: "mode", Value: want.Mode}, {Key: "service", Value: service}, {Key: "wakeAt", Value: where("$lte", want.Now)},
		}, choice*min(free[service], n)))
	}
	if len(branches) == 0 || n <= 0 {
		return nil
	}
	any := where("$in", services)
	longest := want.Now.Add(2 * want.Until.Sub(want.Now))
	branches = append(branches,
		branch(bson.D{
			{Key: "leaseUntil", Value: after(longest)},
			{Key: "wakeAt", Value: after(longest)},
			{Key: "mode", Value: want.Mode},
			{Key: "service", Value: any},
		}, n),
		branch(bson.D{
			{Key: "mode", Value: want.Mode},
			{Key: "service", Value: any},
			{Key: "wakeAt", Value: after(want.Now.Add(farthest))},
			{Key: "owner", Value: nil},
		}, n),
	)
	pipeline := branches[0]
	for _, b := range branches[1:] {
		pipeline = append(pipeline, where("$unionWith", bson.D{{Key: "coll", Value: "networks"}, {Key: "pipeline", Value: b}}))
	}
	return append(pipeline, where("$sort", bson.D{{Key: "wakeAt", Value: 1}, {Key: "_id", Value: 1}}), where("$limit", choice*n))
}

// take claims those of the networks that are still as they were read.
func (s *Store) take(ctx context.Context, want state.Claim, due []*network) ([]state.Claimed, error) {
	by := mark()
	var unchanged bson.A
	var ids []string
	var sessions bson.A
	for _, n := range due {
		for _, a := range n.Attempts {
			if a.Session != nil {
				sessions = append(sessions, a.Session)
			}
		}
		unchanged = append(unchanged, bson.D{{Key: "_id", Value: n.ID}, {Key: "version", Value: n.Version}})
		ids = append(ids, n.ID)
	}
	if len(sessions) > 0 { // what these processes had begun cannot end well any more, and would hold us up
		if err := s.endSessions(ctx, sessions); err != nil {
			return nil, err
		}
	}
	_, err := s.networks.UpdateMany(ctx, where("$or", unchanged), bson.D{
		{Key: "$set", Value: bson.D{{Key: "owner", Value: want.Owner}, {Key: "leaseUntil", Value: want.Until}, {Key: "wakeAt", Value: want.Until}, {Key: "by", Value: by}}},
		{Key: "$inc", Value: bson.D{{Key: "epoch", Value: 1}, {Key: "crashes", Value: 1}, {Key: "version", Value: 1}}},
		{Key: "$unset", Value: bson.D{{Key: "hurry", Value: ""}, {Key: "askedAt", Value: ""}}},
		{Key: "$push", Value: where("claims", bson.D{{Key: "$each", Value: bson.A{by}}, {Key: "$slice", Value: -claimsKept}})},
	})
	if err != nil && !ambiguous(err) { // where the answer was lost, the mark tells what was done
		return nil, err
	}
	cursor, err := s.networks.Find(ctx, bson.D{{Key: "_id", Value: where("$in", ids)}, {Key: "claims", Value: by}}, options.Find().SetProjection(where("_id", 1)))
	mine, err := all[struct {
		ID string `bson:"_id"`
	}](ctx, cursor, err)
	if err != nil {
		return nil, err
	}
	ours := map[string]bool{}
	for _, m := range mine {
		ours[m.ID] = true
	}
	var out []state.Claimed
	for _, n := range due {
		if !ours[n.ID] {
			continue
		}
		if len(n.Unpublished) > 0 {
			s.publish(ctx, n.ID, n.Unpublished) // what fails here stays for whoever comes next
		}
		n.Epoch, n.Crashes, n.Hurry = n.Epoch+1, n.Crashes+1, false
		n.Owner, n.LeaseUntil, n.WakeAt = want.Owner, want.Until, want.Until
		v, err := n.view()
		if err != nil {
			return out, err
		}
		out = append(out, state.Claimed{Network: v, Lease: state.Lease{Network: n.ID, Owner: n.Owner, Epoch: n.Epoch, Until: n.LeaseUntil}})
	}
	return out, nil
}
