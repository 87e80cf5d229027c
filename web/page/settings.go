package page

import (
	"slices"

	"collector/web/page/words"
)

// Settings is what can be set, and who has got in.
type Settings struct {
	Frame
	CanChange bool
	Parts     []string // ids of the Chapters that are shown; nil: all
	Once      *Once    // a token that was made just now
	HookOnce  *Once    // the secret of a webhook that was
	Tokens    []Token
	Scopes    []Option // of a new token
	Expiries  []Option
	You       words.Phrase // who is signed in
	Sessions  []Session
	EndOthers Actions // all of whoever looks but this one
	LinkOnce  *Once   // a sign-in link that was made just now
	Searches  []SavedSearch
	Feeds     []Feed
	Webhooks  []Webhook
	Notified  []string // where messages for the operator go: services, without secrets
	Backup    *Backup  // nil: the store is no file
	Config    []Setting

	NewLink      *NewLink         // nil: none can be made here
	NewWebhook   *NewWebhook      // nil: none can be made here
	MoreWebhooks string           // how many there are beside Webhooks, up to a colon; "" none
	Unread       map[string]*Note // why a chapter could not be read, by its id
}

func (Settings) file() string { return "settings" }

// Once is a secret that is shown this once.
type Once struct {
	What   string // "Token “reading list” made."
	Secret string
	Lost   string // what it is for, and what to do where it is lost
}

// Token is an API token; its secret is not here.
type Token struct {
	Name, Scopes string
	Used         words.Phrase
	Expires      words.Phrase
	Do           Actions
}

// Session is a browser that is signed in.
type Session struct {
	Where string // "This browser", "Firefox, 192.168.1.20", with whose it is for the operator
	May   string // "look only", "read, write"
	Since words.Phrase
	Seen  words.Phrase
	This  bool
	Do    Actions
}

// NewLink is the form of a sign-in link for another browser.
type NewLink struct {
	Rights []Option // what it may
	Fields []Field
}

// Inputs are the fields of the form.
func (n *NewLink) Inputs() []Input { return inputs("nl", n.Fields) }

// SavedSearch is a search with a name.
type SavedSearch struct {
	Name, Query string
	To          Path
	Do          Actions
}

// Feed is a search as a feed under its own secret address, which is not here.
type Feed struct {
	Name, Query string
	Format      string // "Atom"
	Used        words.Phrase
	Do          Actions
}

// Webhook is a server that is told.
type Webhook struct {
	Name   string
	Target string // host only: the path may be a secret
	Query  string
	State  Pill
	Why    string       // it is in this state; "" nothing
	Calls  []string     // "2 waiting", "1 given up"
	Last   words.Phrase // when one was answered well
	Do     Actions
}

// NewWebhook is the form of a new webhook, with what was entered.
type NewWebhook struct {
	Note    *Note    // why none was made; nil: it is new
	Fields  []Field  // where it is, and what it is told of
	Kinds   []Option // of changes that it is told of
	Private bool     // also of what is private at its service
}

// Inputs are the fields of the form.
func (n NewWebhook) Inputs() []Input {
	out := inputs("hook", n.Fields)
	for i := range out {
		out[i].First = false // the form's address has a fragment: a browser goes there, and complains of any other place
	}
	return out
}

// Backup is how the store is copied, and how a copy takes its place.
type Backup struct {
	Last    words.Phrase // when the last one was made
	File    string       // name of the file that is not to be copied by hand
	Size    string       // how large a copy is, "41 MB"; "" not known
	Restore string       // the command that puts a copy in the place of the store
}

// Setting is a key of the configuration with where its value comes from.
type Setting struct {
	Key, Doc, Value string
	Secret          bool   // Value is not drawn
	Origin          string // "environment", "file", "flag", "default", "demo"
	Where           string // the variable, or the file; "" of others
	Loses           string // what another place says, and which one wins; "" nothing
}

// Shown is the value as it may be seen.
func (s Setting) Shown() string {
	if s.Secret {
		return "(secret)"
	}
	return s.Value
}

// Chapter is an entry of the contents.
type Chapter struct {
	ID   string
	Icon Icon
	Text string
}

// Shows says whether a part is shown.
func (s Settings) Shows(id string) bool { return s.Parts == nil || slices.Contains(s.Parts, id) }

// Chapters are the parts of the page that are shown.
func (s Settings) Chapters() []Chapter {
	return slices.DeleteFunc([]Chapter{
		{"tokens", "key", "API tokens"},
		{"sessions", "person", "Sessions"},
		{"searches", "search", "Saved searches"},
		{"feeds", "feed", "Feeds"},
		{"webhooks", "link", "Webhooks"},
		{"notify", "bell", "Notifications"},
		{"backup", "box", "Backup"},
		{"appearance", "moon", "Appearance and keys"},
		{"config", "gear", "Configuration"},
	}, func(c Chapter) bool { return !s.Shows(c.ID) })
}

// Choices are the themes, in words; the one that is on is chosen.
func (s Settings) Choices() []Option {
	return []Option{
		{string(System), "As the system", s.Theme != Light && s.Theme != Dark},
		{string(Light), "Light", s.Theme == Light},
		{string(Dark), "Dark", s.Theme == Dark},
	}
}

// Keys says whether keys of one letter do something, and changes it.
func (s Settings) Keys() []Option {
	return []Option{{"on", "On", !s.KeysOff}, {"off", "Off", s.KeysOff}}
}
