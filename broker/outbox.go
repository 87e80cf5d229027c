package broker

import (
	"context"
	"fmt"
	"sync"
	"time"

	"collector/queue"
)

// outbox is the bounded memory of what producers sent and the store does not have yet.
// One writer takes from it, in order, as much at once as one write may hold: while it
// writes, the next gathers.
type outbox struct {
	b *Broker

	mu     sync.Mutex
	line   []*parcel
	bytes  int
	queued map[string]int // messages of the line, by queue
	closed bool
	more   chan struct{} // has room for one: something was put
	room   chan struct{} // closed and made anew when something left
}

func newOutbox(b *Broker) *outbox {
	return &outbox{b: b, queued: map[string]int{}, more: make(chan struct{}, 1), room: make(chan struct{})}
}

// put hands over what consumers wait for, and waits for room for the rest. A parcel that is
// larger than the whole memory goes in alone.
func (o *outbox) put(ctx context.Context, p *parcel) error {
	all := len(p.ms)
	o.b.handOver(ctx, p)
	if len(p.ms) == 0 && all > 0 {
		p.part(nil)
		return nil
	}
	err := o.wait(ctx, p)
	if err != nil && len(p.ms) < all {
		err = fmt.Errorf("%w; %d of its messages went to consumers: %w", err, all-len(p.ms), errUnsure)
	}
	return err
}

// wait waits for room in the line.
func (o *outbox) wait(ctx context.Context, p *parcel) error {
	for {
		o.mu.Lock()
		if o.closed {
			o.mu.Unlock()
			return fmt.Errorf("sending: the broker has ended: %w", ErrClosed)
		}
		if o.bytes == 0 || o.bytes+p.size <= o.b.o.Buffer {
			o.bytes += p.size
			o.line = append(o.line, p)
			o.count(p, 1)
			o.mu.Unlock()
			select {
			case o.more <- struct{}{}:
			default:
			}
			return nil
		}
		room := o.room
		o.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return fmt.Errorf("sending: %w (%w)", ErrFull, context.Cause(ctx))
		}
	}
}

// send puts a parcel and waits until it is stored.
func (o *outbox) send(ctx context.Context, p *parcel) error {
	p.done = make(chan error, 1)
	all := len(p.ms)
	if err := o.put(ctx, p); err != nil {
		return err
	}
	select {
	case err := <-p.done:
		return err
	case <-ctx.Done():
	}
	if o.withdraw(p) && len(p.ms) == all {
		return fmt.Errorf("sending: the store did not answer, and nothing was stored: %w", context.Cause(ctx))
	}
	select {
	case err := <-p.done: // it became clear in this very moment
		return err
	default:
		return fmt.Errorf("sending: the store has not answered yet; %w: %w", errUnsure, context.Cause(ctx))
	}
}

// withdraw takes a parcel out unless the writer has it.
func (o *outbox) withdraw(p *parcel) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, q := range o.line {
		if q == p && !p.held {
			o.line = append(o.line[:i], o.line[i+1:]...)
			o.count(p, -1)
			o.left(p.size)
			return true
		}
	}
	return false
}

// count counts the messages of a parcel into the line, or out of it; o.mu is held.
func (o *outbox) count(p *parcel, by int) {
	for _, m := range p.ms {
		if o.queued[m.Destination] += by; o.queued[m.Destination] == 0 {
			delete(o.queued, m.Destination)
		}
	}
}

// waiting says whether messages of a queue wait to be stored.
func (o *outbox) waiting(queue string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queued[queue] > 0
}

// left makes room; o.mu is held.
func (o *outbox) left(size int) {
	o.bytes -= size
	close(o.room)
	o.room = make(chan struct{})
}

// take returns the parcels of the next write; none when the line is empty.
func (o *outbox) take() []*parcel {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []*parcel
	size, count := 0, 0
	for _, p := range o.line {
		full := len(out) > 0 && (size+p.size > MaxSize || count+len(p.ms) > MaxBatch || p.tx != nil || out[0].tx != nil)
		if full {
			break
		}
		p.held = true
		out, size, count = append(out, p), size+p.size, count+len(p.ms)
	}
	return out
}

// drop takes what was written, or failed for good, off the line.
func (o *outbox) drop(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	size := 0
	for i, p := range o.line[:n] {
		size += p.size
		o.count(p, -1)
		o.line[i] = nil
	}
	o.line = o.line[n:]
	o.left(size)
}

// run writes until the broker ends.
func (o *outbox) run() {
	for {
		parcels := o.take()
		if len(parcels) == 0 {
			select {
			case <-o.more:
				continue
			case <-o.b.ctx.Done():
				return
			}
		}
		err := o.write(parcels)
		if o.b.ctx.Err() != nil && err != nil && !final(err) {
			return // what is left is counted by close
		}
		if err != nil && len(parcels) > 1 { // one of them is refused: each for itself
			for i := range parcels {
				o.answer(parcels[i:i+1], o.write(parcels[i:i+1]))
			}
		} else {
			o.answer(parcels, err)
		}
		for _, p := range parcels {
			o.b.stored(p)
		}
		o.drop(len(parcels))
	}
}

// answer tells those who wait; nobody waits for what was posted.
func (o *outbox) answer(parcels []*parcel, err error) {
	for _, p := range parcels {
		p.part(err)
		if err != nil && p.done == nil {
			o.b.o.Report(fmt.Errorf("%d posted messages are lost: %w", len(p.ms), err))
		}
	}
}

// write stores parcels: first what goes to queues, then what goes to topics. It is tried again
// until the store has answered: nothing is stored twice, though a consumer has taken and
// acknowledged it before.
func (o *outbox) write(parcels []*parcel) error {
	var ms []Message
	for _, p := range parcels {
		ms = append(ms, p.ms...)
	}
	tx, s := parcels[0].tx, o.b.storing(parcels[0].now, ms, 0)
	return o.b.retry(o.b.ctx, "storing messages", func(ctx context.Context) error {
		if tx != nil {
			return o.b.carryOut(ctx, tx)
		}
		return s.store(ctx)
	})
}

// storing is one write to the queues and one to the log, which can be made again after an error.
type storing struct {
	b      *Broker
	now    time.Time
	keep   time.Duration
	mark   string // of the first
	jobs   []queue.Job
	log    []Message
	queued bool // the first is done
}

// storing begins a write. Done jobs stay for keep.
func (b *Broker) storing(now time.Time, ms []Message, keep time.Duration) *storing {
	s := &storing{b: b, now: now, keep: keep, mark: queue.NewToken()}
	for _, m := range ms {
		if kind, _, _ := Destination(m.Destination); kind == Topic {
			s.log = append(s.log, m)
		} else {
			j := b.job(m)
			j.Keep = keep
			s.jobs = append(s.jobs, j)
		}
	}
	return s
}

func (s *storing) store(ctx context.Context) error {
	if len(s.jobs) > 0 && !s.queued {
		if _, err := s.b.jobs.Add(ctx, s.now, s.mark, s.jobs); err != nil {
			return fmt.Errorf("storing %d messages of queues: %w", len(s.jobs), err)
		}
		s.queued = true
		if s.keep > 0 {
			s.b.left.Add(int64(len(s.jobs)))
		}
	}
	if len(s.log) > 0 {
		if _, err := s.b.log.Append(ctx, s.now, s.log); err != nil {
			return fmt.Errorf("storing %d messages of topics: %w", len(s.log), err)
		}
	}
	return nil
}

// close takes nothing more, and waits for what is in the line.
func (o *outbox) close(ctx context.Context) {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	for {
		o.mu.Lock()
		room, empty := o.room, len(o.line) == 0
		o.mu.Unlock()
		if empty {
			return
		}
		select {
		case <-room:
		case <-ctx.Done():
			return
		}
	}
}

// abandon is called when the writer has ended: who waits is told, and how many messages
// nobody waits for is returned.
func (o *outbox) abandon() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	left := 0
	for _, p := range o.line {
		if p.done == nil {
			left += len(p.ms)
			continue
		}
		err := fmt.Errorf("sending: the broker ended before the store answered: %w", ErrClosed)
		if p.held {
			err = fmt.Errorf("%w: %w", err, errUnsure)
		}
		p.part(err)
	}
	o.line, o.bytes = nil, 0
	clear(o.queued)
	return left
}
