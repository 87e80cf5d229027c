package page

import (
	"collector/web/page/chart"
	"collector/web/page/words"
)

// NetworkPage is one list: its state and why, its last run or an earlier one step by step,
// the runs before, and what can be done.
type NetworkPage struct {
	Frame
	Service Service
	Title   string // "Stars of wren-hollis"
	Main    Actions
	State   Note // why it is in this state, and what comes next
	// Progress of a backfill or sweep, with its sentence.
	Progress *Progress
	Pace     words.Phrase
	RunName  string       // "Last run", or that an earlier one is shown
	LastRun  words.Phrase // "14:48 · 1.5 s · 2 calls · 3 new"; nil: none is known
	Steps    []Step
	NotKept  string // why there are no more steps; "" all are there
	Newest   Path   // the last run, where an earlier one is shown; "" otherwise
	Beat     Beat
	Kept     string // how long runs are kept: "kept for 30 days"
	Runs     []Run
	Quotas   []chart.Stair
	Facts    []Fact
	Changes  []Change
	Stream   Path
}

func (NetworkPage) file() string { return "network" }

// Step is a knot of the timeline; the last one is the next run with its reason.
type Step struct {
	Tone  Tone
	Title string // "Asked for page 1"
	Took  string // "214 ms"; "" not said
	At    words.Phrase
	Text  words.Phrase
}

// Class of the knot.
func (s Step) Class() string { return s.Tone.line() }

// line is the class of a line of a list, by its tone.
func (t Tone) line() string {
	switch t {
	case Wait:
		return "w"
	case Bad:
		return "f"
	case Good:
		return "o"
	}
	return ""
}

// Run is an earlier run.
type Run struct {
	To   Path // its timeline; "" none is kept
	At   words.Phrase
	Text string // "Nothing new, no call spent"
	Tick Tick
}

// Pill is how the run went.
func (r Run) Pill() Pill {
	switch r.Tick {
	case RunWaited:
		return Pill{"wait", "clock", "waited"}
	case RunFailed:
		return Pill{"bad", "alert", "failed"}
	case RunOK:
		return Pill{"ok", "check", "ok"}
	}
	return Pill{"off", "quiet", "unknown"}
}

// Fact is a line of the facts.
type Fact struct {
	Name string
	Text words.Phrase
	To   Path // where more of it is; "" none
	Long bool // it has lines of its own below its name
}

// Change is something that can be done, with what it means.
type Change struct {
	Text string
	Do   Actions
}
