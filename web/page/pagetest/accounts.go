package pagetest

import (
	"slices"
	"time"

	"collector/web/page"
	"collector/web/page/chart"
	"collector/web/page/words"
)

// beat is a heartbeat written in letters: o ok, w waited, f failed.
func beat(s string) page.Beat {
	var out page.Beat
	for _, r := range s {
		out = append(out, map[rune]page.Tick{'o': page.RunOK, 'w': page.RunWaited, 'f': page.RunFailed}[r])
	}
	return out
}

const well = "oooooooooooooooooooo"

// deeds are the buttons of a network that is collected.
func deeds(to page.Path, about string) page.Actions {
	return page.Actions{To: to, About: about, List: []page.Action{
		{Do: page.Sync, Text: "Sync " + about + " now", Icon: "sync", Bare: true, Look: page.Calm},
		{Do: page.Pause, Text: "Pause " + about, Icon: "pause", Bare: true, Look: page.Calm},
	}}
}

// Accounts is a screen with one of each condition, in no order.
func Accounts() page.Accounts {
	now := Now()
	full := func(t time.Time) words.Phrase {
		return words.Plain("full again ").And(words.Moment(t, words.Clock(t, now)))
	}
	return page.Accounts{
		Frame: frame("Accounts", page.OnAccounts, "/accounts"), CanChange: true, Stream: "/stream?of=accounts",
		List: []page.Account{
			{
				ID: "github-wren-hollis", Service: services["github"], Name: "wren-hollis", SignIn: "with a token, here since 2 May 2025",
				Quotas: []page.Quota{{Left: 2386, Of: 5000, Unit: "calls", Full: full(at(22, 15, 0, 0))}},
				Networks: []page.Network{
					{Title: "Stars", To: page.NetworkPath("github", "wren-hollis"), Items: 3014, Noun: "stars", State: page.UpToDate, Beat: beat(well), LastOK: words.Since(at(22, 14, 48, 3), now), Why: words.Next(at(22, 15, 3, 0), now), Because: "Every 15 min; a check without news costs no call.", Do: deeds(page.NetworkPath("github", "wren-hollis"), "GitHub stars")},
					{Title: "Gists", To: page.NetworkPath("gist", "wren-hollis"), Items: 41, Noun: "gists", State: page.UpToDate, Beat: beat(well[1:] + "w"), LastOK: words.Since(at(22, 12, 40, 0), now), Why: words.Next(at(22, 18, 10, 0), now), Because: "You star a gist about once a month.", Do: deeds(page.NetworkPath("gist", "wren-hollis"), "GitHub gists")},
				},
			},
			{
				ID: "reddit-mosslamp", Service: services["reddit"], Name: "u/mosslamp", SignIn: "with a token, here since 22 Nov",
				Quotas: []page.Quota{{Left: 412, Of: 600, Unit: "calls", Full: full(at(22, 15, 0, 0))}},
				Networks: []page.Network{
					{Title: "Saved", To: page.NetworkPath("reddit", "u/mosslamp"), Items: 410, Noun: "items", State: page.Collecting, Beat: beat("oooooooo"), LastOK: words.Since(now.Add(-36*time.Second), now), Why: words.Progress(410, 1000, at(22, 15, 4, 0), now), Because: "5 of 10 pages, one every 96 s: Reddit asks for a calm pace.", Progress: &page.Progress{Percent: 41, Label: "Saved posts collected"}, Do: deeds(page.NetworkPath("reddit", "u/mosslamp"), "Reddit saved")},
				},
			},
			{
				ID: "mastodon-wren", Service: services["mastodon"], Name: "@wren@harbour.example", SignIn: "with a token, here since 9 Jan",
				Quotas: []page.Quota{{Left: 0, Of: 300, Unit: "calls", Full: full(at(22, 15, 17, 0))}},
				Networks: []page.Network{
					{Title: "Favourites", To: page.NetworkPath("mastodon", "@wren@harbour.example"), Items: 122, Noun: "items", State: page.Waiting, Beat: beat(well[2:] + "ww"), LastOK: words.Since(at(22, 14, 37, 0), now), Why: words.Waiting(at(22, 15, 17, 0), now, words.PauseAsked("harbour.example")), Do: deeds(page.NetworkPath("mastodon", "@wren@harbour.example"), "Mastodon favourites")},
				},
			},
			{
				ID: "bluesky-wren", Service: services["bluesky"], Name: "wren.example", SignIn: "with a token, here since 2 Mar",
				Networks: []page.Network{{Title: "Likes", To: page.NetworkPath("bluesky", "wren.example"), Items: 64, Noun: "likes", State: page.Paused, Beat: beat("oooooooooooo"), LastOK: words.Since(at(20, 14, 0, 0), now), Why: words.Plain("Paused by you on 20 Nov."), Because: "Likes made meanwhile are read when you resume.", Do: page.Actions{To: page.NetworkPath("bluesky", "wren.example"), About: "Bluesky likes", List: []page.Action{{Do: page.Resume, Text: "Resume", Icon: "play"}}}}},
			},
			{
				ID: "stackexchange-wren-h", Service: services["stackexchange"], Name: "wren-h", SignIn: "with a token, here since 4 Feb",
				Note:     &page.Note{Tone: page.Bad, Icon: "key", What: words.SignInEnded(at(19, 10, 0, 0), now, "Stack Exchange", "access token expired"), Whose: words.NeitherBroken("this service"), To: []page.Link{{Text: "Sign in again", To: "/connect/stackexchange?account=wren-h"}}, Do: page.Actions{To: page.NetworkPath("stackexchange", "wren-h"), About: "Stack Exchange favorites", List: []page.Action{{Do: page.Disconnect, Text: "Disconnect, keep the 87 items…", Look: page.Calm}}}},
				Networks: []page.Network{{Title: "Favorites", To: page.NetworkPath("stackexchange", "wren-h"), Items: 87, Noun: "items", State: page.NeedsYou, Beat: beat(well[4:] + "ffff"), LastOK: words.Since(at(19, 9, 58, 0), now), Why: words.Plain("Paused since 19 Nov. Nothing is lost: collecting goes on where it stopped.")}},
			},
		},
	}
}

// AllWell is a screen where nobody is needed.
func AllWell() page.Accounts {
	a := Accounts()
	a.NeedsYou = 0
	a.List = slices.DeleteFunc(a.List, page.Account.Needs)
	return a
}

// Many are those that need somebody, of more than a person reads.
func Many() page.Accounts {
	a := Accounts()
	a.NeedsYou, a.Unlisted = 70, 12480
	a.List = slices.DeleteFunc(a.List, func(acct page.Account) bool { return !acct.Needs() })
	return a
}

// Network is one list that is up to date.
func Network() page.NetworkPage {
	me := page.NetworkPath("github", "wren-hollis")
	step := func(tone page.Tone, title, took, clock string, text words.Phrase) page.Step {
		return page.Step{Tone: tone, Title: title, Took: took, At: words.Moment(at(22, 14, 48, 2), clock), Text: text}
	}
	return page.NetworkPage{
		Frame: frame("Stars of wren-hollis", page.OnAccounts, me), Service: services["github"], Title: "Stars of wren-hollis",
		Main: page.Actions{To: me, About: "GitHub stars of wren-hollis", List: []page.Action{
			{Do: page.Sync, Text: "Sync now", Icon: "sync", Key: ".", Look: page.Main},
			{Do: page.Pause, Text: "Pause", Icon: "pause"},
		}},
		State:   page.Note{Tone: page.Good, Icon: "check", What: words.Strong("Up to date. 3,014 stars are here, the last check was 8 minutes ago."), Whose: "Next check 15:03, in 7 min: you star often, so every 15 minutes. All stars since 2 May 2014 were read; the list is compared in full every Sunday."},
		RunName: "Last run",
		LastRun: words.Moment(at(22, 14, 48, 2), "14:48").And(words.Plain(" · 1.5 s · 2 calls · 3 new")),
		Steps: []page.Step{
			step(page.Remark, "Claimed", "", "14:48:02.114", words.Plain("By host-a:412, 600 ms after its time.")),
			step(page.Remark, "Asked for page 1", "214 ms", "14:48:02.131", words.Code("GET /user/starred").And(words.Plain(" answered 200. Quota 2,388 → 2,387 of 5,000 calls."))),
			step(page.Wait, "Paced", "1.0 s", "14:48:02.346", words.Plain("No more than one call a second is allowed, so this one waited for its turn.")),
			step(page.Remark, "Asked for page 2", "187 ms", "14:48:03.346", words.Code("GET /user/starred").And(words.Plain(" answered 200. Quota 2,387 → 2,386 of 5,000 calls."))),
			step(page.Remark, "Read 200 items", "7 ms", "14:48:03.540", words.Plain("3 new, 197 known; 1 could not be understood and is kept aside.")),
			step(page.Remark, "Saved", "21 ms", "14:48:03.561", words.Plain("Page 2.")),
			step(page.Remark, "Next run at 15:03", "", "14:48:03.566", words.Plain("because you starred 9 repositories this week, every 15 min finds most of them within the hour, and a check without news is free.")),
		},
		Beat: beat(well[1:] + "w"), Kept: "the last 20 are kept",
		Runs: []page.Run{
			{To: me + "?run=2026-11-22T14%3A33%3A00Z", At: words.Moment(at(22, 14, 33, 0), "14:33"), Text: "Nothing new, no call spent", Tick: page.RunOK},
			{To: me + "?run=2026-11-22T12%3A02%3A00Z", At: words.Moment(at(22, 12, 2, 0), "12:02"), Text: "Waited for the limit until 13:00, used up by another program", Tick: page.RunWaited},
			{At: words.Moment(at(18, 3, 10, 0), "18 Nov 03:10"), Text: "GitHub answered 502 five times. Not your fault: tried again until 03:52", Tick: page.RunFailed},
		},
		Quotas: quotas(),
		Facts: []page.Fact{
			{Name: "Sign-in", Text: words.Plain("with a token, kept sealed, here since 2 May 2025")},
			{Name: "Permissions", Text: words.Plain("stars, gists")},
			{Name: "Taken back or gone", Text: words.Plain("12 likes"), To: page.SearchPath("in:github account:wren-hollis is:removed")},
			{Name: "First like", Text: words.Moment(time.Date(2014, 5, 2, 9, 0, 0, 0, Now().Location()), "2 May 2014")},
			{Name: "Read up to", Text: words.Plain("the newest like: ").And(words.Moment(at(22, 13, 41, 0), "today 13:41"))},
			{Name: "Cursor", Text: words.Code("p1@2026-11-22T13:41")},
			{Name: "Cannot be shown", Long: true, Text: words.Plain("Stars that were taken back before the account was connected: GitHub lists only those that stand. When a gist was starred: its API does not say.")},
		},
		Changes: []page.Change{
			{Text: "Reading everything again takes 31 calls and about 40 s. Nothing is deleted.", Do: page.Actions{To: me, About: "Read everything again", List: []page.Action{{Do: page.SyncFully, Text: "Read everything again", Icon: "sync"}}}},
			{Text: "Disconnecting forgets the sign-in. The items stay unless you say otherwise.", Do: page.Actions{To: me, About: "Disconnect", List: []page.Action{{Do: page.Disconnect, Text: "Disconnect…", Icon: "x", Look: page.Danger}}}},
		},
		Stream: "/stream?of=github/wren-hollis",
	}
}

// quotas are one that began anew within what is drawn, one of a rolling window, and one of
// which too little is known to be drawn.
func quotas() []chart.Stair {
	core := chart.Stair{
		Name: "Core", Now: Now(), Left: 2386, Of: 5000, Unit: "calls", Full: at(22, 15, 0, 0), Others: 2579, Held: 500,
		Remark:  "Drawn as the process that shows this page saw it: nothing of it is kept.",
		Windows: []chart.Window{{From: at(22, 13, 0, 0), Until: at(22, 14, 0, 0), Since: at(22, 13, 20, 0)}, {From: at(22, 14, 0, 0), Until: at(22, 15, 0, 0)}},
	}
	for i, uses := range [][][2]int{{{20, 3100}, {31, 2600}, {44, 1250}}, {{3, 4999}, {6, 4939}, {11, 4519}, {19, 4518}, {21, 3878}, {30, 3498}, {34, 3497}, {41, 2597}, {49, 2596}, {52, 2386}}} {
		for _, u := range uses {
			core.Windows[i].Uses = append(core.Windows[i].Uses, chart.Use{At: at(22, 13+i, u[0], 0), Left: u[1]})
		}
	}
	server := chart.Stair{
		Name: "Server", Now: Now(), Left: 12, Of: 60, Unit: "calls", More: at(22, 14, 56, 30), Remark: "What is used counts for 5 min.",
		Windows: []chart.Window{{From: at(22, 14, 51, 0), Until: Now()}},
	}
	for i := range 8 {
		server.Windows[0].Uses = append(server.Windows[0].Uses, chart.Use{At: at(22, 14, 51, 30+i*35), Left: 54 - i*6})
	}
	return []chart.Stair{core, server, {Name: "Day", Now: Now(), Left: 9700, Of: 10_000, Unit: "calls", Full: at(23, 8, 0, 0)}}
}

// NewNetwork is one that has not run yet, of which a walk of unknown length begins.
func NewNetwork() page.NetworkPage {
	n := Network()
	n.Window, n.Title, n.Service = "Favourites of @wren@harbour.example", "Favourites of @wren@harbour.example", services["mastodon"]
	n.State = page.Note{Tone: page.Remark, Icon: "down", What: words.Strong("Collecting the history. ").And(words.SoFar(2341, time.Date(2019, 3, 12, 0, 0, 0, 0, Now().Location()), Now())), Whose: "Search works already."}
	n.Progress, n.Pace = &page.Progress{Percent: 3, Label: "Favourites collected"}, words.Plain("One page every 2 s: harbour.example asks for a calm pace.")
	n.Steps, n.Runs, n.Beat, n.Quotas, n.LastRun = nil, nil, nil, nil, nil
	return n
}
