package site

import (
	"strings"
	"time"

	"collector/connectors"
	"collector/control"
	plain "collector/control/words"
	"collector/search"
	"collector/state"
	"collector/store"
	"collector/web/page"
	"collector/web/page/words"
)

// mostGone is how many likes that are gone are counted for the page of a list.
const mostGone = 50

// signedBy says what a service is signed in to with. What a credential holds is sealed; its
// kind follows from the service.
func signedBy(in connectors.Info) string {
	switch {
	case in.Auth.Password:
		return "with a name and a password"
	case in.Auth.Session:
		return "with sessions that are renewed"
	}
	return "with a token"
}

// earlier is what two lists of one sign-in tell of it together.
func earlier(a, b control.Network) control.Network {
	if b.Since.Before(a.Since) {
		a.Since = b.Since
	}
	if a.Condition == string(state.Imported) {
		a.Condition = b.Condition
	}
	return a
}

// signedIn says of the account of a list how it is signed in and since when it is here.
func (v *visit) signedIn(n control.Network) string {
	how := "imported"
	if n.Condition != string(state.Imported) {
		c, ok := v.Panel.Offered(n.Service)
		if !ok {
			return ""
		}
		how = signedBy(c.Info())
	}
	return how + v.hereSince(n.Since)
}

// hereSince is ", here since 4 Feb 2026"; "" where the time is not known.
func (v *visit) hereSince(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return ", here since " + words.Date(at, v.now)
}

// held are the facts about the sign-in of a list.
func (v *visit) held(e control.Explained) ([]page.Fact, error) {
	h, err := v.Panel.Held(v.ctx(), e.Stored.AccountID)
	if err != nil {
		return nil, err
	}
	how := "none is kept"
	if c, ok := v.Panel.Offered(e.Service); ok && h.Sealed {
		how = signedBy(c.Info()) + ", kept sealed"
	}
	out := []page.Fact{{Name: "Sign-in", Text: words.Plain(how + v.hereSince(h.Since))}}
	if may := plain.Line(strings.Join(h.Scopes, ", ")); may != "" {
		out = append(out, page.Fact{Name: "Permissions", Text: words.Plain(may)})
	}
	return out, nil
}

// gone says how many likes of a list were taken back or are gone; none where there are none.
func (v *visit) gone(e control.Explained) ([]page.Fact, error) {
	found, err := v.Panel.Store.Search(v.ctx(), store.Query{
		User: e.User, Network: e.Stored.ID, Expr: search.Narrow(nil, "is", "removed"), Limit: mostGone,
	})
	if err != nil || len(found.Items) == 0 {
		return nil, err
	}
	said := plain.Many(len(found.Items), "like", "likes")
	if found.Next != "" {
		said = "more than " + said
	}
	return []page.Fact{{Name: "Taken back or gone", Text: words.Plain(said), To: likesOf(e.Network, "removed")}}, nil
}

// reached says how far the reading of a list has come.
func (v *visit) reached(n state.Network) words.Phrase {
	if w := n.Walk; w != nil && w.Kind == "backfill" {
		out := words.Plain("page " + words.Number(w.Pages) + " of the history")
		if !w.Oldest.IsZero() {
			out = out.And(words.Plain(", likes of "), words.Moment(w.Oldest, words.Date(w.Oldest, v.now)))
		}
		return out
	}
	if n.Newest.IsZero() {
		return nil
	}
	return words.Plain("the newest like: ").And(words.Was(n.Newest, v.now))
}
