package queue

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// dispatcher is the one goroutine of a Master that decides: whose turn it is, what
// is claimed, which worker does what. Everything in it is its own.
type dispatcher struct {
	m    *Master
	acks *acker
	sharing

	ended   chan *worker  // a worker has ended its job
	claimed chan claimed  // the answer to the claim in flight
	cuts    chan struct{} // the grace is over

	inFlight bool
	endClaim context.CancelFunc // of the claim in flight, or the last one; nil: there was none
	retryAt  time.Time          // after a claim that failed
	failures int
	nextDue  map[int]time.Time // by store

	crew    []*worker     // all of them
	idle    []*worker     // the one used last is the last
	leaving []*worker     // told to end
	number  int           // of the newest worker
	average time.Duration // of the newest jobs

	quiet    bool
	stopping bool
	cut      bool
	drains   []chan struct{}
	endHelp  func() // ends the recurring jobs
}

// short is how long jobs may take on average for some to be claimed ahead, and
// patience how long such a job waits before it is given back.
const (
	short    = 100 * time.Millisecond
	patience = time.Second
)

func newDispatcher(m *Master, acks *acker, endHelp func()) *dispatcher {
	d := &dispatcher{
		m: m, acks: acks, ended: make(chan *worker, m.c.Workers), claimed: make(chan claimed, 1),
		cuts: make(chan struct{}, 1), nextDue: map[int]time.Time{}, endHelp: endHelp,
	}
	d.workers, d.average = m.c.Workers, short
	d.setQueues(m.c.Queues)
	return d
}

// run returns when the Master has stopped and nothing is in hand any more.
func (d *dispatcher) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	stop := ctx.Done()
	poll := d.m.c.Now().Add(d.m.c.Poll)
	for {
		now := d.m.c.Now()
		if !poll.After(now) {
			d.lookEverywhere()
			poll = now.Add(d.m.c.Poll)
		}
		d.lookAtDue(now)
		d.start(now)
		d.shed()
		d.claim(now)
		d.dismiss(now)
		if d.over() {
			return
		}
		// At least a nanosecond: two goroutines of a bubble of testing/synctest that read timers
		// of no time at once end the race detector (as of Go 1.26).
		timer.Reset(max(1, d.nextLook(now, poll).Sub(now)))
		select {
		case <-timer.C:
		case <-d.m.wakes:
			d.takeWakes()
		case w := <-d.ended:
			d.ends(w)
		case c := <-d.claimed:
			d.takeClaimed(c)
		case do := <-d.m.commands:
			do(d)
		case <-d.acks.settled:
		case <-d.cuts:
			d.cutOff()
		case <-stop:
			stop = nil
			d.stop()
			grace := time.AfterFunc(d.m.c.Grace, func() {
				select {
				case d.cuts <- struct{}{}:
				default:
				}
			})
			defer grace.Stop()
		}
	}
}

// stop claims nothing more; run ends when nothing runs. A claim in flight is not waited for
// where the store does not answer: what it took is given back, or its leases run out.
func (d *dispatcher) stop() {
	d.quiet, d.stopping = true, true
	d.endHelp()
	if d.endClaim != nil {
		d.endClaim()
	}
}

// cutOff cancels what runs. Who does not return within the grace is left behind: its
// lease runs out.
func (d *dispatcher) cutOff() {
	if d.cut {
		return
	}
	d.stop()
	d.cut = true
	for _, w := range d.crew {
		if w.job != nil {
			w.job.cancel(ErrStopped)
		}
	}
	time.AfterFunc(d.m.c.Grace, func() {
		// Read by the loop, which is woken: nothing else is touched here.
		select {
		case d.m.commands <- func(d *dispatcher) { d.abandon() }:
		case <-d.m.ended:
		}
	})
}

// abandon gives up the handlers that ignore their context.
func (d *dispatcher) abandon() {
	d.acks.giveUp()
	for _, w := range slices.Clone(d.crew) {
		if w.job == nil {
			continue
		}
		d.m.c.Log.Error("a handler does not return although its context ended; its lease is left to run out", "job", w.job.job.ID, "kind", w.job.job.Kind)
		d.m.forget(w.job)
		w.job.lane.running--
		w.job = nil
		d.crew = slices.DeleteFunc(d.crew, func(o *worker) bool { return o == w })
	}
}

// over says that the dispatcher has nothing to do any more. Drains end here too.
func (d *dispatcher) over() bool {
	busy := len(d.idle) < len(d.crew) || d.inFlight || !d.acks.empty()
	for _, l := range d.lanes {
		busy = busy || len(l.waiting) > 0
	}
	if busy {
		return false
	}
	if d.stopping {
		for len(d.idle) > 0 {
			d.remove(d.idle[0])
		}
		for _, w := range d.leaving {
			<-w.gone
		}
		return true
	}
	if len(d.drains) > 0 && (len(d.m.handlers) == 0 || !slices.ContainsFunc(d.lanes, func(l *lane) bool { return l.maybe })) {
		for _, done := range d.drains {
			close(done)
		}
		d.drains, d.quiet = nil, true
	}
	return false
}

func (d *dispatcher) lookEverywhere() {
	for _, l := range d.lanes {
		l.maybe, l.woken = true, true
	}
}

// takeWakes marks the lanes that stores told of.
func (d *dispatcher) takeWakes() {
	d.m.mu.Lock()
	woken := d.m.woken
	d.m.woken = map[wakeup]bool{}
	d.m.mu.Unlock()
	for _, l := range d.lanes {
		named := woken[wakeup{l.source, l.Name}]
		if named || woken[wakeup{l.source, ""}] {
			l.maybe, l.woken, l.told = true, true, l.told || named
		}
	}
}

// lookAtDue marks the lanes of a store in which something became due.
func (d *dispatcher) lookAtDue(now time.Time) {
	for s, due := range d.nextDue {
		if due.After(now) {
			continue
		}
		delete(d.nextDue, s)
		for _, l := range d.lanes {
			if l.source == s {
				l.maybe, l.woken = true, true
			}
		}
	}
}

// nextLook is when there is something to do although nothing happens.
func (d *dispatcher) nextLook(now, poll time.Time) time.Time {
	next := poll
	sooner := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	if !d.quiet {
		for _, due := range d.nextDue {
			sooner(due)
		}
		if d.retryAt.After(now) {
			sooner(d.retryAt)
		}
	}
	for _, l := range d.lanes {
		for _, h := range l.waiting {
			sooner(h.since.Add(patience))
		}
	}
	if d.m.c.KeepAlive > 0 {
		for _, w := range d.idle {
			sooner(w.idle.Add(d.m.c.KeepAlive))
		}
	}
	return next
}

// start hands what was claimed to workers, and gives back what is not to be started.
func (d *dispatcher) start(now time.Time) {
	for _, l := range d.lanes {
		keep := l.waiting[:0]
		for _, h := range l.waiting {
			if h.lost() {
				l.line.waiting--
			} else if d.quiet || l.gone || now.Sub(h.since) >= patience || !now.Before(d.m.leaseEnd(h)) {
				l.line.waiting--
				if !l.gone {
					d.average = max(d.average, short) // nothing ahead until jobs are short again
				}
				d.acks.put(h, Outcome{Ref: h.job.Ref(), Verb: Release}, nil, 0, 0)
			} else {
				keep = append(keep, h)
			}
		}
		clear(l.waiting[len(keep):])
		l.waiting = keep
	}
	for {
		l := d.pick()
		if l == nil {
			return
		}
		h := l.waiting[0]
		l.waiting = slices.Delete(l.waiting, 0, 1)
		l.line.waiting--
		if h.lost() {
			continue
		}
		d.turn(l.line)
		l.running++
		d.hand(h)
	}
}

// hand gives a job to an idle worker, or to a new one.
func (d *dispatcher) hand(h *held) {
	var w *worker
	if n := len(d.idle); n > 0 {
		w = d.idle[n-1]
		d.idle = d.idle[:n-1]
	} else {
		d.number++
		w = newWorker(d.m, d.number, d.ended)
		d.crew = append(d.crew, w)
		d.m.tell(Event{Type: EventWorkerAdded, Worker: w.number})
	}
	w.job = h
	w.jobs <- h
}

// ends takes back a worker and says what becomes of its job.
func (d *dispatcher) ends(w *worker) {
	h := w.job
	if h == nil { // it was given up
		close(w.jobs)
		return
	}
	w.job, w.idle = nil, d.m.c.Now()
	h.lane.running--
	d.idle = append(d.idle, w)
	d.average += (h.took - d.average) / 8
	if h.lost() {
		return
	}
	d.acks.put(h, h.outcome, h.err, w.number, h.took)
}

// dismiss ends workers that have been idle too long.
func (d *dispatcher) dismiss(now time.Time) {
	if d.m.c.KeepAlive < 0 {
		return
	}
	for len(d.idle) > 0 && now.Sub(d.idle[0].idle) >= d.m.c.KeepAlive {
		d.remove(d.idle[0])
	}
}

// remove ends an idle worker.
func (d *dispatcher) remove(w *worker) {
	same := func(o *worker) bool { return o == w }
	d.idle, d.crew = slices.DeleteFunc(d.idle, same), slices.DeleteFunc(d.crew, same)
	d.leaving = slices.DeleteFunc(d.leaving, (*worker).isGone)
	d.leaving = append(d.leaving, w)
	close(w.jobs)
}

func sortWorkers(w []Worker) {
	slices.SortFunc(w, func(a, b Worker) int { return cmp.Compare(a.Number, b.Number) })
}
