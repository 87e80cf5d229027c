package page

import (
	"slices"
	"time"

	"collector/web/page/words"
)

// Section is an entry of the main navigation.
type Section uint8

// The sections.
const (
	Elsewhere Section = iota
	OnLikes
	OnAccounts
	OnActivity
	OnWorkers
	OnSettings
)

// Theme is light or dark, or what the system says.
type Theme string

// The themes, as the cookie holds them.
const (
	System Theme = ""
	Light  Theme = "light"
	Dark   Theme = "dark"
)

// Frame is what stands around the content of every page.
type Frame struct {
	Now      time.Time // its location is that of all clocks on the page
	Window   string    // title of the window, without the program's name
	Here     Section
	Theme    Theme
	Path     Path // of this page: where a change of theme comes back to
	KeysOff  bool // keys of one letter do nothing in this browser
	Operator bool // who looks may see the work of all: the page of workers

	Twins []Twin // the list of the page as JSON

	NeedsYou  int        // accounts that wait for a person; 0 shows nothing
	Simulated *Simulated // the data is made up
	Notes     []Note     // about the whole program: only reading, a migration to come, what was just done

	Version  string // of the program
	Store    string // where the data is, without credentials
	Stranger bool   // before sign-in: no navigation, no version, no store
}

// Twin is where the list of a page, or one of several, is as JSON.
type Twin struct {
	To    Path
	Title string // which of several; "" where there is one
}

// Simulated says what is made up.
type Simulated struct {
	Remark string // "Time runs 60×; limits and outages are on purpose."
	Own    Path   // where one's own accounts are connected; "" none
}

// base makes every struct that has a Frame a View, once it names its file.
func (f Frame) base() Frame { return f }

// Zone is the name of the time zone, and its distance from UTC where it has none: that
// of the machine is called Local.
func (f Frame) Zone() string {
	if name := f.Now.Location().String(); name != "" && name != "Local" {
		return name
	}
	return f.Now.Format("UTC-07:00")
}

// HTMLTitle is the title of the window.
func (f Frame) HTMLTitle() string {
	t := "collector"
	if f.Window != "" {
		t = f.Window + " · " + t
	}
	if f.Simulated != nil {
		t = "[simulated] " + t
	}
	return t
}

// place is one entry of the navigation.
type place struct {
	Path    Path
	Icon    Icon
	Name    string
	Current bool
}

// Places are the entries of the navigation.
func (f Frame) Places() []place {
	all := []place{
		{"/", "heart", "Likes", f.Here == OnLikes},
		{"/accounts", "person", "Accounts", f.Here == OnAccounts},
		{"/activity", "pulse", "Activity", f.Here == OnActivity},
		{"/workers", "workers", "Workers", f.Here == OnWorkers},
		{"/settings", "gear", "Settings", f.Here == OnSettings},
	}
	if f.Operator {
		return all
	}
	return slices.DeleteFunc(all, func(p place) bool { return p.Path == "/workers" })
}

// NextTheme is what the button chooses: system, dark, light, and round again.
func (f Frame) NextTheme() Theme {
	switch f.Theme {
	case System:
		return Dark
	case Dark:
		return Light
	}
	return System
}

// ThemeWords says which theme is on and what the button does.
func (f Frame) ThemeWords() string {
	name := map[Theme]string{System: "as the system", Dark: "dark", Light: "light"}
	return "Theme: " + name[f.Theme] + ". Change to: " + name[f.NextTheme()]
}

// ThemeValue is the attribute of the document; nothing but the two themes can
// stand there, whatever a cookie said.
func (f Frame) ThemeValue() Theme {
	if f.Theme == Dark || f.Theme == Light {
		return f.Theme
	}
	return System
}

// NeedsWords follows the number of accounts that need somebody.
func (f Frame) NeedsWords() string {
	if f.NeedsYou == 1 {
		return "account needs you"
	}
	return "accounts need you"
}

// number writes a count of a page.
func number(n int) string { return words.Number(n) }
