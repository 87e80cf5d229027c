package queue

import (
	"context"
	"time"
)

// What a Master claims, and what comes of it. The stores are asked in a goroutine of their own, one
// claim at a time; the dispatcher goes on meanwhile.

// claimed is what came of a claim, or of a look before it.
type claimed struct {
	looked   []sight
	portions []portion
	jobs     [][]Job           // of each portion
	due      map[int]time.Time // of the stores that had less than was asked for
	err      error
}

// claim begins to claim what there is room for. Of short jobs some are claimed ahead, no
// more than are started within a tenth of a second; as long as every worker has
// something it waits until half of them are, so that one claim brings many.
func (d *dispatcher) claim(now time.Time) {
	if d.inFlight || d.quiet || d.retryAt.After(now) || len(d.m.handlers) == 0 {
		return
	}
	ahead := 0
	if d.average < short {
		ahead = min(d.m.c.Prefetch, int(time.Duration(d.workers)*short/max(d.average, time.Microsecond)))
	}
	held := 0
	for _, l := range d.lines {
		held += l.running + l.waiting
	}
	if ahead > 0 && held-d.workers > ahead/2 {
		return
	}
	ps := d.portions(ahead)
	if len(ps) == 0 && d.looked {
		d.looked = false
		ps = d.portions(ahead)
	}
	if len(ps) == 0 {
		return
	}
	for _, l := range d.lanes {
		l.woken, l.told = false, false
	}
	d.inFlight = true
	ctx, cancel := context.WithCancel(context.Background())
	d.endClaim = cancel
	empty, unsure := d.empty(), d.unsure()
	if d.looked || len(unsure) <= few {
		unsure = nil
	} else {
		ps = nil
	}
	go func() {
		defer cancel()
		d.claimed <- d.m.claim(ctx, unsure, ps, empty)
	}()
}

// claim asks the stores: where something is, for jobs, and, where one had less than was asked for,
// when something will be due in the empty queues, to which it adds those that had less. The others
// are claimed from as soon as they have room, whatever is due: a full queue in which something is
// due already would be asked for over and over until it has.
func (m *Master) claim(ctx context.Context, unsure []*lane, ps []portion, empty map[int][]string) claimed {
	ctx, cancel := context.WithTimeout(ctx, max(m.c.Lease, 5*time.Second))
	defer cancel()
	out := claimed{portions: ps, due: map[int]time.Time{}}
	if out.looked, out.err = m.look(ctx, unsure); out.err != nil {
		return out
	}
	less := func(l *lane) {
		empty[l.source] = append(empty[l.source], l.Name)
		out.due[l.source] = time.Time{}
	}
	for _, s := range out.looked {
		if !s.some {
			less(s.lane)
		}
	}
	kinds := m.c.kinds()
	for _, p := range ps {
		now := m.c.Now()
		jobs, err := p.lane.store.Claim(ctx, Claim{
			Queue: p.lane.Name, Kinds: kinds, N: p.n, Owner: m.c.Owner, Now: now, Until: now.Add(m.c.Lease),
		})
		if err != nil {
			out.err = err
			return out
		}
		out.jobs = append(out.jobs, jobs)
		if len(jobs) < p.n {
			less(p.lane)
		}
	}
	for s := range out.due {
		due, err := m.stores()[s].NextDue(ctx, empty[s])
		if err != nil {
			out.err = err
			return out
		}
		out.due[s] = due
	}
	return out
}

// takeClaimed takes up what was claimed; it is held from now on.
func (d *dispatcher) takeClaimed(c claimed) {
	d.inFlight = false
	now := d.m.c.Now()
	d.looked = false
	if c.err == nil { // else the next due time of those that have nothing is not known
		d.see(c.looked)
	}
	for i, jobs := range c.jobs {
		l := c.portions[i].lane
		for _, j := range jobs {
			h := d.m.hold(j, l, now)
			l.waiting = append(l.waiting, h)
			l.line.waiting++
		}
		if len(jobs) < c.portions[i].n && c.err == nil { // likewise
			l.maybe, l.sure = l.woken, false
		}
	}
	if c.err != nil && d.stopping {
		return
	}
	if c.err != nil {
		d.failures++
		wait := Exponential(100*time.Millisecond, 30*time.Second)(d.failures)
		d.retryAt = now.Add(wait)
		d.m.c.Log.Error("jobs cannot be claimed; it is tried again", "error", c.err, "in", wait)
		return
	}
	d.failures = 0
	for s, due := range c.due {
		delete(d.nextDue, s)
		if !due.IsZero() {
			d.nextDue[s] = due
		}
	}
}
