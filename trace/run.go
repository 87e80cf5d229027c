package trace

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// How many steps of one run are kept: the first ones and the last ones. Those between, of a
// long backfill, are counted.
const (
	mostFirst = 16
	mostLast  = 48
	usual     = 8 // a poll that finds something has seven
)

// Run notes the steps of a run that goes on. Its methods may be used from many goroutines;
// a nil one notes nothing.
type Run struct {
	kept    *Kept
	network string
	begun   time.Time

	mu    sync.Mutex
	first []Step
	last  []Step // once first is full: a ring of mostLast
	more  int    // steps that were noted after first was full
	calls int
	ended bool
}

// Note adds a step that began at a time. It may be told of later than others that began
// after it.
func (r *Run) Note(began time.Time, s Step) {
	if r == nil {
		return
	}
	s.At = max(0, began.Sub(r.begun))
	s.Took = max(0, s.Took)
	s.cut()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return
	}
	if s.Kind == Asked {
		r.calls++
	}
	if r.first == nil {
		r.first = make([]Step, 0, usual)
	}
	if len(r.first) < mostFirst {
		r.first = append(r.first, s)
		return
	}
	if len(r.last) < mostLast {
		r.last = append(r.last, s)
	} else {
		r.last[r.more%mostLast] = s
	}
	r.more++
}

// End keeps the run, which ended at a time: that under which its outcome is stored.
func (r *Run) End(at time.Time) {
	if r == nil {
		return
	}
	r.mu.Lock()
	if r.ended {
		r.mu.Unlock()
		return
	}
	r.ended = true
	done := Done{Begun: r.begun, Ended: at, Calls: r.calls, Left: max(0, r.more-mostLast)}
	done.Steps = r.first // nobody adds to it any more
	if r.more > 0 {
		oldest := 0 // where the ring begins
		if r.more > mostLast {
			oldest = r.more % mostLast
		}
		done.Steps = slices.Concat(r.first, r.last[oldest:], r.last[:oldest])
	}
	r.mu.Unlock()
	// The next page is asked for while one is stored, so steps end in another order than they begin.
	slices.SortStableFunc(done.Steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
	r.kept.add(r.network, done)
}

// Done is a run that ended. Nobody changes what its slice holds.
type Done struct {
	Begun, Ended time.Time
	Calls        int    // to services, sign-ins included
	Steps        []Step // by when they began
	Left         int    // steps that are not kept, after the first sixteen
}

// Took is how long the run went on.
func (d Done) Took() time.Duration { return max(0, d.Ended.Sub(d.Begun)) }

type runKey struct{}

// With carries a run in a context; a nil one leaves it as it is.
func With(ctx context.Context, r *Run) context.Context {
	if r == nil {
		return ctx
	}
	return context.WithValue(ctx, runKey{}, r)
}

// Of is the run that a context carries; nil: none.
func Of(ctx context.Context) *Run {
	r, _ := ctx.Value(runKey{}).(*Run)
	return r
}
