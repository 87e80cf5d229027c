package grant

import (
	"errors"
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
	text, _ = w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Feeds}})
	feeds := w.in(Token, text)
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
	// What has ended is forgotten with the next one that is made.
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
	text, token := w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Feeds}})
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
