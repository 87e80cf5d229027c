package stomp

import (
	"strings"

	"collector/broker"
	"collector/broker/stomp/frame"
)

// acknowledge handles ACK and NACK (1.2, ACK). What they mean, one message or all up to it,
// is the subscription's mode, which the broker keeps to.
func (c *session) acknowledge(f *frame.Frame) error {
	v := ack
	if f.Command == frame.Nack {
		if c.version == frame.V10 {
			return refuse(f, "not in this version", "NACK came with STOMP 1.1, and this session speaks 1.0")
		}
		if v = nack; f.Value("requeue") == "false" {
			v = reject
		}
	}
	of, id, err := c.meant(f)
	if err != nil {
		return err
	}
	var t *transaction
	if tx, ok := f.Get("transaction"); ok {
		if t, err = c.transaction(f, tx); err != nil {
			return err
		}
	}
	if of[0].ack == broker.Auto && v == ack { // it was, when it was delivered
		c.receipt(f)
		return nil
	}
	if t != nil {
		if len(of) > 1 {
			return refuse(f, "subscription not clear", "in a transaction, name the subscription: this connection has several")
		}
		if err := t.end(f, of[0], v, id); err != nil {
			return err
		}
		if err := c.keep(f, t, len(id)); err != nil {
			return err
		}
		c.receipt(f)
		return nil
	}
	c.endOf(f, of, v, id)
	return nil
}

// meant returns the message that ACK or NACK is about, and the subscription that it was
// delivered to: 1.2 has both in the header id, from the header ack of the message; 1.1 in two headers; in
// 1.0 the subscription may be left out, and then several may come into question.
func (c *session) meant(f *frame.Frame) ([]*subscription, string, error) {
	if c.version == frame.V12 {
		id, ok := f.Get("id")
		if !ok {
			return nil, "", missing(f, "id")
		}
		number, message, _ := strings.Cut(id, "-")
		if sub := c.byNumber[number]; sub != nil {
			return []*subscription{sub}, message, nil
		}
		return nil, "", unknown(f)
	}
	message, ok := f.Get("message-id")
	if !ok {
		return nil, "", missing(f, "message-id")
	}
	name, named := f.Get("subscription")
	switch {
	case named && c.subscriptions["id "+name] != nil:
		return []*subscription{c.subscriptions["id "+name]}, message, nil
	case named:
		return nil, "", unknown(f)
	case c.version != frame.V10:
		return nil, "", missing(f, "subscription")
	}
	var all, auto []*subscription
	for _, sub := range c.subscriptions {
		if sub.ack == broker.Auto {
			auto = append(auto, sub)
		} else {
			all = append(all, sub)
		}
	}
	switch {
	case len(all) > 0:
		return all, message, nil
	case len(auto) > 0: // whichever delivered it: nothing is left to acknowledge
		return auto[:1], message, nil
	}
	return nil, "", unknown(f)
}

func unknown(f *frame.Frame) error {
	return refuse(f, "unknown message", "no subscription of this connection has an unacknowledged message of that id")
}
