package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/broker"
)

// Read is broker.Log.Read.
func (l *Log) Read(ctx context.Context, topic string, from int64, n int) ([]broker.Message, error) {
	if n <= 0 {
		return nil, ctx.Err()
	}
	filter := bson.D{
		{Key: "messages.topic", Value: topic},
		{Key: "_id", Value: where("$gt", from-broker.MaxBatch)}, // an entry that begins before may reach to it
		{Key: "last", Value: where("$gte", from)},
	}
	cursor, err := l.settled.Find(ctx, filter, options.Find().SetSort(where("_id", 1)).SetLimit(int64(n)))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", topic, err)
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	var out []broker.Message
	for len(out) < n && cursor.Next(ctx) {
		ms, err := opened(cursor)
		if err != nil {
			return nil, err
		}
		for _, m := range ms {
			if m.Destination == topic && m.Position >= from && len(out) < n {
				out = append(out, m)
			}
		}
	}
	if err := cursor.Err(); err != nil {
		return nil, fmt.Errorf("reading %s: %w", topic, err)
	}
	return out, l.kept(ctx, from) // asked last: what was dropped meanwhile may be missing above
}

// kept says whether everything from a position on is still there.
func (l *Log) kept(ctx context.Context, from int64) error {
	oldest, _, err := l.Bounds(ctx)
	if err == nil && from < oldest {
		err = fmt.Errorf("position %d, the oldest is %d: %w", from, oldest, broker.ErrGone)
	}
	return err
}

// Follow is broker.Log.Follow.
func (l *Log) Follow(ctx context.Context, from int64, fn func([]broker.Message)) error {
	for ctx.Err() == nil {
		if err := l.kept(ctx, from); err != nil {
			return err
		}
		next, err := l.tail(ctx, from, fn)
		if err != nil && next == from { // the caller decides how soon it is tried again
			return err
		}
		if next == from {
			wait(ctx, reopen)
		}
		from = next
	}
	return context.Cause(ctx)
}

// errHole says that a cursor stepped over something: it fell behind, and what it should
// have shown is dropped or has still to be shown.
var errHole = errors.New("the cursor skipped messages")

// tail reads with one cursor until that ends, and returns the position that it did not
// see any more.
func (l *Log) tail(ctx context.Context, from int64, fn func([]broker.Message)) (int64, error) {
	cursor, err := l.settled.Find(ctx, where("last", where("$gte", from)), options.Find().SetCursorType(options.TailableAwait).SetMaxAwaitTime(awaiting))
	if err != nil {
		return from, fmt.Errorf("following the topics: %w", err)
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	for quiet := time.Now(); ; {
		// One look at a time: the client's time limit is one of a look, not of a silence.
		if !cursor.TryNext(ctx) {
			if cursor.Err() != nil || cursor.ID() == 0 {
				break
			}
			if time.Since(quiet) < silent {
				continue
			}
			next, err := l.overlooked(ctx, from, fn)
			if err != nil || next != from {
				return next, err
			}
			quiet = time.Now()
			continue
		}
		quiet = time.Now()
		ms, err := opened(cursor)
		if err == nil {
			from, err = pass(from, ms, fn)
		}
		if err != nil {
			return from, err
		}
	}
	if err := cursor.Err(); err != nil {
		return from, fmt.Errorf("following the topics: %w", err)
	}
	return from, nil // an empty collection, or one that was dropped
}

// pass hands on what begins at a position or reaches to it, and returns the next one.
func pass(from int64, ms []broker.Message, fn func([]broker.Message)) (int64, error) {
	if len(ms) == 0 || ms[len(ms)-1].Position < from { // seen already
		return from, nil
	}
	if ms[0].Position > from {
		return from, fmt.Errorf("following the topics: %w: position %d after %d", errHole, ms[0].Position, from-1)
	}
	ms = ms[from-ms[0].Position:]
	fn(ms)
	return ms[len(ms)-1].Position + 1, nil
}

// overlooked hands on what is there from a position on and a cursor that has long been silent
// did not show: of one that was opened while a primary was elected that has been seen. It
// reads by the index, which costs little where there is nothing.
func (l *Log) overlooked(ctx context.Context, from int64, fn func([]broker.Message)) (int64, error) {
	filter := bson.D{{Key: "_id", Value: where("$gt", from-broker.MaxBatch)}, {Key: "last", Value: where("$gte", from)}}
	cursor, err := l.settled.Find(ctx, filter, options.Find().SetSort(where("_id", 1)))
	if err != nil {
		return from, fmt.Errorf("following the topics: %w", err)
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	for cursor.Next(ctx) {
		ms, err := opened(cursor)
		if err == nil {
			from, err = pass(from, ms, fn)
		}
		if err != nil {
			return from, err
		}
	}
	if err := cursor.Err(); err != nil {
		return from, fmt.Errorf("following the topics: %w", err)
	}
	return from, nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
