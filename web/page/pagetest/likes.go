package pagetest

import (
	"fmt"
	"time"

	"collector/web/page"
	"collector/web/page/chart"
	"collector/web/page/words"
)

// services are the services of the pages.
var services = map[string]page.Service{
	"github":        {Name: "github", Title: "GitHub", Short: "GH", Tint: 1},
	"mastodon":      {Name: "mastodon", Title: "Mastodon", Short: "Ma", Tint: 2},
	"reddit":        {Name: "reddit", Title: "Reddit", Short: "Re", Tint: 3},
	"youtube":       {Name: "youtube", Title: "YouTube", Short: "YT", Tint: 4},
	"stackexchange": {Name: "stackexchange", Title: "Stack Exchange", Short: "SE", Tint: 5},
	"bluesky":       {Name: "bluesky", Title: "Bluesky", Short: "Bs", Tint: 6},
	"twitter":       {Name: "twitter", Title: "X", Short: "X", Tint: 2},
}

func facets() []page.Facet {
	tile := func(name string, n int) page.FacetValue {
		s := services[name]
		return page.FacetValue{Service: &s, Text: s.Title, N: n, To: page.SearchPath("in:" + name)}
	}
	plain := func(text, query string, n int) page.FacetValue {
		return page.FacetValue{Text: text, N: n, To: page.SearchPath(query)}
	}
	return []page.Facet{
		{Title: "Service", Values: []page.FacetValue{tile("github", 3055), tile("youtube", 999), tile("reddit", 410), tile("mastodon", 122), tile("stackexchange", 87), tile("bluesky", 64)}},
		{Title: "Year", Values: []page.FacetValue{plain("2026", "liked:2026", 812), plain("2025", "liked:2025", 640), plain("2024", "liked:2024", 977), plain("2023", "liked:2023", 1204), plain("earlier", "liked:<2023", 1104)}},
		{Title: "Language", Values: []page.FacetValue{plain("Go", "lang:go", 812), plain("Rust", "lang:rust", 455), plain("Python", "lang:python", 391)}},
		{Title: "State", Values: []page.FacetValue{
			{Icon: "box", Text: "taken back or gone", N: 43, To: page.SearchPath("is:removed")},
		}},
	}
}

func strip() *chart.Bars {
	b := &chart.Bars{First: time.Date(2024, 12, 1, 0, 0, 0, 0, time.UTC), Strip: true}
	for _, s := range []struct {
		name, class string
		base        int
	}{{"GitHub", "c1", 34}, {"YouTube", "c4", 18}, {"Reddit", "c3", 9}, {"Mastodon", "c2", 7}} {
		series := chart.Series{Name: s.name, Class: s.class}
		for m := range 24 {
			series.N = append(series.N, s.base+(m*m*7+m*s.base)%(s.base+5)-s.base/3)
		}
		b.Series = append(b.Series, series)
	}
	return b
}

var formats = []page.Option{{Value: "jsonl", Text: "JSON Lines", Chosen: true}, {Value: "csv", Text: "CSV"}, {Value: "html", Text: "Bookmarks (HTML)"}, {Value: "md", Text: "Markdown"}}

func like(service, title, text, verb string, icon page.Icon, liked time.Time, meta ...string) page.Like {
	return page.Like{
		Service: services[service], URL: "https://example.invalid/" + service, Title: page.Mark(title, nil), Text: page.Mark(text, nil),
		Verb: verb, Icon: icon, When: words.Was(liked, Now()), Meta: meta,
	}
}

func sample() []page.Like {
	star := like("github", "lanternworks/raftlet", "The Raft consensus algorithm in 1,900 lines of Go, with every figure of the paper as a test that runs in a second.", "starred", "star", at(22, 13, 41, 7), "Go", "2.1k stars")
	star.Meta = append(star.Meta, "شبكة")
	star.Tags = []page.Link{{Text: "#consensus", To: page.SearchPath("#consensus")}, {Text: "#testing", To: page.SearchPath("#testing")}}
	for _, t := range []string{"#raft", "#go", "#c", "#quorum", "#leader", "#log", "#paxos", "#db", "#r", "#cluster", "#nodes", "#cli"} {
		star.Tags = append(star.Tags, page.Link{Text: t, To: page.SearchPath(t)}) // many, so that they wrap where it is narrow
	}
	post := like("mastodon", page.Quote("The best thing about keeping your own copy of what you liked is finding out what you liked."), "", "favourited", "heart", at(22, 12, 20, 51), "Ilse Varga", "@ilse@harbour.example")
	post.Private = true
	video := like("youtube", "Repairing a 1962 loom with parts from a bicycle", "Three weekends, two wrong turns and one very good spring. Part lists and drawings are in the description.", "liked", "thumb", at(21, 22, 15, 0), "Meadow & Gear", "18:04")
	saved := like("reddit", "What finally made my homelab quiet: one fan curve and a rubber mat", "I measured every step with a phone on a tripod so you do not have to. The mat did more than three new fans.", "saved, seen", "save", at(21, 0, 0, 0), "r/quietracks", "u/mosslamp")
	saved.SeenBy = "Reddit does not say when you saved it. This is when collector first saw it."
	long := like("github", "tidewater-systems-research-group/kelp-asynchronous-terminal-file-manager", "A file manager that never blocks the screen, whatever the disk does.", "starred", "star", at(19, 8, 2, 0), "Rust", "812 stars")
	answer := like("stackexchange", "Why does SELECT … FOR UPDATE SKIP LOCKED return rows out of order?", "Because the order is fixed before the locks are taken: the rows are sorted by what they were, and read as what they are.", "saved", "save", at(3, 17, 40, 0), "Database Administrators", "12 answers")
	return []page.Like{star, post, video, saved, long, answer}
}

func gone() []page.Like {
	old := like("github", "pinnacle-labs/oldring", "Consistent hashing with bounded loads.", "starred", "star", time.Date(2026, 10, 17, 10, 11, 0, 0, Now().Location()), "Go")
	old.Gone = page.GoneUpstream(at(1, 0, 0, 0), Now())
	back := like("mastodon", "Ten small things a good error message does, with before and after", "", "favourited", "heart", time.Date(2026, 10, 2, 19, 5, 0, 0, Now().Location()), "Priya Lindqvist", "@priya@quay.example")
	back.Gone = page.TakenBack(at(3, 0, 0, 0), Now(), "favourite")
	unlisted := like("mastodon", "A map of every drinking fountain between two rivers", "", "favourited", "heart", time.Date(2024, 8, 2, 19, 5, 0, 0, Now().Location()), "Priya Lindqvist", "@priya@quay.example")
	unlisted.Gone = &page.Gone{Pill: page.Pill{Class: "off", Icon: "box", Text: "No longer in the list since " + words.Date(time.Date(2025, 11, 28, 0, 0, 0, 0, Now().Location()), Now())}, Kept: "The copy here stays."}
	return []page.Like{old, back, unlisted}
}

// Likes is the list with so many likes, the last of which are gone.
func Likes(n int) page.Likes {
	first := sample()
	for i := 0; len(first) < n-len(gone()); i++ {
		l := first[i%6]
		l.Title = page.Mark(fmt.Sprintf("%s-%d of %d things that are worth a second look", l.Service.Name, i*7919%1000, i), nil)
		l.URL = fmt.Sprintf("https://example.invalid/%s/%d", l.Service.Name, i*104729)
		first = append(first, l)
	}
	return page.Likes{
		Frame: frame("Likes", page.OnLikes, "/"), Total: 4737, Found: 4737, Order: "newest first", Stream: "/stream?of=likes&since=1200",
		Try:    []page.Link{{Text: "raft lang:go", To: page.SearchPath("raft lang:go")}, {Text: "in:reddit quiet", To: page.SearchPath("in:reddit quiet")}, {Text: "liked:>2025-01 by:ilse", To: page.SearchPath("liked:>2025-01 by:ilse")}, {Text: "is:removed", To: page.SearchPath("is:removed")}},
		Saved:  []page.Link{{Text: "Quorum and friends", To: page.SearchPath("raft or paxos")}},
		Facets: facets(), Chart: strip(), CanSave: true, Formats: formats,
		Groups: []page.Group{{Title: "November 2026", N: 60, Likes: first}, {Title: "October 2026", N: 71, Likes: gone()}},
		Pager:  page.Pager{Shown: "1–50 of 4,737", Next: "/?after=50"},
	}
}

// Search is the likes that match something, best first.
func Search() page.Likes {
	l := Likes(6)
	hits := []page.Like{l.Groups[0].Likes[0], l.Groups[1].Likes[0]}
	hits[0].Title, hits[0].Text = page.Mark("lanternworks/raft", [][2]int{{13, 17}}), page.Mark("The Raft consensus algorithm in 1,900 lines of Go.", [][2]int{{4, 8}})
	hits[1].Title, hits[1].Text = page.Mark("pinnacle-labs/kv-raft", [][2]int{{17, 21}}), page.Mark("A key-value store to learn raft with.", [][2]int{{27, 31}})
	l.Query, l.Found, l.Took, l.Order, l.Chart, l.Try = "raft lang:go -archived", 2, 14*time.Millisecond, "best match first", nil, nil
	l.Read = words.Plain("the word ").And(words.Strong("raft"), words.Plain(", in language "), words.Strong("Go"), words.Plain(", without "), words.Strong("archived"), words.Plain("."))
	l.Groups, l.Pager = []page.Group{{Likes: hits}}, page.Pager{}
	l.Facets[0].Values[0].On = true
	l.Orders = []page.Choice{{Text: "Best match first", On: true, To: page.SearchPath(l.Query)}, {Text: "Newest first", To: "/?q=raft&sort=newest"}}
	l.Unsave = page.Actions{To: "/searches?name=Quorum", About: "Saved search Quorum", List: []page.Action{{Do: page.Delete, Text: "Saved: forget it", Icon: "x"}}}
	l.On = []page.Filter{{Text: "GitHub", Without: page.SearchPath("raft lang:go")}, {Text: "Go", Without: page.SearchPath("raft in:github")}}
	return l
}

// Misread is a query with a mistake in it.
func Misread() page.Likes {
	l := Search()
	l.Query = `raft liked:>20x6`
	l.CanSave, l.Unsave, l.Formats = false, page.Actions{}, nil
	l.Read = words.Plain("the word ").And(words.Strong("raft"), words.Plain("."))
	l.Problem = &page.QueryProblem{Before: "raft ", After: "liked:>20x6", Reason: "A time is written 2026, 2026-11 or 2026-11-22."}
	return l
}

// Nothing is a query without hits.
func Nothing() page.Likes {
	l := Search()
	l.Query, l.Found, l.Order, l.Groups = "raft lang:zig", 0, "", nil
	l.Instead = words.Plain("Nothing matches ").And(words.Strong("raft lang:zig"), words.Plain(". Without "), words.Code("lang:zig"), words.Plain(" there are 4."))
	return l
}

// FirstRun is what a new user sees.
func FirstRun() page.Likes {
	f := frame("Likes", page.OnLikes, "/")
	f.NeedsYou = 0
	return page.Likes{Frame: f}
}

// Demo is the list of simulated likes, dark.
func Demo() page.Likes {
	l := Likes(6)
	l.Simulated = &page.Simulated{Remark: "Time runs 60×; limits and outages are on purpose.", Own: "/connect"}
	l.Theme = page.Dark
	l.Notes = []page.Note{{Tone: page.Good, Icon: "check", What: words.Plain("The search was saved.")}}
	return l
}
