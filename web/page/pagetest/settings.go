package pagetest

import (
	"collector/web/page"
	"collector/web/page/words"
)

// Settings is everything that can be set.
func Settings() page.Settings {
	now := Now()
	one := func(to page.Path, about string, do page.Deed, text string) page.Actions {
		return page.Actions{To: to, About: about, List: []page.Action{{Do: do, Text: text, Look: page.Calm}}}
	}
	works := page.Pill{Class: "ok", Icon: "check", Text: "Works"}
	hook := func(id string, do page.Deed, text string) page.Actions {
		out := one(page.Path("/settings/webhooks/"+id), "Webhook "+id, do, text)
		out.List = append(out.List, page.Action{Do: page.Test, Text: "Send a test", Look: page.Calm})
		if do == page.Resume {
			out.List = append(out.List, page.Action{Do: page.Replay, Text: "Send again", Look: page.Calm})
		}
		out.List = append(out.List, page.Action{Do: page.Delete, Text: "Remove…", Look: page.Calm})
		return out
	}
	return page.Settings{
		Frame: frame("Settings", page.OnSettings, "/settings"), CanChange: true,
		Once: &page.Once{What: "Token “reading list” made.", Secret: "ck_live_EXAMPLE_not_a_real_token", Lost: "We keep only its fingerprint, so nobody can show it again. Lost it? Make another and revoke this one."},
		Tokens: []page.Token{
			{Name: "reading list", Scopes: "read likes", Used: words.Plain("never"), Expires: words.Plain("never"), Do: one("/settings/tokens/1", "Token reading list", page.Revoke, "Revoke…")},
			{Name: "nightly export", Scopes: "read likes, export", Used: words.Was(at(22, 3, 0, 0), now).And(words.Plain(", 127.0.0.1")), Expires: words.Will(at(30, 0, 0, 0), now), Do: one("/settings/tokens/2", "Token nightly export", page.Revoke, "Revoke…")},
		},
		Scopes:   []page.Option{{Value: "read", Text: "read likes and states", Chosen: true}, {Value: "change", Text: "connect, pause and sync"}, {Value: "operate", Text: "everything, also jobs and instances"}},
		Expiries: []page.Option{{Value: "720h", Text: "in 30 days", Chosen: true}, {Value: "8760h", Text: "in a year"}, {Value: "", Text: "never"}},
		Sessions: []page.Session{
			{Where: "Firefox on Linux · operator", May: "read, write, feeds, admin, metrics", This: true, Since: words.Was(at(19, 9, 0, 0), now), Seen: words.Plain("now"), Do: one("/settings/sessions/1", "This session", page.SignOut, "Sign out")},
			{Where: "Safari on iPhone · wren", May: "look only", Since: words.Was(at(2, 9, 0, 0), now), Seen: words.Was(at(21, 22, 16, 0), now), Do: one("/settings/sessions/2", "Session Phone", page.SignOut, "End")},
		},
		You:       words.Plain("You are signed in as ").And(words.Strong("the operator"), words.Plain(", to whom the data of all users is open.")),
		EndOthers: page.Actions{To: "/settings/sessions", About: "Other sessions", List: []page.Action{{Do: page.SignOut, Text: "End 2 other sessions of yours", Look: page.Calm}}},
		Searches:  []page.SavedSearch{{Name: "Quorum and friends", Query: "raft or paxos", To: page.SearchPath("raft or paxos"), Do: one("/searches/1", "Search Quorum and friends", page.Delete, "Delete…")}},
		Feeds:     []page.Feed{{Name: "Go to read", Query: "lang:go age:<30d", Format: "Atom", Used: words.Was(at(22, 14, 40, 0), now), Do: one("/feeds/1", "Feed Go to read", page.Revoke, "Revoke…")}},
		Webhooks: []page.Webhook{
			{Name: "wh_4xkq2m7ytzr5", Target: "notes.example", Query: "#go", State: works, Last: words.Was(at(22, 14, 51, 30), now), Do: hook("wh_4xkq2m7ytzr5", page.Pause, "Pause")},
			{Name: "wh_b2n8c1lq0vse", Target: "old.example", State: page.Pill{Class: "bad", Icon: "alert", Text: "Stopped"}, Why: "not one good answer for five days", Calls: []string{"1,204 waiting", "3 given up"}, Last: words.Was(at(14, 9, 0, 0), now), Do: hook("wh_b2n8c1lq0vse", page.Resume, "Resume")},
		},
		NewLink: &page.NewLink{
			Rights: []page.Option{{Value: "look", Text: "look and search, and change nothing", Chosen: true}, {Value: "all", Text: "all that you may"}},
			Fields: []page.Field{{Name: "user", Label: "For the likes of", Kind: page.TextField, Hint: "anna", Help: "The name of one user, who then sees no other's. Leave it empty for all that you see."}},
		},
		NewWebhook: newWebhook(),
		Notified:   []string{"ntfy", "smtp"},
		Backup: &page.Backup{
			Last: words.Plain("The last backup was made ").And(words.Was(at(21, 3, 0, 0), now), words.Plain(", with 40 MB.")), File: "collector.db", Size: "41 MB",
			Restore: "collector restore --store=sqlite:/var/lib/collector/collector.db FILE",
		},
		Config: []page.Setting{
			{Key: "mode", Doc: "initial, normal or both", Value: "both", Origin: "flag"},
			{Key: "secret_key", Doc: "seals the sign-ins", Value: "(secret)", Secret: true, Origin: "environment", Where: "COLLECTOR_SECRET_KEY_FILE"},
			{Key: "github.poll_min", Doc: "never ask more often than this", Value: "5m", Origin: "environment", Where: "COLLECTOR_GITHUB_POLL_MIN", Loses: "github.poll_min is 5m0s, as the environment says (file says 10m0s)"},
		},
	}
}

func newWebhook() *page.NewWebhook {
	return &page.NewWebhook{
		Fields: []page.Field{
			{Name: "url", Label: "Address", Kind: page.URLField, Hint: "https://hooks.example/likes", Help: "It is called with a POST for each like.", Required: true},
			{Name: "query", Label: "Which likes", Kind: page.TextField, Hint: "lang:go", Help: "A search, as on the page Likes. Leave it empty for all."},
		},
		Kinds: []page.Option{{Value: "poll", Text: "new likes, and what changed of them", Chosen: true}, {Value: "sweep", Text: "likes that were taken back or are gone"}},
	}
}

// LinkMade is the settings right after a sign-in link was made.
func LinkMade() page.Settings {
	s := Settings()
	s.Once = nil
	s.LinkOnce = &page.Once{What: "Sign-in link made: open it in the other browser within ten minutes.", Secret: "https://likes.example/?login=cl_EXAMPLE_not_a_real_secret", Lost: "It works once. Whoever opens it first is signed in, and stands in this list then. Lost it? Make another."}
	return s
}

// WebhookMade is the settings right after a webhook was made.
func WebhookMade() page.Settings {
	s := Settings()
	s.Once = nil
	s.HookOnce = &page.Once{What: "Webhook wh_4xkq2m7ytzr5 made. Here is its secret.", Secret: "whsec_EXAMPLE_not_a_real_secret", Lost: "Each call is signed with it, so that your server knows who calls. Lost it? Remove this webhook and make another."}
	return s
}

// WebhookUnmade is the settings where no webhook was made of what was entered, which stays.
func WebhookUnmade() page.Settings {
	s := Settings()
	s.Once = nil
	n := s.NewWebhook
	n.Note = &page.Note{Tone: page.Wait, Icon: "alert", What: words.Strong("No webhook was made."), Whose: "Mend what is marked below, then press the button again."}
	n.Private = true
	n.Fields[0].Value, n.Fields[0].Wrong = "https://10.1.2.3/", "10.1.2.3 is not on the public internet."
	n.Fields[1].Value, n.Fields[1].Wrong = "raft lang:", "This is not understood. Character 6 of the query: lang: needs a value right after it. The page Help explains the language."
	return s
}

// SettingsOfADatabase is the settings where the store is no file.
func SettingsOfADatabase() page.Settings {
	s := Settings()
	s.Once, s.Backup = nil, nil
	return s
}

// Help is the keys and the language.
func Help() page.Help {
	return page.Help{Frame: frame("Help", page.Elsewhere, "/help"), Fields: []page.HelpLine{
		{Example: "raft consensus", Means: "both words, anywhere"},
		{Example: `"exact words"`, Means: "the words in this order"},
		{Example: "conc*", Means: "words that begin so"},
		{Example: "-archived", Means: "likes without the word"},
		{Example: "in:github lang:go", Means: "of one service, in one language"},
	}}
}

func door(kind page.DoorKind) page.Door {
	f := frame("Sign in", page.Elsewhere, "/login")
	f.Stranger = true
	d := page.Door{Frame: f, Kind: kind, Token: "once-EXAMPLE", Back: "/accounts"}
	if kind == page.Slow {
		d.Wait = words.Will(at(22, 14, 59, 0), Now())
	}
	return d
}

// Missing is an address that nothing is at.
func Missing() page.Problem {
	return page.Problem{Frame: frame("Not found", page.Elsewhere, "/nowhere"), Status: 404, What: "There is no such page", Why: words.Plain("The address may be old, or what was here was removed. Nothing is broken."), Next: []page.Link{{Text: "Go to my likes", To: "/"}, {Text: "Accounts", To: "/accounts"}}}
}

// Broken is our own mistake.
func Broken() page.Problem {
	return page.Problem{Frame: frame("Our mistake", page.Elsewhere, "/accounts"), Status: 500, What: "We made a mistake", Why: words.Plain("This page could not be drawn. Collecting goes on, and nothing was lost."), Code: "7f3a-22c1", Next: []page.Link{{Text: "Try again", To: "/accounts"}}}
}

// KeysOff is the settings of a browser in which keys of one letter do nothing.
func KeysOff() page.Settings {
	s := Settings()
	s.Once, s.KeysOff = nil, true
	return s
}

// HelpKeysOff is help in that browser, for somebody who does not see the work of all.
func HelpKeysOff() page.Help {
	h := Help()
	h.KeysOff, h.Operator = true, false
	return h
}
