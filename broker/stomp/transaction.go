package stomp

import (
	"collector/broker"
	"collector/broker/stomp/frame"
)

// transaction is what a client has put into one that is open. It is kept here alone: what
// is not committed when the connection ends never was (1.2, BEGIN).
type transaction struct {
	send []broker.Message
	size int
	ack  []broker.Receipt
	nack []broker.Receipt
	ends int // acknowledgements
	held int // bytes that count into the memory of all
}

// add notes a message.
func (t *transaction) add(f *frame.Frame, m broker.Message) error {
	t.size += sizeOf(m)
	if len(t.send) == broker.MaxBatch || t.size > broker.MaxSize {
		return refuse(f, "transaction too large", "a transaction holds at most %d messages and %d bytes: commit more often", broker.MaxBatch, broker.MaxSize)
	}
	t.send = append(t.send, m)
	return nil
}

// end notes an acknowledgement.
func (t *transaction) end(f *frame.Frame, sub *subscription, v verb, id string) error {
	if v == reject {
		return refuse(f, "not in a transaction", "NACK with requeue:false cannot be part of a transaction")
	}
	if t.ends++; t.ends > broker.MaxBatch {
		return refuse(f, "transaction too large", "a transaction holds at most %d acknowledgements: commit more often", broker.MaxBatch)
	}
	list := &t.ack
	if v == nack {
		list = &t.nack
	}
	if n := len(*list); n > 0 && (*list)[n-1].Stream == sub.stream {
		(*list)[n-1].IDs = append((*list)[n-1].IDs, id)
	} else {
		*list = append(*list, broker.Receipt{Stream: sub.stream, IDs: []string{id}})
	}
	return nil
}

// transaction finds an open one for a frame that names it.
func (c *session) transaction(f *frame.Frame, id string) (*transaction, error) {
	t := c.transactions[id]
	if t == nil {
		return nil, refuse(f, "unknown transaction", "no transaction %.60q is open on this connection: BEGIN comes first", id)
	}
	return t, nil
}

// beginTransaction handles BEGIN.
func (c *session) beginTransaction(f *frame.Frame) error {
	id, ok := f.Get("transaction")
	switch {
	case !ok || id == "":
		return missing(f, "transaction")
	case c.transactions[id] != nil:
		return refuse(f, "transaction open", "a transaction %.60q is open already on this connection", id)
	case len(c.transactions) == c.o.Transactions:
		return refuse(f, "too many transactions", "at most %d may be open on a connection: commit or abort some", c.o.Transactions)
	}
	c.transactions[id] = &transaction{}
	return nil
}

// commit handles COMMIT: all of it is stored, or nothing.
func (c *session) commit(f *frame.Frame) error {
	t, err := c.ended(f)
	if err != nil {
		return err
	}
	defer c.letGo(t) // it is held until the broker has it
	if len(t.send)+t.ends == 0 {
		return nil
	}
	if err := c.broker.Commit(c.ctx, c.o.Now(), broker.Transaction{Send: t.send, Ack: t.ack, Nack: t.nack}); err != nil {
		return failed(f, err)
	}
	return nil
}

// abort handles ABORT.
func (c *session) abort(f *frame.Frame) error {
	t, err := c.ended(f)
	if err == nil {
		c.letGo(t)
	}
	return err
}

// ended takes the transaction that a frame names off the list of open ones.
func (c *session) ended(f *frame.Frame) (*transaction, error) {
	id, ok := f.Get("transaction")
	if !ok {
		return nil, missing(f, "transaction")
	}
	t, err := c.transaction(f, id)
	delete(c.transactions, id)
	return t, err
}
