package site

import (
	"net/http"
	"slices"
	"strings"

	"collector/grant"
	"collector/web/page"
)

// What a sign-in link lets its browser do.
const (
	mayLook = "look"
	mayAll  = "all"
)

// newLink is the form of a sign-in link for another browser, nil where none is needed, or
// whoever asks makes none.
func (v *visit) newLink() *page.NewLink {
	if !v.gives() || v.who.Kind != grant.Session {
		return nil
	}
	out := &page.NewLink{Rights: []page.Option{
		{Value: mayLook, Text: "look and search, and change nothing", Chosen: true},
		{Value: mayAll, Text: "all that you may"},
	}}
	if v.whose() == "" {
		out.Fields = []page.Field{{Name: "user", Label: "For the likes of", Kind: page.TextField, Hint: "anna", Help: "The name of one user, who then sees no other's. Leave it empty for all that you see."}}
	}
	return out
}

// makeLink answers with the settings, and the link in them: it is shown this once. That a
// browser follows it ends it.
func (v *visit) makeLink() error {
	user := strings.TrimSpace(v.r.PostFormValue("user"))
	if user == "" {
		user = v.whose()
	}
	scopes := grant.SignInScopes(user, false)
	switch v.r.PostFormValue("may") {
	case mayLook:
		scopes = grant.SignInScopes(user, true)
	case mayAll: // but not more than whoever gives it
		scopes = slices.DeleteFunc(scopes, func(s grant.Scope) bool { return !v.who.May(s) })
	default:
		return wrong("go back and choose one of both", "the form does not say what the link is for")
	}
	secret, _, err := v.Grants.Make(v.ctx(), v.now, v.who, grant.Ask{Kind: grant.Login, User: user, Scopes: scopes})
	if err != nil {
		return refused(err)
	}
	return v.settled(http.StatusOK, func(p *page.Settings) {
		p.LinkOnce = &page.Once{
			What: "Sign-in link made: open it in the other browser within ten minutes.", Secret: grant.LoginAddress(v.origin(), secret),
			Lost: "It works once. Whoever opens it first is signed in, and stands in this list then. Lost it? Make another.",
		}
	})
}
