package mongo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// Claim leases networks that are due. It finds those that are most overdue, a
// bounded range of the index a service, reads them, and claims those that nobody
// has changed since, with a mark that tells which these are.
func (s *Store) Claim(ctx context.Context, want state.Claim) ([]state.Claimed, error) {
	if err := s.writing(ctx); err != nil {
		return nil, err
	}
	if err := s.clocked(); err != nil {
		return nil, err
	}
	if want.Owner == "" {
		return nil, errors.New("claiming networks: a claim needs the id of its instance")
	}
	if want.Network != "" {
		return s.claimOne(ctx, want)
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
		return failpoint.Hit(context.WithoutCancel(ctx), "lease.acquired")
	}
	return nil
}

// chance is a network that may be claimed.
type chance struct {
	ID      string `bson:"_id"`
	Service string `bson:"service"`
}

// due finds at most n networks that may be claimed, most overdue first, but for
// those that this claim has had.
func (s *Store) due(ctx context.Context, want state.Claim, free map[string]int, had map[string]bool, n int, contended bool) ([]string, error) {
	choice := 1
	if contended {
		choice = window
	}
	pipeline := duePipeline(want, free, n, choice)
	if pipeline == nil {
		return nil, nil
	}
	cursor, err := s.networks.Aggregate(ctx, pipeline)
	found, err := all[chance](ctx, cursor, err)
	if contended && len(found) > n {
		from := rand.IntN(len(found) - n + 1)
		found = found[from:]
	}
	var out []string
	taken := map[string]int{}
	for _, d := range found { // a wrong clock's network may stand in two branches
		if len(out) < n && !had[d.ID] && taken[d.Service] < free[d.Service] && !slices.Contains(out, d.ID) {
			taken[d.Service]++
			out = append(out, d.ID)
		}
	}
	return out, err
}

// duePipeline finds choice times as many networks as are wanted, with one branch a
// service, each bounded by its free slots, and two for what a wrong clock wrote. The
// branches of the services read the index alone: of a network that is not claimed no
// document is touched.
func duePipeline(want state.Claim, free map[string]int, n, choice int) bson.A {
	branch := func(match bson.D, most int) bson.A {
		if want.Shard.Of > 1 {
			match = append(match, bson.E{Key: "userHash", Value: where("$mod", bson.A{want.Shard.Of, want.Shard.Index - 1})})
		}
		return bson.A{
			where("$match", match),
			where("$sort", where("wakeAt", 1)),
			where("$limit", most),
			where("$project", bson.D{{Key: "service", Value: 1}, {Key: "wakeAt", Value: 1}}),
		}
	}
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
	leased, far := misdated(want)
	branches = append(branches,
		branch(append(leased, bson.E{Key: "mode", Value: want.Mode}, bson.E{Key: "service", Value: any}), n),
		branch(append(far, bson.E{Key: "mode", Value: want.Mode}, bson.E{Key: "service", Value: any}), n),
	)
	pipeline := branches[0]
	for _, b := range branches[1:] {
		pipeline = append(pipeline, where("$unionWith", bson.D{{Key: "coll", Value: "networks"}, {Key: "pipeline", Value: b}}))
	}
	return append(pipeline, where("$sort", bson.D{{Key: "wakeAt", Value: 1}, {Key: "_id", Value: 1}}), where("$limit", choice*n))
}

// misdated are the filters of what a wrong clock wrote: leases and due times that
// lie farther ahead than any can.
func misdated(want state.Claim) (leased, far bson.D) {
	after := func(t time.Time) bson.D { return where("$gt", t) }
	longest := want.Now.Add(2 * want.Until.Sub(want.Now))
	return bson.D{{Key: "leaseUntil", Value: after(longest)}, {Key: "wakeAt", Value: after(longest)}},
		bson.D{{Key: "wakeAt", Value: after(want.Now.Add(farthest))}, {Key: "owner", Value: nil}}
}

// take claims those of the networks that are still due and that nobody has changed
// since they were read. Of one that another has claimed meanwhile not even the sessions
// are looked at: they are of an owner who lives.
func (s *Store) take(ctx context.Context, want state.Claim, due []string) ([]state.Claimed, error) {
	still := append(where("_id", where("$in", due)), claimable(want)...)
	cursor, err := s.networks.Find(ctx, still, options.Find().SetHint("_id_"))
	ns, err := all[*network](ctx, cursor, err)
	if err != nil || len(ns) == 0 {
		return nil, err
	}
	if sessions := sessionsOf(ns); len(sessions) > 0 { // what these processes had begun cannot end well any more, and would hold us up
		if err := s.endSessions(ctx, sessions); err != nil {
			return nil, err
		}
	}
	leasing, end := finishing(ctx)
	defer end()
	ours, err := s.lease(leasing, want, ns)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(ns, func(a, b *network) int { return cmp.Compare(slices.Index(due, a.ID), slices.Index(due, b.ID)) })
	var out []state.Claimed
	for _, n := range ns {
		if !ours[n.ID] {
			continue
		}
		if len(n.Unpublished) > 0 {
			s.publish(ctx, n.ID, n.Unpublished) // what fails here stays for whoever comes next
		}
		n.Epoch, n.Crashes, n.Hurry = n.Epoch+1, n.Crashes+1, false
		n.Owner, n.LeaseUntil = want.Owner, want.Until
		if !n.Paused {
			n.WakeAt = want.Until
		}
		v, err := n.view()
		if err != nil {
			return out, err
		}
		out = append(out, state.Claimed{Network: v, Lease: state.Lease{Network: n.ID, Owner: n.Owner, Epoch: n.Epoch, Until: n.LeaseUntil}})
	}
	return out, nil
}

// finishMost is how long what has begun may take once nobody wants it any more.
const finishMost = 2 * time.Second

// finishing is a context for what should not be given up halfway: a lease that was
// written is to be known, or it stays until its end.
func finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	on, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(finishMost, cancel) })
	return on, func() { stop(); cancel() }
}

// sessionsOf are the sessions in which transactions of networks may stand.
func sessionsOf(ns []*network) (sessions bson.A) {
	had := map[string]bool{}
	add := func(session any) {
		if name := fmt.Sprint(session); !had[name] {
			had[name], sessions = true, append(sessions, session)
		}
	}
	for _, n := range ns {
		for _, session := range n.Sessions {
			add(session)
		}
		for _, a := range n.Attempts {
			if a.Session != nil {
				add(a.Session)
			}
		}
	}
	return sessions
}

// lease writes a lease on the networks that are as they were read, and tells which
// these are. Whoever changes what a claim returns leaves a mark in by that no other
// network has, so one condition over all marks is as good as one a network, and half
// the work for the server.
func (s *Store) lease(ctx context.Context, want state.Claim, ns []*network) (map[string]bool, error) {
	ids, marks, versions := bson.A{}, bson.A{nil}, bson.A{} // nil is the mark of what was never changed
	for _, n := range ns {
		ids, marks, versions = append(ids, n.ID), append(marks, n.By), append(versions, n.Version)
	}
	still := append(bson.D{
		{Key: "_id", Value: where("$in", ids)},
		{Key: "by", Value: where("$in", marks)},
		{Key: "version", Value: where("$in", versions)},
	}, claimable(want)...)
	sessions := bson.A{}
	if s.replica {
		var err error
		if sessions, err = s.saves.ids(s.client); err != nil {
			return nil, err
		}
	}
	by := mark()
	grown := func(field string) bson.D { return bson.D{{Key: "$add", Value: bson.A{"$" + field, 1}}} }
	claims := bson.D{{Key: "$concatArrays", Value: bson.A{bson.D{{Key: "$ifNull", Value: bson.A{"$claims", bson.A{}}}}, bson.A{by}}}}
	r, err := s.networks.UpdateMany(ctx, still, bson.A{set(bson.D{
		{Key: "owner", Value: literal(want.Owner)},
		{Key: "leaseUntil", Value: want.Until},
		{Key: "wakeAt", Value: bson.D{{Key: "$cond", Value: bson.A{"$paused", "$$REMOVE", want.Until}}}},
		{Key: "by", Value: bson.D{{Key: "$concat", Value: bson.A{by, "/", "$_id"}}}},
		{Key: "epoch", Value: grown("epoch")},
		{Key: "crashes", Value: grown("crashes")},
		{Key: "version", Value: grown("version")},
		{Key: "sessions", Value: literal(sessions)},
		{Key: "hurry", Value: "$$REMOVE"},
		{Key: "askedAt", Value: "$$REMOVE"},
		{Key: "claims", Value: bson.D{{Key: "$slice", Value: bson.A{claims, -claimsKept}}}},
	})}, options.UpdateMany().SetHint("_id_"))
	if err != nil && !ambiguous(err) { // where the answer was lost, the mark tells what was done
		return nil, err
	}
	ours := map[string]bool{}
	if err == nil && int(r.MatchedCount) == len(ns) {
		for _, n := range ns {
			ours[n.ID] = true
		}
		return ours, nil
	}
	networks := s.networks
	if err != nil { // it may have been made by a primary whose writes are taken back
		networks = s.firm(networks)
	}
	cursor, err := networks.Find(ctx, bson.D{{Key: "_id", Value: where("$in", ids)}, {Key: "claims", Value: by}}, options.Find().SetProjection(where("_id", 1)))
	mine, err := all[chance](ctx, cursor, err)
	for _, m := range mine {
		ours[m.ID] = true
	}
	return ours, err
}
