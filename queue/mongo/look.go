package mongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// index is one that a list is read from, and what a question says so that it may be.
type index struct {
	name string
	also bson.D
}

// indexOf has the index of a state whose jobs are not in the order of their ids there.
var indexOf = map[queue.State]index{
	queue.Ready:     {name: indexReady},
	queue.Scheduled: {name: indexDue},
	queue.Running:   {indexLease, is("leaseUntil", is("$exists", true))},
	queue.Done:      {indexKept, is("keptUntil", is("$exists", true))},
}

// looked says by which index a page is read, and up to which id; "" is no bound. What the
// index of a state has no more of than is to be looked at is read from there and sorted.
// ids are those of the page, in an order.
func (s *Store) looked(ctx context.Context, f queue.Filter, p queue.Page, ids bson.D, order int) (by index, until string, _ error) {
	switch {
	case f.ID != "":
		return index{}, "", nil
	case p.Look < 1 && f.State == queue.Running: // few run, among any number that do not
		return indexOf[f.State], "", nil
	case p.Look < 1:
		return index{}, "", nil
	}
	if by, there := indexOf[f.State]; there {
		among := by.also
		if among == nil {
			among = is("state", f.State)
			if f.Queue != "" {
				among = append(among, bson.E{Key: "queue", Value: f.Queue})
			}
		}
		c, err := s.jobs.Find(ctx, among, options.Find().SetHint(by.name).SetSkip(int64(p.Look)).SetLimit(1).SetProjection(is("_id", 1)))
		found, err := all[row](ctx, c, err)
		if err != nil || len(found) == 0 {
			return by, "", err
		}
	}
	by, among := index{name: indexID}, bson.D{}
	if f.State == queue.Dead {
		by.name, among = indexDead, is("state", queue.Dead)
	}
	if ids != nil {
		among = append(among, bson.E{Key: "_id", Value: ids})
	}
	c, err := s.jobs.Find(ctx, among, options.Find().SetHint(by.name).SetSort(is("_id", order)).SetSkip(int64(p.Look)-1).SetLimit(2).SetProjection(is("_id", 1)))
	found, err := all[row](ctx, c, err)
	if err != nil || len(found) < 2 { // nothing is behind it
		return by, "", err
	}
	return by, found[0].ID, nil
}
