package grant

import (
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"time"
)

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	home  = netip.MustParseAddr("192.0.2.7")
	other = netip.MustParseAddr("192.0.2.8")
)

// world is a service over a store in memory.
type world struct {
	*testing.T
	*Service
	st  *Memory
	now time.Time
}

func newWorld(t *testing.T) *world {
	st := NewMemory()
	return &world{T: t, Service: New(st, slog.New(slog.DiscardHandler)), st: st, now: noon}
}

// made makes a grant that must be given.
func (w *world) made(by Who, a Ask) (string, Record) {
	w.Helper()
	secret, r, err := w.Make(w.Context(), w.now, by, a)
	if err != nil {
		w.Fatal(err)
	}
	return secret, r
}

// signedIn follows a new login link.
func (w *world) signedIn(user string, scopes ...Scope) (string, Who) {
	w.Helper()
	link, _ := w.made(Operator(), Ask{Kind: Login, User: user, Scopes: scopes})
	secret, _, err := w.Enter(w.Context(), w.now, home, link, "a browser")
	if err != nil {
		w.Fatal(err)
	}
	return secret, w.in(Session, secret)
}

// in is who a text lets in.
func (w *world) in(k Kind, secret string) Who {
	w.Helper()
	who, err := w.Service.Who(w.Context(), w.now, home, k, secret)
	if err != nil {
		w.Fatalf("a %s: %v", k, err)
	}
	return who
}

// out holds that a text lets nobody in.
func (w *world) out(k Kind, secret string) {
	w.Helper()
	// From a place of its own, so that the bound on tries plays no part.
	who, err := New(w.st, w.log).Who(w.Context(), w.now, other, k, secret)
	if !errors.Is(err, ErrVoid) || who.Kind != "" || who.Sees("") || who.Sees("me") || len(who.Scopes) > 0 {
		w.Errorf("a %s lets in %+v, %v", k, who, err)
	}
}

// refused holds that something is not given, with the error that says why.
func (w *world) refused(by Who, a Ask, why error) {
	w.Helper()
	if secret, r, err := w.Make(w.Context(), w.now, by, a); !errors.Is(err, why) || secret != "" {
		w.Errorf("%+v makes %+v: %+v, %v; want %v", by, a, r, err, why)
	}
}
