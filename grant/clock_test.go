package grant

import (
	"testing"
	"time"
)

// TestAClockThatWasAhead: what was made while it was is good no longer than it should be,
// and what it says has ended is good again once the clock is right.
func TestAClockThatWasAhead(t *testing.T) {
	for _, jump := range []time.Duration{24 * time.Hour, 12 * 365 * 24 * time.Hour} {
		t.Run(jump.String(), func(t *testing.T) {
			w := newWorld(t)
			hour, _ := w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Read}, For: time.Hour})
			year, _ := w.made(Operator(), Ask{Kind: Token, User: "anna", Scopes: []Scope{Read}})
			session, _ := w.signedIn("anna", Read)
			w.now = noon.Add(jump)
			w.out(Token, hour)
			late, _ := w.signedIn("anna", Read)
			link, _ := w.made(Operator(), Ask{Kind: Login, User: "anna", Scopes: []Scope{Read}})
			w.now = noon.Add(time.Minute)
			w.in(Token, hour)
			w.in(Token, year)
			w.in(Session, session)
			if jump > ahead {
				w.out(Session, late)
				if _, _, err := w.Enter(t.Context(), w.now, home, link, ""); err == nil {
					t.Error("a link from the future is good")
				}
			}
			if list, err := w.List(t.Context(), w.now, Operator(), ""); err != nil || len(list) != 5 {
				t.Errorf("%d are listed, %v", len(list), err) // what is to come can be revoked
			}
		})
	}
}
