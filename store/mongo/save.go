package mongo

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/failpoint"
	"collector/state"
)

// A page changes many documents, and a process may be killed, or stopped past its
// lease, between any two of them. So the steps are:
//
//  1. the network says that an attempt has begun, and its key (fenced);
//  2. the items are written, each with the key of the attempt that changed it;
//  3. the network takes the progress, the counters and the entry for the change
//     log, and the attempt is over (fenced);
//  4. the entry is appended to the log and taken off the network (see publish).
//
// On a replica set 2 and 3 are one transaction. A server keeps the locks of a dead
// client's transaction for a minute, in which nobody could take its networks over;
// so an attempt names its session, and who claims the network ends that.
//
// On a server alone 2 and 3 are steps, and what an attempt changed is a query. One
// that was not over when somebody else began has come to nothing: what it wrote
// stays, is told in the log under its own key, and its page is read again.
//
// Pages of a replica set that are no trouble are saved with others, see saveGroup, and
// those of a backfill in steps there as well, see saveStepwise.

// attempt is a page that is being saved.
type attempt struct {
	Key   string    `bson:"key"` // the page and a mark, so that no two attempts share it
	Page  string    `bson:"page"`
	Kind  string    `bson:"kind"`
	At    time.Time `bson:"at"`
	Epoch int64     `bson:"epoch"` // of the lease

	Session bson.Raw `bson:"session,omitempty"` // in which it is made, on a replica set
}

// entry is what an attempt has to tell.
func (a attempt) entry(n *network, e effect) entry {
	return entry{Key: a.Key, Page: a.Page, Kind: a.Kind, At: a.At, User: n.User, Network: n.ID, Added: e.added, Changed: e.changed, Removed: e.removed}
}

// storer writes the items of a page and the like, and returns what the network is to
// be set to. read says that something is stored already, whatever the network says.
type storer func(ctx context.Context, n *network, key string, read bool) (effect, bson.D, error)

// togetherMost is how many items are stored in one transaction: a server keeps what a
// transaction has written in its cache, and refuses one that has no room there.
const togetherMost = 2000

// save makes all changes of one page of so many items under a lease. A page that is
// too large for a transaction is stored in steps.
func (s *Store) save(ctx context.Context, l state.Lease, a attempt, items int, store storer) (effect, error) {
	if err := s.writing(ctx); err != nil {
		return effect{}, err
	}
	if err := failpoint.Hit(ctx, "save.begin"); err != nil {
		return effect{}, err
	}
	var e effect
	var left []entry
	defer s.saved(ctx, s.pages.begin(l))
	err := s.inSession(ctx, items <= togetherMost, func(together transaction) (err error) {
		a.Key, a.Epoch, a.Session = a.Page+"#"+mark(), l.Epoch, together.id()
		n, err := s.attempt(ctx, l, a)
		if err != nil {
			return err
		}
		e, left, err = s.saveAttempt(ctx, l, n, a, together, store)
		return err
	})
	if err != nil {
		return effect{}, err
	}
	s.publish(ctx, l.Network, left) // the page is saved: what fails here stays for whoever comes next
	return e, nil
}

// saveAttempt takes the steps 2 and 3, and returns what is to be published then.
func (s *Store) saveAttempt(ctx context.Context, l state.Lease, was *network, a attempt, together transaction, store storer) (e effect, left []entry, err error) {
	before, err := s.abandoned(ctx, was, was.Attempts)
	if err != nil {
		return e, nil, err
	}
	recount, read := len(was.Attempts) > 0, false
	recounts := was.Recounts
	for {
		var entries []entry
		err := together.run(ctx, func(ctx context.Context) (err error) {
			n := *was
			n.Recounts, entries = recounts, slices.Clone(before)
			now, fields, err := store(ctx, &n, a.Key, read)
			if err != nil {
				return err
			}
			if !together.possible() { // what an earlier turn stored stays
				now = e.and(now)
			}
			e = now
			if e.tells() {
				entries = append(entries, a.entry(&n, e))
			}
			return s.advance(ctx, l, &n, a.Key, was.class(), append(fields, bson.E{Key: "saved", Value: a.Key}), e, entries, recount)
		})
		switch {
		case err == nil:
			return e, append(slices.Clone(was.Unpublished), entries...), nil
		case errors.Is(err, errStored): // perhaps by an attempt before this one, after it was looked for
			if before, err = s.abandoned(ctx, was, was.Attempts); err != nil {
				return e, nil, err
			}
			read = true
			continue
		case is(err, codeTooLarge, codeTooLargeForStorage):
			together = transaction{}
			continue
		case !errors.Is(err, errChanged) && !ambiguous(err) && !is(err, codeInterrupted, codeNoTransaction):
			return e, nil, err
		}
		var now *network
		again := s.firm(s.networks).FindOne(ctx, where("_id", l.Network)).Decode(&now)
		if again == nil && now.Saved == a.Key { // only the answer was lost
			return e, append(slices.Clone(was.Unpublished), entries...), nil
		}
		now, again = s.held(ctx, l)
		if !errors.Is(err, errChanged) && again != nil && !errors.Is(again, state.ErrLeaseLost) {
			return e, nil, errors.Join(err, again)
		}
		err = again
		if errors.Is(err, state.ErrLeaseLost) {
			if !together.possible() {
				err = errors.Join(err, s.late(ctx, was, a))
			}
			return e, nil, err
		}
		if err != nil {
			return e, nil, err
		}
		recounts, recount, read = now.Recounts, true, true // counted anew meanwhile, with or without what is stored here
		others := *was                                     // what others had begun may have been told by them meanwhile
		others.Unpublished = now.Unpublished
		others.Attempts = slices.DeleteFunc(now.Attempts, func(b attempt) bool { return b.Key == a.Key })
		was = &others
		if before, err = s.abandoned(ctx, was, was.Attempts); err != nil {
			return e, nil, err
		}
	}
}

// attempt notes on the network that an attempt begins, and returns the network as
// it was before.
func (s *Store) attempt(ctx context.Context, l state.Lease, a attempt) (*network, error) {
	if l.Owner == "" {
		return nil, state.ErrLeaseLost
	}
	var n network
	err := s.networks.FindOneAndUpdate(ctx, fence(l), bson.D{{Key: "$push", Value: where("attempts", a)}, {Key: "$inc", Value: where("version", 1)}},
		options.FindOneAndUpdate().SetReturnDocument(options.Before)).Decode(&n)
	if errors.Is(err, driver.ErrNoDocuments) {
		return nil, state.ErrLeaseLost
	}
	return &n, err
}

// advance writes the network as the attempt of a key wants it, guarded by the lease.
func (s *Store) advance(ctx context.Context, l state.Lease, n *network, key string, was class, fields bson.D, e effect, entries []entry, recount bool) error {
	if err := failpoint.Hit(ctx, "save.state.before"); err != nil {
		return err
	}
	if recount {
		if err := s.recount(ctx, n); err != nil {
			return err
		}
	}
	by := mark()
	guard, update := n.advanced(l, was, append(slices.Clone(fields), bson.E{Key: "by", Value: by}), e, entries, recount)
	guard = append(guard, bson.E{Key: "saved", Value: where("$ne", key)}) // it increases counters, and must not do so twice
	if err := s.guarded(ctx, s.networks, l.Network, guard, update, by); err != nil {
		return err
	}
	return failpoint.Hit(ctx, "save.commit.before")
}

// advanced is the update of a network by a page, and what guards it.
func (n *network) advanced(l state.Lease, was class, fields bson.D, e effect, entries []entry, recount bool) (guard, update bson.D) {
	increase := bson.D{{Key: "version", Value: 1}}
	if recount {
		fields = append(fields, n.counters()...)
		increase = append(increase, bson.E{Key: "recounts", Value: 1})
	} else {
		increase = append(increase, bson.E{Key: "items", Value: e.items}, bson.E{Key: "bare", Value: e.bare}, bson.E{Key: "bad", Value: e.bad})
	}
	if recount || e.items != 0 || n.Mode != was.Mode || n.Condition != was.Condition {
		fields = append(fields, bson.E{Key: "uncounted", Value: true})
	}
	update = bson.D{{Key: "$inc", Value: increase}, {Key: "$unset", Value: where("attempts", "")}}
	if len(entries) > 0 {
		fields = append(fields, bson.E{Key: "pending", Value: true})
		update = append(update, bson.E{Key: "$push", Value: where("unpublished", where("$each", entries))})
	}
	update = append(update, bson.E{Key: "$set", Value: fields})
	return append(fence(l), bson.E{Key: "recounts", Value: n.Recounts}), update
}

// counters are the fields of a recount.
func (n *network) counters() bson.D {
	return bson.D{{Key: "items", Value: n.Items}, {Key: "bare", Value: n.Bare}, {Key: "bad", Value: n.Bad}}
}
