package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"collector/queue"
)

// linger is how long a message that was handed over may stay unacknowledged before it is
// stored, where the consumers of its queue usually are quicker than that. It is also how
// long a producer waits for such consumers to take what they have no room for.
const linger = 25 * time.Millisecond

// relayed is a message that a consumer has and the store does not.
type relayed struct {
	Message
	f *feeder
	d *delivery
	p *parcel

	// Guarded by the relay.
	due   time.Time
	state relayState
	known chan struct{} // closed when it is stored or refused, or need not be
	then  queue.Outcome // of a caller who did not wait for that; none where it has no verb

	waited bool // it is stored since its acknowledgement did not come in time; of run alone
}

type relayState int

const (
	open    relayState = iota // neither stored nor acknowledged
	writing                   // being stored
	settled                   // acknowledged before that began: it is never stored
	known                     // stored, or refused by the store
)

// relay hands messages to consumers that wait for them before they are stored, and stores
// under their claims those that are not acknowledged soon. A producer's call has done its
// work when its messages are stored or acknowledged, whichever comes first: then none of
// them can be lost. So a message that is taken quickly costs no write.
//
// No message overtakes another one of its process and queue, or what the feeder knows to
// wait in the store: see feeder.hand.
type relay struct {
	b    *Broker
	more chan struct{} // has room for one

	mu     sync.Mutex
	line   []*relayed // open ones, in the order in which they were handed over, and settled ones among them
	flight []*relayed // those being stored
	gone   int        // settled ones of the line
	bytes  int        // of all that are open or being stored
	next   time.Time  // when run looks again; zero if nothing is to be stored
	passed map[string]int64
	late   int           // outcomes that are written for callers who did not wait
	idle   chan struct{} // closed when there are none of those; nil while nobody asks
}

func newRelay(b *Broker) *relay {
	return &relay{b: b, more: make(chan struct{}, 1), passed: map[string]int64{}}
}

// full says whether messages of that size are not to be handed over: the store has not taken
// what was before.
func (r *relay) full(size int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes > 0 && r.bytes+size > r.b.o.Buffer
}

// add notes a message that a consumer is about to have.
func (r *relay) add(m *relayed) {
	r.mu.Lock()
	r.line = append(r.line, m)
	r.bytes += m.size()
	sooner := r.next.IsZero() || m.due.Before(r.next)
	r.mu.Unlock()
	if sooner {
		r.wake()
	}
}

func (r *relay) wake() {
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// settle ends those messages that were never stored, and returns the others.
func (r *relay) settle(ds []*delivery) (others []*delivery) {
	var parcels []*parcel
	r.mu.Lock()
	for _, d := range ds {
		m := d.relayed
		if m == nil || m.state != open {
			others = append(others, d)
			continue
		}
		m.state = settled
		close(m.known)
		r.gone++
		r.passed[m.Destination]++
		r.bytes -= m.size()
		parcels = append(parcels, m.p)
		m.Message = Message{}
	}
	if r.gone > 64 && r.gone > len(r.line)/2 {
		r.line = slices.DeleteFunc(r.line, func(m *relayed) bool { return m.state == settled })
		r.gone = 0
	}
	r.mu.Unlock()
	for _, p := range parcels {
		p.part(nil)
	}
	return others
}

// stored parts those messages that the store knows of from the others.
func (r *relay) stored(ds []*delivery) (stored, others []*delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range ds {
		if d.relayed == nil || d.relayed.state == known {
			stored = append(stored, d)
		} else {
			others = append(others, d)
		}
	}
	return stored, others
}

// sure returns when all of some messages are stored, or refused by the store: then they can be
// ended as all others. If ctx ends before, they are ended as how says once they are stored,
// unless it says nothing.
func (r *relay) sure(ctx context.Context, ds []*delivery, how queue.Outcome) error {
	_, wait := r.stored(ds)
	if len(wait) == 0 {
		return nil
	}
	r.mu.Lock()
	for _, d := range wait {
		d.relayed.due = time.Time{}
	}
	r.mu.Unlock()
	r.wake()
	for _, d := range wait {
		select {
		case <-d.relayed.known:
			continue
		case <-ctx.Done():
			r.leave(wait, how)
			return fmt.Errorf("acknowledging: the store has not answered yet: %w", context.Cause(ctx))
		case <-r.b.ctx.Done():
			return fmt.Errorf("acknowledging: the broker ended: %w", ErrClosed)
		}
	}
	return nil
}

// leave ends messages as soon as they are stored, without anybody who waits for that.
func (r *relay) leave(ds []*delivery, how queue.Outcome) {
	if how.Verb == "" {
		return
	}
	var now []queue.Outcome
	r.mu.Lock()
	for _, d := range ds {
		if d.relayed.state == known {
			now = append(now, d.ends(how))
		} else {
			d.relayed.then = how
		}
	}
	r.mu.Unlock()
	r.finish(now)
}

// finish ends claims for nobody who waits.
func (r *relay) finish(outcomes []queue.Outcome) {
	if len(outcomes) == 0 || r.b.ctx.Err() != nil { // at the end their leases run out
		return
	}
	r.mu.Lock()
	r.late++
	r.mu.Unlock()
	r.b.after.Go(func() {
		defer r.finished()
		if _, err := r.b.ends.finish(r.b.ctx, outcomes, time.Time{}); err != nil && !errors.Is(err, ErrClosed) {
			r.b.o.Report(err)
		}
	})
}

func (r *relay) finished() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.late--; r.late == 0 && r.idle != nil {
		close(r.idle)
		r.idle = nil
	}
}

// flush stores what is neither stored nor acknowledged.
func (r *relay) flush(ctx context.Context) error {
	var ds []*delivery
	r.mu.Lock()
	for _, m := range slices.Concat(r.flight, r.line) {
		if m.state != settled {
			ds = append(ds, m.d)
		}
	}
	r.mu.Unlock()
	return r.sure(ctx, ds, queue.Outcome{})
}

// close stores what is left, and waits for what nobody waits for, as long as ctx lets it.
func (r *relay) close(ctx context.Context) {
	_ = r.flush(ctx) // what is not stored is counted by abandon
	r.mu.Lock()
	if r.late == 0 {
		r.mu.Unlock()
		return
	}
	r.idle = make(chan struct{})
	idle := r.idle
	r.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

// run stores what is due until the broker ends.
func (r *relay) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for r.b.ctx.Err() == nil {
		some, next := r.take(time.Now())
		if len(some) > 0 {
			r.inVain(some)
			r.store(some)
			continue
		}
		var due <-chan time.Time
		if !next.IsZero() {
			timer.Reset(time.Until(next))
			due = timer.C
		}
		select {
		case <-r.more:
		case <-due:
		case <-r.b.ctx.Done():
			return
		}
	}
}

// inVain tells the feeders whose messages waited to be acknowledged.
func (r *relay) inVain(some []*relayed) {
	told := map[*feeder]bool{}
	for _, m := range some {
		if m.waited && !told[m.f] {
			told[m.f] = true
			m.f.mu.Lock()
			m.f.gate.vain()
			m.f.mu.Unlock()
		}
	}
}

// take returns the messages of the next write, or when the next one is due; zero if none is.
func (r *relay) take(now time.Time) (some []*relayed, next time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	size := 0
	kept := r.line[:0]
	for i, m := range r.line {
		if m.state == settled {
			continue
		}
		if m.due.After(now) {
			if next.IsZero() || m.due.Before(next) {
				next = m.due
			}
			kept = append(kept, m)
			continue
		}
		if len(some) == MaxBatch || len(some) > 0 && size+m.size() > MaxSize {
			kept = append(kept, r.line[i:]...)
			break
		}
		m.state, m.waited = writing, !m.due.IsZero()
		some, size = append(some, m), size+m.size()
	}
	clear(r.line[len(kept):])
	r.line, r.next, r.flight = kept, next, slices.Clone(some)
	r.gone = 0
	for _, m := range kept {
		if m.state == settled {
			r.gone++
		}
	}
	return some, next
}

// store is one write.
func (r *relay) store(some []*relayed) {
	mark := queue.NewToken()
	err := r.write(some, mark)
	if err != nil && r.b.ctx.Err() != nil && !final(err) {
		return // what is left is counted by abandon
	}
	if err != nil && len(some) > 1 { // one of them is refused: each for itself
		for i := range some {
			err := r.write(some[i:i+1], mark)
			r.end(some[i:i+1], err)
		}
		return
	}
	r.end(some, err)
}

// write adds jobs that are claimed, and puts what the store says of the claims into the deliveries.
func (r *relay) write(some []*relayed, mark string) error {
	jobs := make([]queue.Job, len(some))
	for i, m := range some {
		jobs[i] = r.b.job(m.Message)
	}
	var until time.Time // of the first try, which may have been carried out
	return r.b.retry(r.b.ctx, "storing messages that consumers have", func(ctx context.Context) error {
		now := r.b.o.Now()
		if until.IsZero() {
			until = now.Add(r.b.o.Lease)
		}
		refs, err := r.b.jobs.AddClaimed(ctx, queue.Claim{Owner: r.b.o.Owner, Now: now, Until: now.Add(r.b.o.Lease)}, mark, jobs)
		if err != nil {
			return fmt.Errorf("storing %d messages that consumers have: %w", len(jobs), err)
		}
		for i, m := range some {
			m.f.mu.Lock()
			m.d.ref, m.d.until, m.d.lost = refs[i], until, refs[i].Token == ""
			m.f.mu.Unlock()
		}
		return nil
	})
}

// end tells those who wait for messages that they are stored, or refused.
func (r *relay) end(some []*relayed, err error) {
	if err != nil {
		for _, m := range some {
			m.f.mu.Lock()
			m.d.lost = true
			m.f.mu.Unlock()
		}
	}
	var late []queue.Outcome
	r.mu.Lock()
	r.flight = slices.DeleteFunc(r.flight, func(m *relayed) bool { return slices.Contains(some, m) })
	for _, m := range some {
		m.state = known
		r.bytes -= m.size()
		if m.then.Verb != "" && err == nil {
			late = append(late, m.d.ends(m.then))
		}
		m.Message = Message{} // nobody needs its body any more
	}
	r.mu.Unlock()
	for _, m := range some {
		close(m.known)
		m.p.part(err)
		if err != nil && m.p.done == nil {
			r.b.o.Report(fmt.Errorf("a posted message is lost: %w", err))
		}
	}
	r.finish(late)
}

// count tells the store of messages that passed it by.
func (r *relay) count(ctx context.Context) error {
	r.mu.Lock()
	passed := r.passed
	r.passed = map[string]int64{}
	r.mu.Unlock()
	if len(passed) == 0 {
		return nil
	}
	if err := r.b.jobs.Passed(ctx, passed); err != nil {
		r.mu.Lock()
		for name, n := range passed {
			r.passed[name] += n
		}
		r.mu.Unlock()
		return fmt.Errorf("counting messages: %w", err)
	}
	return nil
}

// counting counts every second.
func (r *relay) counting() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-r.b.ctx.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(r.b.ctx, r.b.o.Lease/3)
		if err := r.count(ctx); err != nil && r.b.ctx.Err() == nil {
			r.b.o.Report(err)
		}
		cancel()
	}
}

// abandon is called when nothing is stored any more: who waits is told, and how many messages
// nobody waits for is returned.
func (r *relay) abandon() int {
	r.mu.Lock()
	left, line := 0, slices.Concat(r.flight, r.line)
	r.flight, r.line = nil, nil
	r.mu.Unlock()
	for _, m := range line {
		if m.state == settled {
			continue
		}
		if m.p.done == nil {
			left++
		}
		m.p.part(fmt.Errorf("sending: the broker ended before the store answered: %w: %w", ErrClosed, errUnsure))
	}
	return left
}
