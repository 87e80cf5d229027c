package limittest

import (
	"fmt"
	"time"
)

// Result is what the service counted.
type Result struct {
	Windows []Window // the judged ones; a rolling budget is cut into pieces of its length
	Limit   int      // units of a window
	Cost    int      // units of a call
	Refused int      // calls over any budget, in the whole run
	Early   int      // calls before the time that a refusal had announced
	Killed  int      // index of the window in which a process was killed, or -1
	Held    int      // units that it had reserved
}

// small is up to how many calls of a window one call, or a dead process's batch,
// is more than a hundredth.
const small = 200

func (w *world) result() Result {
	b := w.judged()
	r := Result{Limit: b.N, Cost: max(1, w.Kind.Parts[w.Kind.Judged].Cost), Early: w.early, Killed: -1, Held: w.held}
	for _, b := range w.budgets {
		r.Refused += b.Refused()
	}
	if b.Shape == Rolling {
		for i := range w.Windows {
			start := w.began.Add(time.Duration(i+1) * b.Per)
			piece := Window{Start: start, End: start.Add(b.Per)}
			for _, c := range b.Calls {
				if !c.At.Before(piece.Start) && c.At.Before(piece.End) {
					piece.Used += c.Units
				}
			}
			r.Windows = append(r.Windows, piece)
		}
	} else if len(b.Windows) > w.Windows {
		r.Windows = b.Windows[1 : 1+w.Windows]
	}
	for i, one := range r.Windows {
		if !w.killed.IsZero() && !w.killed.Before(one.Start) && w.killed.Before(one.End) {
			r.Killed = i
		}
	}
	return r
}

// Share is the part of the quota that was used in a window, in percent.
func (r Result) Share(i int) float64 { return 100 * float64(r.Windows[i].Used) / float64(r.Limit) }

// Check says what was not as promised: a call over the quota, or less than 99 %
// used of a window (98 % of one in which a process was killed; all but one call,
// or but what the dead process held, of a small one). nil: all was.
func (r Result) Check(windows int) error {
	if r.Refused > 0 || r.Early > 0 {
		return fmt.Errorf("%d calls over the quota, %d before the time that a refusal had announced", r.Refused, r.Early)
	}
	if len(r.Windows) < windows {
		return fmt.Errorf("%d full windows, want %d", len(r.Windows), windows)
	}
	for i, w := range r.Windows {
		lost := r.Limit - w.Used
		share, but := 99.0, r.Cost
		if i == r.Killed {
			share, but = 98, max(r.Cost, r.Held)
		}
		if r.Share(i) < share && (r.Limit > small*r.Cost || lost > but) {
			return fmt.Errorf("window %d of %d: %d of %d used, %.1f %% (%d held by a killed process, in window %d)",
				i+1, windows, w.Used, r.Limit, r.Share(i), r.Held, r.Killed+1)
		}
	}
	return nil
}
