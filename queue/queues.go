package queue

import (
	"context"
	"fmt"
	"slices"
)

// SetQueues changes the queues of a Master that runs, to those that it is given, in the place
// of all that it had; Config.Queues says what they may be. Jobs in hand go on: a queue that is
// added is looked at with the next claim, and a changed weight, reserve or maximum holds from
// then on, while no running job is cut off for it. Of a queue that is not named any more
// nothing is claimed; what was claimed and not started is given back, and what runs is ended,
// told and counted as before. Without any queue nothing is claimed until there are some again.
//
// It returns when the change is made, which waits neither for the store nor for a handler; a
// Master that does not run yet is waited for. The error says what of the queues cannot be, and
// wraps ErrStopped where Run has ended; then nothing has changed.
func (m *Master) SetQueues(ctx context.Context, queues ...Queue) error {
	queues = slices.Clone(queues)
	if err := checkQueues(queues, m.c.Workers); err != nil {
		return fmt.Errorf("changing the queues of a master of jobs: %w", err)
	}
	if err := m.command(ctx, func(d *dispatcher) { d.setQueues(queues) }); err != nil {
		return fmt.Errorf("changing the queues of a master of jobs: %w", err)
	}
	return nil
}

// checkQueues fills in the weights, and refuses what cannot work with so many workers.
func checkQueues(queues []Queue, workers int) error {
	names, reserved := map[string]bool{}, 0
	for i := range queues {
		q := &queues[i]
		if q.Weight == 0 {
			q.Weight = 1
		}
		switch {
		case q.Name == "" || len(q.Name) > MaxName:
			return fmt.Errorf("%q is no name of a queue: it has 1 to %d bytes", q.Name, MaxName)
		case names[q.Name]:
			return fmt.Errorf("the queue %q is named twice", q.Name)
		case q.Weight < 0 || q.Reserved < 0 || q.Max < 0:
			return fmt.Errorf("the queue %q has a weight, a reserve or a maximum below 0", q.Name)
		case q.Max > 0 && q.Reserved > q.Max:
			return fmt.Errorf("the queue %q reserves %d workers and may use %d", q.Name, q.Reserved, q.Max)
		}
		names[q.Name] = true
		reserved += q.Reserved
	}
	if reserved > workers {
		return fmt.Errorf("%d workers are reserved and there are %d: reserve fewer", reserved, workers)
	}
	for _, q := range queues {
		if reserved == workers && q.Reserved == 0 {
			return fmt.Errorf("all %d workers are reserved for other queues than %q, which would never have one: reserve fewer", reserved, q.Name)
		}
	}
	return nil
}

// setQueues makes these the queues that are claimed from. A queue that stays keeps its turn
// and what it has in hand; one that is left out stands behind the others until nothing of it
// is in hand any more, since its jobs have workers.
func (d *dispatcher) setQueues(queues []Queue) {
	before, known := d.lines, map[string]*line{}
	for _, l := range before {
		known[l.Name] = l
	}
	d.lines = make([]*line, 0, len(queues))
	for _, q := range queues {
		l := known[q.Name]
		if l == nil {
			l = d.newLine(q.Name)
		}
		if l.gone {
			l.gone = false
			for _, one := range l.lanes {
				one.maybe, one.woken = true, true
			}
		}
		l.Weight, l.Reserved, l.Max = q.Weight, q.Reserved, q.Max // the claim in flight reads the name
		d.lines = append(d.lines, l)
		delete(known, q.Name)
	}
	for _, l := range before {
		if known[l.Name] != nil {
			l.gone, l.Reserved = true, 0
			d.lines = append(d.lines, l)
		}
	}
	d.lanes = make([]*lane, 0, len(d.lines)*len(d.m.stores()))
	for i := range d.m.stores() {
		for n, l := range d.lines {
			one := l.lanes[i]
			one.tier = i
			if d.m.c.InOrder {
				one.tier = i*len(d.lines) + n
			}
			d.lanes = append(d.lanes, one)
		}
	}
}

// newLine is a queue that nothing is known of.
func (d *dispatcher) newLine(name string) *line {
	l := &line{Queue: Queue{Name: name}, gone: true}
	for i, s := range d.m.stores() {
		l.lanes = append(l.lanes, &lane{line: l, store: s, source: i})
	}
	return l
}

// shed forgets the queues that are left out, once nothing of them is in hand or may come with
// the claim in flight.
func (d *dispatcher) shed() {
	if d.inFlight {
		return
	}
	over := func(l *line) bool { return l.gone && l.running+l.waiting == 0 }
	d.lanes = slices.DeleteFunc(d.lanes, func(l *lane) bool { return over(l.line) })
	d.lines = slices.DeleteFunc(d.lines, over)
}
