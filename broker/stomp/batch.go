package stomp

import (
	"errors"

	"collector/broker"
	"collector/broker/stomp/frame"
)

// batch is what the frames of one read ask for and is not done yet: messages first, in
// one write, then acknowledgements, so that who answers a message and then acknowledges
// it never has the second done without the first.
type batch struct {
	messages []broker.Message
	size     int            // of the messages, as the broker counts it, about
	stored   bool           // one of them must be stored before it is answered
	sent     []*frame.Frame // of the messages, those that want a receipt
	ends     []ending
	answers  []byte // frames for the client
}

// ending are acknowledgements of one kind in one subscription.
type ending struct {
	of     []*subscription // the first that knows a message has it; usually one
	verb   verb
	ids    []string
	frames []*frame.Frame // those that want a receipt
}

// verb is what becomes of a message.
type verb int

const (
	ack verb = iota
	nack
	reject // a negative acknowledgement with requeue:false
)

// add puts a message into the batch; one that is full is carried out before.
func (c *session) add(f *frame.Frame, m broker.Message, stored bool) error {
	size := sizeOf(m)
	if len(c.batch.messages) == broker.MaxBatch || c.batch.size+size > broker.MaxSize {
		if err := c.carryOut(); err != nil {
			return err
		}
	}
	b := &c.batch
	b.messages, b.size, b.stored = append(b.messages, m), b.size+size, b.stored || stored
	if _, ok := f.Get("receipt"); ok {
		b.sent = append(b.sent, f)
	}
	return nil
}

// sizeOf is at least what the broker counts of a message.
func sizeOf(m broker.Message) int {
	n := broker.MaxID + len(m.Destination) + len(m.Body) + 64
	for _, h := range m.Headers {
		n += len(h.Name) + len(h.Value) + 16
	}
	return n
}

// end puts an acknowledgement into the batch.
func (c *session) endOf(f *frame.Frame, of []*subscription, v verb, id string) {
	ends := c.batch.ends
	if n := len(ends); n == 0 || ends[n-1].verb != v || len(of) != 1 || len(ends[n-1].of) != 1 || ends[n-1].of[0] != of[0] {
		ends = append(ends, ending{of: of, verb: v})
	}
	last := &ends[len(ends)-1]
	last.ids = append(last.ids, id)
	if _, ok := f.Get("receipt"); ok {
		last.frames = append(last.frames, f)
	}
	c.batch.ends = ends
}

// carryOut does what the batch holds. Receipts are answered for what is done.
func (c *session) carryOut() error {
	b := c.batch
	c.batch = batch{answers: b.answers}
	if len(b.messages) > 0 {
		deliver := c.broker.Post
		if b.stored {
			deliver = c.broker.Send
		}
		if err := deliver(c.ctx, c.o.Now(), b.messages); err != nil {
			return failed(first(b.sent), err)
		}
	}
	for _, f := range b.sent {
		c.receipt(f)
	}
	for _, e := range b.ends {
		if err := c.carryOutEnd(e); err != nil {
			return failed(first(e.frames), err)
		}
		for _, f := range e.frames {
			c.receipt(f)
		}
	}
	return nil
}

func (c *session) carryOutEnd(e ending) error {
	var err error
	for _, sub := range e.of {
		call := sub.stream.Ack
		switch e.verb {
		case nack:
			call = sub.stream.Nack
		case reject:
			call = sub.stream.Reject
		case ack:
		}
		if err = call(c.ctx, c.o.Now(), e.ids...); !errors.Is(err, broker.ErrUnknown) {
			break
		}
	}
	return err
}

func first(frames []*frame.Frame) *frame.Frame {
	if len(frames) == 0 {
		return nil
	}
	return frames[0]
}

// flush carries out the batch and writes the answers.
func (c *session) flush() error {
	err := c.carryOut()
	return errors.Join(c.answer(), err)
}

// answer writes the answers that have gathered.
func (c *session) answer() error {
	if len(c.batch.answers) == 0 {
		return nil
	}
	err := c.out.write(c.batch.answers)
	c.batch.answers = nil
	return err
}
