package site

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"

	"collector/auth"
	"collector/connectors"
	"collector/control"
	"collector/fault"
	"collector/grant"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// hunter is what is pasted: it must be in no page.
const hunter = "hunter2-hunter2"

// signing has a world connect: services answer by a function, and what is kept is returned.
func (w *world) signing(whose func(control.Wanted, auth.Credential) (connectors.Identity, error)) map[string]auth.Credential {
	kept := map[string]auth.Credential{}
	w.config.SignIn = control.Reach{
		Whose: func(_ context.Context, _ connectors.Connector, w control.Wanted, cred auth.Credential) (connectors.Identity, auth.Credential, error) {
			id, err := whose(w, cred)
			return id, cred, err
		},
		Keep: func(_ context.Context, account string, cred auth.Credential) error {
			kept[account] = cred
			return nil
		},
	}
	w.open()
	return kept
}

func octo(control.Wanted, auth.Credential) (connectors.Identity, error) {
	return connectors.Identity{ID: "77", Name: "octo<b>cat"}, nil
}

// TestTheServices are all there once, in groups, and found by words.
func TestTheServices(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.signing(octo)
		b := w.as("anna")
		a := b.get("/connect").is(200, "A token is enough", "Need an app of your own first", "Cost money", "1 account connected", "The newest 1,000 only", "!2 accounts connected")
		links := map[string]int{}
		for _, l := range a.all("a") {
			links[value(l, "href")]++
		}
		for _, c := range w.panel.Connectors {
			if to := "/connect/" + c.Info().Name; links[to] != 1 {
				t.Errorf("%s is there %d times", to, links[to])
			}
			b.get("/connect/"+c.Info().Name).is(200, c.Info().Title, "Check and connect", "!--server", "!--param")
		}
		w.as("").get("/connect").is(200, "2 accounts connected")
		b.get("/connect?q=MASTODON+book").is(200, "Mastodon bookmarks", "!GitHub")
		b.get("/connect?q=%3Cscript%3E").is(200, "No service matches <script>")
		b.get("/connect/githab").is(404, "github")
		w.stranger().get("/connect").is(401)
	})
}

// TestACardSaysNothingTwice: what a title says already is not said beneath it.
func TestACardSaysNothingTwice(t *testing.T) {
	w := newWorld(t, memory.New())
	said := 0
	for _, card := range w.as("anna").get("/connect").is(200).find("a", "svc") {
		title := read(under(card, "h3")[0])
		for _, p := range under(card, "p") {
			said++
			if what := read(p); what == "" || strings.Contains(title, strings.ToLower(what)) {
				t.Errorf("%s: %q", title, what)
			}
		}
	}
	if said == 0 {
		t.Error("no card says what it collects")
	}
	w.as("anna").get("/connect").is(200, "dev.to reading list Saved articles", "YouTube likes Liked videos")
}

// TestThePriceIsSaid before anything is read that costs money, and before a token is given.
func TestThePriceIsSaid(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.signing(octo)
		w.as("carol").get("/connect/twitter").is(200, "charges $0.00", "for each that is read", "a month may cost $1.00, and never more (COLLECTOR_TWITTER_BUDGET)")
		w.as("carol").get("/connect/github").is(200, "!charges")
	})
}

// TestSigningInAgainIsForOneself: whoever signs in does it for himself, so nobody is led to it
// for another, whose list would stay as it is.
func TestSigningInAgainIsForOneself(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		refused := state.Progress{Mode: state.Normal, Condition: state.NeedsSignIn, ScheduledTo: noon, Walks: 1}
		w.after("anna-github-anna-hub", refused)
		w.as("anna").get("/accounts").is(200, "Sign in again")
		w.as("").get("/accounts").is(200, "One account needs you", "!Sign in again")
		n := w.network(control.Someone, "github", "mine", likes("me", "github", "x", 1)...)
		w.after(n.ID, refused)
		w.as("").get("/accounts").is(200, "Sign in again")
	})
}

// TestConnect asks whose a token is, keeps it, and begins to collect for who asked.
func TestConnect(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		kept := w.signing(octo)
		for user, whose := range map[string]string{"carol": "carol", "": control.Someone} {
			b := w.as(user)
			clear(kept)
			b.get("/connect/github").is(200, "Paste a token", "Check and connect", "Nothing is ever changed")
			a := b.follow(b.post("/connect/github", "token", " "+hunter+"\n", "user", "bob")).is(200, "is connected", "It is the sign-in of octo<b>cat", "No collector runs, so nothing is read", "does not say, the first page shows it", "can be searched as it comes", "!"+hunter)
			if strings.Contains(a.body, "octo<b>cat") {
				t.Error("a name became markup")
			}
			own, err := w.store.Networks(t.Context(), store.Filter{User: whose})
			w.must(err)
			if len(own) != 1 || own[0].Service != "github" || kept[own[0].AccountID].Access.Reveal() != hunter {
				t.Fatal(own, kept)
			}
			b.follow(b.post("/connect/github", "token", "another")).is(200, "is signed in again")
			if len(kept) != 1 || kept[own[0].AccountID].Access.Reveal() != "another" {
				t.Error(kept)
			}
			w.page(own[0].ID, likes("carol", "github", "x", 3)...)
			b.get("/connect/github?account=octo%3Cb%3Ecat").is(200, "All 3 stars are here", "Search now")
		}
		w.as("bob").get("/connect/github?account=octo%3Cb%3Ecat").is(200, "Paste a token", "!stars are here") // it is carol's
	})
}

// TestConnectByPassword, at a server, with settings.
func TestConnectByPassword(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var asked control.Wanted
		var with auth.Credential
		w.signing(func(want control.Wanted, cred auth.Credential) (connectors.Identity, error) {
			asked, with = want, cred
			return connectors.Identity{ID: "1", Name: "me@here"}, nil
		})
		b := w.as("carol")
		b.get("/connect/subsonic").is(200, "Name, handle or address", "Server", "Folder")
		b.follow(b.post("/connect/subsonic", "server", "https://Music.example/", "identifier", "carol", "appPassword", hunter, "param-folder", "7")).is(200, "is connected", "!"+hunter)
		if asked.User != "carol" || asked.Server != "https://music.example" || !maps.Equal(asked.Params, map[string]string{"folder": "7"}) || with.Identifier.Reveal() != "carol" || with.AppPassword.Reveal() != hunter {
			t.Error(asked, with)
		}
	})
}

// TestConnectIsRefused with the reason and what to do; nothing is stored, no secret is shown,
// and what was entered else is still there.
func TestConnectIsRefused(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		answer := errors.New("")
		kept := w.signing(func(control.Wanted, auth.Credential) (connectors.Identity, error) {
			return connectors.Identity{ID: "other", Name: "other"}, answer
		})
		b := w.as("anna")
		for _, c := range []struct {
			err    error
			status int
			texts  []string
		}{
			{fault.New(fault.Unauthorized, "GitHub answered 401: <i>Bad credentials"), 422, []string{"GitHub answered 401: <i>Bad credentials.", "Nothing was stored", "copy it whole"}},
			{fault.New(fault.Temporary, "it cannot be reached"), 502, []string{"It cannot be reached.", "try again"}},
			{context.DeadlineExceeded, 502, []string{"did not answer in 30 s"}},
			{errors.New("unforeseen " + hunter), 500, []string{"We made a mistake"}},
		} {
			answer = c.err
			b.post("/connect/github", "token", hunter, "name", "x").is(c.status, append(c.texts, "!"+hunter)...)
		}
		answer = nil
		b.post("/connect/github", "token", hunter, "name", "anna-hub").is(422, "This token belongs to", "!is connected")
		b.post("/connect/github", "token", "").is(422, "The credential is empty", "copy it once more")
		b.post("/connect/github", "token", hunter, "name", "two words").is(422, "cannot be used")
		b.post("/connect/mastodon", "token", hunter).is(422, "say which is yours")
		b.post("/connect/mastodon", "token", hunter, "server", "http://127.0.0.1").is(422, "The server cannot be used", "!"+hunter)
		b.post("/connect/stackexchange", "token", hunter).is(422, "needs the setting site")
		b.post("/connect/subsonic", "server", "https://music.example", "identifier", "a").is(422, "A name and a password are needed")
		a := b.post("/connect/mastodon", "token", hunter, "server", `ftp://"><script>`)
		for _, f := range a.all("input") {
			if value(f, "name") == "server" && value(f, "value") != `ftp://"><script>` {
				t.Error(value(f, "value"))
			}
		}
		own, err := w.store.Networks(t.Context(), store.Filter{User: "anna"})
		w.must(err)
		if len(kept) != 0 || len(own) != 2 {
			t.Error(kept, own)
		}
	})
}

// TestANamedAccount is believed where the service does not say whose it is.
func TestANamedAccount(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.signing(func(control.Wanted, auth.Credential) (connectors.Identity, error) {
			return connectors.Identity{}, fault.New(fault.Forbidden, "it may not read its profile")
		})
		b := w.as("carol")
		b.post("/connect/github", "token", hunter).is(422, "It may not read its profile")
		b.follow(b.post("/connect/github", "token", hunter, "name", "mine")).is(200, "github/mine is connected")
	})
}

// TestWhoMayNotConnect sees no form, and cannot send one.
func TestWhoMayNotConnect(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		forms := func(a reply) (n int) {
			for _, f := range a.all("form") {
				if strings.HasPrefix(value(f, "action"), "/connect/") {
					n++
				}
			}
			return n
		}
		w.as("carol").get("/connect/mastodon").is(200, "collector connect mastodon", "--server https://your.server")
		w.as("carol").post("/connect/github", "token", hunter).is(403, "collector connect github")
		kept := w.signing(octo)
		reader := w.as("carol", grant.Read)
		if a := reader.get("/connect/github").is(200, "You may look here"); forms(a) != 0 {
			t.Error(a.body)
		}
		reader.post("/connect/github", "token", hunter).is(403)
		w.panel.Simulated = true
		if a := w.as("carol").get("/connect/github").is(200, "made up"); forms(a) != 0 {
			t.Error(a.body)
		}
		w.as("carol").post("/connect/github", "token", hunter).is(403, "made up")
		if len(kept) != 0 {
			t.Error(kept)
		}
	})
}
