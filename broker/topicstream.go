package broker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// topicStream is one subscriber of a topic: a position, and what it has not acknowledged.
type topicStream struct {
	h     *hub
	w     *window
	sub   Subscription
	from  int64         // of Receive alone: the next position that it has not looked at
	sizes sizes         // the same
	freed chan struct{} // has room for one: something was acknowledged
	ended chan struct{} // closed by Close

	mu     sync.Mutex
	held   []string // ids, in order; none in mode Auto
	closed bool
}

// Receive is Stream.Receive.
func (s *topicStream) Receive(ctx context.Context) ([]Message, error) {
	for {
		n, closed := s.room()
		if closed || s.h.b.ctx.Err() != nil {
			return nil, fmt.Errorf("receiving from %s: %w", s.sub.Destination, ErrClosed)
		}
		var wake <-chan struct{} // nil while there is no room: then only an acknowledgement helps
		if n > 0 {
			var out []Message
			var err error
			if out, wake, err = s.look(ctx, n); err != nil {
				return nil, fmt.Errorf("receiving from %s at position %d: %w", s.sub.Destination, s.from, err)
			}
			if len(out) > 0 {
				s.hold(out)
				return out, nil
			}
			if wake == nil { // what was read fits nobody's filter: go on
				if ctx.Err() != nil {
					return nil, fmt.Errorf("receiving from %s: %w", s.sub.Destination, context.Cause(ctx))
				}
				continue
			}
		}
		select {
		case <-wake:
		case <-s.freed:
		case <-s.ended:
		case <-s.h.b.ctx.Done():
		case <-ctx.Done():
			return nil, fmt.Errorf("receiving from %s: %w", s.sub.Destination, context.Cause(ctx))
		}
	}
}

// look takes the next messages from the hub or the log. It returns what to wait for when
// there are none yet, nil when there may be more at once.
func (s *topicStream) look(ctx context.Context, n int) ([]Message, <-chan struct{}, error) {
	s.h.mu.Lock()
	seen, wake := s.h.next, s.w.wake
	if s.from >= s.w.from {
		at, _ := slices.BinarySearchFunc(s.w.recent, s.from, func(m Message, p int64) int { return cmp.Compare(m.Position, p) })
		out, all := s.pick(s.w.recent[at:], n)
		if all {
			s.from = max(s.from, seen)
		}
		s.h.mu.Unlock()
		return out, wake, nil
	}
	s.h.mu.Unlock()
	n = s.sizes.fit(n)
	var ms []Message
	err := s.h.b.retry(ctx, "reading "+s.sub.Destination, func(ctx context.Context) (err error) {
		ms, err = s.h.b.log.Read(ctx, s.sub.Destination, s.from, n)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	short := len(ms) < n
	bytes := 0
	for _, m := range ms {
		bytes += m.size()
	}
	s.sizes.learn(bytes, len(ms))
	out, all := s.pick(ms, n)
	if all && short { // everything that the hub had seen before was read
		s.from = max(s.from, seen)
	}
	return out, nil, nil
}

// pick chooses what the filter wants, at most n, and moves the position behind what was
// looked at: all of it, or up to the last that was chosen.
func (s *topicStream) pick(ms []Message, n int) (out []Message, all bool) {
	size := 0
	for _, m := range ms {
		if len(out) == n {
			return out, false
		}
		if s.sub.Filter == nil || s.sub.Filter(m) {
			if size += m.size(); size > received && len(out) > 0 {
				return out, false
			}
			out = append(out, m)
		}
		s.from = m.Position + 1
	}
	return out, true
}

func (s *topicStream) room() (n int, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sub.Prefetch - len(s.held), s.closed
}

func (s *topicStream) hold(ms []Message) {
	if s.sub.Ack == Auto {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range ms {
		s.held = append(s.held, m.ID)
	}
}

// Ack is Stream.Ack.
func (s *topicStream) Ack(_ context.Context, _ time.Time, ids ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	unknown := ""
	for _, id := range ids {
		at := slices.Index(s.held, id)
		if at < 0 {
			unknown = id
			continue
		}
		from := at
		if s.sub.Ack == Client {
			from = 0
		}
		s.held = slices.Delete(s.held, from, at+1)
	}
	select {
	case s.freed <- struct{}{}:
	default:
	}
	if unknown != "" {
		return fmt.Errorf("%s: %.200s: %w", s.sub.Destination, unknown, ErrUnknown)
	}
	return nil
}

// Nack is Stream.Nack: a topic has no other consumer to give a message to.
func (s *topicStream) Nack(ctx context.Context, now time.Time, ids ...string) error {
	return s.Ack(ctx, now, ids...)
}

// Reject is Stream.Reject.
func (s *topicStream) Reject(ctx context.Context, now time.Time, ids ...string) error {
	return s.Ack(ctx, now, ids...)
}

// InHand is Stream.InHand.
func (s *topicStream) InHand() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.held)
}

// Close is Stream.Close.
func (s *topicStream) Close(context.Context, time.Time) error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if !closed {
		close(s.ended)
		s.h.leave(s)
	}
	return nil
}
