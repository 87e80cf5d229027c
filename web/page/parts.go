package page

import (
	"collector/web/page/words"
)

// Icon is the name of a symbol in the sprite.
type Icon string

// Deed is what a form does: the value of its field "do".
type Deed string

// The deeds.
const (
	Sync       Deed = "sync"
	SyncFully  Deed = "sync-fully"
	Pause      Deed = "pause"
	Resume     Deed = "resume"
	Disconnect Deed = "disconnect"
	Accept     Deed = "accept-removals"
	Quiet      Deed = "quiet"
	Stop       Deed = "stop"
	RunNow     Deed = "run"
	Cancel     Deed = "cancel"
	Delete     Deed = "delete"
	Revoke     Deed = "revoke"
	SignOut    Deed = "sign-out"
	Test       Deed = "test"
	Make       Deed = "make"
	Save       Deed = "save"
	Replay     Deed = "replay"
)

// Link is a word that leads somewhere here.
type Link struct {
	Text string
	To   Path
}

// Action is one button of a form.
type Action struct {
	Do   Deed
	Text string // on the button, or only read aloud where Bare is set
	Icon Icon   // "" none
	Bare bool   // only the icon is shown
	Key  string // the key that presses it; "" none
	Look Look
}

// Look is the weight of a button. One button of a page is Main.
type Look uint8

// The looks.
const (
	Common Look = iota
	Calm
	Main
	Danger
)

// Class is the class of a button.
func (l Look) Class() string {
	switch l {
	case Calm:
		return "btn calm"
	case Main:
		return "btn main"
	case Danger:
		return "btn danger"
	}
	return "btn"
}

// Actions are buttons that all concern one thing.
type Actions struct {
	To    Path   // where the form is sent
	About string // what it concerns, as the form's name for screen readers
	List  []Action
}

// Tone is what a note or a line is about.
type Tone uint8

// The tones.
const (
	Remark Tone = iota
	Good
	Wait
	Bad
)

// Note is a reason, whose fault it is, and the next step.
type Note struct {
	Tone  Tone
	Icon  Icon
	What  words.Phrase // what happened
	Whose string       // whose fault it is, what is safe, when the next try is; "" nothing
	To    []Link       // the next steps; the first is the main one
	Do    Actions      // likewise, where it is a deed
}

// Class of the note.
func (n Note) Class() string {
	switch n.Tone {
	case Good:
		return "note good"
	case Wait:
		return "note wait"
	case Bad:
		return "note bad"
	}
	return "note"
}

// Role of the note: a failure interrupts, a success does not.
func (n Note) Role() string {
	switch n.Tone {
	case Good:
		return "status"
	case Bad:
		return "alert"
	}
	return "note"
}

// Service is how a service is shown: two letters on a tint, and its name.
type Service struct {
	Name  string // "github"
	Title string // "GitHub"
	Short string // "GH"
	Tint  int    // 1 to 6, by its place in the list
}

// Class of the tile.
func (s Service) Class() string {
	if s.Tint < 2 || s.Tint > 6 {
		return "tile"
	}
	return "tile " + tints[s.Tint]
}

// tints are the classes of the six tints; the first needs none.
var tints = [...]string{"", "", "c2", "c3", "c4", "c5", "c6"}

// Pill is a state: an icon and a word.
type Pill struct {
	Class string // ok, run, wait, bad, off: one of the style sheet's
	Icon  Icon
	Text  string
}

// Option is one choice of a select.
type Option struct {
	Value, Text string
	Chosen      bool
}

// Pager leads to the neighbouring pages, in whatever order the list is; an empty path
// is an end, or a way that nobody knows.
type Pager struct {
	Shown          string // "1–50 of 4,737"; "" not said
	Previous, Next Path
}
