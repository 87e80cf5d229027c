package main

import (
	"collector/fault"
	"collector/state"
)

// inWords is the state as the table shows it, whether a person has to do
// something, and the exit code that --fail-on gives it.
func inWords(n state.Network, v networkView) (words string, needsYou bool, code int) {
	switch {
	case n.Condition == state.Imported:
		return "imported", false, exitOK
	case n.Paused:
		return "paused", false, exitOK
	case n.Condition == state.NeedsSignIn, n.Condition == state.NeedsScope:
		return "NEEDS YOU", true, exitSignIn
	case n.Condition == state.Missing:
		return "gone", true, exitPermanent
	case n.Condition == state.Broken:
		return "NEEDS A PERSON", true, exitPermanent
	case n.Condition == state.Stalled:
		return "stalled", false, exitPermanent
	case n.Condition == state.Failing:
		return "failing", false, exitTemporary
	case n.Condition == state.Limited && !v.Running:
		return "waiting: quota", false, exitOK
	case n.Mode == state.Initial && v.Progress != nil && v.Progress.Of > 0:
		return "backfill " + percent(v.Progress.Pages, v.Progress.Of), false, exitOK
	case n.Mode == state.Initial:
		return "backfill", false, exitOK
	case beyondWindow(n) || n.Doubt != "":
		return "ok, partial", false, exitOK
	}
	return "ok", false, exitOK
}

// notes are what a person should know beside the state. hydrates says that the service
// can be asked for details.
func notes(n state.Network, hydrates bool) []string {
	out := []string{}
	if beyondWindow(n) {
		out = append(out, "the service only shows the newest "+count(n.Window)+" items; older ones cannot be collected")
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
		out = append(out, many(n.Bad, "object", "objects")+" could not be read and are kept until a newer collector can")
	}
	if n.Condition == state.Imported {
		out = append(out, "imported, not collected")
	}
	switch {
	case n.Bare > 0 && hydrates && n.Condition != state.Imported:
		out = append(out, many(n.Bare, "item waits", "items wait")+" for details")
	case n.Bare > 0:
		out = append(out, "of "+many(n.Bare, "item", "items")+" no more is known than an import told")
	}
	return out
}

// limited says whether a run ended at a limit, which is no failure.
func limited(r runView) bool { return r.Fault == fault.RateLimited.String() }
