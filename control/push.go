package control

import (
	"errors"

	"collector/auth"
	"collector/control/words"
)

// Pushing is what somebody asks for who has a bookmark service kept up to date.
type Pushing struct {
	To        string // "karakeep", "linkding"
	URL       string // at which a browser shows the service
	Token     auth.Secret
	User      string
	Query     string // only what matches
	Private   bool   // also what is private at its service
	Dry       bool   // only say what would be added
	Again     bool   // look at all likes again
	PerSecond float64
	Told      func(Progressed) // after each page; nil: nobody waits for it
}

// Pushed is what came of it, also of a push that something ended.
type Pushed struct {
	Schema  int        `json:"schema"`
	DryRun  bool       `json:"dryRun"`
	Looked  int        `json:"looked"`                        // likes that match
	Added   int        `json:"added"`                         // bookmarks that are new over there; of a dry run: that would be
	Known   int        `json:"known"`                         // that were there
	LeftOut int        `json:"leftOut"`                       // likes without an address of the web
	Refused int        `json:"refused"`                       // by the service
	First   []Unpushed `json:"firstRefused" nullable:"false"` // the first of them
}

// Unpushed is a like that the service did not take.
type Unpushed struct {
	Network string `json:"network"`
	ID      string `json:"id"`
	URL     string `json:"url"`
	Reason  string `json:"reason"`
}

// ErrNoToken says that what was given as a token is none for a bookmark service.
var ErrNoToken = errors.New("there is no token")

// MostPerSecond is how many calls in a second may be asked for.
const MostPerSecond = 100000

// NoPush refuses what cannot be pushed: there is no address, or no pace.
func (w Pushing) NoPush() error {
	if w.URL == "" || !(w.PerSecond > 0 && w.PerSecond <= MostPerSecond) {
		return you(Wrong, "collector push "+w.To+" --url https://links.example --token-stdin < token", "--url is needed, and --per-second above 0, at most %s", words.Count(MostPerSecond))
	}
	return nil
}
