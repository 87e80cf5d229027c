package page

import "collector/web/page/words"

// Door is what stands before sign-in. It says nothing of the store or the version.
type Door struct {
	Frame
	Kind  DoorKind
	Token string       // of the link: Enter posts it, so that nothing that merely looks at a link uses it up
	Back  Path         // where to after sign-in
	Wait  words.Phrase // of Slow: until when
}

func (Door) file() string { return "door" }

// DoorKind is what happened at the door.
type DoorKind uint8

// The kinds.
const (
	NoSession DoorKind = iota // nobody is signed in
	Enter                     // a link was opened: one press signs in
	Slow                      // too many tries
	SignedOut
	VoidLink // a link that is good no more: whether it was used, too old or never made is told to nobody
)

// Heading says it.
func (d Door) Heading() string {
	switch d.Kind {
	case Enter:
		return "Sign in to collector"
	case Slow:
		return "Too many tries"
	case SignedOut:
		return "You are signed out"
	case VoidLink:
		return "This link does not work any more"
	}
	return "Sign in with a link"
}

// Story says why.
func (d Door) Story() words.Phrase {
	switch d.Kind {
	case Enter:
		return words.Plain("The link you opened works once. Press the button, and this browser is signed in.")
	case Slow:
		return words.Plain("The door opens again ").And(d.Wait, words.Plain(". Nothing is locked for good."))
	case VoidLink:
		return words.Plain("A sign-in link works once, for ten minutes: this one was used, has ended, or was cut on its way. If you did not use it, end the sessions under Settings that are not yours.")
	case SignedOut:
		return words.Plain("This browser has forgotten you. What is collected goes on being collected.")
	}
	return words.Plain("There is no password. Who can use the machine on which collector runs can make a link.")
}

// Problem is an error page.
type Problem struct {
	Frame
	Status int
	What   string       // the heading: "There is no such page"
	Why    words.Phrase // what happened, and whose fault it is
	Code   string       // ours, to be named when asking somebody; "" none
	Next   []Link       // the next steps
}

func (Problem) file() string { return "problem" }

// Confirm asks before something that cannot be undone, and repeats how much it is.
type Confirm struct {
	Frame
	Heading string       // "Delete 38 jobs?"
	Text    words.Phrase // what it means
	To      Path
	Do      Deed
	Hidden  []Hidden
	Button  string // "Delete 38 jobs"
	Back    Link
	Choice  []Option // alternatives, the first one is chosen; empty none
	Ask     string   // name of the field of Choice
}

func (Confirm) file() string { return "confirm" }

// Hidden is a value that the form brings back.
type Hidden struct{ Name, Value string }

// Help is the keys and the search language.
type Help struct {
	Frame
	Fields []HelpLine // of the search language
}

func (Help) file() string { return "help" }

// HelpLine is one example and what it finds.
type HelpLine struct{ Example, Means string }
