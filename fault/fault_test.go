package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestErrorSaysReasonCauseAndNextStep(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&Error{Reason: "github answered 401", Next: "sign in again"}, "github answered 401 (sign in again)"},
		{&Error{Reason: "reading the body", Err: io.ErrUnexpectedEOF}, "reading the body: unexpected EOF"},
		{&Error{Reason: "reading the body", Err: io.ErrUnexpectedEOF, Next: "wait"}, "reading the body: unexpected EOF (wait)"},
		{&Error{Kind: RateLimited}, "rate limited"},
		{&Error{}, "unknown"},
		{New(Malformed, "%d bytes", 7), "7 bytes"},
		{New(Malformed, "reading %d bytes: %w", 7, io.EOF), "reading 7 bytes: EOF"},
		{fmt.Errorf("page 3: %w", New(Gone, "no such list")), "page 3: no such list"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestTheCauseIsFoundAndNotRepeated(t *testing.T) {
	err := fmt.Errorf("page 3: %w", New(Temporary, "reading: %w", fmt.Errorf("wire: %w", io.ErrUnexpectedEOF)))
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("errors.Is does not find the cause")
	}
	if got, want := err.Error(), "page 3: reading: wire: unexpected EOF"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestKindOfIsTheOutermost(t *testing.T) {
	inner := New(Temporary, "wire")
	for _, c := range []struct {
		err  error
		want Kind
	}{
		{nil, Unknown},
		{io.EOF, Unknown},
		{inner, Temporary},
		{fmt.Errorf("x: %w", inner), Temporary},
		{New(RateLimited, "asked to wait: %w", inner), RateLimited},
		{errors.Join(io.EOF, inner), Temporary},
	} {
		if got := KindOf(c.err); got != c.want {
			t.Errorf("%v is %v, want %v", c.err, got, c.want)
		}
		if e := As(c.err); (e == nil) != (c.want == Unknown) || e != nil && e.Kind != c.want {
			t.Errorf("As(%v) is %v", c.err, e)
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for k := Unknown; k <= Bug; k++ {
		if s := k.String(); s == "" || seen[s] {
			t.Errorf("kind %d is %q", uint8(k), s)
		} else {
			seen[s] = true
		}
	}
	if got := Kind(99).String(); got != "kind 99" {
		t.Errorf("an unknown kind is %q", got)
	}
}
