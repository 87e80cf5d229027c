package limit

import "time"

// mostOffsets is of how many quotas a process keeps how far their clock is ahead: one is
// of an account, and there may be a million of them.
const mostOffsets = 10_000

// setBack is by how much our clock has to be behind a row before it counts as
// set back: more than servers and processes differ.
const setBack = time.Minute

// ahead is how far the clock of a row is ahead of ours: the server's, unless
// nothing in the row comes from there.
//
// No clock goes back. Where the row has seen a later time than ours makes it now,
// our clock was ahead then, or is behind now, and nobody can tell which. Then the
// row goes on from what it has seen, as if no time had passed since: what is
// blocked stays so for what it was blocked for, never for less, and not until a
// time that only a wrong clock makes far. The next answer, or our clock when it
// has caught up, ends that.
func (l *Ledger) ahead(r *Row, n Need, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	ahead := l.offsets[n.Key]
	if rolls(n.Quota) {
		ahead = 0
	}
	behind := func(ahead time.Duration) bool { return r.Served.Sub(now.Add(ahead)) > setBack }
	if !behind(ahead) {
		delete(l.anchors, n.Key)
		return ahead
	}
	anchor, known := l.anchors[n.Key]
	if !known || behind(anchor) {
		anchor = r.Served.Sub(now)
		l.anchors[n.Key] = anchor
	}
	return anchor
}

// adopt takes from a row how far the server's clock is ahead, where this process
// has not had an answer yet.
func (l *Ledger) adopt(r *Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.offsets[r.Key]; !known && r.Ahead != 0 {
		l.offsets[r.Key] = r.Ahead
	}
}

// met learns the server's clock from an answer. How long ago that came, the
// monotonic clock knows best.
func (l *Ledger) met(key string, a *Answer, now time.Time) {
	if a == nil || a.Date.IsZero() {
		return
	}
	l.mu.Lock()
	if len(l.offsets) >= mostOffsets { // those of accounts that have moved on; the rows know them
		l.offsets = map[string]time.Duration{}
	}
	l.offsets[key] = a.Date.Sub(now.Round(0)) + now.Sub(a.At)
	l.mu.Unlock()
}

// offset is the server's clock minus ours.
func (l *Ledger) offset(key string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.offsets[key]
}

// mend brings what our clock wrote, and what no right clock can have written so
// far ahead, back to the farthest that one can.
func (r *Row) mend(now time.Time, live time.Duration) {
	latest := func(t *time.Time, far time.Duration) {
		if end := now.Add(far); t.After(end) {
			*t = end
		}
	}
	for i := range r.Lent {
		latest(&r.Lent[i].Until, live)
	}
	latest(&r.ProbeBy, sendTime)
	for p, at := range r.Procs {
		latest(&at, 0)
		r.Procs[p] = at
	}
}
