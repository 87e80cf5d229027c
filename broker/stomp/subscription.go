package stomp

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"collector/broker"
	"collector/broker/stomp/frame"
	"collector/broker/stomp/selector"
)

// subscription is one of a session.
type subscription struct {
	id          string // as the client calls it; "" where it did not, in 1.0
	number      string // in the session, for the ack header
	ack         broker.Ack
	destination string
	stream      broker.Stream
	stop        context.CancelFunc
	work        sync.WaitGroup // what writes its messages
}

// subscribe handles SUBSCRIBE (1.2, SUBSCRIBE).
func (c *session) subscribe(f *frame.Frame) error {
	wanted, err := c.wanted(f)
	if err != nil {
		return err
	}
	key, err := c.keyOf(f)
	switch {
	case err != nil:
		return err
	case c.subscriptions[key] != nil:
		return refuse(f, "subscribed already", "this connection has a subscription of that id, or in 1.0 of that destination without an id: give each its own id")
	case len(c.subscriptions) == c.o.Subscriptions:
		return refuse(f, "too many subscriptions", "a connection has at most %d", c.o.Subscriptions)
	}
	ctx, stop := context.WithCancel(c.ctx)
	stream, err := c.broker.Subscribe(ctx, c.o.Now(), wanted)
	if err != nil {
		stop()
		return failed(f, err)
	}
	c.numbered++
	sub := &subscription{id: f.Value("id"), number: strconv.Itoa(c.numbered), ack: wanted.Ack, destination: wanted.Destination, stream: stream, stop: stop}
	c.mu.Lock()
	c.subscriptions[key], c.byNumber[sub.number] = sub, sub
	c.mu.Unlock()
	c.receipt(f)
	if err := c.answer(); err != nil {
		return err
	}
	sub.work.Go(func() { c.deliver(ctx, sub) })
	return nil
}

// keyOf is the key of the subscription that SUBSCRIBE or UNSUBSCRIBE is about. 1.0 has
// it without id, by destination.
func (c *session) keyOf(f *frame.Frame) (string, error) {
	if id := f.Value("id"); id != "" {
		return "id " + id, nil
	}
	if c.version != frame.V10 {
		return "", missing(f, "id")
	}
	destination, ok := f.Get("destination")
	if !ok {
		return "", missing(f, "id or destination")
	}
	return "destination " + destination, nil
}

// wanted reads what SUBSCRIBE asks for.
func (c *session) wanted(f *frame.Frame) (broker.Subscription, error) {
	none := broker.Subscription{}
	destination, ok := f.Get("destination")
	if !ok {
		return none, missing(f, "destination")
	}
	if _, _, err := broker.Destination(destination); err != nil {
		return none, failed(f, err)
	}
	if !allowed(c.rights.Subscribe, destination) {
		return none, refuse(f, "not allowed", "this user may not subscribe to %s", destination)
	}
	wanted := broker.Subscription{Destination: destination, Ack: broker.Auto}
	if text, ok := f.Get("ack"); ok {
		switch wanted.Ack = broker.Ack(text); wanted.Ack {
		case broker.Auto, broker.Client, broker.Individual:
		default:
			return none, refuse(f, "malformed ack", "ack is auto, client or client-individual, not %.40q", text)
		}
	}
	for _, name := range []string{"prefetch-count", "activemq.prefetchSize"} {
		text, ok := f.Get(name)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return none, refuse(f, "malformed prefetch", "%s is a number of messages", name)
		}
		wanted.Prefetch = int(min(n, mostPrefetch))
		break
	}
	if text, ok := f.Get("selector"); ok && strings.TrimSpace(text) != "" {
		s, err := selector.Parse(text)
		if err != nil {
			return none, refuse(f, "malformed selector", "%s", err)
		}
		wanted.Filter = func(m broker.Message) bool { return s.Match(lookUp(m)) }
	}
	switch text := f.Value("from"); text {
	case "", "newest":
	case "oldest":
		wanted.From = broker.Oldest
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			return none, refuse(f, "malformed from", "from is newest, oldest, or the position of a topic's message")
		}
		wanted.From = n
	}
	return wanted, nil
}

func lookUp(m broker.Message) selector.Headers {
	return func(name string) (string, bool) {
		for _, h := range m.Headers {
			if h.Name == name {
				return h.Value, true
			}
		}
		return "", false
	}
}

// deliver writes the messages of a subscription until ctx ends. A client that is slow
// keeps it waiting, and with it the stream: no more than one Receive is held here.
func (c *session) deliver(ctx context.Context, sub *subscription) {
	for {
		ms, err := sub.stream.Receive(ctx)
		if err != nil {
			if ctx.Err() == nil {
				c.interrupt(failed(nil, err))
			}
			return
		}
		if err := c.writeMessages(sub, ms); err != nil {
			c.interrupt(errGone)
			return
		}
	}
}

// buffers are those that frames are written from: of those who write, not of all who wait.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// writeMessages writes MESSAGE frames, many of small ones at once.
func (c *session) writeMessages(sub *subscription, ms []broker.Message) error {
	pooled := buffers.Get().(*[]byte)
	buf := (*pooled)[:0]
	for i, m := range ms {
		f := c.delivered(sub, m)
		buf = f.Append(buf, c.version)
		if i < len(ms)-1 && len(buf) < piece {
			continue
		}
		if err := c.out.write(buf); err != nil {
			return err
		}
		buf = buf[:0]
	}
	if cap(buf) <= 2*piece {
		*pooled = buf
		buffers.Put(pooled)
	}
	return nil
}

var errGone = errors.New("the client does not take what it is sent")

// delivered is the MESSAGE frame (1.2, MESSAGE).
func (c *session) delivered(sub *subscription, m broker.Message) frame.Frame {
	f := frame.Frame{Command: frame.Message, Body: m.Body, Headers: make([]frame.Header, 0, len(m.Headers)+8)}
	if sub.id != "" {
		f.Add("subscription", sub.id)
	}
	f.Add("message-id", m.ID)
	f.Add("destination", m.Destination)
	if sub.ack != broker.Auto && c.version == frame.V12 {
		f.Add("ack", sub.number+"-"+m.ID)
	}
	if m.Redelivered {
		f.Add("redelivered", "true")
	}
	if m.Position > 0 {
		f.Add("position", strconv.FormatInt(m.Position, 10))
	}
	for _, h := range m.Headers {
		switch h.Name {
		case "subscription", "message-id", "destination", "ack", "redelivered", "position":
		default:
			f.Headers = append(f.Headers, frame.Header(h))
		}
	}
	f.Add("timestamp", strconv.FormatInt(m.Time.UnixMilli(), 10)) // the first counts, which may be the producer's
	return f
}

// unsubscribe handles UNSUBSCRIBE. What was delivered and is not acknowledged is
// delivered again, to whoever subscribes.
func (c *session) unsubscribe(f *frame.Frame) error {
	key, err := c.keyOf(f)
	if err != nil {
		return err
	}
	sub := c.subscriptions[key]
	if sub == nil {
		return refuse(f, "not subscribed", "this connection has no such subscription")
	}
	c.mu.Lock()
	delete(c.subscriptions, key)
	c.mu.Unlock()
	delete(c.byNumber, sub.number)
	sub.stop()
	sub.work.Wait()
	if err := sub.stream.Close(c.ctx, c.o.Now()); err != nil {
		return failed(f, err)
	}
	return nil
}

// givingBack is how long the store may take to hear that a client left. After that the
// time to acknowledge runs out by itself.
const givingBack = 10 * time.Second

// unsubscribeAll ends what is left when the session ends.
func (c *session) unsubscribeAll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, givingBack)
	defer cancel()
	for _, sub := range c.subscriptions {
		sub.stop()
	}
	for _, sub := range c.subscriptions {
		sub.work.Wait()
		if err := sub.stream.Close(ctx, c.o.Now()); err != nil && !errors.Is(err, broker.ErrClosed) {
			c.log.Warn("giving back what a STOMP client had in hand", "err", err)
		}
	}
}
