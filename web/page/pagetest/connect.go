package pagetest

import (
	"strings"

	"collector/web/page"
	"collector/web/page/words"
)

// Connect is the choice of services, or what of it matches a word.
func Connect(query string) page.Connect {
	card := func(name, what, shows, how string, icon page.Icon) page.ServiceCard {
		return page.ServiceCard{Service: services[name], What: what, Shows: shows, How: how, Icon: icon}
	}
	github := card("github", "Stars and starred gists", "All of them, with their times", "Code in the browser, or a token", "key")
	github.Found, github.Have = "$GITHUB_TOKEN found", 1
	x := card("twitter", "Likes and bookmarks", "All of them; no times", "Sign in with your app", "person")
	x.Price = "Needs a paid plan at X"
	c := page.Connect{Frame: frame("Connect a service", page.OnAccounts, "/connect"), Query: query, Groups: []page.ServiceGroup{
		{Title: "Ready on this machine", Remark: "no set-up needed", Services: []page.ServiceCard{github, card("mastodon", "Favourites and bookmarks, any server", "All of them; no times for favourites", "Sign in on your server", "person"), card("bluesky", "Likes", "All of them, with their times", "App password", "lock")}},
		{Title: "Need an app of your own first", Remark: "five minutes, explained step by step", Services: []page.ServiceCard{card("reddit", "Saved posts and comments", "Newest 1,000 only; no times", "Sign in with your app", "person"), card("youtube", "Liked videos", "Newest 1,000 only", "Code in the browser", "key"), card("stackexchange", "Favorites on every site", "All of them, with their times", "Sign in with your app", "person"), x}},
	}}
	if query != "" {
		c.Groups = nil
	}
	return c
}

func service(name, title string) page.ConnectService {
	return page.ConnectService{
		Frame: frame("Connect "+services[name].Title, page.OnAccounts, page.ServicePath(name)), Service: services[name], Title: title, Step: page.SigningIn,
		Checks: []page.Check{{State: page.Done, Text: services[name].Title + " can be reached, 84 ms"}, {Text: "Whose sign-in it is"}, {Text: "What it may read"}, {Text: "The first page, and how many there are"}},
		Start:  words.Plain("The newest 100 are searchable at once. 3,000 stars take about 40 s and 31 of your 5,000 calls an hour."),
		Asks: []page.Ask{
			{Icon: "check", Text: "Read your stars and starred gists"},
			{Icon: "lock", Text: "The key is sealed, on this machine only"},
			{Icon: "x", Text: "No private code, no writing, no e-mail", Not: true},
		},
		Back: "Taking it back: here under Accounts, or in your settings at " + services[name].Title + ".",
	}
}

func tokenWay() page.Way {
	return page.Way{ID: "token", Title: "Paste a token", To: "/connect/github", Button: "Check this token", Fields: []page.Field{
		{Name: "token", Label: "Token", Kind: page.SecretField, Help: "Reading is enough: no scope at all for public stars. We will say if it can do more than it needs.", Required: true},
	}}
}

// Device is a sign-in by a code.
func Device() page.ConnectService {
	s := service("github", "GitHub stars and gists")
	qr := make([]string, 25)
	for i := range qr {
		qr[i] = strings.Repeat("# ##  #", 4)[i%7 : i%7+21]
	}
	s.Device = &page.Device{Code: "W4KT-9XB2", URL: "https://github.example/login/device", QR: qr, Remark: words.Plain("We ask every 5 s; the code is good until ").And(words.Moment(at(22, 15, 11, 0), "15:11"), words.Plain(", 14 more minutes. You can close this page."))}
	s.Ways, s.Stream = []page.Way{tokenWay()}, "/stream?of=connect/github"
	return s
}

// Token is a sign-in by a token, which was refused.
func Token() page.ConnectService {
	s := service("github", "GitHub stars and gists")
	s.Ways = []page.Way{tokenWay(), {ID: "env", Title: "use $GITHUB_TOKEN", To: "/connect/github", Button: "Use it", Intro: words.Plain("It is read at each start and never stored.")}}
	s.Ways[0].Fields[0].Wrong = "GitHub does not know this token."
	s.Note = &page.Note{Tone: page.Bad, Icon: "key", What: words.Strong("GitHub refused this token.").And(words.Plain(" It answered “Bad credentials”.")), Whose: "It may have been cut when it was copied, or has ended. Nothing was stored.", To: []page.Link{{Text: "How to make one", To: "/help#search"}}}
	return s
}

// Password is a sign-in by an app password at a server of one's own.
func Password() page.ConnectService {
	s := service("bluesky", "Bluesky likes")
	s.Ways = []page.Way{{ID: "password", Title: "Use an app password", To: "/connect/bluesky", Button: "Check this sign-in", Intro: words.Plain("Make one under Settings, App passwords. Your own password is never needed."), Fields: []page.Field{
		{Name: "server", Label: "Server", Kind: page.URLField, Value: "https://bsky.example", Hint: "https://your.server", Help: "Leave it as it is unless you have a server of your own."},
		{Name: "identifier", Label: "Handle", Kind: page.TextField, Hint: "you.bsky.social", Required: true},
		{Name: "appPassword", Label: "App password", Kind: page.SecretField, Required: true},
	}}}
	return s
}

// Checks is the second step, with something wrong.
func Checks() page.ConnectService {
	s := service("github", "GitHub stars and gists")
	s.Step = page.Checking
	s.Checks[1] = page.Check{State: page.Done, Text: "It is the sign-in of wren-hollis"}
	s.Checks[2] = page.Check{State: page.Refused, Text: "It may not read stars: make one with Starring: read"}
	return s
}

// Started is the third step.
func Started() page.ConnectService {
	s := Checks()
	s.Step = page.Started
	for i := range s.Checks {
		s.Checks[i].State = page.Done
	}
	s.Start = words.Progress(1000, 3014, at(22, 14, 57, 0), Now())
	s.Progress, s.Search = &page.Progress{Percent: 33, Label: "Stars collected"}, "/?q=in%3Agithub"
	return s
}
