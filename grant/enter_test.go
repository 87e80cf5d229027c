package grant

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestALinkIsGoodOnce: of many who follow it at once one gets in, and nobody later.
func TestALinkIsGoodOnce(t *testing.T) {
	w := newWorld(t)
	link, _ := w.made(Operator(), Ask{Kind: Login, User: "anna", Scopes: []Scope{Read, Write}})
	var mu sync.Mutex
	var sessions []string
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			secret, r, err := w.Enter(t.Context(), noon, home, link, "a browser")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				sessions = append(sessions, secret)
				if r.User != "anna" || !slices.Equal(r.Scopes, []Scope{Read, Write}) || r.Kind != Session {
					t.Errorf("the session is %+v", r)
				}
			case !errors.Is(err, ErrVoid):
				t.Error(err)
			}
		})
	}
	work.Wait()
	if len(sessions) != 1 || strings.Contains(sessions[0], link[3:]) {
		t.Fatalf("%d got in", len(sessions))
	}
	if _, _, err := w.Enter(t.Context(), noon, other, link, "a thief"); !errors.Is(err, ErrVoid) {
		t.Errorf("it was good again: %v", err)
	}
	if who := w.in(Session, sessions[0]); who.User != "anna" || !who.May(Write) || who.May(Admin) {
		t.Errorf("who is %+v", who)
	}
	// What a link leads to can be given to nobody beforehand: each sign-in has its own.
	again, _ := w.signedIn("anna", Read)
	if again == sessions[0] {
		t.Error("two sessions have one text")
	}
}

func TestALinkEnds(t *testing.T) {
	for late, ok := range map[time.Duration]bool{0: true, 10*time.Minute - 1: true, 10 * time.Minute: false, time.Hour: false} {
		t.Run(late.String(), func(t *testing.T) {
			w := newWorld(t)
			link, _ := w.made(Operator(), Ask{Kind: Login, Scopes: Scopes()})
			_, _, err := w.Enter(t.Context(), noon.Add(late), home, link, "")
			if ok != (err == nil) || !ok && !errors.Is(err, ErrVoid) {
				t.Errorf("%s later: %v", late, err)
			}
		})
	}
}

// TestASessionEnds: after a week in which nobody used it, after 30 days in which somebody
// did all the time, and at once where it is ended.
func TestASessionEnds(t *testing.T) {
	w := newWorld(t)
	idle, _ := w.signedIn("anna", Read)
	w.now = noon.Add(IdleFor - time.Second)
	w.in(Session, idle)
	w.now = w.now.Add(IdleFor)
	w.out(Session, idle)

	w = newWorld(t)
	busy, who := w.signedIn("anna", Read)
	if !who.Until.Equal(noon.Add(SessionFor)) {
		t.Errorf("it says that it ends at %s", who.Until)
	}
	for w.now.Before(noon.Add(SessionFor - 5*time.Hour)) {
		w.now = w.now.Add(5 * time.Hour)
		w.in(Session, busy)
	}
	w.now = noon.Add(SessionFor)
	w.out(Session, busy)

	w = newWorld(t)
	left, who := w.signedIn("anna", Read) // who may only look may leave
	if _, err := w.Revoke(t.Context(), who, who.ID); err != nil {
		t.Fatal(err)
	}
	w.out(Session, left)
}

// TestEachKindIsGoodForItself: the text of one kind, its hash and its id are nothing
// elsewhere.
func TestEachKindIsGoodForItself(t *testing.T) {
	w := newWorld(t)
	texts := map[Kind]string{}
	texts[Session], _ = w.signedIn("anna", Read)
	texts[Login], _ = w.made(Operator(), Ask{Kind: Login, Scopes: Scopes()})
	texts[Token], _ = w.made(Operator(), Ask{Kind: Token, Scopes: []Scope{Read}})
	texts[Feed], _ = w.made(Operator(), Ask{Kind: Feed, User: "anna"})
	all, err := w.List(t.Context(), w.now, Operator(), "")
	if err != nil || len(all) != 4 {
		t.Fatalf("%d are listed, %v", len(all), err)
	}
	for _, k := range []Kind{Login, Session, Token, Feed, Local, ""} {
		for of, text := range texts {
			if k != of || k == Login { // a login link is to be used up
				w.out(k, text)
				w.out(k, marks[k]+text[3:])
			}
		}
		for _, r := range all {
			w.out(k, r.ID)
			w.out(k, string(r.Hash[:]))
			w.out(k, fmt.Sprintf("%x", r.Hash))
		}
		for _, text := range []string{"", marks[k], texts[Token] + "A", texts[Token] + "=", texts[Token][:45], "\x00", strings.Repeat("x", 1<<20)} {
			w.out(k, text)
		}
	}
	for _, k := range []Kind{Session, Token, Feed} {
		w.in(k, texts[k])
	}
	for of, text := range texts {
		if of == Login {
			continue
		}
		if _, _, err := New(w.st, w.log).Enter(t.Context(), w.now, home, text, ""); !errors.Is(err, ErrVoid) {
			t.Errorf("a %s is a login link: %v", of, err)
		}
	}
	// Nothing was used up by that.
	if _, _, err := w.Enter(t.Context(), w.now, home, texts[Login], ""); err != nil {
		t.Error(err)
	}
}

// TestTextsAreRandom: 256 bits, no two alike, and each bit is sometimes set and sometimes
// not.
func TestTextsAreRandom(t *testing.T) {
	seen := map[string]bool{}
	var ones [64]int // how often each character's lowest bit was met
	const many = 400
	for range many {
		s := newSecret(Token)
		if seen[s] || !wellFormed(Token, s) || len(s) != 46 {
			t.Fatalf("%q", s)
		}
		seen[s] = true
		for i, c := range s[3:45] {
			ones[i] += strings.IndexRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", c) & 1
		}
	}
	for i, n := range ones[:42] {
		if n < many/4 || n > many*3/4 { // ten deviations away
			t.Errorf("character %d is odd %d times of %d", i, n, many)
		}
	}
}
