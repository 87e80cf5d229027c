package broker

import (
	"bytes"
	"context"
	"strings"
	"time"
)

// Log keeps the newest messages of all topics under one number, the position: from 1,
// without holes, growing in the order in which they became visible. So whoever reads
// upwards misses nothing, and notices when something is no longer kept. Any number of
// processes may share one; brokertest.Log is its kit.
//
// The broker makes a call again that fails, unless its error is ErrGone or ErrMessage.
type Log interface {
	// Append stores all of ms or none, in order, and returns their positions. Of a
	// message whose Destination and ID the log still holds, or that stands earlier in
	// ms, nothing is stored, and its position is that of the first. A call that fails may
	// have been carried out all the same.
	Append(ctx context.Context, now time.Time, ms []Message) ([]int64, error)
	// Read returns up to n messages of one topic from a position on, in order. ErrGone
	// if messages of any topic from that position on are no longer kept.
	Read(ctx context.Context, topic string, from int64, n int) ([]Message, error)
	// Bounds returns the oldest position that is kept and the one that the next message
	// gets; they are the same while the log is empty.
	Bounds(ctx context.Context) (oldest, next int64, err error)
	// Follow calls fn with all messages of all topics from a position on, in order,
	// none twice and none left out, as they are appended by whatever process. It returns
	// when ctx ends, when it cannot go on, or ErrGone. What fn is given it may keep.
	Follow(ctx context.Context, from int64, fn func([]Message)) error
	// Topics lists what is kept, by topic, for people: it may take long.
	Topics(ctx context.Context) ([]TopicStats, error)
	// Forget puts Blank in the place of all messages that chosen says, and returns how
	// many. It may be called again after an error. What readers got before, they have.
	Forget(ctx context.Context, chosen func(Message) bool) (int, error)
}

// Blank is what is left of a message that is forgotten: its position, its id, its time
// and its size, since some logs cannot change that. The name of its topic is dashes, which no
// destination has, so that no subscriber gets it. Its topic and id may be those of other
// blanks.
func Blank(m Message) Message {
	prefix := "/" + string(Topic) + "/"
	b := Message{ID: m.ID, Destination: prefix + strings.Repeat("-", max(0, len(m.Destination)-len(prefix))), Time: m.Time, Position: m.Position}
	if more := len(Encode(m)) - len(Encode(b)); more > 0 {
		b.Body = bytes.Repeat([]byte{' '}, more)
	}
	return b
}

// TopicStats is what a log holds of a topic.
type TopicStats struct {
	Topic          string // "/topic/NAME"
	Messages       int64
	Oldest, Newest int64 // positions
	Time           time.Time
}
