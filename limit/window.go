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
	Reset      time.Time // in the server's clock
}

// roll brings r up to now (server's clock): expired batches stop being
// outstanding, and a window that has ended gives way to a provisional one.
func (r *Row) roll(now time.Time, q connectors.Quota) {
	if r.Limit <= 0 {
		r.Limit = q.N
	}
	r.Lent = slices.DeleteFunc(r.Lent, func(b Batch) bool {
		if b.Until.After(now) {
			return false
		}
		r.Out = max(0, r.Out-b.Left) // spent until an answer shows otherwise: Used stays
		return true
	})
	for p, at := range r.Procs {
		if now.Sub(at) > procAlive {
			delete(r.Procs, p)
		}
	}
	if q.Rolling {
		r.Log = slices.DeleteFunc(r.Log, func(s Spend) bool { return !s.At.Add(q.Per).After(now) })
		if !r.Exact {
			r.Used = 0
			for _, s := range r.Log {
				r.Used += s.N
			}
			r.End = now.Add(q.Per)
			if len(r.Log) > 0 {
				r.End = r.Log[0].At.Add(q.Per)
			}
			return
		}
	}
	if r.End.IsZero() || !r.End.Add(margin).After(now) || r.End.Sub(now) > maxWait {
		r.open(now.Add(q.Per), false)
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
	held := 0.0
	for _, s := range shares {
		if s.class == c || r.Asked[s.class] != r.Epoch {
			continue
		}
		held += max(0, float64(r.Limit*s.percent)/100-float64(r.ByClass[s.class])) * togo
	}
	return int(held)
}
