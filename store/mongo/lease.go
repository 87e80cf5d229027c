package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/failpoint"
	"collector/state"
)

// Wakes returns the earliest WakeAt of each service in a mode. It leaps from
// service to service in the index, so it costs as much as there are services.
func (s *Store) Wakes(ctx context.Context, m state.Mode) (map[string]time.Time, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	wakes := map[string]time.Time{}
	for last := ""; ; {
		cursor, err := s.networks.Find(ctx, wakeFilter(m, last), wakeOptions())
		first, err := all[network](ctx, cursor, err)
		if err != nil {
			return nil, wrap("looking for what is due", err)
		}
		if len(first) == 0 {
			return wakes, nil
		}
		last = first[0].Service
		wakes[last] = first[0].WakeAt
	}
}

func wakeFilter(m state.Mode, after string) bson.D {
	return bson.D{
		{Key: "mode", Value: m}, {Key: "service", Value: where("$gt", after)}, {Key: "wakeAt", Value: where("$gt", time.UnixMilli(0))},
	}
}

func wakeOptions() *options.FindOptionsBuilder {
	return options.Find().SetLimit(1).SetSort(bson.D{{Key: "mode", Value: 1}, {Key: "service", Value: 1}, {Key: "wakeAt", Value: 1}}).
		SetProjection(bson.D{{Key: "_id", Value: 0}, {Key: "service", Value: 1}, {Key: "wakeAt", Value: 1}})
}

// Renew moves the end of all live leases of owner to until: at once where no page is
// being saved, and elsewhere when the page is over. One whose end is later already, by a
// lease at most, keeps it.
func (s *Store) Renew(ctx context.Context, owner string, until time.Time) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	if owner == "" {
		return nil
	}
	pages, networks := s.pages.owe(owner, until)
	err := s.renew(ctx, owner, until, where("$nin", networks))
	if err == nil {
		err = s.waitFor(ctx, pages)
	}
	return wrap("renewing leases", err)
}

// leased is the filter of networks that an owner has a lease on.
func leased(owner string) bson.D {
	return bson.D{{Key: "leaseUntil", Value: where("$gt", time.UnixMilli(0))}, {Key: "owner", Value: owner}}
}

func (s *Store) renew(ctx context.Context, owner string, until time.Time, of bson.D) error {
	mine := append(leased(owner), bson.E{Key: "removed", Value: nil}, bson.E{Key: "_id", Value: of})
	// A renewal that was given up, and is made all the same once a later one has been,
	// must not take that one's time back. What ends later still was written by a wrong clock.
	later := bson.D{{Key: "$and", Value: bson.A{
		bson.D{{Key: "$gt", Value: bson.A{"$leaseUntil", until}}}, bson.D{{Key: "$lte", Value: bson.A{"$leaseUntil", until.Add(s.o.Lease)}}},
	}}}
	end := cond(later, "$leaseUntil", until)
	update := bson.A{set(bson.D{
		{Key: "leaseUntil", Value: end},
		{Key: "wakeAt", Value: cond("$paused", "$$REMOVE", end)},
		{Key: "version", Value: bson.D{{Key: "$add", Value: bson.A{"$version", 1}}}},
	})}
	_, err := s.networks.UpdateMany(ctx, mine, update)
	if ambiguous(err) { // moving an end twice moves it once, so that no mark has to tell whether it was moved
		_, err = s.networks.UpdateMany(ctx, mine, update)
	}
	return err
}

// FreeDead finds nobody: MongoDB does not know which of its clients has died. A
// dead instance's leases end by themselves.
func (s *Store) FreeDead(ctx context.Context, _ time.Time) ([]string, error) {
	return nil, s.begin(ctx)
}

// FreeOwner ends the leases of an instance that is gone. Each part may be repeated.
func (s *Store) FreeOwner(ctx context.Context, owner string, now time.Time) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	if owner == "" {
		return nil
	}
	mine := leased(owner)
	for _, part := range []func() error{
		func() error { return s.endTransactions(ctx, mine) },
		func() error { _, err := s.refreshes.DeleteMany(ctx, where("owner", owner)); return err },
		func() error { _, err := s.networks.UpdateMany(ctx, mine, bson.A{set(freed(now, now))}); return err },
		func() error { return s.Leave(ctx, owner) },
	} {
		err := part()
		if ambiguous(err) { // what was done is not found again
			err = part()
		}
		if err != nil {
			return wrap("ending the leases of "+owner, err)
		}
	}
	return nil
}

// endTransactions ends those in which the owners of networks save pages: of one that
// is dead it would hold the networks up.
func (s *Store) endTransactions(ctx context.Context, networks bson.D) error {
	var sessions bson.A
	for _, field := range []string{"sessions", "attempts.session"} { // of pages that are saved together, and alone
		var some bson.A
		if err := s.networks.Distinct(ctx, field, networks).Decode(&some); err != nil {
			return err
		}
		sessions = append(sessions, some...)
	}
	return s.endSessions(ctx, sessions)
}

// freed are the fields of a network whose lease ends at now, and which is due again
// at a time unless a person wanted otherwise since the claim.
func freed(due, now time.Time) bson.D {
	return bson.D{
		{Key: "owner", Value: "$$REMOVE"},
		{Key: "leaseUntil", Value: "$$REMOVE"},
		{Key: "wakeAt", Value: cond("$paused", "$$REMOVE", cond("$hurry", atOnce(), removeZero(due)))},
		{Key: "setAt", Value: removeZero(now)},
		{Key: "version", Value: bson.D{{Key: "$add", Value: bson.A{"$version", 1}}}},
	}
}

// Release saves the progress and ends the lease.
func (s *Store) Release(ctx context.Context, l state.Lease, p state.Progress) error {
	var n network
	if err := n.put(p); err != nil {
		return err
	}
	saved := bson.D{
		{Key: "progress", Value: literal(n.Progress)},
		{Key: "mode", Value: literal(n.Mode)},
		{Key: "condition", Value: literal(n.Condition)},
		{Key: "scheduledTo", Value: removeZero(n.ScheduledTo)},
		{Key: "reason", Value: literal(n.Reason)},
		{Key: "crashes", Value: 0},
		{Key: "uncounted", Value: cond(
			bson.D{{Key: "$or", Value: bson.A{
				bson.D{{Key: "$ne", Value: bson.A{"$mode", literal(n.Mode)}}}, bson.D{{Key: "$ne", Value: bson.A{"$condition", literal(n.Condition)}}},
			}}}, true, "$uncounted")},
	}
	if err := s.free(ctx, l, p.ScheduledTo, p.LastRunAt, saved); err != nil {
		return wrap("releasing network "+l.Network, err)
	}
	return failpoint.Hit(ctx, "schedule.after")
}

// Postpone gives a lease back as if it had not been claimed.
func (s *Store) Postpone(ctx context.Context, l state.Lease, due time.Time) error {
	crashes := bson.D{{Key: "$max", Value: bson.A{0, bson.D{{Key: "$subtract", Value: bson.A{"$crashes", 1}}}}}}
	return wrap("giving back network "+l.Network, s.free(ctx, l, due, due, bson.D{{Key: "crashes", Value: crashes}}))
}

// free ends a lease at now, in one update. The network is due again at a time
// unless a person wanted otherwise since the claim.
func (s *Store) free(ctx context.Context, l state.Lease, due, now time.Time, saved bson.D) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	if l.Owner == "" {
		return state.ErrLeaseLost
	}
	f := &freeing{lease: l, by: mark()}
	told, over := s.saves.forget(l.Network)
	saved = append(append(saved, freed(due, now)...), bson.E{Key: "by", Value: f.by}, bson.E{Key: "freed", Value: f.by})
	if over {
		saved = append(saved, bson.E{Key: "sessions", Value: "$$REMOVE"})
	}
	f.update = bson.A{set(saved)}
	if len(told) > 0 {
		f.update = append(f.update, published(told)...)
	}
	s.saves.frees.among("", gatherTurns, gatherMost, f, func(all []*freeing) { s.freeAll(shared(ctx, len(all)), all) })
	return f.err
}

// cond is an expression that is one value where another is true, and else a third.
func cond(is, then, otherwise any) bson.D {
	return bson.D{{Key: "$cond", Value: bson.A{is, then, otherwise}}}
}

// literal is an expression for a text that may begin with a dollar.
func literal(v any) bson.D { return bson.D{{Key: "$literal", Value: v}} }

// removeZero is an expression for a time whose field is absent when it is zero.
func removeZero(t time.Time) any {
	if t.IsZero() {
		return "$$REMOVE"
	}
	return t
}
