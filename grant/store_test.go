package grant_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"collector/grant"
	"collector/grant/granttest"
)

func TestMemory(t *testing.T) {
	granttest.Run(t, func(*testing.T) (one, other grant.Store) {
		m := grant.NewMemory()
		return m, m
	})
}

// losing brings less than it is given.
type losing struct{ grant.Store }

func (s losing) Bring(ctx context.Context, rs []grant.Record) error {
	return s.Store.Bring(ctx, rs[1:])
}

// TestMove: what was good is good in the new store and nothing else is, not even what a try
// before has brought and was revoked since.
func TestMove(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	from, to := grant.NewMemory(), grant.NewMemory()
	old, next := grant.New(from, slog.New(slog.DiscardHandler)), grant.New(to, slog.New(slog.DiscardHandler))
	made := func(s *grant.Service, a grant.Ask) (string, grant.Record) {
		t.Helper()
		secret, r, err := s.Make(t.Context(), now, grant.Operator(), a)
		if err != nil {
			t.Fatal(err)
		}
		return secret, r
	}
	read := []grant.Scope{grant.Read}
	token, _ := made(old, grant.Ask{Kind: grant.Token, User: "anna", Scopes: read})
	feed, feedRecord := made(old, grant.Ask{Kind: grant.Feed, User: "anna"})
	link, _ := made(old, grant.Ask{Kind: grant.Login, Scopes: read})
	session, _, err := old.Enter(t.Context(), now, netip.Addr{}, link, "a browser")
	if err != nil {
		t.Fatal(err)
	}
	link, _ = made(old, grant.Ask{Kind: grant.Login, Scopes: read})
	strange, _ := made(next, grant.Ask{Kind: grant.Token, Scopes: grant.Scopes()})
	if err := grant.Move(t.Context(), from, losing{to}); !errors.Is(err, grant.ErrDiffers) {
		t.Errorf("one was lost: %v", err)
	}
	if err := grant.Move(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	good := func(k grant.Kind, secret string, want bool) {
		t.Helper()
		if _, err := next.Who(t.Context(), now, netip.Addr{}, k, secret); want != (err == nil) {
			t.Errorf("a %s: %v, want %v", k, err, want)
		}
	}
	good(grant.Token, token, true)
	good(grant.Feed, feed, true)
	good(grant.Session, session, true)
	good(grant.Token, strange, false)
	if _, _, err := next.Enter(t.Context(), now, netip.Addr{}, link, ""); !errors.Is(err, grant.ErrVoid) {
		t.Errorf("a login link: %v", err)
	}
	if _, err := old.Revoke(t.Context(), grant.Operator(), feedRecord.ID); err != nil {
		t.Fatal(err)
	}
	if err := grant.Move(t.Context(), from, to); err != nil {
		t.Fatal(err)
	}
	good(grant.Token, token, true)
	good(grant.Feed, feed, false)
}
