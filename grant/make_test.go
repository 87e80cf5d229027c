package grant

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNobodyGivesMoreThanHeHas goes over who may make what.
func TestNobodyGivesMoreThanHeHas(t *testing.T) {
	w := newWorld(t)
	_, anna := w.signedIn("anna", Read, Write, Feeds)
	_, guest := w.signedIn("anna", Read)
	_, owner := w.signedIn("", Read, Write, Feeds, Admin)
	text, _ := w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Read, Write}})
	program := w.in(Token, text)
	text, _ = w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Read, Feeds}})
	feeds := w.in(Token, text)
	text, _ = w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Feeds}})
	blind := w.in(Token, text)
	_, hand := w.signedIn("anna", Write)
	text, _ = w.made(Operator(), Ask{Kind: Token, Scopes: Scopes()})
	strong := w.in(Token, text)
	text, _ = w.made(Operator(), Ask{Kind: Feed, User: "anna"})
	reader := w.in(Feed, text)

	read := []Scope{Read}
	for _, c := range []struct {
		what string
		by   Who
		ask  Ask
		why  error
	}{
		{"who may only look", guest, Ask{Kind: Token, User: "anna", Scopes: read}, ErrRefused},
		{"who may only look", guest, Ask{Kind: Login, User: "anna", Scopes: read}, ErrRefused},
		{"who may only look", guest, Ask{Kind: Feed, User: "anna"}, ErrRefused},
		{"another user", anna, Ask{Kind: Token, User: "bob", Scopes: read}, ErrRefused},
		{"another user", anna, Ask{Kind: Feed, User: "bob"}, ErrRefused},
		{"another user", anna, Ask{Kind: Login, User: "bob", Scopes: read}, ErrRefused},
		{"the operator", anna, Ask{Kind: Token, Scopes: read}, ErrRefused},
		{"the operator", anna, Ask{Kind: Login, Scopes: read}, ErrRefused},
		{"a scope beyond", anna, Ask{Kind: Token, User: "anna", Scopes: []Scope{Read, Metrics}}, ErrScope},
		{"a scope beyond", owner, Ask{Kind: Token, Scopes: []Scope{Read, Metrics}}, ErrRefused},
		{"a program", program, Ask{Kind: Token, User: "anna", Scopes: read}, ErrRefused},
		{"a program", program, Ask{Kind: Login, User: "anna", Scopes: read}, ErrRefused},
		{"a program", program, Ask{Kind: Feed, User: "anna"}, ErrRefused},
		{"a program with all scopes", strong, Ask{Kind: Token, Scopes: read}, ErrRefused},
		{"a program with all scopes", strong, Ask{Kind: Login, Scopes: read}, ErrRefused},
		{"a program that makes feeds", feeds, Ask{Kind: Token, User: "anna", Scopes: []Scope{Feeds}}, ErrRefused},
		{"a program that makes feeds", feeds, Ask{Kind: Feed, User: "bob"}, ErrRefused},
		{"a program that may not read", blind, Ask{Kind: Feed, User: "anna", Private: true}, ErrRefused},
		{"who may not read", hand, Ask{Kind: Feed, User: "anna"}, ErrRefused},
		{"a feed", reader, Ask{Kind: Feed, User: "anna"}, ErrRefused},
		{"nobody", Who{}, Ask{Kind: Token, Scopes: read}, ErrRefused},
		{"nobody with scopes", Who{Scopes: Scopes()}, Ask{Kind: Feed, User: "anna"}, ErrRefused},
		{"a session", Operator(), Ask{Kind: Session, Scopes: read}, ErrAsk},
		{"the machine", Operator(), Ask{Kind: Local, Scopes: read}, ErrAsk},
		{"no scope", Operator(), Ask{Kind: Token}, ErrScope},
		{"no such scope", Operator(), Ask{Kind: Token, Scopes: []Scope{"root"}}, ErrScope},
		{"admin of one user", Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Admin}}, ErrScope},
		{"metrics of one user", Operator(), Ask{Kind: Login, User: "anna", Scopes: []Scope{Metrics}}, ErrScope},
		{"a feed of all", Operator(), Ask{Kind: Feed}, ErrAsk},
		{"a feed with scopes", Operator(), Ask{Kind: Feed, User: "anna", Scopes: read}, ErrScope},
		{"too long", Operator(), Ask{Kind: Token, Scopes: read, For: MaxToken + 1}, ErrAsk},
		{"too short", Operator(), Ask{Kind: Token, Scopes: read, For: -time.Hour}, ErrAsk},
		{"a long name", Operator(), Ask{Kind: Token, Scopes: read, Name: strings.Repeat("x", maxName+1)}, ErrAsk},
		{"a name of bytes", Operator(), Ask{Kind: Token, Scopes: read, Name: "\xff"}, ErrAsk},
		{"a long search", Operator(), Ask{Kind: Feed, User: "anna", Search: strings.Repeat("x", maxSearch+1)}, ErrAsk},
	} {
		t.Run(c.what, func(t *testing.T) {
			v := *w
			v.T = t
			v.refused(c.by, c.ask, c.why)
		})
	}
	before, err := w.st.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		by  Who
		ask Ask
	}{
		{anna, Ask{Kind: Token, User: "anna", Scopes: []Scope{Read, Write, Feeds}}},
		{anna, Ask{Kind: Login, User: "anna", Scopes: read}},
		{anna, Ask{Kind: Feed, User: "anna", Search: "in:github"}},
		{owner, Ask{Kind: Token, User: "bob", Scopes: read}},
		{owner, Ask{Kind: Token, Scopes: []Scope{Admin}}},
		{feeds, Ask{Kind: Feed, User: "anna", Search: "in:github"}},
	} {
		w.made(c.by, c.ask)
	}
	if n, err := w.st.Count(t.Context()); n != before+6 || err != nil {
		t.Errorf("%d of 6 were made, %v", n-before, err)
	}
}

func TestParseScopes(t *testing.T) {
	got, err := ParseScopes("read, write,read")
	if err != nil || !slices.Equal(got, []Scope{Read, Write}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "read,", "READ", "all", "read;write"} {
		if got, err := ParseScopes(text); !errors.Is(err, ErrScope) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// adding counts the writings of new grants.
type adding struct {
	*Memory
	n int
}

func (a *adding) Add(ctx context.Context, r Record) error {
	a.n++
	return a.Memory.Add(ctx, r)
}

// TestOneTooManyIsNotWritten: what is refused since there are too many is at no moment in the
// store, where it would let somebody in.
func TestOneTooManyIsNotWritten(t *testing.T) {
	st := &adding{Memory: NewMemory()}
	s := New(st, slog.New(slog.DiscardHandler))
	for i := range Most + 2 {
		_, _, err := s.Make(t.Context(), noon, Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Read}})
		if i < Most && err != nil || i >= Most && !errors.Is(err, ErrMany) {
			t.Fatal(i, err)
		}
	}
	if st.n != Most {
		t.Errorf("%d are written, want %d", st.n, Most)
	}
}
