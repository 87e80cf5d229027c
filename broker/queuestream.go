package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/queue"
)

// received is about how many bytes one Receive returns at most, if it is more than one
// message.
const received = 1 << 20

// queueStream is one consumer of a queue. Its fields are guarded by f.mu.
type queueStream struct {
	f       *feeder
	sub     Subscription
	arrived chan struct{} // has room for one
	ended   chan struct{} // closed by Close

	ready  []*delivery // claimed and not received yet
	bytes  int         // of those
	held   []*delivery // received and not acknowledged, in order: without headers and bodies
	byID   map[string]*delivery
	closed bool
}

// wants is how many messages may be claimed for the stream: none while about a MiB waits.
func (s *queueStream) wants() int {
	if s.bytes >= received {
		return 0
	}
	return s.room()
}

// room is how many messages the stream takes of those that are claimed.
func (s *queueStream) room() int {
	if s.closed {
		return 0
	}
	n := s.sub.Prefetch - len(s.ready)
	if s.sub.Ack != Auto { // in mode Auto the next are fetched while these are written
		n -= len(s.held)
	}
	return max(0, n)
}

func (s *queueStream) take(d *delivery) {
	s.ready = append(s.ready, d)
	s.bytes += d.size()
	select {
	case s.arrived <- struct{}{}:
	default:
	}
}

// Receive is Stream.Receive.
func (s *queueStream) Receive(ctx context.Context) ([]Message, error) {
	if s.sub.Ack == Auto {
		if err := s.taken(ctx); err != nil {
			return nil, err
		}
	}
	for {
		out, closed := s.next(s.f.b.o.Now())
		switch {
		case closed:
			return nil, fmt.Errorf("receiving from %s: %w", s.sub.Destination, ErrClosed)
		case len(out) > 0:
			s.f.roomier()
			return out, nil
		}
		select {
		case <-s.arrived:
		case <-s.ended:
		case <-ctx.Done():
			return nil, fmt.Errorf("receiving from %s: %w", s.sub.Destination, context.Cause(ctx))
		}
	}
}

// next moves what is ready into the consumer's hands. A message whose lease has ended
// meanwhile may be in another's: it is left to whoever claims it.
func (s *queueStream) next(now time.Time) (out []Message, closed bool) {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	size := 0
	for len(s.ready) > 0 && !s.closed {
		d := s.ready[0]
		if size += d.size(); size > received && len(out) > 0 {
			break
		}
		s.ready = s.ready[1:]
		s.bytes -= d.size()
		if d.lost || d.leased() && !now.Before(d.until) {
			continue
		}
		if d.given.IsZero() {
			d.given = now
		}
		if old := s.byID[d.ID]; old != nil { // it was lost and has come again
			s.held = slices.DeleteFunc(s.held, func(o *delivery) bool { return o == old })
		}
		s.held, s.byID[d.ID] = append(s.held, d), d
		out = append(out, d.Message)
		d.Message = Message{ID: d.ID}
	}
	return out, s.closed
}

// taken acknowledges what the last Receive returned.
func (s *queueStream) taken(ctx context.Context) error {
	s.f.mu.Lock()
	held := s.held
	s.held = nil
	clear(s.byID)
	s.f.ended(held)
	s.f.mu.Unlock()
	_, err := s.finish(ctx, s.settle(held), queue.Outcome{Verb: queue.Complete})
	return err
}

// Ack is Stream.Ack.
func (s *queueStream) Ack(ctx context.Context, now time.Time, ids ...string) error {
	return s.end(ctx, ids, queue.Outcome{Verb: queue.Complete})
}

// Nack is Stream.Nack.
func (s *queueStream) Nack(ctx context.Context, now time.Time, ids ...string) error {
	return s.end(ctx, ids, given(now))
}

// given is the outcome of messages that a consumer gave back.
func given(now time.Time) queue.Outcome {
	return queue.Outcome{Verb: queue.Retry, Due: now, Error: "a consumer gave it back"}
}

// Reject is Stream.Reject.
func (s *queueStream) Reject(ctx context.Context, now time.Time, ids ...string) error {
	return s.end(ctx, ids, queue.Outcome{Verb: queue.Bury, Error: "a consumer rejected it"})
}

// end ends the claims of messages in the consumer's hands.
func (s *queueStream) end(ctx context.Context, ids []string, how queue.Outcome) error {
	chosen, unknown := s.choose(ids)
	if how.Verb == queue.Complete {
		chosen = s.settle(chosen)
		s.f.roomier()
	} else {
		s.f.nudge() // it comes again
	}
	lost, err := s.finish(ctx, chosen, how)
	if err != nil {
		return fmt.Errorf("%s: %w", s.sub.Destination, err)
	}
	switch {
	case len(lost) > 0:
		return fmt.Errorf("%s: %s: %w", s.sub.Destination, strings.Join(lost, ", "), ErrLost)
	case len(unknown) > 0:
		return fmt.Errorf("%s: %.200s: %w", s.sub.Destination, strings.Join(unknown, ", "), ErrUnknown)
	}
	return nil
}

// settle acknowledges what was never stored, and returns the others.
func (s *queueStream) settle(ds []*delivery) []*delivery {
	others := s.f.b.relay.settle(ds)
	if len(others) < len(ds) {
		s.f.mu.Lock()
		s.f.gate.spared()
		s.f.mu.Unlock()
	}
	return others
}

// finish ends claims, of messages that are not stored yet once they are, and returns the ids of
// those that no longer stood.
func (s *queueStream) finish(ctx context.Context, ds []*delivery, how queue.Outcome) (lost []string, err error) {
	stored, others := s.f.b.relay.stored(ds)
	lost, err = s.finishStored(ctx, stored, how)
	if failed := s.f.b.relay.sure(ctx, others, how); failed != nil {
		return lost, errors.Join(err, failed)
	}
	more, failed := s.finishStored(ctx, others, how)
	return append(lost, more...), errors.Join(err, failed)
}

func (s *queueStream) finishStored(ctx context.Context, ds []*delivery, how queue.Outcome) (lost []string, err error) {
	outcomes := make([]queue.Outcome, len(ds))
	for i, d := range ds {
		outcomes[i] = d.ends(how)
	}
	stood, err := s.f.b.ends.finish(ctx, outcomes, s.earliest(ds))
	for i, ok := range stood {
		if !ok {
			lost = append(lost, ds[i].ID)
		}
	}
	return lost, err
}

// choose takes messages out of the consumer's hands.
func (s *queueStream) choose(ids []string) (chosen []*delivery, unknown []string) {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	for _, id := range ids {
		d := s.byID[id]
		if d == nil {
			unknown = append(unknown, id)
			continue
		}
		at := slices.Index(s.held, d)
		from := at
		if s.sub.Ack == Client {
			from = 0
		}
		for _, d := range s.held[from : at+1] {
			chosen = append(chosen, d)
			delete(s.byID, d.ID)
		}
		s.held = slices.Delete(s.held, from, at+1)
	}
	s.f.ended(chosen)
	return chosen, unknown
}

// earliest is when the first of some leases ends.
func (s *queueStream) earliest(chosen []*delivery) (until time.Time) {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	for i, d := range chosen {
		if i == 0 || d.until.Before(until) {
			until = d.until
		}
	}
	return until
}

// putBack undoes choose.
func (s *queueStream) putBack(chosen []*delivery) {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	s.held = append(slices.Clone(chosen), s.held...)
	for _, d := range chosen {
		s.byID[d.ID] = d
	}
}

// InHand is Stream.InHand.
func (s *queueStream) InHand() int {
	s.f.mu.Lock()
	defer s.f.mu.Unlock()
	return len(s.held)
}

// Close is Stream.Close.
func (s *queueStream) Close(ctx context.Context, now time.Time) error {
	s.f.mu.Lock()
	if s.closed {
		s.f.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.ended)
	held, ready := s.held, s.ready
	s.held, s.ready, s.bytes = nil, nil, 0
	clear(s.byID)
	s.f.mu.Unlock()
	s.f.leave(ctx, s)
	_, err := s.finish(ctx, held, queue.Outcome{Verb: queue.Retry, Due: now, Error: "its consumer left without acknowledging it"})
	_, failed := s.finish(ctx, ready, queue.Outcome{Verb: queue.Release})
	err = errors.Join(err, failed)
	if err != nil { // if it fails, their leases end
		return fmt.Errorf("closing the subscription of %s: %w", s.sub.Destination, err)
	}
	return nil
}
