package site

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"collector/control"
	plain "collector/control/words"
	"collector/grant"
	"collector/search/saved"
	"collector/web/page"
	"collector/web/page/words"
)

// mostGrants is how many tokens, sessions and feeds are shown of each, the newest.
const mostGrants = 100

// configuring shows what can be set, and who has got in.
func (s *site) configuring() []route {
	return []route{
		{"GET /settings", grant.Read, func(v *visit) error { return v.settled(http.StatusOK, nil) }},
		{"POST /settings/searches", grant.Write, (*visit).dropSearch},
	}
}

// settled draws the settings. with adds what a form had as its answer: a secret that is shown
// this once, or why it did nothing; nil adds nothing.
func (v *visit) settled(status int, with func(*page.Settings)) error {
	f, err := v.frame("Settings", page.OnSettings)
	if err != nil {
		return err
	}
	f.Path = "/settings" // a form's own address is no page
	p := page.Settings{Frame: f, Parts: v.parts(), CanChange: v.gives(), Scopes: v.scopes(), Expiries: expiries(), NewLink: v.newLink()}
	if err := v.blocks(&p); err != nil {
		return err
	}
	if p.Shows("config") {
		p.Config = v.config()
	}
	for _, part := range []string{"searches", "tokens", "feeds", "webhooks", "config"} {
		if p.Shows(part) {
			p.Twins = append(p.Twins, v.as(page.Path("/settings/"+part+dotJSON), words.First(part), nil)...)
		}
	}
	if with != nil {
		with(&p)
	}
	return v.show(status, p)
}

// blocks fills in what is read from stores. Each block fails by itself, with a sentence in
// its place; the error is that whoever asked has gone.
func (v *visit) blocks(p *page.Settings) error {
	p.Unread = map[string]*page.Note{}
	for _, b := range []struct {
		what  string
		fill  func(*page.Settings) error
		parts []string // that show it
	}{
		{"Who has got in", v.letIn, []string{"tokens", "sessions", "feeds"}},
		{"The saved searches", v.searchesKept, []string{"searches"}},
		{"The webhooks", v.webhooks, []string{"webhooks"}},
		{"Who is told", v.whoIsTold, []string{"notify"}},
		{"When the last backup was made", v.backedUp, []string{"backup"}},
	} {
		if !slices.ContainsFunc(b.parts, p.Shows) {
			continue
		}
		err := b.fill(p)
		if err != nil && v.ctx().Err() != nil {
			return err
		}
		for _, part := range b.parts {
			if err != nil {
				p.Unread[part] = v.unread(b.what, err)
			}
		}
	}
	return nil
}

// searchesKept fills in the saved searches.
func (v *visit) searchesKept(p *page.Settings) error {
	user, err := v.keeper()
	if err != nil {
		return err
	}
	searches, err := saved.List(v.ctx(), v.Panel.Store, user)
	for _, s := range searches {
		row := page.SavedSearch{Name: s.Name, Query: cmp.Or(s.Query, "everything"), To: page.SearchPath(s.Query)}
		if v.who.May(grant.Write) {
			row.Do = deed(searchPath(s.Name), "Search "+s.Name, page.Delete, "Delete…")
		}
		p.Searches = append(p.Searches, row)
	}
	return err
}

// gives says whether somebody may make tokens and end sessions: a person who may write.
// The grant service holds to it; here it decides what is shown.
func (v *visit) gives() bool {
	return v.who.May(grant.Write) && (v.who.Kind == grant.Session || v.who.Kind == grant.Local)
}

// parts are what whoever asks can see, and what is known here.
func (v *visit) parts() []string {
	out := []string{"searches", "appearance"}
	if v.gives() {
		out = append(out, "tokens")
	}
	if v.gives() || v.who.Kind == grant.Session {
		out = append(out, "sessions")
	}
	if v.gives() || v.who.May(grant.Feeds) {
		out = append(out, "feeds")
	}
	if v.seesWebhooks() {
		out = append(out, "webhooks")
	}
	if v.tells() {
		out = append(out, "notify")
	}
	if v.backsUp() {
		out = append(out, "backup")
	}
	if v.who.May(grant.Admin) && v.Settings != nil {
		out = append(out, "config")
	}
	return out
}

// you says who is signed in, and for whom.
func (v *visit) you() words.Phrase {
	if v.whose() == "" {
		return words.Plain("You are signed in as ").And(words.Strong("the operator"), words.Plain(", to whom the data of all users is open."))
	}
	return words.Plain("You are signed in as ").And(words.Strong(plain.Line(v.whose())), words.Plain(", whose data alone is shown to you."))
}

// mayOf is what a session may, in a word where that is to look.
func mayOf(scopes []grant.Scope) string {
	if slices.Equal(scopes, []grant.Scope{grant.Read}) {
		return "look only"
	}
	return scopeNames(scopes)
}

// letIn fills in the tokens, sessions and feeds. Who may end none sees the own session.
func (v *visit) letIn(p *page.Settings) error {
	p.You = v.you()
	if !p.Shows("feeds") {
		if v.who.Kind == grant.Session {
			p.Sessions = []page.Session{v.ownSession()}
		}
		return nil
	}
	all, more, err := v.Grants.Some(v.ctx(), v.now, v.who)
	if err != nil {
		return refused(err)
	}
	slices.Reverse(all)
	shown, unshown, own := map[grant.Kind]int{}, 0, v.who.Kind != grant.Session
	label := v.labels(all)
	for _, r := range all {
		if places[r.Kind] == "" {
			continue // a login link is nobody yet
		}
		if shown[r.Kind]++; shown[r.Kind] > mostGrants {
			unshown++
			continue
		}
		name := v.called(r)
		do := func(do page.Deed, text string) page.Actions { return deed(grantPath(r), label(r), do, text) }
		switch r.Kind {
		case grant.Token:
			ends := words.Plain("never")
			if !r.ExpiresAt.IsZero() {
				ends = words.Will(r.ExpiresAt, v.now)
			}
			p.Tokens = append(p.Tokens, page.Token{Name: name, Scopes: scopeNames(r.Scopes), Used: words.Was(r.UsedAt, v.now), Expires: ends, Do: do(page.Revoke, "Revoke…")})
		case grant.Session:
			if v.whose() == "" && r.User == "" {
				name += " · operator"
			}
			row := page.Session{Where: name, May: mayOf(r.Scopes), Since: words.Was(r.CreatedAt, v.now), Seen: words.Was(r.UsedAt, v.now), Do: do(page.SignOut, "End")}
			if r.ID == v.who.ID {
				row, own = v.ownSession(), true
				row.Where = name
			}
			p.Sessions = append(p.Sessions, row)
		case grant.Feed:
			p.Feeds = append(p.Feeds, page.Feed{Name: name, Query: cmp.Or(r.Search, "everything"), Format: "Atom, RSS, JSON", Used: words.Was(r.UsedAt, v.now), Do: do(page.Revoke, "Revoke…")})
		}
	}
	if !own {
		p.Sessions = append(p.Sessions, v.ownSession())
	}
	if n := len(v.who.Others(all)); n > 0 {
		p.EndOthers = deed("/settings/sessions", "Other sessions", page.SignOut, "End "+plain.Many(n, "other session", "other sessions")+" of yours")
	}
	what := plain.Many(unshown, "older entry is", "older entries are") + " not shown here."
	if more {
		what = "There are too many tokens, sessions and feeds to show all of them here."
	}
	if unshown > 0 || more {
		p.Notes = append(p.Notes, page.Note{Tone: page.Remark, Icon: "key", What: words.Plain(what), Whose: "collector tokens list shows all."})
	}
	return nil
}

// labels returns what a screen reader calls the forms of grants. Those of one name are told
// apart by when they began, and what began in the same minute by its number.
func (v *visit) labels(all []grant.Record) func(grant.Record) string {
	kinds := map[grant.Kind]string{grant.Token: "Token ", grant.Session: "Session ", grant.Feed: "Feed "}
	base := func(r grant.Record) string { return kinds[r.Kind] + v.called(r) }
	named, used := map[string]int{}, map[string]int{}
	for _, r := range all {
		named[base(r)]++
	}
	return func(r grant.Record) string {
		out := base(r)
		if named[out] > 1 {
			out += " of " + words.Past(r.CreatedAt, v.now)
		}
		if used[out]++; used[out] > 1 {
			return out + ", number " + words.Number(used[out])
		}
		return out
	}
}

// ownSession is that of this browser.
func (v *visit) ownSession() page.Session {
	return page.Session{Where: "This browser", This: true, May: mayOf(v.who.Scopes), Since: words.Was(v.who.Until.Add(-grant.SessionFor), v.now), Seen: words.Plain("now"), Do: deed("/logout", "This session", page.SignOut, "Sign out")}
}

// called is the name of a grant, with whose it is where the operator sees those of all.
func (v *visit) called(r grant.Record) string {
	name := cmp.Or(plain.Line(r.Name), r.ID)
	if v.whose() == "" && r.User != "" {
		name += " · " + plain.Line(r.User)
	}
	return name
}

func deed(to page.Path, about string, do page.Deed, text string) page.Actions {
	return page.Actions{To: to, About: about, List: []page.Action{{Do: do, Text: text, Look: page.Calm}}}
}

// config is the configuration with where each value comes from.
func (v *visit) config() (out []page.Setting) {
	for _, s := range v.Settings() {
		row := page.Setting{Key: s.Key, Doc: s.Doc, Value: s.Value, Origin: s.Origin, Loses: plain.Line(s.Loses)}
		switch s.Origin {
		case "environment":
			row.Where = s.Variable
		case "file":
			row.Where = s.File
		}
		out = append(out, row)
	}
	return out
}

func searchPath(name string) page.Path {
	return page.Path("/settings/searches?" + url.Values{"name": {name}}.Encode())
}

// dropSearch forgets a saved search, once somebody said so.
func (v *visit) dropSearch() error {
	user, err := v.keeper()
	if err != nil {
		return err
	}
	s, err := saved.Get(v.ctx(), v.Panel.Store, user, v.r.FormValue("name"))
	if err == nil && !v.sure() {
		return v.ask(page.Confirm{
			Heading: "Delete the search “" + s.Name + "”?", To: searchPath(s.Name), Do: page.Delete, Button: "Delete the search",
			Text: words.Plain("What it finds stays. It looks for ").And(words.Code(cmp.Or(s.Query, "everything")), words.Plain(".")),
		})
	}
	if err == nil {
		err = saved.Remove(v.ctx(), v.Panel.Store, user, s.Name)
	}
	if errors.Is(err, saved.ErrNone) {
		return &control.Problem{Kind: control.Unknown, Whose: "you", Reason: err.Error(), Next: "the settings list those that there are", Err: err}
	}
	if err != nil {
		return err
	}
	return v.leadOn("/settings", done("The search “"+s.Name+"” is deleted."))
}

// ask asks before something of the settings ends for good.
func (v *visit) ask(c page.Confirm) error {
	f, err := v.frame(c.Heading, page.OnSettings)
	if err != nil {
		return err
	}
	f.Path = "/settings"
	c.Frame, c.Back = f, page.Link{Text: "Leave it as it is", To: "/settings"}
	return v.show(http.StatusOK, c)
}
