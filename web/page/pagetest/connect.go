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
		Checks: []page.Check{{Text: words.Plain("GitHub can be reached")}, {Text: words.Plain("Whose sign-in it is")}, {Text: words.Plain("What it may read")}, {Text: words.Plain("The first page, and how many there are")}},
		Start:  words.Plain("What you liked is read from the newest on, and can be searched as it comes."),
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
	s.Checks = []page.Check{
		{State: page.Done, Text: words.Plain("GitHub can be reached, 84 ms")},
		{State: page.Done, Text: words.Plain("It is the sign-in of wren-hollis")},
		{State: page.Refused, Text: words.Plain("It lacks read:user: the list of stars may be refused without it"), More: "Whose fault it is: you. What to do: Make a token at https://github.com/settings/personal-access-tokens/new with the account permission \"Starring: read\"."},
		{State: page.Going, Text: words.Plain("The first page is being read")},
	}
	s.Start, s.Stream = words.Plain("It is being read now."), "/stream?of=accounts"
	return s
}

// Unread is the second step, while the first page waits.
func Unread() page.ConnectService {
	s := Checks()
	s.Checks[2] = page.Check{State: page.Done, Text: words.Plain("It may read stars")}
	s.Checks[3] = page.Check{State: page.Awaiting, Text: words.Plain("The first page waits: all calls of this window are used, until ").And(words.Moment(at(22, 15, 17, 0), "15:17"))}
	s.Start = words.Plain("It is read as soon as a worker is free.")
	return s
}

// Started is the third step.
func Started() page.ConnectService {
	s := Checks()
	s.Step = page.Started
	s.Checks[2] = page.Check{State: page.Warned, Text: words.Plain("It may read stars. This token may also write to your repositories (repo) and delete repositories (delete_repo); collector does none of that (repo: stars of private repositories stay hidden without it)"), More: "What to do: Make a token at https://github.com/settings/personal-access-tokens/new with the account permission \"Starring: read\"."}
	s.Checks[3] = page.Check{State: page.Done, Text: words.Plain("3,014 stars on 31 pages")}
	s.Start = words.Plain("10 of 31 pages, all there around ").And(words.Moment(at(22, 14, 57, 0), "14:57"), words.Plain("."))
	s.Progress = &page.Progress{Percent: 33, Label: "History collected"}
	s.Found, s.Search = words.Plain("1,000 stars are searchable already."), "/?q=in%3Agithub+account%3Awren-hollis"
	return s
}

// Collected is the third step, at its end.
func Collected() page.ConnectService {
	s := Started()
	s.Checks[2], s.Checks[3] = page.Check{State: page.Done, Text: words.Plain("It may read stars")}, page.Check{State: page.Done, Text: words.Plain("3,014 stars")}
	s.Start = words.Plain("All 3,014 stars are here. Next check ").And(words.Moment(at(22, 15, 3, 0), "15:03"), words.Plain("."))
	s.Progress, s.Found = nil, nil
	return s
}
