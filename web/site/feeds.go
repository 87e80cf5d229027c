package site

import (
	"errors"
	"slices"

	"collector/control"
	plain "collector/control/words"
	"collector/feed"
	"collector/grant"
	"collector/search"
	"collector/web/page"
	"collector/web/page/words"
)

// feeds makes addresses of feeds.
func (s *site) feeds() []route {
	return []route{{"POST /feeds", grant.Write, (*visit).makeFeed}}
}

// makeFeed makes the address of a feed and shows it, this once: it is kept nowhere, so the
// answer is the page itself and leads nowhere else.
func (v *visit) makeFeed() error {
	if do := page.Deed(v.r.PostFormValue("do")); do != page.Make {
		return wrong("use the buttons of the page", "it is not said what to do with the feed")
	}
	q, err := v.question()
	if err != nil {
		return err
	}
	if q.problem != nil { // half a query would show what nobody asked for, each time
		return control.Misread(q.problem)
	}
	if slices.ContainsFunc(parts(q.expr), asksGone) {
		return wrong("leave is:removed out", "a feed shows no likes that were taken back or are gone, so this one would stay empty")
	}
	name := plain.Short(plain.Line(q.query), 60)
	if name == "" {
		name = "All likes"
	}
	user, err := v.keeper()
	if err != nil {
		return err
	}
	secret, _, err := v.Grants.Make(v.ctx(), v.now, v.who, grant.Ask{Kind: grant.Feed, User: user, Name: name, Search: q.query})
	switch {
	case errors.Is(err, grant.ErrRefused), errors.Is(err, grant.ErrScope):
		return &control.Problem{Kind: control.Forbidden, Whose: "you", Reason: err.Error(), Next: "sign in with a link that may make feeds", Err: err}
	case errors.Is(err, grant.ErrMany):
		return refused(err)
	case errors.Is(err, grant.ErrAsk):
		return wrong("make the query shorter", err.Error())
	case err != nil:
		return err
	}
	return v.showLikes(q, page.Note{
		Tone: page.Good, Icon: "feed",
		What: words.Strong("Here is the address of the feed.").And(words.Plain(" Copy it now, it is not shown again: "), words.Code(v.origin()+feed.Path+secret+".atom")),
		Whose: "Whoever has it can read what this search finds of the user " + plain.Line(user) + ", and nothing else. " +
			"It ends with .atom, .rss or .json, as your reader likes it. End it under Settings.",
		To: []page.Link{{Text: "Settings", To: "/settings#feeds"}},
	})
}

// asksGone says that a part of a query asks for nothing but what is there no more.
func asksGone(e search.Expr) bool {
	f, is := e.(search.Field)
	return is && search.AsksRemoved(f)
}

// origin is how this browser reaches the pages.
func (v *visit) origin() string {
	if v.Secure(v.r) {
		return "https://" + v.r.Host
	}
	return "http://" + v.r.Host
}
