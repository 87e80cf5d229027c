package page

import (
	"fmt"
	"slices"
	"strings"

	plain "collector/control/words"
	"collector/web/page/words"
)

// Connect is the choice of a service.
type Connect struct {
	Frame
	Query  string
	Groups []ServiceGroup
}

func (Connect) file() string { return "connect" }

// ServiceGroup is services that ask for the same trouble.
type ServiceGroup struct {
	Title, Remark string // "Ready on this machine", "no set-up needed"
	Services      []ServiceCard
}

// ServiceCard is a service that can be connected.
type ServiceCard struct {
	Service
	What  string // "Stars and starred gists"; "" where the title says it
	Shows string // what it can show: "Newest 1,000 only; no times"
	How   string // "App password"
	Icon  Icon   // of How
	Price string // "Needs a paid plan at X"; "" free
	Found string // a credential that is there already: "$GITHUB_TOKEN found"
	Have  int    // accounts that are connected
}

// To is where it is connected.
func (c ServiceCard) To() Path { return ServicePath(c.Name) }

// HaveWords says how many are connected.
func (c ServiceCard) HaveWords() string {
	return plain.Many(c.Have, "account connected", "accounts connected")
}

// Any says whether there is a service to show.
func (c Connect) Any() bool {
	for _, g := range c.Groups {
		if len(g.Services) > 0 {
			return true
		}
	}
	return false
}

// ConnectStep is how far the connecting of a service is.
type ConnectStep uint8

// The steps.
const (
	SigningIn ConnectStep = iota + 1
	Checking
	Started
)

// ConnectService is the three steps of connecting one.
type ConnectService struct {
	Frame
	Service  Service
	Title    string // "GitHub stars and gists"
	Step     ConnectStep
	Note     *Note // what went wrong, or whom it found
	Device   *Device
	Ways     []Way // the first is open
	Checks   []Check
	Start    words.Phrase // what comes in step 3
	Progress *Progress
	Found    words.Phrase // what can be searched already; nil nothing
	Search   Path         // where to search now; "" not yet
	Asks     []Ask        // what is asked for, and what is not
	Back     string       // how it is taken back
	Stream   Path
}

func (ConnectService) file() string { return "service" }

// Is says whether a step is the one in hand.
func (c ConnectService) Is(step int) bool { return int(c.Step) == step }

// Device is a code to be entered at the service.
type Device struct {
	Code   string       // "W4KT-9XB2"
	URL    string       // where, at the service
	QR     []string     // rows of '#' and ' ', of that address; empty shows none
	Remark words.Phrase // until when, and how often is asked
}

// Spelled is the code for a screen reader, letter by letter.
func (d Device) Spelled() string {
	var out []string
	for _, part := range strings.FieldsFunc(d.Code, func(r rune) bool { return r == '-' || r == ' ' }) {
		out = append(out, strings.Join(strings.Split(part, ""), " "))
	}
	return strings.Join(out, ", ")
}

// QRPath draws the modules of the QR code, one square each.
func (d Device) QRPath() string {
	var b strings.Builder
	for y, row := range d.QR {
		for x, r := range row {
			if r == '#' {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return b.String()
}

// Way is one way to sign in.
type Way struct {
	ID     string // unique on the page, of letters
	Title  string // "Paste a token"
	Intro  words.Phrase
	To     Path
	Fields []Field
	Button string // "Check this token"
}

// FieldKind is what is entered.
type FieldKind string

// The kinds of field. Secrets are never shown again.
const (
	TextField   FieldKind = "text"
	SecretField FieldKind = "password"
	URLField    FieldKind = "url"
)

// Field is one input of a way.
type Field struct {
	Name     string
	Label    string
	Kind     FieldKind
	Value    string // never that of a secret: it is not drawn
	Hint     string // what an entry looks like
	Help     string
	Required bool
	Wrong    string // why the entry was refused; "" it was not
}

// Input is a field with the id that its label names.
type Input struct {
	Field
	ID    string
	First bool // of those that were refused: a browser goes there
}

// inputs are the fields of the form of an id.
func inputs(form string, fields []Field) (out []Input) {
	first := slices.IndexFunc(fields, func(f Field) bool { return f.Wrong != "" })
	for i, f := range fields {
		out = append(out, Input{f, form + "-" + f.Name, i == first})
	}
	return out
}

// Inputs are the fields of a way.
func (w Way) Inputs() []Input { return inputs(w.ID, w.Fields) }

// Check is one thing that is looked at in step 2.
type Check struct {
	State CheckState
	Text  words.Phrase
	More  string // whose fault it is and what to do, or what else is to be known; "" nothing
}

// CheckState is how it stands.
type CheckState uint8

// The states of a check.
const (
	ToDo     CheckState = iota // not reached yet
	Done                       // and all is well
	Warned                     // done, and something is to be known
	Going                      // being checked
	Awaiting                   // it waits
	Refused                    // it failed
)

// checkMarks are the icon and the state for screen readers.
var checkMarks = [...]struct {
	icon  Icon
	aloud string
}{ToDo: {"clock", "to do: "}, Done: {"check", "done: "}, Warned: {"alert", "done, with a warning: "}, Going: {"pulse", "being checked: "}, Awaiting: {"clock", "waits: "}, Refused: {"x", "failed: "}}

// Icon of the check.
func (c Check) Icon() Icon { return checkMarks[c.State].icon }

// Aloud is the state for screen readers.
func (c Check) Aloud() string { return checkMarks[c.State].aloud }

// Ask is a permission, asked for or not.
type Ask struct {
	Icon Icon
	Text string
	Not  bool // it is not asked for
}
