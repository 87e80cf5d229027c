package mongo

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/broker"
)

// blankKey is as long as the key that it replaces, of at least 10 bytes, and unlike all
// others: two blanks may have one topic and id.
func blankKey(position int64, size int) string {
	k := "-" + strconv.FormatInt(position, 36)
	return k + strings.Repeat("-", max(0, size-len(k)))
}

// Forget is broker.Log.Forget. A document of a capped collection keeps its size, and
// Blank does.
func (l *Log) Forget(ctx context.Context, chosen func(broker.Message) bool) (int, error) {
	cursor, err := l.entries.Find(ctx, bson.D{}, options.Find().SetSort(where("_id", 1)))
	if err != nil {
		return 0, fmt.Errorf("forgetting messages of topics: %w", err)
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	n := 0
	for cursor.Next(ctx) {
		ms, err := opened(cursor)
		if err != nil {
			return n, err
		}
		var e entry
		if err := cursor.Decode(&e); err != nil {
			return n, fmt.Errorf("reading the topics: %w", err)
		}
		blanked := 0
		for i, m := range ms {
			if chosen(m) {
				b := broker.Blank(m)
				e.Keys[i], e.Messages[i] = blankKey(b.Position, len(e.Keys[i])), message{Topic: b.Destination, ID: b.ID, Data: broker.Encode(b)}
				blanked++
			}
		}
		if blanked == 0 {
			continue
		}
		if _, err := l.entries.ReplaceOne(ctx, where("_id", e.First), e); err != nil {
			return n, fmt.Errorf("forgetting messages of topics: %w", err)
		}
		n += blanked
	}
	if err := cursor.Err(); err != nil {
		return n, fmt.Errorf("forgetting messages of topics: %w", err)
	}
	return n, nil
}
