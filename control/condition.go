package control

import (
	"collector/control/words"
	"collector/state"
)

// Trouble is how bad the state of a network is.
type Trouble int

// The troubles.
const (
	None    Trouble = iota
	Passing         // it fails for now
	Lasting         // it will not recover by itself
	SignIn          // it needs a person to sign in, or to grant a permission
)

// Trouble is how bad the state of a network is.
func (n Network) Trouble() Trouble {
	if n.Paused {
		return None
	}
	switch state.Condition(n.Condition) {
	case state.NeedsSignIn, state.NeedsScope:
		return SignIn
	case state.Missing, state.Broken, state.Stalled:
		return Lasting
	case state.Failing:
		return Passing
	case state.OK, state.Limited, state.Imported:
	}
	return None
}

// NeedsYou says whether a person has to do something about a network.
func NeedsYou(n state.Network) bool {
	_, needs := inWords(n, Network{})
	return needs
}

// inWords is the state as the table shows it, and whether a person has to do something.
func inWords(n state.Network, v Network) (text string, needsYou bool) {
	switch {
	case n.Condition == state.Imported:
		return "imported", false
	case n.Paused:
		return "paused", false
	case n.Condition == state.NeedsSignIn, n.Condition == state.NeedsScope:
		return "NEEDS YOU", true
	case n.Condition == state.Missing:
		return "gone", true
	case n.Condition == state.Broken:
		return "NEEDS A PERSON", true
	case n.Condition == state.Stalled:
		return "stalled", false
	case n.Condition == state.Failing:
		return "failing", false
	case n.Condition == state.Limited && !v.Running:
		return "waiting: quota", false
	case n.Mode == state.Initial && v.Progress != nil && v.Progress.Of > 0:
		return "backfill " + words.Percent(v.Progress.Pages, v.Progress.Of), false
	case n.Mode == state.Initial:
		return "backfill", false
	case beyondWindow(n) || n.Doubt != "":
		return "ok, partial", false
	}
	return "ok", false
}

// notes are what a person should know beside the state. hydrates says that the service
// can be asked for details.
func notes(n state.Network, hydrates bool) []string {
	out := []string{}
	if beyondWindow(n) {
		out = append(out, "the service only shows the newest "+words.Count(n.Window)+" items; older ones cannot be collected")
	}
	if room := roomOf(n); room != "" {
		out = append(out, room)
	}
	if n.Doubt != "" {
		out = append(out, n.Doubt)
	}
	if n.StallNote != "" {
		out = append(out, n.StallNote)
	}
	out = append(out, goneNotes(n)...)
	if n.Bad > 0 {
		out = append(out, words.Many(n.Bad, "object", "objects")+" could not be read and are kept until a newer collector can")
	}
	if n.Condition == state.Imported {
		out = append(out, "imported, not collected")
	}
	switch {
	case n.Bare > 0 && hydrates && n.Condition != state.Imported:
		out = append(out, words.Many(n.Bare, "item waits", "items wait")+" for details")
	case n.Bare > 0:
		out = append(out, "of "+words.Many(n.Bare, "item", "items")+" no more is known than an import told")
	}
	return out
}
