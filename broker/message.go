package broker

import (
	"fmt"
	"time"
	"unicode/utf8"

	"collector/queue"
)

// Message is what is sent and delivered.
type Message struct {
	ID          string // at most MaxID bytes; given by Send where it is empty, and then in the order of the calls
	Destination string // "/queue/NAME" or "/topic/NAME"
	Headers     []Header
	Body        []byte
	Priority    int       // queues: higher goes first, 0 to 9
	Time        time.Time // when it was sent: set by Send, in milliseconds

	// Set by the broker when it delivers.
	Position    int64 // topics: grows by one with each message of all topics; 0 in queues
	Deliveries  int   // queues: how often it was handed to a consumer, this time included
	Redelivered bool  // queues: it was in a consumer's hands before

	ours bool // the broker gave it its id, so no other message has it
}

// Header is one line of what a producer says about a message, in its order and with
// its repetitions.
type Header struct{ Name, Value string }

// Get returns the first header of that name; of several the first counts (STOMP 1.2,
// "Repeated Header Entries").
func (m Message) Get(name string) string {
	for _, h := range m.Headers {
		if h.Name == name {
			return h.Value
		}
	}
	return ""
}

// DefaultPriority is what a producer that names no priority means (JMS 1.1, 3.4.10).
const DefaultPriority = 4

// Most of what a message or a call may hold.
const (
	MaxID      = 140     // bytes of an id
	MaxHeaders = 100     // of a message
	MaxSize    = 4 << 20 // bytes of the messages of one call, headers included
	MaxBatch   = 1000    // messages of one call
)

// size is what a message takes in memory and in a store, about.
func (m Message) size() int {
	n := len(m.ID) + len(m.Destination) + len(m.Body) + 64
	for _, h := range m.Headers {
		n += len(h.Name) + len(h.Value) + 16
	}
	return n
}

// prepare returns messages as they are stored and their size. The error is ErrMessage
// or ErrDestination.
func prepare(ms []Message, now time.Time) ([]Message, int, error) {
	if len(ms) > MaxBatch {
		return nil, 0, fmt.Errorf("%w: %d in one call, at most %d may be; send them in several", ErrMessage, len(ms), MaxBatch)
	}
	out, size := make([]Message, len(ms)), 0
	for i, m := range ms {
		if _, _, err := Destination(m.Destination); err != nil {
			return nil, 0, err
		}
		if m.ours = m.ID == ""; m.ours {
			m.ID = queue.NewID(now)
		}
		switch {
		case len(m.ID) > MaxID || !utf8.ValidString(m.ID):
			return nil, 0, fmt.Errorf("%w: its id has %d bytes or is no UTF-8; at most %d may be", ErrMessage, len(m.ID), MaxID)
		case len(m.Headers) > MaxHeaders:
			return nil, 0, fmt.Errorf("%w: it has %d headers, at most %d may be", ErrMessage, len(m.Headers), MaxHeaders)
		case m.Priority < 0 || m.Priority > 9:
			return nil, 0, fmt.Errorf("%w: its priority is %d; 0 to 9 may be", ErrMessage, m.Priority)
		}
		m.Time = queue.Milli(now)
		m.Position, m.Deliveries, m.Redelivered = 0, 0, false
		out[i] = m
		if size += m.size(); size > MaxSize {
			return nil, 0, fmt.Errorf("%w: more than %d bytes in one call; send less at once, or keep it elsewhere and name the place", ErrMessage, MaxSize)
		}
	}
	return out, size, nil
}
