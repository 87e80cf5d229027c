package grant

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind is what sort of grant it is.
type Kind string

// The kinds. Local is kept nowhere: it is who has the machine itself, over the command
// line or a socket of its file system.
const (
	Login   Kind = "login"
	Session Kind = "session"
	Token   Kind = "token"
	Feed    Kind = "feed"
	Local   Kind = "local"
)

// Scope is one thing that a grant allows. None implies another.
type Scope string

// The scopes.
const (
	Read    Scope = "read"    // see what was collected of the user, and how it goes
	Write   Scope = "write"   // change what is collected of the user: connect, sync, pause, import, remove
	Feeds   Scope = "feeds"   // make and revoke feed addresses of the user; to make one takes Read as well
	Admin   Scope = "admin"   // what belongs to the installation: configuration, jobs, queues, cluster, users
	Metrics Scope = "metrics" // figures of the installation that name nothing anybody likes
)

// Scopes are all scopes, in the order in which they are shown.
func Scopes() []Scope { return []Scope{Read, Write, Feeds, Admin, Metrics} }

// SignInScopes are those of a session: of the operator where user is "", of a user, or of who
// may only look.
func SignInScopes(user string, readOnly bool) []Scope {
	switch {
	case readOnly:
		return []Scope{Read}
	case user != "":
		return []Scope{Read, Write, Feeds}
	}
	return Scopes()
}

// ErrScope says that there is no such scope, or that it does not fit.
var ErrScope = errors.New("these scopes cannot be given")

// ParseScopes reads scopes with commas between them, each once. The error wraps ErrScope.
func ParseScopes(text string) ([]Scope, error) {
	var out []Scope
	for word := range strings.SplitSeq(text, ",") {
		s := Scope(strings.TrimSpace(word))
		if !slices.Contains(Scopes(), s) {
			return nil, fmt.Errorf("%w: there is no scope %q; there are %s", ErrScope, s, join(Scopes()))
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, nil
}

func join(scopes []Scope) string {
	var out []string
	for _, s := range scopes {
		out = append(out, string(s))
	}
	return strings.Join(out, ", ")
}

// Who is somebody who was let in, as all that serves a request knows him.
type Who struct {
	User    string // whose data; "" for those of all users
	Scopes  []Scope
	Kind    Kind
	ID      string    // of the grant
	Until   time.Time // when it ends by itself; zero for never
	Search  string    // of a feed: what it shows, in the grammar of searches
	Private bool      // of a feed: also what is private at its service
}

// Operator is who has the machine: the command line, and whoever comes over a socket that
// the file system guards, or over a loopback address where sign-in is off.
func Operator() Who { return Who{Kind: Local, Scopes: Scopes()} }

// May says whether somebody has a scope. A feed has none.
func (w Who) May(s Scope) bool { return slices.Contains(w.Scopes, s) }

// Sees says whether the data of a user are his.
func (w Who) Sees(user string) bool {
	return w.Kind != "" && (w.User == "" || w.User == user)
}

// person says that a person is there, not a program.
func (w Who) person() bool { return w.Kind == Local || w.Kind == Session }

// gives says whether somebody may make, and revoke, grants of a kind: a person who may
// write those of each kind, a program feeds alone, where it has that scope. So a stolen
// token makes no other token, and who may only look makes nothing.
func (w Who) gives(k Kind) bool {
	if w.person() && w.May(Write) {
		return true
	}
	return k == Feed && w.May(Feeds)
}
