package site

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"collector/control"
	plain "collector/control/words"
	"collector/grant"
	"collector/web/page"
	"collector/web/page/words"
)

// tokens makes tokens and sign-in links, and ends tokens, sessions and feeds. Whether somebody
// may is for the grant service to say: here it is said sooner, and no button is shown.
func (s *site) tokens() []route {
	return []route{
		{"POST /settings/tokens", grant.Write, (*visit).makeToken},
		{"POST /settings/tokens/{id}", grant.Write, revoking(grant.Token)},
		{"POST /settings/sessions", grant.Write, (*visit).endOthers},
		{"POST /settings/links", grant.Write, (*visit).makeLink},
		{"POST /settings/sessions/{id}", grant.Write, revoking(grant.Session)},
		{"POST /settings/feeds/{id}", grant.Read, revoking(grant.Feed)},
	}
}

// places are the addresses of grants.
var places = map[grant.Kind]string{grant.Token: "tokens", grant.Session: "sessions", grant.Feed: "feeds"}

func grantPath(r grant.Record) page.Path {
	return page.Path("/settings/" + places[r.Kind] + "/" + r.ID)
}

// makeToken answers with the settings, and the secret in them: it is shown this once, so
// it can be kept for no page that comes next.
func (v *visit) makeToken() error {
	name := plain.Line(v.r.PostFormValue("name"))
	if name == "" {
		return wrong("go back and name the program that will use it", "a token needs a name")
	}
	good := slices.IndexFunc(expiries(), func(o page.Option) bool { return o.Value == v.r.PostFormValue("expires") })
	if good < 0 {
		return wrong("go back and choose one of the times", "the form does not say how long the token is good")
	}
	ask := grant.Ask{Kind: grant.Token, User: v.whose(), Name: name, For: lengths[good].of}
	for _, s := range v.r.PostForm["scope"] {
		ask.Scopes = append(ask.Scopes, grant.Scope(s))
	}
	secret, _, err := v.Grants.Make(v.ctx(), v.now, v.who, ask)
	if err != nil {
		return refused(err)
	}
	return v.settled(http.StatusOK, func(p *page.Settings) {
		p.Once = &page.Once{
			What: "Token “" + name + "” made.", Secret: secret,
			Lost: "We keep only its fingerprint, so nobody can show it again. Lost it? Make another and revoke this one.",
		}
	})
}

// lengths are how long a token is good.
var lengths = []struct {
	of   time.Duration
	text string
}{
	{30 * 24 * time.Hour, "in 30 days"},
	{90 * 24 * time.Hour, "in 90 days"},
	{grant.TokenFor, "in a year"},
	{grant.MaxToken, "in ten years"},
}

func expiries() (out []page.Option) {
	for i, l := range lengths {
		out = append(out, page.Option{Value: l.of.String(), Text: l.text, Chosen: i == 0})
	}
	return out
}

// scopes are what whoever asks can give to a token.
func (v *visit) scopes() (out []page.Option) {
	texts := map[grant.Scope]string{
		grant.Read: "see what was collected, and how it goes", grant.Write: "change what is collected: connect, sync, pause, remove",
		grant.Feeds: "make and revoke feeds", grant.Admin: "all that belongs to the installation", grant.Metrics: "read the figures of the installation",
	}
	for _, s := range grant.Scopes() {
		if v.who.May(s) && (v.whose() == "" || s != grant.Admin && s != grant.Metrics) {
			out = append(out, page.Option{Value: string(s), Text: string(s) + ": " + texts[s], Chosen: s == grant.Read})
		}
	}
	return out
}

func scopeNames(scopes []grant.Scope) string {
	var out []string
	for _, s := range scopes {
		out = append(out, string(s))
	}
	return strings.Join(out, ", ")
}

// revoking ends a grant of a kind, once somebody said so: but for a session, which a new
// sign-in replaces.
func revoking(k grant.Kind) func(*visit) error {
	return func(v *visit) error {
		if !v.gives() && !v.who.May(grant.Feeds) {
			return mayNot(grant.Feeds)
		}
		r, err := v.Grants.One(v.ctx(), v.now, v.who, v.r.PathValue("id"))
		if err == nil && r.Kind != k {
			err = grant.ErrUnknown
		}
		if err != nil {
			return refused(err)
		}
		name := v.called(r)
		if k != grant.Session && !v.sure() {
			return v.ask(page.Confirm{
				Heading: "Revoke the " + string(k) + " “" + name + "”?", To: grantPath(r), Do: page.Revoke, Button: "Revoke it",
				Text: words.Plain("Whoever has it is let in no more, at once. It cannot be brought back: another one has another secret."),
			})
		}
		if _, err := v.Grants.Revoke(v.ctx(), v.who, r.ID); err != nil {
			return refused(err)
		}
		return v.leadOn("/settings", done("The "+string(k)+" “"+name+"” has ended."))
	}
}

// endOthers ends all other sessions of whoever asks.
func (v *visit) endOthers() error {
	if page.Deed(v.r.PostFormValue("do")) != page.SignOut {
		return wrong("use the buttons of the page", "it is not said what to do with the sessions")
	}
	n, err := v.Grants.RevokeOthers(v.ctx(), v.now, v.who)
	if err != nil {
		return refused(err)
	}
	return v.leadOn("/settings", done(plain.Many(n, "other session has", "other sessions have")+" ended. This one goes on."))
}

// refused is an error of the grant service as a person gets it.
func refused(err error) error {
	for _, known := range []struct {
		is   error
		kind control.Kind
		next string
	}{
		{grant.ErrUnknown, control.Unknown, "the settings list those that there are"},
		{grant.ErrRefused, control.Forbidden, "sign in with a link that has more scopes: collector login-link"},
		{grant.ErrMany, control.Wrong, "the settings list them: revoke one there"},
		{grant.ErrScope, control.Wrong, "go back and choose other scopes"},
		{grant.ErrAsk, control.Wrong, "go back and ask for it otherwise"},
	} {
		if errors.Is(err, known.is) {
			return &control.Problem{Kind: known.kind, Whose: "you", Reason: err.Error(), Next: known.next, Err: err}
		}
	}
	return err
}
