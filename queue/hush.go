package queue

import (
	"context"
	"sync"
)

// Hush says whether the masters of a process claim, all of them together (Config.Hush). The
// zero value lets them. Its methods may be called at once; a nil one never hushes.
type Hush struct {
	mu      sync.Mutex
	on      bool
	changed chan struct{} // closed with the next change; nil: nobody waits for it
}

// Set hushes, or lets claim again.
func (h *Hush) Set(on bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.on == on {
		return
	}
	h.on = on
	if h.changed != nil {
		close(h.changed)
		h.changed = nil
	}
}

// On says whether nothing is to be claimed.
func (h *Hush) On() bool {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.on
}

// look is On, and what is closed once that changes.
func (h *Hush) look() (on bool, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.changed == nil {
		h.changed = make(chan struct{})
	}
	return h.on, h.changed
}

// hushing makes a master, which began as was says, quiet, or has it claim again, as
// Config.Hush says, until ctx ends.
func (m *Master) hushing(ctx context.Context, was bool) {
	if m.c.Hush == nil {
		return
	}
	for {
		on, changed := m.c.Hush.look()
		if on != was {
			was = on
			if m.command(ctx, func(d *dispatcher) { d.hush(on) }) != nil {
				return // it ends
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// hush is Quiet and Resume, but for one that stops.
func (d *dispatcher) hush(on bool) {
	if d.stopping {
		return
	}
	d.quiet = on
	if !on {
		d.lookEverywhere()
	}
}

// InHand is what a Master holds now: jobs that run, and leases, those of jobs that wait for a
// worker or whose outcome is not told yet among them.
func (m *Master) InHand() (running, leases int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.workers {
		if w.Job != nil {
			running++
		}
	}
	return running, len(m.held)
}
