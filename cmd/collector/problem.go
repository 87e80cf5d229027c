package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"collector/cmd/collector/internal/config"
	"collector/control"
	"collector/fault"
	"collector/state"
	"collector/store"
	"collector/web/remote"
)

// problem is an error as a person gets it: what happened, whose fault it is,
// what to do about it, and the exit code.
type problem struct {
	code   int
	reason string
	whose  string
	next   string
	err    error // the cause, for errors.Is
}

func (p *problem) Error() string { return p.reason }
func (p *problem) Unwrap() error { return p.err }

// you is a problem that the user can mend.
func you(code int, next, format string, a ...any) *problem {
	wrapped := fmt.Errorf(format, a...)
	return &problem{code: code, reason: wrapped.Error(), whose: "you", next: next, err: errors.Unwrap(wrapped)}
}

// problemOf turns any error into a problem. What was not foreseen is a mistake of
// the program and says so.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	p := &problem{code: exitOther, reason: err.Error(), whose: "collector", next: "if it comes again, report it with this text", err: err}
	if c, ok := errors.AsType[*control.Problem](err); ok {
		for is, code := range map[error]int{remote.ErrNobody: exitNoStore, remote.ErrToken: exitConfig, remote.ErrStranger: exitConfig, remote.ErrVersion: exitSchemaInUse} {
			if errors.Is(err, is) {
				return &problem{code: code, reason: c.Reason, whose: c.Whose, next: c.Next, err: c}
			}
		}
		return &problem{code: exitOf(c.Kind), reason: c.Reason, whose: c.Whose, next: c.Next, err: c}
	}
	for _, known := range []struct {
		is          error
		code        int
		whose, next string // "": as package control says
	}{
		{config.ErrInvalid, exitConfig, "you", "correct the lines above; `collector config sample` shows every key"},
		{store.ErrNewer, exitNewer, "", ""},
		{store.ErrInUse, exitSchemaInUse, "", ""},
		{store.ErrBusy, exitTemporary, "", ""},
		{store.ErrDamaged, exitForeign, "", ""},
		{store.ErrForeign, exitForeign, "", ""},
		{store.ErrReadOnly, exitReadOnly, "", ""},
		{store.ErrMissing, exitNoStore, "", ""},
		{state.ErrUnavailable, exitReadOnly, "", ""},
		{store.ErrGone, exitPermanent, "", ""},
		{state.ErrOtherPerson, exitPermanent, "you", "connect it as a new account with another --name"},
		{context.Canceled, exitInterrupted, "", ""},
		{context.DeadlineExceeded, exitTemporary, "the service or the network", "try again later"},
	} {
		if !errors.Is(err, known.is) {
			continue
		}
		if p.code, p.whose, p.next = known.code, known.whose, known.next; p.whose == "" {
			said := control.ProblemOf(known.is)
			p.whose, p.next = said.Whose, said.Next
		}
		return p
	}
	if w, ok := errors.AsType[*fs.PathError](err); ok && w.Op == "write" && w.Path == os.Stdout.Name() {
		p.whose, p.next = "this machine", "look at where the output goes: is there space left?"
		return p
	}
	if f := fault.As(err); f != nil {
		return fromFault(f)
	}
	return p
}

// fromFault gives a classified error its exit code.
func fromFault(f *fault.Error) *problem {
	c := control.OfFault(f)
	return &problem{code: exitOf(c.Kind), reason: c.Reason, whose: c.Whose, next: c.Next, err: f}
}

// write prints the problem in three lines; the reason may span more. clean takes
// out the secrets that this process knows.
func (p *problem) write(w io.Writer, clean func(string) string) {
	reason := strings.ReplaceAll(plain(clean(p.reason)), "\n", "\n  ")
	fmt.Fprintf(w, "error: %s\n", reason)
	if p.whose != "" {
		fmt.Fprintf(w, "whose: %s\n", plain(clean(p.whose)))
	}
	if p.next != "" {
		fmt.Fprintf(w, "next:  %s\n", plain(clean(p.next)))
	}
}
