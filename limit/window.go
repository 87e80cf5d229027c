package limit

import (
	"slices"
	"time"

	"collector/connectors"
)

// margin is added to every window end: Date headers and resets are cut to
// whole seconds.
const margin = time.Second

// Usage is what an answer says of one quota. Zero fields are unknown.
type Usage struct {
	Limit      int
	Left, Used *int
	Reset      time.Time     // in the server's clock
	Wait       time.Duration // no call for so long, although this one was answered
	Spent      *int          // what this call cost, at most its Need's Cost
}

// roll brings r up to now (our clock) and server (the server's): expired batches
// stop being outstanding, and a window that has ended gives way to a provisional
// one.
func (r *Row) roll(now, server time.Time, q connectors.Quota) {
	if r.Limit <= 0 || !reports(q) { // what no reply tells is what the program and its user say now
		r.Limit = q.N
	}
	if r.Allowed != nil {
		r.Limit = min(r.Limit, *r.Allowed)
	}
	r.mend(now, life(q)+sendTime)
	r.Lent = slices.DeleteFunc(r.Lent, func(b Batch) bool {
		if b.Until.After(now) {
			return false
		}
		r.Out = max(0, r.Out-b.Left) // spent until an answer shows otherwise: Used stays
		if rolls(q) {
			r.spent(b.Left, b.Class, server.Add(b.Until.Sub(now)), q)
		}
		return true
	})
	for p, at := range r.Procs {
		if now.Sub(at) > procAlive {
			delete(r.Procs, p)
		}
	}
	if rolls(q) {
		r.rollLog(server, q)
		return
	}
	if !r.Exact && q.Calendar == connectors.NoCalendar && r.End.Sub(server) > q.Per+margin { // opened by a clock that was ahead
		r.End = server.Add(q.Per)
	}
	if r.End.IsZero() || !r.End.Add(margin).After(server) || r.End.Sub(server) > maxWait {
		end := server.Add(q.Per)
		if q.Calendar != connectors.NoCalendar {
			end = nextWindow(q.Calendar, server)
		}
		r.open(end, false)
	}
}

// open begins a window. What is outstanding may be counted by either window,
// so it is taken along.
func (r *Row) open(end time.Time, exact bool) {
	r.End, r.Exact = end, exact
	r.Epoch++
	r.Seen, r.Used = 0, r.Out
	r.ByClass = nil
}

// left is how many calls may still be granted in this window.
func (r *Row) left() int { return max(0, r.Limit-r.Used) }

// learn corrects r by an answer that came at now (server's clock).
func (r *Row) learn(u Usage, now time.Time, q connectors.Quota) {
	limit := r.Limit
	if u.Limit > 0 {
		limit = u.Limit
	}
	spent := -1
	switch {
	case u.Used != nil:
		spent = *u.Used
	case u.Left != nil:
		spent = limit - *u.Left
	}
	if spent < 0 {
		return
	}
	if rolls(q) {
		r.Limit, r.SeenAt = limit, now
		r.learnRolling(spent, now, q)
		return
	}
	end := u.Reset
	if end.IsZero() || end.Sub(now) > maxWait {
		end = r.End
	}
	tolerance := min(q.Per/4, 5*time.Second)
	switch {
	case !r.Exact: // the first answer of a window replaces the guess, downwards too
		r.End, r.Exact, r.Limit = end, true, limit
		r.Seen, r.Used = spent, spent+r.Out
	case end.Before(r.End.Add(-tolerance)): // overtaken: it speaks of a window that is over
		return
	case end.After(r.End.Add(tolerance)):
		r.Limit = limit
		r.open(end, true)
		r.Seen, r.Used = spent, spent+r.Out
	default:
		r.Limit = limit
		r.Seen = max(r.Seen, spent)
		r.Used = max(r.Used, r.Seen+r.Out)
		if r.Out == 0 {
			r.Used = r.Seen
		}
	}
	r.SeenAt = now
}

// heldRolling is held of a window without an end: a little more than each other
// class is using, so that its next call finds room, less the longer ago it asked.
// A class within its own share is not held back.
func (r *Row) heldRolling(c Class, now time.Time, q connectors.Quota) int {
	held := 0.0
	for _, s := range shares {
		share, used := r.Limit*s.percent/100, r.ByClass[s.class]
		if s.class == c {
			if used < share {
				return 0
			}
			continue
		}
		if at, asked := r.Asked[s.class]; asked {
			fresh := max(0, 1-float64(now.Sub(time.UnixMilli(at)))/float64(q.Per))
			held += fresh * float64(max(0, min(share-used, used/8+1)))
		}
	}
	return int(held)
}

// overdrawn says that more is granted than the service says is left, so that
// what is granted and not yet sent has to come back.
func (r *Row) overdrawn() bool { return r.Exact && r.Seen+r.Out > r.Limit }

// shares of a window in percent.
var shares = [...]struct {
	class   Class
	percent int
}{{Poll, 50}, {Backfill, 40}, {Sweep, 10}}

// held is how many calls of this window are kept for other classes than c: the
// unused share of each that has asked in this window, shrinking as its end nears.
func (r *Row) held(c Class, now time.Time, q connectors.Quota) int {
	if q.Per <= 0 {
		return 0
	}
	togo := min(1, max(0, float64(r.End.Sub(now))/float64(q.Per)))
	if rolls(q) {
		return r.heldRolling(c, now, q)
	}
	held := 0.0
	for _, s := range shares {
		if s.class == c || r.Asked[s.class] != r.Epoch {
			continue
		}
		held += max(0, float64(r.Limit*s.percent)/100-float64(r.ByClass[s.class])) * togo
	}
	return int(held)
}
