package control

import (
	"fmt"
	"time"

	"collector/control/words"
	"collector/state"
)

// Removals is what the last reading of the whole list says of likes that it did
// not show.
type Removals struct {
	At       *time.Time `json:"at"`       // when it ended
	Shown    int        `json:"shown"`    // likes that it showed
	Stored   int        `json:"stored"`   // likes that were stored then
	Missing  int        `json:"missing"`  // of them, those that nothing has shown since; not taken as gone yet
	Withheld bool       `json:"withheld"` // so many that a person has to say so: collector sync --accept-removals
}

func removalsOf(n state.Network) *Removals {
	if n.Swept == nil {
		return nil
	}
	s := n.Swept
	return &Removals{words.Stamp(s.At), s.Shown, s.Stored, s.Unseen, s.Withheld}
}

// goneNotes say what is known of likes that the list does not show any more.
func goneNotes(n state.Network) (out []string) {
	if s := n.Swept; s != nil && s.Unseen > 0 {
		if s.Withheld {
			out = append(out, fmt.Sprintf("shows %s of %s; not taken as removals. If they are: collector sync --accept-removals %s", words.Count(s.Shown), words.Count(s.Stored), n.Name()))
		} else {
			out = append(out, fmt.Sprintf("%s not in the list when it was last read as a whole; gone if the next time says so too", words.Many(s.Unseen, "item was", "items were")))
		}
	}
	if n.SweepNote != "" {
		out = append(out, "the last reading of the whole list proves no like gone: "+n.SweepNote)
	}
	return out
}

// beyondWindow tells whether a list is longer than what its service shows.
func beyondWindow(n state.Network) bool {
	return n.Window > 0 && n.Mode == state.Normal && n.Items >= n.Window
}

// roomOf says how far a list of which only a window is shown is from losing likes.
func roomOf(n state.Network) string {
	if n.Window == 0 || n.Mode != state.Normal || n.Rate <= 0 {
		return ""
	}
	const year = 365 * 24 * time.Hour
	fills := time.Duration(min(float64(n.Window)/n.Rate*float64(time.Hour), float64(year)))
	return fmt.Sprintf("of new likes, those of about %s are shown; likes are lost only if none is read for so long", words.Span(fills))
}
