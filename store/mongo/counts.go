package mongo

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
)

// Counting a million networks takes a second, so it is not done: the collection
// counts holds how many networks are in which state. One number that every write
// changes would make all writers wait for each other, so a network whose state or
// items differ from what was counted only says so, in the write that changed it,
// and is counted soon after, with others, once.

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

// id names the count that a class belongs to.
func (c class) id() string {
	return fmt.Sprintf("%s %s %s %t", c.Service, c.Mode, c.Condition, c.Paused)
}

// count is the document of how many networks are of a class, its Items not looked
// at; Class.Items is how many items have been added to them while they were.
type count struct {
	Class    class `bson:",inline"`
	Networks int   `bson:"networks"`
}

// counting is what is to be added to counts, by the names of their classes.
type counting map[string]*count

// add counts a network in, or with a sign of -1 out.
func (c counting) add(of class, sign int) {
	id := of.id()
	if c[id] == nil {
		c[id] = &count{Class: of}
		c[id].Class.Items = 0
	}
	c[id].Networks += sign
	c[id].Class.Items += sign * of.Items
}

// addCounts adds to the counts, always in the same order, so that two who do it at
// once do not wait for each other in a circle.
func (s *Store) addCounts(ctx context.Context, deltas counting) error {
	var writes []driver.WriteModel
	for _, id := range slices.Sorted(maps.Keys(deltas)) {
		d := deltas[id]
		if d.Networks == 0 && d.Class.Items == 0 {
			continue
		}
		c := d.Class
		writes = append(writes, driver.NewUpdateOneModel().SetUpsert(true).SetFilter(where("_id", id)).SetUpdate(bson.D{
			{Key: "$inc", Value: bson.D{{Key: "networks", Value: d.Networks}, {Key: "items", Value: c.Items}}},
			{Key: "$set", Value: bson.D{{Key: "service", Value: c.Service}, {Key: "mode", Value: c.Mode}, {Key: "condition", Value: c.Condition}, {Key: "paused", Value: c.Paused}}},
		}))
	}
	if len(writes) == 0 {
		return nil
	}
	_, err := s.counts.BulkWrite(ctx, writes)
	return err
}

// uncount takes a network that is gone out of the counts.
func (s *Store) uncount(ctx context.Context, n *network) error {
	if n.Counted == nil {
		return nil
	}
	gone := counting{}
	gone.add(*n.Counted, -1)
	return s.addCounts(ctx, gone)
}

// countMost is how many networks are counted at a time.
const countMost = 50

// recordChanged counts networks that changed since they were counted; idle asks for
// those alone that nobody works on, whose counting disturbs nobody. It returns how
// many there were.
func (s *Store) recordChanged(ctx context.Context, idle bool) (n int, err error) {
	filter := where("uncounted", true)
	if idle {
		filter = append(filter, bson.E{Key: "owner", Value: nil})
	}
	err = s.atomically(ctx, func(ctx context.Context) error {
		cursor, err := s.networks.Find(ctx, filter, options.Find().SetLimit(countMost))
		changed, err := all[*network](ctx, cursor, err)
		if n = len(changed); err != nil || n == 0 {
			return err
		}
		var writes []driver.WriteModel
		deltas := counting{}
		for _, one := range changed {
			update := bson.D{{Key: "$unset", Value: bson.D{{Key: "uncounted", Value: ""}, {Key: "counted", Value: ""}}}}
			if one.Counted != nil {
				deltas.add(*one.Counted, -1)
			}
			if now := one.class(); !one.Removed {
				deltas.add(now, 1)
				update = bson.D{{Key: "$set", Value: where("counted", now)}, {Key: "$unset", Value: where("uncounted", "")}}
			}
			writes = append(writes, driver.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: one.ID}, {Key: "version", Value: one.Version}}).SetUpdate(update))
		}
		if r, err := s.networks.BulkWrite(ctx, writes); err != nil || int(r.MatchedCount) != n {
			return cmp.Or(err, errChanged)
		}
		return s.addCounts(ctx, deltas)
	})
	return n, err
}
