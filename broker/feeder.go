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

// Bounds of one look at a queue.
const (
	claimed = 250    // most messages of one claim
	deepest = 10_000 // most messages that filters pass over in one look
)

// delivery is a message under a claim.
type delivery struct {
	Message
	ref     queue.Ref
	until   time.Time // end of the lease
	last    bool      // there is no further attempt
	lost    bool      // the store says that the claim no longer stands
	given   time.Time // to the consumer
	relayed *relayed  // nil if it came from the store
}

// leased says whether the store has the claim. Before that nobody else can have the message.
func (d *delivery) leased() bool { return d.ref.Token != "" }

// ends is how its claim ends. What is given back for the last time is a dead letter.
func (d *delivery) ends(how queue.Outcome) queue.Outcome {
	how.Ref = d.ref
	if how.Verb == queue.Retry && d.last {
		how.Verb = queue.Bury
	}
	return how
}

// feeder claims the messages of one queue for all its consumers in this process: never
// more than they have room for, so that nothing lies here that another process could
// deliver.
type feeder struct {
	b     *Broker
	dest  string
	wakes chan struct{} // has room for one
	ctx   context.Context
	stop  context.CancelFunc
	done  chan struct{} // closed when it claims nothing more

	mu      sync.Mutex // of the streams too
	streams []*queueStream
	turn    int   // whose turn it is
	sizes   sizes // of run alone
	gate    gate
}

// consume begins a stream of a queue.
func (b *Broker) consume(sub Subscription) (Stream, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, fmt.Errorf("subscribing to %s: the broker has ended: %w", sub.Destination, ErrClosed)
	}
	f := b.feeders[sub.Destination]
	if f == nil {
		f = &feeder{b: b, dest: sub.Destination, wakes: make(chan struct{}, 1), done: make(chan struct{}), gate: newGate()}
		f.ctx, f.stop = context.WithCancel(b.ctx)
		b.feeders[sub.Destination] = f
		b.fed.Go(f.run)
	}
	s := &queueStream{f: f, sub: sub, arrived: make(chan struct{}, 1), ended: make(chan struct{}), byID: map[string]*delivery{}}
	f.mu.Lock()
	f.streams = append(f.streams, s)
	f.gate.shut() // it may want what waits in the store
	f.mu.Unlock()
	f.nudge()
	return s, nil
}

// leave takes a stream off. The last one ends the feeder, and waits until its last claim is
// over: that would take what the stream gives back, for nobody.
func (f *feeder) leave(ctx context.Context, s *queueStream) {
	if !f.without(s) {
		return
	}
	select {
	case <-f.done:
	case <-ctx.Done():
	}
}

// without takes a stream off, and says whether it was the last one.
func (f *feeder) without(s *queueStream) bool {
	f.b.mu.Lock()
	defer f.b.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.streams = slices.DeleteFunc(f.streams, func(o *queueStream) bool { return o == s })
	if len(f.streams) > 0 {
		return false
	}
	f.stop()
	if f.b.feeders[f.dest] == f {
		delete(f.b.feeders, f.dest)
	}
	return true
}

func (f *feeder) listeners() []*queueStream {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.streams)
}

// nudge makes the feeder look at its queue: something may have come.
func (f *feeder) nudge() {
	f.mu.Lock()
	f.gate.shut()
	f.mu.Unlock()
	f.wake()
}

// roomier is called when a consumer may have room again. Where nothing waits in the store, that
// is for producers.
func (f *feeder) roomier() {
	f.mu.Lock()
	clear := f.gate.clear
	f.gate.tell()
	f.mu.Unlock()
	if !clear {
		f.wake()
	}
}

func (f *feeder) wake() {
	select {
	case f.wakes <- struct{}{}:
	default:
	}
}

// run looks at the queue when something may have come, when a consumer has room again,
// and from time to time for what other processes sent.
func (f *feeder) run() {
	defer close(f.done)
	for f.ctx.Err() == nil {
		var more bool
		var rest time.Duration
		err := f.b.retry(f.ctx, "claiming from "+f.dest, func(ctx context.Context) (err error) {
			more, rest, err = f.look(ctx)
			return err
		})
		if err != nil {
			return
		}
		if more {
			continue
		}
		wakes := f.wakes
		if rest > 0 { // giving back what was passed over wakes too: that must not go round in circles
			wakes = nil
		} else {
			rest = f.b.o.Poll
		}
		t := time.NewTimer(rest)
		select {
		case <-wakes:
		case <-t.C: // others may have sent something, or paused the queue
			f.mu.Lock()
			f.gate.shut()
			f.mu.Unlock()
		case <-f.ctx.Done():
		}
		t.Stop()
	}
}

// look claims what the consumers have room for. more says that there may be more at
// once; rest, how long the next look waits in any case since messages were passed over.
func (f *feeder) look(ctx context.Context) (more bool, rest time.Duration, err error) {
	l := look{feeder: f, began: f.b.o.Now()}
	for more = true; more && err == nil && l.goesOn(); {
		more, err = l.claim(ctx)
	}
	if len(l.over) == 0 {
		return more, 0, err
	}
	_, failed := f.b.ends.finish(f.b.ctx, l.over, time.Time{}) // also when the consumers have left
	if rest = f.b.o.Poll; l.full {
		rest /= 10
	}
	return false, rest, errors.Join(err, failed)
}

// look is one look at a queue.
type look struct {
	*feeder
	began time.Time
	n     int             // claims
	over  []queue.Outcome // of what is passed over
	full  bool            // somebody wants a message of those and has no room for it
}

// goesOn says whether there is another claim: the first one, and where messages were passed
// over more of them until what is wanted was found. Nobody renews the claims of what is passed over.
func (l *look) goesOn() bool {
	return l.n == 0 || len(l.over) > 0 && len(l.over) < deepest && !l.full && l.b.o.Now().Sub(l.began) < l.b.o.Lease/3
}

// claim is one claim, and says whether there may be more to claim.
func (l *look) claim(ctx context.Context) (more bool, err error) {
	n, seen := l.wanted()
	if n == 0 {
		return false, nil
	}
	if len(l.over) > 0 { // one by one it would take too long to get past them
		n = claimed
	}
	n = l.sizes.fit(n)
	l.n++
	now := l.b.o.Now()
	until := now.Add(l.b.o.Lease)
	jobs, err := l.b.jobs.Claim(ctx, queue.Claim{Queue: l.dest, N: n, Owner: l.b.o.Owner, Now: now, Until: until})
	if err != nil {
		return false, fmt.Errorf("claiming: %w", err)
	}
	bytes := 0
	for _, j := range jobs {
		bytes += len(j.Data)
		m, err := FromJob(j)
		if err != nil {
			l.over = append(l.over, queue.Outcome{Ref: j.Ref(), Verb: queue.Bury, Error: err.Error()})
			continue
		}
		if !l.give(&delivery{Message: m, ref: j.Ref(), until: until, last: j.MaxAttempts > 0 && j.Attempts >= j.MaxAttempts}) {
			l.over = append(l.over, queue.Outcome{Ref: j.Ref(), Verb: queue.Release})
			l.full = l.full || l.isWanted(m)
		}
	}
	l.sizes.learn(bytes, len(jobs))
	if len(jobs) > 0 || l.full {
		return len(jobs) == n, nil
	}
	return false, l.clear(ctx, seen)
}

// wanted is how many messages the consumers could take, at most what one claim takes. Where that
// is any, nothing else fills their room until the claim has brought what there is; seen is for clear.
func (f *feeder) wanted() (n int, seen int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.streams {
		n += s.wants()
	}
	if n > 0 {
		f.gate.clear = false
	}
	return min(n, claimed), f.gate.shuts
}

// clear is called when a claim has brought nothing: what is sent from now on may be handed
// over, unless something came meanwhile.
func (f *feeder) clear(ctx context.Context, seen int64) error {
	paused, err := f.b.jobs.Paused(ctx, f.dest)
	if err != nil {
		return fmt.Errorf("claiming: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !paused && f.gate.shuts == seen {
		f.gate.open()
	}
	return nil
}

// give hands a message to the next consumer in turn that has room and wants it.
func (f *feeder) give(d *delivery) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.taker(d.Message)
	if s == nil {
		return false
	}
	s.take(d)
	return true
}

// taker is the next consumer in turn that has room for a message and wants it; nil if none
// does. f.mu is held.
func (f *feeder) taker(m Message) *queueStream {
	for i := range f.streams {
		at := (f.turn + i) % len(f.streams)
		s := f.streams[at]
		if s.room() > 0 && (s.sub.Filter == nil || s.sub.Filter(m)) {
			f.turn = at + 1
			return s
		}
	}
	return nil
}
