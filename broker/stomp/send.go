package stomp

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"collector/broker"
	"collector/broker/stomp/frame"
)

// ours are headers that belong to one frame or are set by the server: a message does not
// keep what its producer wrote there.
var ours = []string{
	"destination", "message-id", "subscription", "ack", "redelivered", "position",
	"content-length", "receipt", "transaction", "idempotency-key", "passcode",
}

// send handles SEND (1.2, SEND).
func (c *session) send(f *frame.Frame) error {
	m, err := c.message(f)
	if err != nil {
		return err
	}
	if id, ok := f.Get("transaction"); ok {
		t, err := c.transaction(f, id)
		if err != nil {
			return err
		}
		if err := t.add(f, m); err != nil {
			return err
		}
		if err := c.keep(f, t, sizeOf(m)); err != nil {
			return err
		}
		c.receipt(f) // it is noted; COMMIT is what stores it
		return nil
	}
	_, asked := f.Get("receipt")
	return c.add(f, m, asked || f.Value("persistent") != "false")
}

// message is what a SEND frame sends.
func (c *session) message(f *frame.Frame) (broker.Message, error) {
	destination, ok := f.Get("destination")
	if !ok {
		return broker.Message{}, missing(f, "destination")
	}
	if _, _, err := broker.Destination(destination); err != nil {
		return broker.Message{}, failed(f, err)
	}
	if !allowed(c.rights.Send, destination) {
		return broker.Message{}, refuse(f, "not allowed", "this user may not send to %s", destination)
	}
	m := broker.Message{Destination: destination, Body: f.Body, Priority: broker.DefaultPriority}
	if text, ok := f.Get("priority"); ok {
		n, err := strconv.Atoi(text)
		if err != nil {
			return broker.Message{}, refuse(f, "malformed priority", "priority is a number from 0 to 9")
		}
		m.Priority = min(max(n, 0), 9)
	}
	if key, ok := f.Get("idempotency-key"); ok {
		// A user's own: nobody can keep another's message from being taken.
		sum := sha256.Sum256([]byte(c.user + "\x00" + key))
		m.ID = "key-" + hex.EncodeToString(sum[:])
	}
	for _, h := range f.Headers {
		if !slices.Contains(ours, h.Name) {
			m.Headers = append(m.Headers, broker.Header(h))
		}
	}
	return m, nil
}
