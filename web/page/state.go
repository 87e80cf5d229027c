package page

import "fmt"

// State is how a network is doing, as a person cares for it. Their order is that in
// which accounts are listed: what needs somebody comes first.
type State uint8

// The states.
const (
	NeedsYou   State = iota // a person has to do something
	Failing                 // failures that are tried again by themselves
	Collecting              // the history is being read
	Comparing               // the list is being read in full beside the polls
	Waiting                 // a clock runs
	UpToDate
	Partial  // up to date, but the service shows only a part
	Paused   // by its owner
	Imported // kept, never collected
)

// pill is a state as a pill; percent is how far a walk is, 0 unknown.
func (s State) pill(percent int) Pill {
	far := func(word string) string {
		if percent > 0 {
			return fmt.Sprintf("%s %d %%", word, min(percent, 100))
		}
		return word
	}
	switch s {
	case NeedsYou:
		return Pill{"bad", "key", "Needs you"}
	case Failing:
		return Pill{"wait", "alert", "Trying again"}
	case Collecting:
		return Pill{"run", "down", far("Collecting")}
	case Comparing:
		return Pill{"run", "down", far("Comparing")}
	case Waiting:
		return Pill{"wait", "clock", "Waiting"}
	case Partial:
		return Pill{"ok", "check", "Up to date, in part"}
	case Paused:
		return Pill{"off", "pause", "Paused"}
	case Imported:
		return Pill{"off", "box", "Imported"}
	}
	return Pill{"ok", "check", "Up to date"}
}
