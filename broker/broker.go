package broker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"collector/queue"
)

// Options are what a broker needs beyond its stores. Zero values mean the defaults.
type Options struct {
	Owner      string           // names this process to people who look at leases
	Now        func() time.Time // time.Now
	Lease      time.Duration    // how long a dead process's messages stay with it; 30 s. It is renewed every third
	Poll       time.Duration    // how often a queue is looked at for what other processes sent; 1 s
	Deliveries int              // after so many a message that is not acknowledged is a dead letter; 10
	Buffer     int              // bytes of messages that wait in memory for the store; 16 MiB
	Recent     int              // bytes of topics' messages that are kept in memory for their subscribers; 16 MiB
	Report     func(error)      // told of what nobody waits for: a posted message that was not stored, a store that does not answer; by default nobody
}

func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Report == nil {
		o.Report = func(error) {}
	}
	o.Lease = cmp.Or(o.Lease, 30*time.Second)
	o.Poll = cmp.Or(o.Poll, time.Second)
	o.Deliveries = cmp.Or(o.Deliveries, 10)
	o.Buffer = cmp.Or(o.Buffer, 16<<20)
	o.Recent = cmp.Or(o.Recent, 16<<20)
	return o
}

// Broker is one process's way to queues and topics. It is safe for concurrent use.
type Broker struct {
	jobs queue.Store
	log  Log
	o    Options

	out   *outbox
	relay *relay
	hub   *hub
	ends  *ends
	ctx   context.Context // of the background work; ends with Close
	stop  context.CancelFunc
	after sync.WaitGroup
	left  atomic.Int64   // jobs that were stored and stay for a while when they are done: a rescue removes them
	fed   sync.WaitGroup // the feeders

	mu      sync.Mutex
	closed  bool
	feeders map[string]*feeder // by queue destination
}

// New starts a broker over stores of jobs and of topics' messages. Close ends it.
func New(jobs queue.Store, log Log, o Options) *Broker {
	b := &Broker{jobs: jobs, log: log, o: o.filled(), feeders: map[string]*feeder{}}
	b.ctx, b.stop = context.WithCancel(context.Background())
	b.out, b.relay, b.hub, b.ends = newOutbox(b), newRelay(b), newHub(b), newEnds(b)
	b.after.Go(b.out.run)
	b.after.Go(b.relay.run)
	b.after.Go(b.relay.counting)
	b.after.Go(b.ends.run)
	b.after.Go(b.watch)
	b.after.Go(b.keep)
	return b
}

// Send stores messages, in order, and returns nil when all of them are stored. While the
// store does not answer it waits, and while the memory for that is full it waits for
// room, as long as ctx lets it. The errors ErrMessage and ErrDestination are the
// producer's fault, and then nothing was stored. Any other error leaves open whether
// something was: the same ids may be sent again.
func (b *Broker) Send(ctx context.Context, now time.Time, ms []Message) error {
	p, err := newParcel(ms, now)
	if err != nil {
		return err
	}
	return b.out.send(ctx, p)
}

// Post takes messages into memory and returns: nil says nothing of their being stored.
// While the memory is full, as when the store does not answer for long, it waits for
// room; ErrFull if ctx ends before. What cannot be stored is reported, not returned.
func (b *Broker) Post(ctx context.Context, now time.Time, ms []Message) error {
	p, err := newParcel(ms, now)
	if err != nil {
		return err
	}
	return b.out.put(ctx, p)
}

// Flush returns nil when all that was posted before is stored or reported.
func (b *Broker) Flush(ctx context.Context) error {
	if err := b.relay.flush(ctx); err != nil {
		return fmt.Errorf("flushing: %w", err)
	}
	return b.out.send(ctx, &parcel{now: b.o.Now(), parts: 1})
}

// Subscribe begins a stream. ErrDestination, or the error of a store that does not answer
// until ctx ends: only of a topic's Newest is anything asked.
func (b *Broker) Subscribe(ctx context.Context, now time.Time, sub Subscription) (Stream, error) {
	kind, _, err := Destination(sub.Destination)
	if err != nil {
		return nil, err
	}
	switch sub.Ack = cmp.Or(sub.Ack, Auto); sub.Ack {
	case Auto, Client, Individual:
	default:
		return nil, fmt.Errorf("subscribing: %.40q is no mode of acknowledgement; it is %s, %s or %s", sub.Ack, Auto, Client, Individual)
	}
	if sub.Prefetch <= 0 {
		sub.Prefetch = DefaultPrefetch
	}
	if kind == Topic {
		return b.hub.subscribe(ctx, sub)
	}
	return b.consume(sub)
}

// Close takes nothing more, stores what waits in memory as long as ctx lets it, gives
// back what consumers have in hand, and ends all streams. The error says how many
// messages were left in memory and are lost.
func (b *Broker) Close(ctx context.Context) error {
	b.out.close(ctx)
	b.mu.Lock()
	b.closed = true
	feeders := b.feeders
	b.feeders = map[string]*feeder{}
	b.mu.Unlock()
	var errs []error
	for _, f := range feeders {
		for _, s := range f.listeners() {
			errs = append(errs, s.Close(ctx, b.o.Now()))
		}
	}
	defer context.AfterFunc(ctx, b.stop)()
	b.fed.Wait() // what a claim that was under way still brings is given back
	b.relay.close(ctx)
	errs = append(errs, b.relay.count(ctx))
	b.stop()
	b.after.Wait()
	if left := b.out.abandon() + b.relay.abandon(); left > 0 {
		errs = append(errs, fmt.Errorf("closing the broker: %d posted messages could not be stored and are lost", left))
	}
	return errors.Join(errs...)
}

// watch passes on what the store says of queues with something to claim.
func (b *Broker) watch() {
	_ = b.retry(b.ctx, "watching the queues", func(ctx context.Context) error {
		return b.jobs.Watch(ctx, b.wake)
	})
}

func (b *Broker) wake(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for dest, f := range b.feeders {
		if name == "" || name == dest {
			f.nudge()
		}
	}
}
