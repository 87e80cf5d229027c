package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	countEach  = time.Second
	rescueEach = 5 * time.Second
)

// maintain does what has to be done once in a while, until the handle is closed: it
// looks at the server's clock, counts what has changed, and takes over what a
// process left undone when it died. What fails is tried again the next time; the
// calls that need it say why.
func (s *Store) maintain(ctx context.Context) {
	clock, counts, rescue := time.NewTicker(measureEach), time.NewTicker(countEach), time.NewTicker(rescueEach)
	defer clock.Stop()
	defer counts.Stop()
	defer rescue.Stop()
	seen, counted := map[string]int64{}, int64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
			s.measure(ctx)
		case <-counts.C:
			if s.doubtful() { // our clock was set, or the server was away or slow
				s.measure(ctx)
			}
			counted = s.countInTurn(ctx, counted)
		case <-rescue.C:
			seen = s.rescue(ctx, seen)
		}
	}
}

// rescueMost is how many networks are rescued in one round.
const rescueMost = 100

// attempted is the filter of networks on which attempts stand.
func attempted() bson.D {
	return bson.D{{Key: "attempts", Value: where("$exists", true)}, {Key: "attempts.epoch", Value: where("$gte", 0)}}
}

// forsaken is the filter of networks on which nothing but attempts stand that settle can
// end: of owners whose lease was ended or is another's by now, or has been over since a
// time on a network that is paused. Those of owners at work, of which there may be many at
// any moment, are not among them.
func forsaken(since time.Time) bson.D {
	earlier := bson.D{{Key: "$lt", Value: bson.A{where("$max", "$attempts.epoch"), "$epoch"}}}
	resting := bson.D{{Key: "paused", Value: true}, {Key: "leaseUntil", Value: where("$lte", since)}}
	return append(attempted(), bson.E{Key: "$or", Value: bson.A{where("owner", nil), where("$expr", earlier), resting}})
}

// longOver is since when a lease has to be over for the upkeep to end it.
func (s *Store) longOver() time.Time { return s.Now().Add(-s.o.Lease) }

// rests tells whether a network is paused whose owner is gone, in the middle of a page. No
// claim takes it over.
func (s *Store) rests(n *network) bool {
	return n.Paused && n.Owner != "" && len(n.Attempts) > 0 && s.clocked() == nil && !n.LeaseUntil.After(s.longOver())
}

// pending is the filter of networks that nobody holds and that have entries which
// may not be in the log. Those in work have such as well, with every page.
func pending(now time.Time) bson.D {
	return bson.D{{Key: "pending", Value: true}, {Key: "leaseUntil", Value: where("$not", where("$gt", now))}}
}

// settlePatience is how long the upkeep waits for a network that a process holds
// which died in the middle of a page, and whose lease is not over yet.
const settlePatience = 5 * time.Second

func (s *Store) settleSoon(ctx context.Context, n *network) error {
	ctx, cancel := context.WithTimeout(ctx, settlePatience)
	defer cancel()
	return s.settle(ctx, n)
}

// rescue ends what stood unfinished a round ago already: attempts of owners who are
// gone, entries that are not in the log, purges, and networks that lack what was kept. It
// returns what is to be looked at in the next round.
func (s *Store) rescue(ctx context.Context, seen map[string]int64) map[string]int64 {
	next := map[string]int64{}
	for _, unfinished := range []bson.D{pending(s.Now()), where("pending", true), forsaken(s.longOver())} {
		cursor, err := s.networks.Find(ctx, unfinished, options.Find().SetLimit(rescueMost))
		left, err := all[*network](ctx, cursor, err)
		if err != nil {
			return seen
		}
		for _, n := range left {
			if was, there := seen[n.ID]; !there || was != n.Version || s.settleSoon(ctx, n) != nil {
				next[n.ID] = n.Version
			}
		}
	}
	cursor, err := s.networks.Find(ctx, where("purging", true), options.Find().SetLimit(rescueMost).SetProjection(where("_id", 1)))
	purging, err := all[*network](ctx, cursor, err)
	for _, n := range purging {
		if err == nil {
			_, err = s.purge(ctx, n.ID)
		}
	}
	if err := s.takeRest(ctx, seen, next); err != nil {
		return seen
	}
	return next
}
