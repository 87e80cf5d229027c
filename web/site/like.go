package site

import (
	"time"

	plain "collector/control/words"
	"collector/item"
	"collector/search"
	"collector/store"
	"collector/web/page"
	"collector/web/page/words"
)

// How many letters and tags of a like a page shows. The rest is at the service, and in
// exports.
const (
	titleShown = 300
	textShown  = 400
	tagsShown  = 6
)

// drawing draws likes of one page: what was searched for is marked, and an account or a user
// is named where there are several.
func (v *visit) drawing(all []store.Liked, expr search.Expr) func(store.Liked) page.Like {
	accounts, users := map[string]map[string]bool{}, map[string]bool{}
	for _, it := range all {
		if accounts[it.Service] == nil {
			accounts[it.Service] = map[string]bool{}
		}
		accounts[it.Service][it.Network] = true
		users[it.User] = true
	}
	return func(it store.Liked) page.Like {
		l := v.like(it, expr)
		if len(accounts[it.Service]) > 1 {
			l.Meta = append(l.Meta, plain.Line(it.Account))
		}
		if len(users) > 1 {
			l.Meta = append(l.Meta, "of the user "+plain.Line(it.User))
		}
		return l
	}
}

func (v *visit) like(it store.Liked, expr search.Expr) page.Like {
	s, did := v.service(it.Service), v.verb(it.Service)
	l := page.Like{Service: s, URL: it.URL, Verb: did.did, Icon: did.icon, Private: it.Private}
	title := plain.Short(plain.Line(it.Title), titleShown)
	text := plain.Line(it.Text)
	if title == "" {
		title, text = page.Quote(excerpt("", text, page.QuoteLength, expr)), ""
	} else {
		text = excerpt(title, text, textShown, expr)
	}
	l.Title, l.Text = marked(title, expr), marked(text, expr)
	l.When = words.Was(it.LikedAt, v.now)
	switch it.LikedFrom {
	case item.FromFirstSeen:
		l.Verb += ", seen"
		l.SeenBy = "The service does not say when. This is when collector first saw it."
	case item.FromOrder:
		l.Verb += " about"
		l.SeenBy = "The service does not say when. This is taken from what was liked before and after it."
	case item.FromAPI:
	}
	for _, m := range []string{plain.Line(it.Author.Name), plain.Line(it.Language)} {
		if m != "" {
			l.Meta = append(l.Meta, m)
		}
	}
	for _, t := range it.Tags {
		if len(l.Tags) < tagsShown && search.Askable("tag", t) {
			l.Tags = append(l.Tags, page.Link{Text: "#" + plain.Line(t), To: searching(search.Narrow(nil, "tag", t))})
		}
	}
	l.Gone = gone(it, did.noun, v.now)
	return l
}

// gone says that a like is there no more, nil of one that is.
func gone(it store.Liked, noun string, now time.Time) *page.Gone {
	since := func(what string) *page.Gone {
		return &page.Gone{Pill: page.Pill{Class: "off", Icon: "box", Text: what + " since " + words.Date(it.RemovedAt, now)}, Kept: "The copy here stays."}
	}
	switch {
	case it.RemovedAt.IsZero():
		return nil
	case it.RemovedBecause == "unliked":
		return page.TakenBack(it.RemovedAt, now, noun)
	case it.RemovedBecause == "gone":
		return page.GoneUpstream(it.RemovedAt, now)
	case it.RemovedBecause == "hidden":
		return since("Hidden at the service")
	}
	return since("No longer in the list")
}

// searching is the likes that an expression finds.
func searching(e search.Expr) page.Path {
	if e == nil {
		return "/"
	}
	return page.SearchPath(e.String())
}

// marked marks what of a text an expression looks for.
func marked(text string, e search.Expr) page.Marked {
	var hits [][2]int
	for _, s := range search.Found(e, text) {
		hits = append(hits, [2]int{s.From, s.To})
	}
	return page.Mark(text, hits)
}
