package page

import (
	"fmt"

	plain "collector/control/words"
	"collector/web/page/words"
)

// Tick is how one run went.
type Tick uint8

// The ticks.
const (
	NoRun Tick = iota
	RunOK
	RunWaited
	RunFailed
)

// Beat is how the last runs went, newest last. The last 20 are shown.
type Beat []Tick

// beats is how many runs are shown.
const beats = 20

// mark is a piece of a tick in a field of 120 by 16: its class and place.
type mark struct {
	Class      string
	X, Y, W, H int
}

// Label is the heartbeat in words: "19 of the last 20 runs ok, 1 waited".
func (b Beat) Label() string {
	ok, waited, failed := 0, 0, 0
	for _, t := range b.last() {
		switch t {
		case RunOK:
			ok++
		case RunWaited:
			waited++
		case RunFailed:
			failed++
		}
	}
	all := ok + waited + failed
	if all == 0 {
		return "No run yet"
	}
	s := fmt.Sprintf("%d of the last %s ok", ok, plain.Many(all, "run", "runs"))
	if waited > 0 {
		s += fmt.Sprintf(", %d waited", waited)
	}
	if failed > 0 {
		s += fmt.Sprintf(", %d failed", failed)
	}
	return s
}

// last are exactly 20 ticks; where there were fewer runs the first are NoRun.
func (b Beat) last() []Tick {
	out := make([]Tick, beats)
	if len(b) > beats {
		b = b[len(b)-beats:]
	}
	copy(out[beats-len(b):], b)
	return out
}

// Marks are the shapes: tall for well, short for waited, broken in two for failed, a
// dot for none, so that none is told by its colour alone.
func (b Beat) Marks() []mark {
	var out []mark
	for k, t := range b.last() {
		x := 6*k + 1
		switch t {
		case RunOK:
			out = append(out, mark{"o", x, 2, 4, 14})
		case RunWaited:
			out = append(out, mark{"w", x, 10, 4, 6})
		case RunFailed:
			out = append(out, mark{"f", x, 2, 4, 5}, mark{"f", x, 11, 4, 5})
		default:
			out = append(out, mark{"n", x + 1, 14, 2, 2})
		}
	}
	return out
}

// Quota is a battery: what is filled is what is left.
type Quota struct {
	Left, Of int
	Unit     string       // "calls", plural
	Full     words.Phrase // "full again 15:00"; empty unknown
}

// Percent is how much is left, for the drawing.
func (q Quota) Percent() string {
	if q.Of <= 0 {
		return "0"
	}
	return fmt.Sprintf("%.1f", float64(min(max(q.Left, 0), q.Of))/float64(q.Of)*100)
}

// Low says that less than a tenth is left.
func (q Quota) Low() bool { return q.Left*10 < q.Of }
