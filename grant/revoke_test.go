package grant

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestATokenEnds when it was said, and is void the moment it is revoked, whatever another
// process knows of it.
func TestATokenEnds(t *testing.T) {
	w := newWorld(t)
	year, r := w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Read}, Name: "a script"})
	if !r.ExpiresAt.Equal(noon.Add(TokenFor)) || r.Name != "a script" {
		t.Errorf("it is %+v", r)
	}
	hour, _ := w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Read}, For: time.Hour})
	elsewhere := New(w.st, w.log) // another process
	for _, s := range []*Service{w.Service, elsewhere} {
		if who, err := s.Who(t.Context(), noon, home, Token, year); err != nil || !slices.Equal(who.Scopes, []Scope{Read}) || who.User != "anna" {
			t.Errorf("who is %+v, %v", who, err)
		}
	}
	w.now = noon.Add(time.Hour)
	w.out(Token, hour)
	if _, err := elsewhere.Revoke(t.Context(), Operator(), r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Who(t.Context(), w.now, home, Token, year); !errors.Is(err, ErrVoid) {
		t.Errorf("revoked, it is %v", err)
	}
	if _, err := w.Revoke(t.Context(), Operator(), r.ID); !errors.Is(err, ErrUnknown) {
		t.Errorf("revoked again: %v", err)
	}
	list, err := w.List(t.Context(), w.now, Operator(), "")
	if err != nil || len(list) != 0 {
		t.Errorf("listed are %+v, %v", list, err)
	}
	// What has ended is forgotten with one that is made some days later.
	w.now = w.now.Add(ahead)
	w.made(Operator(), Ask{Kind: Token, Scopes: []Scope{Read}})
	if n, err := w.st.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("%d are kept, %v", n, err)
	}
}

// TestAFeedShowsItsSearchAlone, of its user, and may nothing.
func TestAFeedShowsItsSearchAlone(t *testing.T) {
	w := newWorld(t)
	secret, r := w.made(Operator(), Ask{Kind: Feed, User: "anna", Search: `lang:go "a phrase"`, Private: true})
	who := w.in(Feed, secret)
	if who.User != "anna" || who.Search != `lang:go "a phrase"` || !who.Private || !who.Until.IsZero() {
		t.Errorf("who is %+v", who)
	}
	for _, s := range Scopes() {
		if who.May(s) {
			t.Errorf("a feed may %s", s)
		}
	}
	if !who.Sees("anna") || who.Sees("bob") || who.Sees("") {
		t.Error("a feed is of anna alone")
	}
	w.now = noon.Add(20 * 365 * 24 * time.Hour) // a reader is not asked for a new address
	w.in(Feed, secret)
	if _, err := w.Revoke(t.Context(), Operator(), r.ID); err != nil {
		t.Fatal(err)
	}
	w.out(Feed, secret)
}

// TestATokenTakesItsFeedsAlong: what a stolen token left behind ends with it, and ends by
// itself no later.
func TestATokenTakesItsFeedsAlong(t *testing.T) {
	w := newWorld(t)
	text, token := w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Read, Feeds}})
	made, feed := w.made(w.in(Token, text), Ask{Kind: Feed, User: "anna"})
	own, _ := w.made(Operator(), Ask{Kind: Feed, User: "anna"})
	if !feed.ExpiresAt.Equal(token.ExpiresAt) {
		t.Errorf("the feed ends at %s, the token at %s", feed.ExpiresAt, token.ExpiresAt)
	}
	w.in(Feed, made)
	if _, err := w.Revoke(t.Context(), Operator(), token.ID); err != nil {
		t.Fatal(err)
	}
	w.out(Token, text)
	w.out(Feed, made)
	w.in(Feed, own)
}

// between is a store in which something happens right before a write.
type between struct {
	*Memory
	add, take, remove func()
}

func (s *between) Take(ctx context.Context, h Hash) (Record, error) {
	if do := s.take; do != nil {
		s.take = nil
		do()
	}
	return s.Memory.Take(ctx, h)
}

func (s *between) Add(ctx context.Context, r Record) error {
	if do := s.add; do != nil {
		s.add = nil
		do()
	}
	return s.Memory.Add(ctx, r)
}

func (s *between) Remove(ctx context.Context, id string) error {
	if do := s.remove; do != nil {
		s.remove = nil
		do()
	}
	return s.Memory.Remove(ctx, id)
}

// TestATokenMakesNothingWhileItIsRevoked: whichever of both comes first, no feed of it is
// left.
func TestATokenMakesNothingWhileItIsRevoked(t *testing.T) {
	w := newWorld(t)
	st := &between{Memory: w.st}
	w.Service = New(st, w.log)
	ask := Ask{Kind: Feed, User: "anna"}
	for what, race := range map[string]func(by Who, id string){
		"revoked while it makes one": func(by Who, id string) {
			st.add = func() {
				if _, err := w.Revoke(t.Context(), Operator(), id); err != nil {
					t.Error(err)
				}
			}
			w.refused(by, ask, ErrRefused)
		},
		"makes one while it is revoked": func(by Who, id string) {
			st.remove = func() { w.made(by, ask) }
			if _, err := w.Revoke(t.Context(), Operator(), id); err != nil {
				t.Error(err)
			}
		},
	} {
		for _, user := range []string{"anna", ""} {
			text, token := w.made(Operator(), Ask{Kind: Token, User: user, Scopes: []Scope{Read, Feeds}})
			race(w.in(Token, text), token.ID)
			if n, err := w.st.Count(t.Context()); n != 0 || err != nil {
				t.Errorf("%s, of %q: %d are left, %v", what, user, n, err)
			}
		}
	}
}

// TestAPurgeLeavesNobodyIn: neither who signs in at that moment, nor what a browser makes
// that is signed in.
func TestAPurgeLeavesNobodyIn(t *testing.T) {
	w := newWorld(t)
	st := &between{Memory: w.st}
	w.Service = New(st, w.log)
	purge := func() {
		if n, err := Purge(t.Context(), w.st, "anna"); n == 0 || err != nil {
			t.Errorf("%d were purged, %v", n, err)
		}
	}
	for _, at := range []*func(){&st.add, &st.take} {
		link, _ := w.made(Operator(), Ask{Kind: Login, User: "anna", Scopes: []Scope{Read}})
		*at = purge
		if secret, r, err := w.Enter(t.Context(), noon, home, link, "a browser"); !errors.Is(err, ErrVoid) || secret != "" {
			t.Errorf("who was purged got in: %+v, %v", r, err)
		}
	}
	_, anna := w.signedIn("anna", Read, Write)
	st.add = purge
	w.refused(anna, Ask{Kind: Token, User: "anna", Scopes: []Scope{Read}}, ErrRefused)
	if n, err := w.st.Count(t.Context()); n != 0 || err != nil {
		t.Errorf("%d are left, %v", n, err)
	}
}

// TestALinkIsNotLostWithItsSession: where the session cannot be saved the link is still
// good, and a session that its browser did not wait for is gone.
func TestALinkIsNotLostWithItsSession(t *testing.T) {
	w := newWorld(t)
	link, _ := w.made(Operator(), Ask{Kind: Login, User: "anna", Scopes: []Scope{Read}})
	full := &failing{Memory: w.st, add: errors.New("the disk is full")}
	if _, _, err := New(full, w.log).Enter(t.Context(), noon, home, link, ""); !errors.Is(err, full.add) {
		t.Errorf("saved: %v", err)
	}
	ctx, leave := context.WithCancel(t.Context())
	if _, _, err := New(&between{Memory: w.st, take: leave}, w.log).Enter(ctx, noon, home, link, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("left: %v", err)
	}
	if n, err := w.st.Count(t.Context()); n != 1 || err != nil {
		t.Errorf("%d are there, %v", n, err)
	}
	if _, _, err := w.Enter(t.Context(), noon, home, link, ""); err != nil {
		t.Error(err)
	}
}

// TestATextIsNoID: who gives a text for its id, as people do, does not find it in an error.
func TestATextIsNoID(t *testing.T) {
	w := newWorld(t)
	secret, _ := w.made(Operator(), Ask{Kind: Token, Scopes: []Scope{Read}})
	if _, err := w.Revoke(t.Context(), Operator(), secret); !errors.Is(err, ErrUnknown) || strings.Contains(err.Error(), secret[3:]) {
		t.Errorf("revoked by its text: %v", err)
	}
}

// TestUsersAreApart: each sees and ends his own, and another's is as one that is not there.
func TestUsersAreApart(t *testing.T) {
	w := newWorld(t)
	_, anna := w.signedIn("anna", Read, Write)
	_, guest := w.signedIn("anna", Read)
	_, bob := w.signedIn("bob", Read, Write)
	text, _ := w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Read, Write, Feeds}})
	program := w.in(Token, text)
	_, ofAnna := w.made(anna, Ask{Kind: Token, User: "anna", Scopes: []Scope{Read}})
	_, ofOperator := w.made(Operator(), Ask{Kind: Token, Scopes: []Scope{Admin}})
	_, feed := w.made(anna, Ask{Kind: Feed, User: "anna"})
	listed := func(by Who, user string, want int, why error) {
		t.Helper()
		list, err := w.List(t.Context(), noon, by, user)
		if len(list) != want || !errors.Is(err, why) {
			t.Errorf("%s of %q lists %d of %q, want %d, %v", by.Kind, by.User, len(list), user, want, err)
		}
		for _, r := range list {
			if by.User != "" && r.User != by.User {
				t.Errorf("%q is shown %+v", by.User, r)
			}
		}
	}
	listed(anna, "", 5, nil)
	listed(anna, "anna", 5, nil)
	listed(anna, "bob", 0, ErrRefused)
	listed(bob, "", 1, nil)
	listed(guest, "", 0, ErrRefused)
	listed(program, "", 1, nil) // it makes feeds, and sees them
	listed(Who{}, "", 0, ErrRefused)
	listed(Operator(), "", 7, nil)
	listed(Operator(), "bob", 1, nil)
	for _, by := range []Who{bob, guest, program, {}} {
		for _, id := range []string{ofAnna.ID, ofOperator.ID, anna.ID, "g_none"} {
			if _, err := w.Revoke(t.Context(), by, id); !errors.Is(err, ErrUnknown) {
				t.Errorf("%s of %q revokes %s: %v", by.Kind, by.User, id, err)
			}
		}
	}
	if _, err := w.Revoke(t.Context(), anna, ofOperator.ID); !errors.Is(err, ErrUnknown) {
		t.Errorf("anna ends what is the operator's: %v", err)
	}
	for by, id := range map[string]string{"anna": ofAnna.ID, "program": feed.ID} {
		if _, err := w.Revoke(t.Context(), map[string]Who{"anna": anna, "program": program}[by], id); err != nil {
			t.Errorf("%s: %v", by, err)
		}
	}
	if n, err := Purge(t.Context(), w.st, "anna"); n != 3 || err != nil {
		t.Errorf("%d of anna were purged, %v", n, err)
	}
	if n, err := Purge(t.Context(), w.st, ""); n != 0 || err != nil {
		t.Errorf("%d of nobody were purged, %v", n, err)
	}
	listed(Operator(), "", 2, nil)
}

// TestOtherSessionsEndTogether: those of the same user alone, and neither the one that asks nor a
// token.
func TestOtherSessionsEndTogether(t *testing.T) {
	w := newWorld(t)
	_, first := w.signedIn("anna", Read, Write)
	_, second := w.signedIn("anna", Read)
	w.signedIn("anna", Read, Write)
	_, bob := w.signedIn("bob", Read, Write)
	_, operator := w.signedIn("", Scopes()...)
	_, another := w.signedIn("", Scopes()...)
	_, token := w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Read, Write}, Name: "script"})
	left := func(want ...string) {
		t.Helper()
		all, err := w.List(t.Context(), w.now, Operator(), "")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range all {
			got = append(got, r.ID)
		}
		slices.Sort(got)
		if slices.Sort(want); !slices.Equal(got, want) {
			t.Errorf("left are %v, want %v", got, want)
		}
	}
	for _, by := range []Who{second, {User: "anna", Kind: Token, Scopes: Scopes(), ID: token.ID}, {}} {
		if n, err := w.RevokeOthers(t.Context(), w.now, by); n != 0 || !errors.Is(err, ErrRefused) {
			t.Errorf("%+v ended %d, %v", by, n, err)
		}
	}
	if n, err := w.RevokeOthers(t.Context(), w.now, first); n != 2 || err != nil {
		t.Errorf("ended are %d, %v", n, err)
	}
	left(first.ID, bob.ID, operator.ID, another.ID, token.ID)
	if n, err := w.RevokeOthers(t.Context(), w.now, operator); n != 1 || err != nil {
		t.Errorf("the operator ended %d, %v", n, err)
	}
	left(first.ID, bob.ID, operator.ID, token.ID)
}
