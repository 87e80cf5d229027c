package broker

import (
	"context"
	"time"
)

// Ack says when a message counts as taken.
type Ack string

// The modes of acknowledgement (STOMP 1.2, "SUBSCRIBE ack Header").
const (
	Auto       Ack = "auto"              // when Receive is called the next time
	Client     Ack = "client"            // when it or a later one of the same subscription is acknowledged
	Individual Ack = "client-individual" // when it is acknowledged itself
)

// Where a subscription of a topic starts; a position P > 0 starts at the message of
// that position, so who has seen P resumes at P+1.
const (
	Newest int64 = 0  // at what is sent after Subscribe has returned
	Oldest int64 = -1 // at the oldest that is kept
)

// Subscription is what a consumer wants.
type Subscription struct {
	Destination string
	Ack         Ack                // "" is Auto
	Prefetch    int                // most messages in the consumer's hands; 0 is DefaultPrefetch
	Filter      func(Message) bool // nil takes all; it must not block
	From        int64              // topics: Newest, Oldest or a position
}

// DefaultPrefetch is that of subscriptions that name none.
const DefaultPrefetch = 100

// Stream is one subscription at work. Receive is for one goroutine at a time; the
// others may be called at the same time as it and each other.
type Stream interface {
	// Receive waits for messages and returns those that are there, at least one and at
	// most what the prefetch leaves free, in order. While as many as the prefetch are
	// unacknowledged it waits. A store that does not answer is waited for. It returns
	// ErrGone, ErrClosed or the error of ctx; after ErrGone it can be closed only.
	Receive(ctx context.Context) ([]Message, error)

	// Ack acknowledges messages by id; in mode Client each with all that Receive
	// returned before it. It returns when that is stored. ErrUnknown or ErrLost, which
	// name the ids, do not keep the others from being acknowledged. In topics it only
	// makes room for more.
	Ack(ctx context.Context, now time.Time, ids ...string) error

	// Nack gives messages back, as Ack chooses them: a queue delivers them again, until
	// Options.Deliveries are used up and they become dead letters. A topic does not.
	Nack(ctx context.Context, now time.Time, ids ...string) error

	// Reject makes messages dead letters at once, as Ack chooses them.
	Reject(ctx context.Context, now time.Time, ids ...string) error

	// InHand says how many messages were received and are not acknowledged; of a topic in
	// mode Auto none are.
	InHand() int

	// Close ends the subscription. A queue delivers again at once what was received and
	// not acknowledged.
	Close(ctx context.Context, now time.Time) error
}

// Receipt names messages that one stream has received.
type Receipt struct {
	Stream Stream
	IDs    []string
}

// Transaction is what happens together or not at all.
type Transaction struct {
	Send []Message
	Ack  []Receipt // in mode Client each id stands for those before it too
	Nack []Receipt
}
