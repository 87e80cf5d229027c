package page

import "collector/web/page/words"

// Activity is what the program does, as it does it.
type Activity struct {
	Frame
	Lead     string // what it is
	Kept     string // how long it is kept
	Accounts []Option
	Kinds    []Option
	Recent   string // "41 events in the last 10 min"
	Events   []Event
	Narrowed bool // only a part was asked for
	Older    Path // "" none
	Stream   Path // live updates; "" none
}

func (Activity) file() string { return "activity" }

// Event is one line.
type Event struct {
	Tone   Tone
	At     words.Phrase // "14:56:01"
	Icon   Icon
	Text   words.Phrase
	Link   Link   // the run, the job; empty none
	Remark string // "512 ms"
}

// Class of the line.
func (e Event) Class() string { return e.Tone.line() }
