// Package mongo keeps the messages of topics in a capped collection of a MongoDB database,
// which drops the oldest by itself.
//
// What one Append stores is one document, so it is there or not. The document's _id is
// the position of its first message, one more than the last of the document before: who
// appends inserts at the next place, and if somebody was there first, looks and tries
// again. So positions have no holes, and documents stand in their order.
//
// A process follows with one tailable cursor, whatever it has subscribers. It shows only
// what a majority of the servers has, since what one server alone had may be taken back
// when another becomes primary, and its position given to another message. When the
// cursor ends, because of a failover, of an empty collection or of a reader that fell
// behind, another is opened at the position that was not seen yet.
package mongo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"collector/broker"
)

// collection is the name of the capped collection.
const collection = "topics"

// awaiting is how long a server holds back an answer when there is nothing new. A
// message that a majority had a moment after it was looked for waits for the next look.
const awaiting = 200 * time.Millisecond

// silent is how long a cursor may show nothing before it is looked whether there is something.
const silent = 2 * time.Second

// reopen is how long is waited before another cursor is opened over an empty collection.
const reopen = 100 * time.Millisecond

// entry is what one Append stored.
type entry struct {
	First    int64     `bson:"_id"`
	Last     int64     `bson:"last"`
	Keys     []string  `bson:"keys"` // one of each message, unique among all documents
	Messages []message `bson:"messages"`
}

type message struct {
	Topic string `bson:"topic"`
	ID    string `bson:"id"`
	Data  []byte `bson:"data"`
}

// key names a message; a topic has no spaces.
func key(m broker.Message) string { return m.Destination + " " + m.ID }

// Log is a broker.Log.
type Log struct {
	entries *driver.Collection // reads what the primary has
	settled *driver.Collection // reads what a majority has
	next    guess
}

// Open makes the collection and its indexes unless they are there; a collection keeps
// the bounds that it was made with. keep.Messages bounds how many calls of Append are kept.
func Open(ctx context.Context, db *driver.Database, keep broker.Keep) (*Log, error) {
	keep = keep.Filled()
	err := db.CreateCollection(ctx, collection, options.CreateCollection().SetCapped(true).SetSizeInBytes(keep.Bytes).SetMaxDocuments(keep.Messages))
	if err != nil && !is(err, codeNamespaceExists) {
		return nil, fmt.Errorf("making the collection of topics: %w", err)
	}
	with := func(read *readconcern.ReadConcern) *driver.Collection {
		return db.Collection(collection, options.Collection().SetReadConcern(read).SetWriteConcern(writeconcern.Majority()))
	}
	l := &Log{entries: with(readconcern.Local()), settled: with(readconcern.Majority())}
	_, err = l.entries.Indexes().CreateMany(ctx, []driver.IndexModel{
		{Keys: bson.D{{Key: "keys", Value: 1}}, Options: options.Index().SetUnique(true)},
		{Keys: bson.D{{Key: "messages.topic", Value: 1}, {Key: "_id", Value: 1}}},
	})
	if err != nil {
		return nil, fmt.Errorf("making the indexes of topics: %w", err)
	}
	return l, nil
}

// Codes of the server, of its error_codes.yml.
const codeNamespaceExists = 48

func is(err error, code int) bool {
	se := driver.ServerError(nil)
	return errors.As(err, &se) && se.HasErrorCode(code)
}

func where(name string, value any) bson.D { return bson.D{{Key: name, Value: value}} }

// Bounds is broker.Log.Bounds.
func (l *Log) Bounds(ctx context.Context) (oldest, next int64, err error) {
	return bounds(ctx, l.settled)
}

func bounds(ctx context.Context, c *driver.Collection) (oldest, next int64, err error) {
	ends := [2]entry{{First: 1}, {Last: 0}}
	for i, order := range []int{1, -1} {
		err := c.FindOne(ctx, bson.D{}, options.FindOne().SetSort(where("_id", order)).SetProjection(where("last", 1))).Decode(&ends[i])
		if err != nil && !errors.Is(err, driver.ErrNoDocuments) {
			return 0, 0, fmt.Errorf("reading the topics: %w", err)
		}
	}
	return ends[0].First, ends[1].Last + 1, nil
}

// Topics is broker.Log.Topics. It reads the whole collection.
func (l *Log) Topics(ctx context.Context) ([]broker.TopicStats, error) {
	var out []broker.TopicStats
	found := map[string]int{}
	cursor, err := l.settled.Find(ctx, bson.D{}, options.Find().SetSort(where("_id", 1)))
	if err != nil {
		return nil, fmt.Errorf("listing the topics: %w", err)
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	for cursor.Next(ctx) {
		ms, err := opened(cursor)
		if err != nil {
			return nil, err
		}
		for _, m := range ms {
			i, ok := found[m.Destination]
			if !ok {
				i = len(out)
				found[m.Destination] = i
				out = append(out, broker.TopicStats{Topic: m.Destination, Oldest: m.Position})
			}
			out[i].Messages++
			out[i].Newest, out[i].Time = m.Position, m.Time
		}
	}
	if err := cursor.Err(); err != nil {
		return nil, fmt.Errorf("listing the topics: %w", err)
	}
	sortTopics(out)
	return out, nil
}
