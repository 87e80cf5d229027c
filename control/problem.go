package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"collector/fault"
	"collector/state"
	"collector/store"
)

// Kind says what a surface is to make of a problem: an exit code, a status of HTTP.
type Kind int

// The kinds.
const (
	Unforeseen  Kind = iota // a mistake of the program
	Wrong                   // what was asked for cannot be understood, or makes no sense
	Unknown                 // there is no such thing
	Forbidden               // it is not theirs to see or to do
	Gone                    // it was there and is no longer kept
	Unavailable             // the store cannot be read or written now
	Temporary               // the same may succeed later
	Conflict                // what is in work now stands in its way; the same may succeed later
	Busy                    // too much was asked for at once
	Refused                 // the service does not accept what somebody signs in with
	Futile                  // it will not succeed, however often it is tried
	Stopped                 // whoever asked went away
	Misset                  // the configuration of the collector has to be mended first
)

// String is the kind's name, as HTTP tells it.
func (k Kind) String() string {
	return [...]string{"unforeseen", "wrong", "unknown", "forbidden", "gone", "unavailable", "temporary", "conflict", "busy", "refused", "futile", "stopped", "misset"}[k]
}

// KindNamed is the kind of a name; false where there is none.
func KindNamed(name string) (Kind, bool) {
	for k := Unforeseen; k <= Misset; k++ {
		if k.String() == name {
			return k, true
		}
	}
	return Unforeseen, false
}

// Problem is an error as a person gets it: what happened, whose fault it is and what to
// do about it.
type Problem struct {
	Kind                Kind
	Reason, Whose, Next string
	Err                 error // the cause, for errors.Is
}

// Error is the reason.
func (p *Problem) Error() string { return p.Reason }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

// you is a problem that whoever asked can mend.
func you(kind Kind, next, format string, a ...any) *Problem {
	wrapped := fmt.Errorf(format, a...)
	return &Problem{Kind: kind, Reason: wrapped.Error(), Whose: "you", Next: next, Err: errors.Unwrap(wrapped)}
}

// ProblemOf turns an error of a store in use into a problem. What was not foreseen is
// Unforeseen, a mistake of the program, and says so.
func ProblemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	for _, known := range []struct {
		is          error
		kind        Kind
		whose, next string
	}{
		{store.ErrNewer, Unavailable, "you", "use the newer collector, or restore the backup that was made beside the store before it was migrated"},
		{store.ErrInUse, Unavailable, "you", "stop the other collector, then start again"},
		{store.ErrBusy, Temporary, "you", "end the other program, then run it again"},
		{store.ErrForeign, Unavailable, "you", "name another store: --store=sqlite:FILE or --store=mongodb://HOST/DATABASE"},
		{store.ErrReadOnly, Unavailable, "this machine", "make the file and its folder writable for this user, and check that the disk is not full"},
		{store.ErrDamaged, Unavailable, "this machine", "stop the collector, look at the disk, and restore a backup (collector restore FILE): what is newer is read again"},
		{state.ErrUnavailable, Unavailable, "this machine", "check the disk, or the database server: space, permissions, errors; nothing was lost, and what was being read is read again"},
		{store.ErrMissing, Unavailable, "you", "check --store, and that its folder exists or its server answers"},
		{store.ErrGone, Gone, "you", "read everything once with `collector export`, then go on from the number that `collector changes --last` prints"},
		{state.ErrNotFound, Unknown, "you", "collector accounts list   shows the names"},
		{context.DeadlineExceeded, Temporary, "this machine", "try again later"},
		{context.Canceled, Stopped, "you", "run it again: what was done is kept"},
	} {
		if errors.Is(err, known.is) {
			return &Problem{Kind: known.kind, Reason: err.Error(), Whose: known.whose, Next: known.next, Err: err}
		}
	}
	if f := fault.As(err); f != nil {
		return OfFault(f)
	}
	return &Problem{Kind: Unforeseen, Reason: err.Error(), Whose: "collector", Next: "if it comes again, report it with this text", Err: err}
}

// OfFault is the problem that a classified error is to a person.
func OfFault(f *fault.Error) *Problem {
	p := &Problem{Reason: f.Reason, Whose: f.Whose, Next: f.Next, Err: f}
	if p.Reason == "" {
		p.Reason = f.Error()
	}
	say := func(kind Kind, whose, next string) *Problem {
		p.Kind, p.Whose, p.Next = kind, cmp.Or(p.Whose, whose), cmp.Or(p.Next, next)
		return p
	}
	switch f.Kind {
	case fault.Temporary:
		return say(Temporary, "the service or the network", "try again later")
	case fault.RateLimited:
		return say(Temporary, "nobody", "wait: the service allows the next call later")
	case fault.Unauthorized:
		return say(Refused, "you", "give a token that is valid: collector connect")
	case fault.Forbidden:
		return say(Refused, "you", "give a token with the permission that is missing: collector connectors <service> lists what is needed")
	case fault.Gone:
		return say(Futile, "the service", "check that the account still exists")
	case fault.Malformed:
		return say(Futile, "the service, or collector", "see whether a newer collector reads it")
	default:
		return say(Unforeseen, "collector", "report it with this text")
	}
}
