package broker

import (
	"bytes"
	"context"
	"slices"
	"time"

	"collector/queue"
)

// gate says whether messages of a queue may be handed to its consumers before they are
// stored. It is guarded by the feeder's lock.
type gate struct {
	clear  bool          // nothing is known to wait in the store
	shuts  int64         // how often something came that may wait there
	wanted int           // how many messages are still to be ended within linger before the next one may wait for that unstored
	fine   int           // what wanted becomes when one waited in vain
	idle   bool          // a producer waited in vain for consumers to end something; they have ended nothing since
	until  time.Time     // up to here producers wait for the gate to open again
	again  time.Time     // from here they do so once more
	gap    time.Duration // how long they did not, the last time
	crowd  int           // producers that wait
	opened chan struct{} // closed and made anew when it opens, and when a consumer has room while it is open
}

func newGate() gate { return gate{wanted: trust, opened: make(chan struct{})} }

// How many messages consumers have to end quickly until they are waited for again: least and
// most, doubled each time that it was in vain. A consumer that acknowledges only when the
// producer's call has returned, since both are one program, is waited for once in a thousand messages.
const (
	trust    = 16
	distrust = 1024
)

// vain is called when a message had to be stored that waited for its acknowledgement.
func (g *gate) vain() {
	g.fine = min(max(trust, 2*g.fine), distrust)
	g.wanted = g.fine
}

// spared is called when one was acknowledged and needs not be stored.
func (g *gate) spared() { g.fine = 0 }

// shut is called when something may wait in the store.
func (g *gate) shut() { g.clear, g.shuts = false, g.shuts+1 }

// Producers are held up for catching, so that quick consumers catch up with what had to be
// stored. Where that was in vain they are held up again after twice the time.
const (
	catching = 250 * time.Millisecond
	soon     = time.Second
	late     = time.Minute
)

// open is called when the store was seen to hold nothing.
func (g *gate) open() {
	g.clear, g.again, g.gap = true, time.Time{}, 0
	g.tell()
}

// tell lets producers look again.
func (g *gate) tell() {
	close(g.opened)
	g.opened = make(chan struct{})
}

// worth says whether a producer may wait for the consumers. Those who are slow, or who wait for
// that producer themselves, hold nobody up.
func (g *gate) worth(now, began time.Time) bool {
	switch {
	case g.wanted > 0 || g.idle || now.Sub(began) >= catching:
		return false
	case g.clear:
		return now.Sub(began) < linger
	case !now.Before(g.again):
		g.gap = min(max(soon, 2*g.gap), late)
		g.until, g.again = now.Add(catching), now.Add(g.gap)
	}
	return now.Before(g.until)
}

// crowded is how many producers wait at most, since all of them look whenever a consumer has room.
const crowded = 16

// ended notes how quickly a consumer ended messages; f.mu is held.
func (f *feeder) ended(ds []*delivery) {
	if len(ds) > 0 {
		f.gate.idle = false
		if f.b.o.Now().Sub(ds[len(ds)-1].given) < linger {
			f.gate.wanted = max(0, f.gate.wanted-len(ds))
		} else {
			f.gate.wanted = max(f.gate.wanted, trust)
		}
	}
}

// hand hands a message to a consumer that waits for it. It does so where nothing of the queue is
// known to wait, neither in the store nor on its way there, so that it overtakes nothing; and
// only if the broker has named it itself, so that it is not there already. later says that it
// may be possible in a moment.
func (f *feeder) hand(m Message, p *parcel) (handed, later bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !m.ours || f.b.relay.full(m.size()) || !f.wanting(m) {
		return false, false
	}
	if !f.gate.clear || f.b.out.waiting(f.dest) {
		return false, true
	}
	s := f.taker(m)
	if s == nil || s.bytes >= received {
		return false, true
	}
	r := &relayed{Message: m, f: f, p: p, known: make(chan struct{})}
	if f.gate.wanted == 0 {
		r.due = time.Now().Add(linger)
	}
	m.Deliveries = 1
	m.Body, m.Headers = bytes.Clone(m.Body), slices.Clone(m.Headers) // the consumer's own
	r.d = &delivery{Message: m, ref: queue.Ref{ID: JobID(m.Destination, m.ID)}, last: f.b.o.Deliveries == 1, given: f.b.o.Now(), relayed: r}
	p.split()
	f.b.relay.add(r)
	s.take(r.d)
	return true, false
}

func (f *feeder) isWanted(m Message) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.wanting(m)
}

// wanting says whether a consumer wants a message once it has room; f.mu is held.
func (f *feeder) wanting(m Message) bool {
	return slices.ContainsFunc(f.streams, func(s *queueStream) bool { return !s.closed && (s.sub.Filter == nil || s.sub.Filter(m)) })
}

// pass waits until a message may be handed over perhaps, and says whether it may. The producer
// began to wait then.
func (f *feeder) pass(ctx context.Context, began time.Time) bool {
	f.mu.Lock()
	worth, opened := f.gate.crowd < crowded && f.gate.worth(f.b.o.Now(), began), f.gate.opened
	if worth {
		f.gate.crowd++
	}
	f.mu.Unlock()
	if !worth {
		return false
	}
	defer func() {
		f.mu.Lock()
		f.gate.crowd--
		f.mu.Unlock()
	}()
	t := time.NewTimer(linger)
	defer t.Stop()
	select {
	case <-opened:
		return true
	case <-ctx.Done():
	case <-t.C:
		f.mu.Lock()
		f.gate.idle = f.gate.opened == opened
		f.mu.Unlock()
	}
	return false
}

// feeder is that of a queue with consumers in this process; nil if there is none.
func (b *Broker) feeder(destination string) *feeder {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.feeders[destination]
}

// handOver hands over what consumers wait for, and leaves the rest in the parcel: of each queue
// what follows the first message that found nobody. Where consumers are quick it waits for them
// a moment.
func (b *Broker) handOver(ctx context.Context, p *parcel) {
	if p.tx != nil {
		return
	}
	var rest []Message
	began := b.o.Now()
	feeders := map[string]*feeder{} // nil where nothing is handed over any more
	for _, m := range p.ms {
		f, had := feeders[m.Destination]
		if !had {
			f = b.feeder(m.Destination)
			feeders[m.Destination] = f
		}
		handed, later := false, false
		if f != nil {
			handed, later = f.hand(m, p)
		}
		for later && f.pass(ctx, began) {
			handed, later = f.hand(m, p)
		}
		if !handed {
			feeders[m.Destination] = nil
		}
		if handed {
			p.size -= m.size()
		} else {
			rest = append(rest, m)
		}
	}
	p.ms = rest
}

// stored tells feeders that messages of a parcel are there to be claimed.
func (b *Broker) stored(p *parcel) {
	had := map[string]bool{}
	for _, m := range p.ms {
		if had[m.Destination] {
			continue
		}
		had[m.Destination] = true
		if f := b.feeder(m.Destination); f != nil {
			f.nudge()
		}
	}
}
