package control

import (
	"context"
	"time"

	"collector/broker"
	"collector/control/words"
)

// Topics is what is kept of the topics. Positions are those of all topics together.
type Topics struct {
	Schema int     `json:"schema"`
	Oldest int64   `json:"oldest"` // position of the oldest message that is kept
	Next   int64   `json:"next"`   // position of the next message
	Topics []Topic `json:"topics" nullable:"false"`
}

// Topic is what is kept of one topic.
type Topic struct {
	Topic    string     `json:"topic"`
	Messages int64      `json:"messages"`
	Oldest   int64      `json:"oldest"`
	Newest   int64      `json:"newest"`
	Last     *time.Time `json:"last"` // when the newest was sent
}

// TopicsOf reads the topics of a log.
func TopicsOf(ctx context.Context, log broker.Log) (Topics, error) {
	list, err := log.Topics(ctx)
	if err != nil {
		return Topics{}, err
	}
	v := Topics{Schema: 1, Topics: []Topic{}}
	if v.Oldest, v.Next, err = log.Bounds(ctx); err != nil {
		return Topics{}, err
	}
	for _, t := range list {
		v.Topics = append(v.Topics, Topic{t.Topic, t.Messages, t.Oldest, t.Newest, words.Stamp(t.Time)})
	}
	return v, nil
}
