package cluster

import (
	"context"
	"time"
)

// lead becomes leader, or stops being one, as the registry says. What it did as leader
// may have ended with its lease before the registry said that the lease lives: then it
// begins anew, in the same term.
func (m *Member) lead(ctx context.Context) {
	m.mu.Lock()
	term, was := m.leadsAt(time.Now()), m.term
	ended := was != 0 && m.leading.Err() != nil
	m.mu.Unlock()
	if term == was && !ended {
		return
	}
	m.demote()
	if term != 0 {
		m.promote(ctx, term)
	}
}

// promote starts the duties of a leader.
func (m *Member) promote(ctx context.Context, term int64) {
	m.mu.Lock()
	m.leading, m.abdicate = context.WithCancel(ctx)
	// Also while a call hangs: who cannot renew stops in time for the next one.
	m.fuse = time.AfterFunc(time.Until(m.until), m.abdicate)
	m.term = term
	leading := m.leading
	m.mu.Unlock()
	m.emit(Event{Kind: Promoted, Term: term})
	for _, d := range m.Duties {
		m.work.Go(func() { m.duty(leading, d) })
	}
}

func (m *Member) demote() {
	m.mu.Lock()
	term := m.term
	if term != 0 {
		m.fuse.Stop()
		m.abdicate()
		m.term = 0
		clear(m.taking)
	}
	m.mu.Unlock()
	if term != 0 {
		m.emit(Event{Kind: Demoted, Term: term})
	}
}

// duty does one of them again and again, until the term ends.
func (m *Member) duty(ctx context.Context, d Duty) {
	for ctx.Err() == nil {
		next := d.Every
		if err := d.Do(ctx); err != nil && ctx.Err() == nil {
			m.Log.Warn("a duty of the leader failed", "duty", d.Name, "err", err)
			next = min(d.Every, 10*m.retry())
		}
		pause := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
	}
}
