package mongo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/broker"
)

// guess remembers which position was next when this process appended last: mostly
// nobody else has appended since.
type guess struct {
	mu sync.Mutex
	at int64 // 0: not known
}

func (g *guess) get() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.at
}

func (g *guess) set(at int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.at = at
}

// Append is broker.Log.Append.
func (l *Log) Append(ctx context.Context, _ time.Time, ms []broker.Message) ([]int64, error) {
	at := make([]int64, len(ms))
	if len(ms) == 0 {
		return at, ctx.Err()
	}
	there := map[string]int64{}
	for {
		e := fresh(ms, there)
		if len(e.Messages) == 0 {
			break
		}
		next := l.next.get()
		if next == 0 {
			var err error
			if _, next, err = bounds(ctx, l.entries); err != nil {
				return nil, err
			}
		}
		e.First, e.Last = next, next+int64(len(e.Messages))-1
		_, err := l.entries.InsertOne(ctx, e)
		if err == nil {
			l.next.set(e.Last + 1)
			for i, k := range e.Keys {
				there[k] = e.First + int64(i)
			}
			break
		}
		l.next.set(0)
		if !driver.IsDuplicateKeyError(err) || unsettled(err) {
			return nil, fmt.Errorf("appending to the topics: %w", err)
		}
		// Somebody was first: at the position, or with one of the messages.
		if err := l.find(ctx, e.Keys, there); err != nil {
			return nil, err
		}
	}
	for i, m := range ms {
		at[i] = there[key(m)]
	}
	return at, nil
}

// fresh is an entry of those messages that are not there yet, each once.
func fresh(ms []broker.Message, there map[string]int64) entry {
	var e entry
	in := map[string]bool{}
	for _, m := range ms {
		k := key(m)
		if _, ok := there[k]; ok || in[k] {
			continue
		}
		in[k] = true
		e.Keys = append(e.Keys, k)
		e.Messages = append(e.Messages, message{Topic: m.Destination, ID: m.ID, Data: broker.Encode(m)})
	}
	return e
}

// unsettled says that the server did not learn in time whether a majority has what was in the way.
func unsettled(err error) bool {
	we := driver.WriteException{}
	return errors.As(err, &we) && we.WriteConcernError != nil
}

// find notes the positions of those messages that a majority has: what the primary alone has
// may be taken back, and is not stored. Another insertion waits until a majority has it.
func (l *Log) find(ctx context.Context, keys []string, there map[string]int64) error {
	cursor, err := l.settled.Find(ctx, where("keys", where("$in", keys)), options.Find().SetProjection(where("keys", 1)))
	var entries []entry
	if err == nil {
		err = cursor.All(ctx, &entries)
	}
	if err != nil {
		return fmt.Errorf("looking for messages that were sent again: %w", err)
	}
	for _, e := range entries {
		for i, k := range e.Keys {
			if slices.Contains(keys, k) {
				there[k] = e.First + int64(i)
			}
		}
	}
	return nil
}

// opened returns the messages of the entry that a cursor stands at.
func opened(cursor *driver.Cursor) ([]broker.Message, error) {
	var e entry
	if err := cursor.Decode(&e); err != nil {
		return nil, fmt.Errorf("reading the topics: %w", err)
	}
	out := make([]broker.Message, len(e.Messages))
	for i, s := range e.Messages {
		m, err := broker.Decode(s.Data)
		if err != nil {
			return nil, fmt.Errorf("reading message %s of %s: %w", s.ID, s.Topic, err)
		}
		m.Position, m.Destination, m.ID = e.First+int64(i), s.Topic, s.ID
		out[i] = m
	}
	return out, nil
}

func sortTopics(topics []broker.TopicStats) {
	slices.SortFunc(topics, func(a, b broker.TopicStats) int { return cmp.Compare(a.Topic, b.Topic) })
}
