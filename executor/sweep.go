package executor

import (
	"fmt"
	"hash/fnv"
	"time"

	"collector/connectors"
	"collector/state"
)

// A sweep reads the whole list again and so finds what no poll can: likes that are
// gone, and likes that were missed. It is due by itself from time to time; the
// longer the list, the more seldom.
const (
	sweepLeast = 7 * 24 * time.Hour  // at least so long between two sweeps
	sweepMost  = 30 * 24 * time.Hour // and at most, however long the list
	sweepPage  = 2 * time.Hour       // for each page that the last walk over the list had
	sweepAgain = 24 * time.Hour      // but so soon after one that left out likes, to confirm it
)

// sweepEvery is how long after a walk over the whole list a sweep is due.
func sweepEvery(pages int) time.Duration {
	return min(max(time.Duration(pages)*sweepPage, sweepLeast), sweepMost)
}

// sweepDue says whether a sweep is due. A time beyond belief was written by a wrong
// clock.
func sweepDue(p state.Progress, now time.Time) bool {
	return p.Sweep != nil || p.SweepDue || !p.SweepAt.IsZero() && (!p.SweepAt.After(now) || p.SweepAt.After(now.Add(beyondBelief)))
}

// planSweep plans the first sweep of a network that has none planned, not at the
// same time as those of all others. A list that costs money is read whole again only
// when a person asks for it, or where it may have missed likes.
func (r *run) planSweep(p *state.Progress, pages int, now time.Time) {
	if !p.SweepAt.IsZero() || r.info.Price > 0 {
		return
	}
	h := fnv.New32a()
	h.Write([]byte(r.out.Network.ID)) // a Hash never returns an error
	every := sweepEvery(pages)
	p.SweepAt = now.Add(every/2 + time.Duration(float64(every/2)*float64(h.Sum32()>>8)/(1<<24)))
}

// swept ends a sweep. What it did not show counts only if it can be believed.
func (r *run) swept(p *state.Progress, w *state.Walk, now time.Time) {
	p.SweptAt, p.SweepAt = now, time.Time{}
	if r.info.Price == 0 {
		p.SweepAt = now.Add(sweepEvery(w.Pages))
	}
	if p.SweepNote = r.disbelief(w); p.SweepNote == "" {
		p.Swept = &state.Swept{Sweep: w.Number, At: now, Shown: w.Items, Walks: p.Walks}
	}
}

// disbelief says why a sweep proves nothing about likes that it did not show, or "".
func (r *run) disbelief(w *state.Walk) string {
	switch window := r.info.Window; {
	case !w.Noted:
		return "it was begun by an older program, or in another store"
	case w.Nameless:
		return "it met an object whose id could not be read"
	case w.Doubt != "":
		return w.Doubt
	case window > 0 && max(w.Items, r.kept())*10 >= window*9:
		// Where more are kept than shown, the rest may stand behind the window: what was
		// pushed out of it need not come back when likes before it are taken back.
		return fmt.Sprintf("the service shows the newest %d likes only, and there are about as many", window)
	case w.Items == 0 && r.info.EmptyWrong:
		return "the service answered with an empty list, as it is known to do by mistake"
	}
	return ""
}

// kept is how many likes the store holds of the network that are not marked as gone.
func (r *run) kept() int { return r.out.Network.Items + r.out.Added - r.out.Removed }

// sweeping notes in a walk what its page means for likes that are gone.
func sweeping(w *state.Walk, page connectors.Page) {
	for _, b := range page.Bad {
		w.Nameless = w.Nameless || b.ID == ""
	}
}
