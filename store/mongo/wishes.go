package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
)

// SetPaused pauses or resumes a network.
func (s *Store) SetPaused(ctx context.Context, id string, paused bool, now time.Time) error {
	return wrap("pausing or resuming", s.alter(ctx, id, func(n *network) error {
		n.Paused = paused
		if paused {
			n.WakeAt = time.Time{}
			return nil
		}
		p, err := n.progress()
		if err != nil {
			return err
		}
		n.wake(now, now)
		return n.put(p.Resumed(now))
	}))
}

// WishSync makes a network due at once, before all others.
func (s *Store) WishSync(ctx context.Context, id string, full bool, now time.Time) error {
	return wrap("asking for a sync", s.alter(ctx, id, func(n *network) error {
		n.SyncSeq++
		if full {
			n.FullSeq++
		}
		n.wake(now, atOnce())
		return nil
	}))
}

// Reconnected makes the networks of an account due with its new credential.
func (s *Store) Reconnected(ctx context.Context, account string, now time.Time) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	if _, err := s.Account(ctx, account); err != nil {
		return err
	}
	cursor, err := s.networks.Find(ctx, bson.D{{Key: "accountId", Value: account}, {Key: "removed", Value: nil}}, options.Find().SetProjection(where("_id", 1)))
	ns, err := all[network](ctx, cursor, err)
	for _, n := range ns {
		if err == nil {
			err = s.alter(ctx, n.ID, func(n *network) error {
				p, err := n.progress()
				if err != nil {
					return err
				}
				n.wake(now, now)
				return n.put(p.SignedIn(now))
			})
		}
		if errors.Is(err, state.ErrNotFound) { // removed meanwhile
			err = nil
		}
	}
	return wrap("waking the networks of an account", err)
}

// wake makes a network due at a time because a person asked for it: when its lease
// ends if it is in work at now, once it has what was kept of its list, never while it is
// paused.
func (n *network) wake(now, at time.Time) {
	n.Hurry, n.AskedAt, n.SetAt = true, now, now
	switch {
	case n.Paused, n.Taking:
		n.WakeAt = time.Time{}
	case n.Owner != "" && n.LeaseUntil.After(now):
		n.WakeAt = n.LeaseUntil
	default:
		n.WakeAt = at
	}
}

// alter changes a network that is collected as a person wants it, whoever works on
// it: it is read, changed, and written where nobody has changed it meanwhile.
func (s *Store) alter(ctx context.Context, id string, change func(*network) error) error {
	if err := s.writing(ctx); err != nil {
		return err
	}
	for {
		n, err := s.read(ctx, id, live(id))
		if err != nil {
			return err
		}
		was := n.class()
		if err := change(n); err != nil {
			return err
		}
		by := mark()
		fields, gone := bson.D{
			{Key: "paused", Value: n.Paused},
			{Key: "syncSeq", Value: n.SyncSeq},
			{Key: "fullSeq", Value: n.FullSeq},
			{Key: "accepted", Value: n.Accepted},
			{Key: "hurry", Value: n.Hurry},
			{Key: "by", Value: by},
			{Key: "progress", Value: n.Progress},
			{Key: "mode", Value: n.Mode},
			{Key: "condition", Value: n.Condition},
			{Key: "reason", Value: n.Reason},
		}, bson.D{}
		for field, at := range map[string]time.Time{"scheduledTo": n.ScheduledTo, "wakeAt": n.WakeAt, "setAt": n.SetAt, "askedAt": n.AskedAt} {
			if at.IsZero() {
				gone = append(gone, bson.E{Key: field, Value: ""})
			} else {
				fields = append(fields, bson.E{Key: field, Value: at})
			}
		}
		if n.class() != was {
			fields = append(fields, bson.E{Key: "uncounted", Value: true})
		}
		update := bson.D{{Key: "$set", Value: fields}, {Key: "$inc", Value: where("version", 1)}}
		if len(gone) > 0 {
			update = append(update, bson.E{Key: "$unset", Value: gone})
		}
		err = s.guarded(ctx, s.networks, id, append(asRead(id, n.Version, n.By), bson.E{Key: "removed", Value: nil}), update, by)
		if !errors.Is(err, errChanged) {
			return err
		}
	}
}
