package stomp

import (
	"time"

	"collector/broker/stomp/frame"
)

// handle carries out one frame, or lets it wait in the batch.
func (c *session) handle(f *frame.Frame) error {
	if c.version == frame.Unknown {
		return c.login(f)
	}
	if len(f.Body) > 0 && f.Command != frame.Send && c.version != frame.V10 {
		return refuse(f, "body not allowed", "%s has no body; of what clients send only SEND does", f.Command)
	}
	switch f.Command {
	case frame.Send:
		return c.send(f)
	case frame.Ack, frame.Nack:
		return c.acknowledge(f)
	}
	// Everything else comes after what was sent and acknowledged before it.
	if err := c.carryOut(); err != nil {
		return err
	}
	var err error
	switch f.Command {
	case frame.Subscribe:
		return c.subscribe(f) // answers before its first message
	case frame.Unsubscribe:
		err = c.unsubscribe(f)
	case frame.Begin:
		err = c.beginTransaction(f)
	case frame.Commit:
		err = c.commit(f)
	case frame.Abort:
		err = c.abort(f)
	case frame.Disconnect:
		err = errDone
	case frame.Connect, frame.Stomp:
		return refuse(f, "already connected", "a connection has one session: open another connection")
	default:
		return refuse(f, "not for clients", "%s is a frame of servers", f.Command)
	}
	if err == nil || f.Command == frame.Disconnect {
		c.receipt(f)
	}
	return err
}

// receipt puts the RECEIPT that a frame asks for behind the answers that are to be written.
func (c *session) receipt(f *frame.Frame) {
	if id, ok := f.Get("receipt"); ok {
		r := frame.Frame{Command: frame.Receipt, Headers: []frame.Header{{Name: "receipt-id", Value: id}}}
		c.batch.answers = r.Append(c.batch.answers, c.version)
	}
}

// startBeating sends heart-beats from now on.
func (c *session) startBeating(every time.Duration) {
	every -= every / 8 // a little earlier than agreed, since it takes time to arrive
	c.beat = time.AfterFunc(24*time.Hour, func() {
		next, err := c.out.beat(every)
		switch {
		case c.ctx.Err() != nil:
		case err != nil:
			c.interrupt(errGone)
		default:
			c.beat.Reset(next)
		}
	})
	c.beat.Reset(every)
}
