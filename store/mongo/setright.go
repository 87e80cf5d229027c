package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// SetRight makes due what a clock that was ahead has put off.
func (s *Store) SetRight(ctx context.Context, now time.Time) (woken int, err error) {
	if err := s.writing(ctx); err != nil {
		return 0, err
	}
	ahead := where("$gt", now)
	putOff := bson.D{{Key: "setAt", Value: ahead}, {Key: "wakeAt", Value: ahead}, {Key: "owner", Value: nil}, {Key: "removed", Value: nil}}
	cursor, err := s.networks.Find(ctx, putOff, options.Find().SetProjection(where("_id", 1)).SetHint(indexSet))
	ns, err := all[network](ctx, cursor, err)
	for _, n := range ns { // its items first: once the network is right, nobody looks at them
		if err != nil {
			break
		}
		_, err = s.items.UpdateMany(ctx, bson.D{{Key: "net", Value: n.ID}, {Key: "bareDue", Value: where("$gt", now)}}, set(where("bareDue", now)))
		if err != nil {
			break
		}
		var r *driver.UpdateResult
		r, err = s.networks.UpdateOne(ctx, append(where("_id", n.ID), putOff...), bson.D{
			{Key: "$set", Value: bson.D{{Key: "wakeAt", Value: now}, {Key: "setAt", Value: now}}}, {Key: "$inc", Value: where("version", 1)},
		})
		if err == nil {
			woken += int(r.MatchedCount)
		}
	}
	return woken, wrap("setting right what a wrong clock put off", err)
}
