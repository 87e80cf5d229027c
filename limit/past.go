package limit

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"collector/connectors"
)

// What is remembered: of most quotas a handful of points, so about 2 MB in all, and 12 at most.
const (
	mostPast   = 2_500 // quotas, and as many that were used before them
	mostPoints = 32    // of a window
)

// Past remembers how the quotas were used that this process called by of late, in memory
// alone: nothing is written for it. Its methods may be used from many goroutines; a nil one
// remembers nothing.
type Past struct {
	now func() time.Time

	mu         sync.Mutex
	young, old map[string]*lately // by key; what is used again is young again
}

// lately are the window of a quota that was seen last and the one before it.
type lately struct{ before, last seen }

// seen is a window as this process saw it.
type seen struct {
	epoch  int64
	end    time.Time
	since  time.Time // from when on; zero: from its beginning, when nothing was used
	points []Point   // by time
}

// Point is how much of a window was used from a time on. What was granted and not
// answered yet is not in it; while the service refuses all calls, all is used.
type Point struct {
	At   time.Time
	Used int
}

// NewPast remembers nothing yet.
func NewPast(now func() time.Time) *Past {
	return &Past{now: now, young: map[string]*lately{}}
}

// Store passes everything on to a store and remembers what becomes of its rows.
func (p *Past) Store(s Store) Store {
	if p == nil {
		return s
	}
	return remembered{s, p}
}

type remembered struct {
	Store
	past *Past
}

// standing is what is remembered of a row.
type standing struct {
	key   string
	epoch int64
	end   time.Time
	used  int
}

func standingOf(r *Row, now time.Time) standing {
	s := standing{r.Key, r.Epoch, r.End, r.Used - r.Out}
	if r.Blocked.After(now) {
		s.used = max(s.used, r.Limit)
	}
	return s
}

// UpdateQuotas is Store.UpdateQuotas.
func (s remembered) UpdateQuotas(ctx context.Context, keys []string, fn func([]*Row) error) error {
	now := s.past.now()
	var was, is []standing
	err := s.Store.UpdateQuotas(ctx, keys, func(rows []*Row) error {
		was, is = was[:0], is[:0] // it may run more than once
		before := make([]standing, len(rows))
		for i, r := range rows {
			before[i] = standingOf(r, now)
		}
		if err := fn(rows); err != nil {
			return err
		}
		for i, r := range rows {
			if !r.Rolling { // the row of a rolling quota knows its past
				was, is = append(was, before[i]), append(is, standingOf(r, now))
			}
		}
		return nil
	})
	if err != nil || len(is) == 0 {
		return err
	}
	s.past.mu.Lock()
	defer s.past.mu.Unlock()
	for i := range is {
		s.past.of(is[i].key).note(was[i], is[i], now)
	}
	return nil
}

// of is what is remembered of a quota. The oldest half is forgotten where they are too
// many. p.mu is held.
func (p *Past) of(key string) *lately {
	l := p.young[key]
	if l != nil {
		return l
	}
	if l = p.old[key]; l == nil {
		l = &lately{}
	}
	if len(p.young) >= mostPast {
		p.old, p.young = p.young, map[string]*lately{}
	}
	p.young[key] = l
	return l
}

// note adds how a quota stood before a change and after it. A change of a window that has
// given way to another was made at the same time as the one that opened that, and comes late.
func (l *lately) note(was, is standing, now time.Time) {
	if is.epoch < l.last.epoch && !is.end.After(l.last.end) {
		return
	}
	if l.last.end.IsZero() || l.last.epoch != is.epoch {
		l.before, l.last = l.last, seen{epoch: is.epoch}
		if was.epoch == is.epoch { // it goes on for some time already
			l.last.since = now
			l.last.points = []Point{{now, was.used}}
		}
	}
	l.last.end = is.end
	l.last.add(Point{now, is.used})
}

// add keeps a point where the use has changed. Of too many, one of the two that are nearest
// to each other goes: the later one has what both used.
func (w *seen) add(p Point) {
	n := len(w.points)
	if n > 0 && w.points[n-1].At.After(p.At) { // the clock was set back
		p.At = w.points[n-1].At
	}
	if n == 0 && p.Used == 0 || n > 0 && w.points[n-1].Used == p.Used {
		return
	}
	if n == mostPoints {
		at := 1
		for i := 2; i < n-1; i++ {
			if w.points[i+1].At.Sub(w.points[i].At) < w.points[at+1].At.Sub(w.points[at].At) {
				at = i
			}
		}
		w.points = slices.Delete(w.points, at, at+1)
	}
	w.points = append(w.points, p)
}

// Course is how a quota was used in one window.
type Course struct {
	Begin, End time.Time
	Since      time.Time // from when on that is known; zero: from the beginning
	Points     []Point   // by time
}

// Of is how a quota was used in the window that its row is in and in the one before it,
// the oldest first. Of a rolling quota there is one, which ends now: what of the calls of
// this time counts still. Of one whose last window ended more than a window ago there is none.
func (p *Past) Of(q connectors.Quota, r Row, now time.Time) []Course {
	if r.Rolling {
		return []Course{rolling(q, r, now)}
	}
	windows := []seen{{epoch: r.Epoch, end: r.End, since: now}}
	if p != nil {
		p.mu.Lock()
		l := cmp.Or(p.young[r.Key], p.old[r.Key])
		if l != nil && l.last.epoch == r.Epoch {
			windows = []seen{l.before, l.last}
			windows[1].end = r.End
		} else if l != nil {
			windows = []seen{l.last, windows[0]}
		}
		for i := range windows {
			windows[i].points = slices.Clone(windows[i].points)
		}
		p.mu.Unlock()
	}
	var out []Course
	next := now
	for _, w := range slices.Backward(windows) {
		begin := begins(q, w.end)
		if w.end.IsZero() || next.Sub(w.end) > q.Per {
			break
		}
		if len(out) > 0 && w.end.After(next) { // it ended sooner than was believed
			w.end = next
		}
		out = append(out, Course{begin, w.end, w.since, w.points})
		next = begin
	}
	slices.Reverse(out)
	return out
}

// begins is when the window began that ends at a time.
func begins(q connectors.Quota, end time.Time) time.Time {
	switch q.Calendar {
	case connectors.DayUTC:
		return end.UTC().AddDate(0, 0, -1)
	case connectors.DayPacific:
		return end.In(california()).AddDate(0, 0, -1)
	case connectors.MonthUTC:
		return end.UTC().AddDate(0, -1, 0)
	case connectors.NoCalendar:
	}
	return end.Add(-q.Per)
}

// rolling is the course of a rolling quota, by its log.
func rolling(q connectors.Quota, r Row, now time.Time) Course {
	r = r.Rolled(q, now)
	slices.SortStableFunc(r.Log, func(a, b Spend) int { return a.At.Compare(b.At) })
	out := Course{Begin: now.Add(-q.Per), End: now}
	used := 0
	for _, s := range r.Log {
		used += s.N
		at := s.At
		if at.Before(out.Begin) {
			at = out.Begin
		}
		if at.After(now) { // its part of the window is not over
			at = now
		}
		if n := len(out.Points); n > 0 && out.Points[n-1].At.Equal(at) {
			out.Points[n-1].Used = used
			continue
		}
		out.Points = append(out.Points, Point{at, used})
	}
	return out
}

// Rolled is the row of a rolling quota as it is now: what counts no more is left out.
func (r *Row) Rolled(q connectors.Quota, now time.Time) Row {
	out := r.Clone()
	out.roll(now, now, q)
	return out
}

// Others is how much of what is used of an account's present window others used at least,
// who have the same sign-in; false where that is not known. A call of ours that cost nothing
// counts as one of ours.
func (r *Row) Others(q connectors.Quota, now time.Time) (int, bool) {
	if q.Scope != connectors.PerAccount || !reports(q) || !r.Exact || !r.Rolling && !r.End.After(now) {
		return 0, false
	}
	ours := 0
	if r.Rolling {
		rolled := r.Rolled(q, now)
		return rolled.ByClass[""], true
	}
	for _, n := range r.ByClass {
		ours += n
	}
	return max(0, r.Seen-ours), true
}
