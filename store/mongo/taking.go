package mongo

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
)

// On a server alone, a network that is added again is there before it has what was kept
// of its list: should the process die, nothing else says whose that is. Meanwhile nobody
// may work on it, so it says that it is taking, and has no due time until it no longer
// is. A note in meta tells the upkeep of other processes, which go on with it.

// takingID begins the id of a note. The network's id follows.
const takingID = "taking/"

// takingNote is the note.
type takingNote struct {
	ID string    `bson:"_id"`
	At time.Time `bson:"at"`
}

// noteMost is how long a note may be there before its network is: what adds one has ended
// by then, see patient.
const noteMost = time.Hour

// withhold has a network that is about to be added be nobody's to claim before it has
// what was kept. On a replica set nobody sees it before.
func (s *Store) withhold(ctx context.Context, n *network) error {
	if s.replica {
		return nil
	}
	n.Taking, n.WakeAt = true, time.Time{}
	_, err := s.meta.UpdateByID(ctx, takingID+n.ID, set(where("at", s.Now())), options.UpdateOne().SetUpsert(true))
	return err
}

// hasAll makes a network due that has what was kept.
func (s *Store) hasAll(ctx context.Context, n *network) error {
	if !n.Taking {
		return nil
	}
	n.Taking = false
	_, err := s.networks.UpdateOne(ctx, bson.D{{Key: "_id", Value: n.ID}, {Key: "taking", Value: true}}, bson.A{set(bson.D{
		{Key: "wakeAt", Value: cond("$paused", "$$REMOVE", cond("$hurry", atOnce(), n.firstDue()))},
		{Key: "taking", Value: "$$REMOVE"},
		{Key: "version", Value: bson.D{{Key: "$add", Value: bson.A{"$version", 1}}}},
	})})
	if err != nil {
		return err
	}
	_, _ = s.meta.DeleteOne(ctx, where("_id", takingID+n.ID)) // what stays is for the upkeep
	return nil
}

// takeRest goes on with what processes were taking up when they died: with networks that
// are as they were a round ago, as seen tells. next is what is to be looked at in the next
// round.
func (s *Store) takeRest(ctx context.Context, seen, next map[string]int64) error {
	if s.replica {
		return nil
	}
	cursor, err := s.meta.Find(ctx, where("_id", bson.Regex{Pattern: "^" + takingID}), options.Find().SetLimit(rescueMost))
	notes, err := all[takingNote](ctx, cursor, err)
	if err != nil {
		return err
	}
	for _, note := range notes {
		id := strings.TrimPrefix(note.ID, takingID)
		n, err := s.read(ctx, id, where("_id", id))
		gone := errors.Is(err, state.ErrNotFound)
		switch {
		case gone && note.At.After(s.Now().Add(-noteMost)), err != nil && !gone:
			continue
		case gone || !n.Taking:
			if err = s.leaveNone(ctx, id); err == nil {
				_, err = s.meta.DeleteOne(ctx, where("_id", note.ID))
			}
		default:
			if was, there := seen[note.ID]; there && was == n.Version {
				err = s.takeAll(ctx, n)
			} else {
				next[note.ID] = n.Version
			}
		}
		if err != nil {
			next[note.ID] = -1
		}
	}
	return nil
}

// takeAll gives a network all that was kept and makes it due. Whoever was at it may be at
// it still: each step may be repeated.
func (s *Store) takeAll(ctx context.Context, n *network) error {
	if err := s.settleKept(ctx, n.AccountID); err != nil {
		return err
	}
	kept, err := s.kept(ctx, []*network{n})
	if err != nil {
		return err
	}
	if some := kept[n.ID]; len(some) > 0 {
		ctx, done := patient(ctx)
		defer done()
		if err := s.join(ctx, n, some, some); err != nil {
			return err
		}
	}
	return s.hasAll(ctx, n)
}
