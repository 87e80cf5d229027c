// Package fault names the few ways in which a collection can fail, so that
// what happens next (wait, retry, ask the user, call for a person) is decided
// in one place from the Kind, while the text is for people.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what has to happen. The zero Kind is an error that nobody
// classified and is treated as Bug.
type Kind uint8

// The kinds.
const (
	Unknown      Kind = iota // not classified
	Temporary                // the wire or the server: retry with a growing wait, for ever
	RateLimited              // asked to wait: not a failure, a later scheduledTo
	Unauthorized             // the credential was refused: the user must sign in again
	Forbidden                // the credential lacks a scope: the user must grant it
	Gone                     // the account or the list no longer exists
	Malformed                // the reply is not what the service documents: the API changed, or we misread it
	Bug                      // our own mistake, a panic among them
)

var names = [...]string{"unknown", "temporary", "rate limited", "unauthorized", "forbidden", "gone", "malformed", "bug"}

func (k Kind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Error is a classified error. Reason is mandatory; it holds no secret.
type Error struct {
	Kind   Kind
	Reason string // what happened, in words: "GitHub answered 401: Bad credentials"
	Whose  string // whose fault: "github", "you", "this server", "collector"
	Next   string // what to do: "collector connect github --name octocat"

	// Wait is how long the service asked to wait from the moment of its answer
	// (RateLimited only); Until is the same as a point of time, filled by fetch,
	// which has the clock. Both zero: the service named no time.
	Wait  time.Duration
	Until time.Time

	UsedUp  bool   // RateLimited: the quota has nothing left until its window ends (a day, a month)
	Revoked bool   // Unauthorized: the body says revoked, so no second try is owed
	Busy    bool   // RateLimited by ourselves (quota, memory budget): nothing was sent
	Status  int    // HTTP status, 0 if there was none
	Quota   string // RateLimited: the key of the quota that was met, if known

	Err error // the cause, if any
}

func (e *Error) Error() string {
	s := e.Reason
	if s == "" {
		s = e.Kind.String()
	}
	if e.Err != nil {
		if cause := e.Err.Error(); cause != "" {
			s += ": " + cause
		}
	}
	if e.Next != "" {
		s += " (" + e.Next + ")"
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an *Error of kind k whose reason is format with its arguments;
// an argument of a %w verb becomes the cause that errors.Is finds.
func New(k Kind, format string, a ...any) *Error {
	wrapped := fmt.Errorf(format, a...)
	return &Error{Kind: k, Reason: wrapped.Error(), Err: hidden(errors.Unwrap(wrapped))}
}

// hidden keeps a cause in the chain without printing it twice.
func hidden(err error) error {
	if err == nil {
		return nil
	}
	return silent{err}
}

type silent struct{ error }

func (silent) Error() string   { return "" }
func (s silent) Unwrap() error { return s.error }

// KindOf returns the Kind of the outermost Error in err's chain, Unknown if
// there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Unknown
}

// As returns the outermost *Error in err's chain, or nil.
func As(err error) *Error {
	e, _ := errors.AsType[*Error](err)
	return e
}
