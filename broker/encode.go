package broker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"collector/queue"
)

// A message in a queue is a job without a handler. Its queue is the destination, its id
// is the destination's and the message's, since ids of jobs are one name space.

// KindMessage is the kind of such jobs.
const KindMessage = "message"

// JobID is the id of the job that a message of a queue is. No destination has a space, so
// that those of no two messages are the same.
func JobID(destination, id string) string { return destination + " " + id }

func (b *Broker) job(m Message) queue.Job {
	return queue.Job{
		ID: JobID(m.Destination, m.ID), Queue: m.Destination, Kind: KindMessage, Priority: m.Priority,
		Due: m.Time, MaxAttempts: b.o.Deliveries, Data: Encode(m),
	}
}

// FromJob returns the message that a job of a queue is.
func FromJob(j queue.Job) (Message, error) {
	m, err := Decode(j.Data)
	if err != nil {
		return Message{}, fmt.Errorf("reading message %s: %w", j.ID, err)
	}
	m.Destination, m.Priority = j.Queue, j.Priority
	if m.ID = j.ID; strings.HasPrefix(j.ID, j.Queue) && len(j.ID) > len(j.Queue) {
		m.ID = j.ID[len(j.Queue)+1:]
	}
	m.Deliveries, m.Redelivered = j.Deliveries, j.Redelivered()
	return m, nil
}

// version begins what Encode writes.
const version = 1

// Encode writes the time, the headers and the body of a message: what a store keeps in
// no field of its own.
func Encode(m Message) []byte {
	out := make([]byte, 0, m.size())
	out = append(out, version)
	out = binary.AppendVarint(out, m.Time.UnixMilli())
	out = binary.AppendUvarint(out, uint64(len(m.Headers)))
	for _, h := range m.Headers {
		for _, text := range []string{h.Name, h.Value} {
			out = binary.AppendUvarint(out, uint64(len(text)))
			out = append(out, text...)
		}
	}
	return append(out, m.Body...)
}

var errEncoding = errors.New("this is no message of this program")

// Decode reads what Encode wrote; the body shares data.
func Decode(data []byte) (Message, error) {
	if len(data) == 0 || data[0] != version {
		return Message{}, errEncoding
	}
	rest := data[1:]
	ms, n := binary.Varint(rest)
	if n <= 0 {
		return Message{}, errEncoding
	}
	rest = rest[n:]
	count, n := binary.Uvarint(rest)
	if n <= 0 || count > uint64(len(rest)) {
		return Message{}, errEncoding
	}
	rest = rest[n:]
	m := Message{Time: time.UnixMilli(ms).UTC()}
	for range count {
		var h Header
		for _, into := range []*string{&h.Name, &h.Value} {
			size, n := binary.Uvarint(rest)
			if n <= 0 || size > uint64(len(rest)-n) {
				return Message{}, errEncoding
			}
			*into, rest = string(rest[n:n+int(size)]), rest[n+int(size):]
		}
		m.Headers = append(m.Headers, h)
	}
	if len(rest) > 0 {
		m.Body = rest
	}
	return m, nil
}
