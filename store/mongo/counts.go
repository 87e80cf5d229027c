package mongo

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
)

// Counting a million networks takes a second, so it is not done: a document holds
// how many networks are in which state. If every write changed it, all writers would
// wait for each other; so a network whose state or items differ from what was counted
// only says so, in the write that changed it, and is counted soon after, with others.

// class is what a network counts as.
type class struct {
	Service   string          `bson:"service"`
	Mode      state.Mode      `bson:"mode"`
	Condition state.Condition `bson:"condition"`
	Paused    bool            `bson:"paused"`
	Items     int             `bson:"items"`
}

func (n *network) class() class {
	return class{Service: n.Service, Mode: n.Mode, Condition: cmp.Or(n.Condition, state.OK), Paused: n.Paused, Items: n.Items}
}

// counted is a class as it stands in the counts since they had a version.
type counted struct {
	Class class `bson:",inline"`
	Since int64 `bson:"since"`
}

// count is how many networks are of a class, whose Items are not looked at.
type count struct {
	Class    class `bson:",inline"`
	Networks int   `bson:"networks"`
}

// counts is the one document of the counts.
type counts struct {
	ID      string  `bson:"_id"`
	Version int64   `bson:"version"`
	By      string  `bson:"by"`
	Classes []count `bson:"classes"`
	Items   int     `bson:"items"`
	Noting  []noted `bson:"noting,omitempty"` // networks that are counted here and do not say so yet
}

// noted is a network that is counted anew.
type noted struct {
	ID      string   `bson:"id"`
	Version int64    `bson:"version"`
	By      string   `bson:"by,omitempty"` // with Version: what it was when it was counted; see asRead
	Was     *counted `bson:"was,omitempty"`
	Now     *counted `bson:"now,omitempty"`
}

const countsID = "all"

// countMost is how many networks are counted at a time.
const countMost = 200

// readCounts reads the counts that a majority of the servers has. Others could be taken
// back with their primary: the next one would give their version to another count, which
// would be overwritten, and networks would say for ever that they stand in one that there
// is not. Of what cannot be taken back the version alone tells which it is.
func (s *Store) readCounts(ctx context.Context) (c counts, err error) {
	err = settled(s.counts).FindOne(ctx, where("_id", countsID)).Decode(&c)
	if errors.Is(err, driver.ErrNoDocuments) {
		err = nil
	}
	return c, err
}

// recordChanged counts networks that a filter finds and that changed since they
// were counted, and returns how many there were. First the counts change, in one
// update that also says for which networks; then these say that they are counted.
// Whoever finds the second half left undone does it.
func (s *Store) recordChanged(ctx context.Context, filter bson.D) (int, error) {
	for tries := 0; ; tries++ {
		c, err := s.readCounts(ctx)
		if err != nil {
			return 0, err
		}
		if len(c.Noting) > 0 {
			if err := s.note(ctx, c); err != nil {
				return 0, err
			}
			continue
		}
		cursor, err := s.networks.Find(ctx, append(where("uncounted", true), filter...), options.Find().SetLimit(countMost))
		changed, err := all[*network](ctx, cursor, err)
		if err != nil || len(changed) == 0 {
			return 0, err
		}
		err = s.saveCounts(ctx, c, changed)
		if errors.Is(err, errChanged) || driver.IsDuplicateKeyError(err) { // others count too
			if err := backOff(ctx, tries); err != nil { // what they did is to reach a majority first
				return 0, err
			}
			continue
		}
		return len(changed), err
	}
}

// heldUp is how long counting waits for networks that somebody else is writing.
const heldUp = 3 * time.Second

// recordSome is recordChanged for who does not need all of it: the transaction of a
// process that died may hold a network up, until another owner ends it.
func (s *Store) recordSome(ctx context.Context) (int, error) {
	short, end := context.WithTimeout(ctx, heldUp)
	defer end()
	n, err := s.recordChanged(short, nil)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return 0, nil
	}
	return n, err
}

// countInTurn counts what has changed, unless somebody has counted since the version
// that this process saw last: several that count at once do each other's work once more,
// and hold each other and the owners of the networks up. It returns the version that it
// has seen. Of whoever dies the next one finds the same version twice.
func (s *Store) countInTurn(ctx context.Context, seen int64) int64 {
	version := func() (int64, error) {
		var c counts
		err := s.counts.FindOne(ctx, where("_id", countsID), options.FindOne().SetProjection(where("version", 1))).Decode(&c)
		if errors.Is(err, driver.ErrNoDocuments) {
			err = nil
		}
		return c.Version, err
	}
	now, err := version()
	if err == nil && now == seen {
		for n := countMost; n == countMost && err == nil; {
			n, err = s.recordSome(ctx)
		}
		now, err = version()
	}
	if err != nil {
		return seen
	}
	return now
}

// saveCounts counts networks and has them say so.
func (s *Store) saveCounts(ctx context.Context, c counts, changed []*network) error {
	next := counts{ID: countsID, Version: c.Version + 1, By: mark(), Classes: slices.Clone(c.Classes), Items: c.Items}
	for _, n := range changed {
		one := noted{ID: n.ID, Version: n.Version, By: n.By, Was: n.Counted}
		if n.Counted != nil {
			next.add(n.Counted.Class, -1)
		}
		if !n.Removed {
			one.Now = &counted{n.class(), next.Version}
			next.add(one.Now.Class, 1)
		}
		next.Noting = append(next.Noting, one)
	}
	next.Classes = slices.DeleteFunc(next.Classes, func(c count) bool { return c.Networks == 0 })
	if c.Version == 0 {
		if _, err := s.counts.InsertOne(ctx, next); err != nil {
			return err
		}
	} else if err := s.guarded(ctx, s.counts, countsID, bson.D{{Key: "_id", Value: countsID}, {Key: "version", Value: c.Version}, {Key: "noting", Value: nil}}, set(next), next.By); err != nil {
		return err
	}
	return s.note(ctx, next)
}

// add counts a network in, or with a sign of -1 out.
func (c *counts) add(of class, sign int) {
	c.Items += sign * of.Items
	of.Items = 0
	i := slices.IndexFunc(c.Classes, func(c count) bool { return c.Class == of })
	if i < 0 {
		i, c.Classes = len(c.Classes), append(c.Classes, count{Class: of})
	}
	c.Classes[i].Networks += sign
}

// note has networks say that they are counted. One that is not what it was then is
// uncounted, also where the change that was counted was taken back with its primary, and
// what it says is as it was before that.
func (s *Store) note(ctx context.Context, c counts) error {
	var writes []driver.WriteModel
	for _, n := range c.Noting {
		var was, now any = nil, "$$REMOVE"
		if n.Was != nil {
			was = n.Was
		}
		if n.Now != nil {
			now = literal(n.Now)
		}
		unchanged := bson.D{{Key: "$and", Value: bson.A{
			bson.D{{Key: "$eq", Value: bson.A{"$version", n.Version}}},
			bson.D{{Key: "$eq", Value: bson.A{bson.D{{Key: "$ifNull", Value: bson.A{"$by", ""}}}, n.By}}},
		}}}
		writes = append(writes, driver.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: n.ID}, {Key: "counted", Value: was}}).
			SetUpdate(bson.A{set(bson.D{{Key: "counted", Value: now}, {Key: "uncounted", Value: cond(unchanged, "$$REMOVE", true)}})}))
	}
	if _, err := s.networks.BulkWrite(ctx, writes, options.BulkWrite().SetOrdered(false)); err != nil {
		return err
	}
	_, err := s.counts.UpdateOne(ctx, bson.D{{Key: "_id", Value: countsID}, {Key: "version", Value: c.Version}}, bson.D{{Key: "$unset", Value: where("noting", "")}})
	return err
}
