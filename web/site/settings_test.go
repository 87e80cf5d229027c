package site

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/grant"
	"collector/search/saved"
)

// has makes a grant of somebody, as the operator does it, and returns its record and text.
func (w *world) has(a grant.Ask) (grant.Record, string) {
	w.t.Helper()
	secret, r, err := w.grants.Make(w.t.Context(), w.now, grant.Operator(), a)
	w.must(err)
	return r, secret
}

// lives says whether the text of a grant lets somebody in.
func (w *world) lives(k grant.Kind, text string) bool {
	_, err := w.grants.Who(w.t.Context(), w.now, w.config.From(&http.Request{RemoteAddr: "192.0.2.1:1"}), k, text)
	return err == nil
}

// TestSettings shows who has got in, what is saved, and nothing that is not known.
func TestSettings(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, user := range []string{"anna", "bob"} {
			mark := map[string]string{"anna": "annas", "bob": secret}[user]
			w.has(grant.Ask{Kind: grant.Token, User: user, Name: mark + " script", Scopes: []grant.Scope{grant.Read}})
			w.has(grant.Ask{Kind: grant.Feed, User: user, Name: mark + " feed", Search: "lang:go"})
			w.must(saved.Save(t.Context(), w.store, user, saved.Search{Name: mark + " search", Query: "raft or paxos"}, noon))
		}
		other := w.as("anna")
		other.get("/help")
		a := w.as("anna").get("/settings").is(200,
			"annas script read never 22 Nov 2027", "annas search raft or paxos", "annas feed lang:go Atom, RSS, JSON never Revoke…",
			"Firefox on Linux", "this one", "Sign out", "End", "As the system", "New token", "in 30 days", "in ten years",
			"!"+secret, "!Webhooks", "!Notifications", "!Backup", "!Configuration", "!admin", "!metrics")
		if n := strings.Count(a.text(), "this one"); n != 1 {
			t.Errorf("%d sessions are this one", n)
		}
		w.as("bob").get("/settings").is(200, secret+" script", secret+" feed", secret+" search", "!annas")
		w.as("").get("/settings").is(200, "annas script · anna", secret+" script · bob", "admin:", "metrics:", "!annas search")
	})
}

// TestATokenIsShownOnce, by the page that made it, and does what was ticked.
func TestATokenIsShownOnce(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		a := b.post("/settings/tokens", "do", "make", "name", " reading list ", "scope", "read", "scope", "feeds", "expires", "720h0m0s").
			is(200, "Token “reading list” made. Copy it now: it is shown only this once.", "reading list read, feeds never 22 Dec")
		text := ""
		for _, n := range a.all("code") {
			if n.FirstChild != nil && strings.HasPrefix(n.FirstChild.Data, "ck_") {
				text = n.FirstChild.Data
			}
		}
		if a.header.Get("Cache-Control") != "no-store" || !w.lives(grant.Token, text) {
			t.Fatalf("%q lets nobody in: %v", text, a.header)
		}
		b.get("/settings").is(200, "reading list", "!"+text, "!Copy it now")
		who, err := w.grants.Who(t.Context(), noon, w.config.From(&http.Request{RemoteAddr: "192.0.2.1:1"}), grant.Token, text)
		if err != nil || who.User != "anna" || !slices.Equal(who.Scopes, []grant.Scope{grant.Read, grant.Feeds}) || !who.Until.Equal(noon.Add(720*time.Hour)) {
			t.Errorf("%+v, %v", who, err)
		}
	})
}

// TestALinkSignsAnotherBrowserIn, once, with what was chosen: to look, unless it is said.
func TestALinkSignsAnotherBrowserIn(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		link := func(a reply) string {
			for _, n := range a.all("code") {
				if n.FirstChild != nil && strings.Contains(n.FirstChild.Data, "login=") {
					return n.FirstChild.Data
				}
			}
			t.Fatal("no link is shown")
			return ""
		}
		operator, anna := w.as(""), w.as("anna")
		for _, c := range []struct {
			by         *browserOf
			user, may  string
			of, scopes string
		}{
			{anna, "", "look", "anna", "read"},
			{anna, "", "all", "anna", "read, write, feeds"},
			{anna, "anna", "look", "anna", "read"},
			{operator, "", "look", "", "read"},
			{operator, "", "all", "", "read, write, feeds, admin, metrics"},
			{operator, " bob ", "all", "bob", "read, write, feeds"},
		} {
			a := c.by.post("/settings/links", "do", "make", "may", c.may, "user", c.user).is(200, "Sign-in link made", "it is shown only this once")
			at, text, ok := strings.Cut(link(a), "/?login=")
			if !ok || !strings.HasPrefix(at, "http") || a.header.Get("Cache-Control") != "no-store" {
				t.Fatalf("%s: %v", at, a.header)
			}
			from := w.config.From(&http.Request{RemoteAddr: "192.0.2.1:1"})
			_, r, err := w.grants.Enter(t.Context(), noon, from, text, "another browser")
			if err != nil || r.User != c.of || scopeNames(r.Scopes) != c.scopes {
				t.Errorf("%+v: %+v, %v", c, r, err)
			}
			if _, _, err := w.grants.Enter(t.Context(), noon, from, text, "a third"); err == nil {
				t.Errorf("%+v: followed twice", c)
			}
			c.by.get("/settings").is(200, "another browser", "!"+text, "!Copy it now")
		}
		anna.post("/settings/links", "do", "make", "may", "look", "user", "bob").is(403, "!login=")
		anna.post("/settings/links", "do", "make", "may", "everything").is(422, "!login=")

		looks := w.as("anna", grant.Read)
		looks.get("/settings").is(200, "look only", "!New sign-in link")
		looks.post("/settings/links", "do", "make", "may", "look").is(403, "!login=")
		program := w.stranger()
		_, program.token = w.has(grant.Ask{Kind: grant.Token, User: "anna", Name: "p", Scopes: []grant.Scope{grant.Read, grant.Write, grant.Feeds}})
		program.post("/settings/links", "do", "make", "may", "look").is(403, "!login=")
	})
}

// TestATokenIsRefused where it is asked for badly, or by who may not give it.
func TestATokenIsRefused(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		program := w.stranger()
		_, program.token = w.has(grant.Ask{Kind: grant.Token, User: "anna", Name: "p", Scopes: []grant.Scope{grant.Read, grant.Write, grant.Feeds}})
		anna := w.as("anna")
		for _, c := range []struct {
			by     *browserOf
			form   []string
			status int
		}{
			{anna, []string{"name", " ", "scope", "read", "expires", "720h0m0s"}, 422},
			{anna, []string{"name", "x", "expires", "720h0m0s"}, 422},
			{anna, []string{"name", "x", "scope", "read", "expires", ""}, 422},
			{anna, []string{"name", "x", "scope", "read", "expires", "876000h"}, 422},
			{anna, []string{"name", "x", "scope", "nonsense", "expires", "720h0m0s"}, 422},
			{anna, []string{"name", "x", "scope", "admin", "expires", "720h0m0s"}, 422},
			{anna, []string{"name", strings.Repeat("x", 201), "scope", "read", "expires", "720h0m0s"}, 422},
			{w.as("anna", grant.Read), []string{"name", "x", "scope", "read", "expires", "720h0m0s"}, 403},
			{w.as("anna", grant.Read, grant.Write), []string{"name", "x", "scope", "feeds", "expires", "720h0m0s"}, 403},
			{program, []string{"name", "x", "scope", "read", "expires", "720h0m0s"}, 403},
			{w.stranger(), []string{"name", "x", "scope", "read", "expires", "720h0m0s"}, 401},
		} {
			c.by.post("/settings/tokens", append(c.form, "do", "make")...).is(c.status, "!ck_")
		}
		anna.get("/settings").is(200, "!x read never")
		program.get("/settings").is(200, "Feeds", "!API tokens", "!Sessions")
	})
}

// TestRevoking asks first, and what is revoked lets nobody in.
func TestRevoking(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna")
		for _, ask := range []grant.Ask{
			{Kind: grant.Token, User: "anna", Name: "script", Scopes: []grant.Scope{grant.Read}},
			{Kind: grant.Feed, User: "anna", Name: "reader"},
		} {
			r, text := w.has(ask)
			path := string(grantPath(r))
			a := b.post(path, "do", "revoke").is(200, "Revoke the "+string(ask.Kind)+" “"+ask.Name+"”?", "Revoke it")
			if got := a.deeds(); !slices.Equal(got, []string{"revoke"}) || !w.lives(ask.Kind, text) {
				t.Fatal("revoked without an answer", got)
			}
			b.follow(b.post(path, "do", "revoke", "sure", "yes")).is(200, "“"+ask.Name+"” has ended.")
			b.get("/settings").is(200, "!"+ask.Name)
			if w.lives(ask.Kind, text) {
				t.Errorf("the %s is good", ask.Kind)
			}
			b.post(path, "do", "revoke", "sure", "yes").is(404)
		}
	})
}

// TestEndingASession of another browser, and one's own.
func TestEndingASession(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		stolen, b := w.as("anna"), w.as("anna")
		stolen.get("/settings").is(200)
		for _, form := range b.get("/settings").all("form") {
			if to := value(form, "action"); strings.HasPrefix(to, "/settings/sessions/") {
				b.follow(b.post(to, "do", "sign-out")).is(200, "“Firefox on Linux” has ended.")
			}
		}
		stolen.get("/settings").is(401)
		b.get("/settings").is(200, "this one")
		b.post("/logout", "do", "sign-out").is(200, "You are signed out")
	})
}

// TestOtherSessionsEnd at once, those of the same user alone; what each may is said beside it.
func TestOtherSessionsEnd(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		looks, stolen, b := w.as("anna", grant.Read), w.as("anna"), w.as("anna")
		bob, operator, another := w.as("bob"), w.as(""), w.as("")
		b.get("/settings").is(200, "You are signed in as anna", "End 2 other sessions of yours", "Firefox on Linux look only today", "this one read, write, feeds")
		looks.get("/settings").is(200, "You are signed in as anna", "this one look only", "!of yours")
		operator.get("/settings").is(200, "You are signed in as the operator", "Firefox on Linux · bob", "Firefox on Linux · operator", "End 1 other session of yours")
		for _, by := range []*browserOf{looks, w.stranger()} {
			if a := by.post("/settings/sessions", "do", "sign-out"); a.status != 403 && a.status != 401 {
				t.Errorf("it is answered %d", a.status)
			}
		}
		b.ask(http.MethodPost, "/settings/sessions", "do=sign-out", "Sec-Fetch-Site", "cross-site").is(403)
		b.post("/settings/sessions", "do", "nonsense").is(422)
		stolen.get("/settings").is(200)
		b.follow(b.post("/settings/sessions", "do", "sign-out")).is(200, "2 other sessions have ended. This one goes on.", "!of yours")
		looks.get("/settings").is(401)
		stolen.get("/settings").is(401)
		bob.get("/settings").is(200, "!of yours")
		operator.follow(operator.post("/settings/sessions", "do", "sign-out")).is(200, "1 other session has ended.", "Firefox on Linux · bob", "!of yours")
		another.get("/settings").is(401)
		for _, goesOn := range []*browserOf{b, bob, operator} {
			goesOn.get("/settings").is(200)
		}
	})
}

// TestSavedSearchesAreDeleted after a question, whatever their names are.
func TestSavedSearchesAreDeleted(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, name := range []string{"..", `a/b?c#d&name=e"><b>`, "Ä search"} {
			w.must(saved.Save(t.Context(), w.store, "anna", saved.Search{Name: name}, noon))
		}
		b := w.as("anna")
		left := 3
		for _, form := range b.get("/settings").is(200, `a/b?c#d&name=e"><b>`).all("form") {
			to := value(form, "action")
			if !strings.HasPrefix(to, "/settings/searches") {
				continue
			}
			b.post(to, "do", "delete").is(200, "Delete the search “")
			b.follow(b.post(to, "do", "delete", "sure", "yes")).is(200, "” is deleted.")
			left--
			list, err := saved.List(t.Context(), w.store, "anna")
			w.must(err)
			if len(list) != left {
				t.Errorf("%d searches are left, want %d", len(list), left)
			}
		}
		if left != 0 {
			t.Errorf("%d are left", left)
		}
		b.post("/settings/searches?name=none", "do", "delete", "sure", "yes").is(404)
	})
}

// TestNobodyEndsAnothers: what is another's is as what is not there.
func TestNobodyEndsAnothers(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		token, tokenText := w.has(grant.Ask{Kind: grant.Token, User: "bob", Name: secret, Scopes: []grant.Scope{grant.Read}})
		feed, feedText := w.has(grant.Ask{Kind: grant.Feed, User: "bob", Name: secret})
		w.must(saved.Save(t.Context(), w.store, "bob", saved.Search{Name: secret}, noon))
		bob, anna := w.as("bob"), w.as("anna")
		paths := []string{string(grantPath(token)), string(grantPath(feed)), string(searchPath(secret))}
		all, err := w.grants.List(t.Context(), noon, grant.Operator(), "bob")
		w.must(err)
		for _, r := range all {
			if r.Kind == grant.Session {
				paths = append(paths, string(grantPath(r)))
			}
		}
		if len(paths) != 4 {
			t.Fatal(paths)
		}
		for _, path := range paths {
			for _, sure := range []string{"", "yes"} {
				anna.post(path, "do", "revoke", "sure", sure, "user", "bob").is(404)
			}
		}
		if !w.lives(grant.Token, tokenText) || !w.lives(grant.Feed, feedText) {
			t.Error("anna ended what is bob's")
		}
		bob.get("/settings").is(200, secret)
	})
}

// TestWhoMayOnlyLookSetsNothing, and sees no button but the one that signs out.
func TestWhoMayOnlyLookSetsNothing(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		token, text := w.has(grant.Ask{Kind: grant.Token, User: "anna", Name: "script", Scopes: []grant.Scope{grant.Read}})
		feed, feedText := w.has(grant.Ask{Kind: grant.Feed, User: "anna", Name: "reader"})
		w.must(saved.Save(t.Context(), w.store, "anna", saved.Search{Name: "mine"}, noon))
		b := w.as("anna", grant.Read)
		a := b.get("/settings").is(200, "mine", "This browser this one look only today 12:00 now", "!script", "!reader", "!No tokens", "!No feeds", "!New token")
		if got := a.deeds(); !slices.Equal(got, []string{"sign-out"}) {
			t.Errorf("it shows %v", got)
		}
		for _, path := range []string{string(grantPath(token)), string(grantPath(feed)), string(searchPath("mine")), "/settings/tokens", "/settings/sessions/g_x"} {
			b.post(path, "do", "revoke", "sure", "yes", "name", "mine").is(403, "You may look here, and not do this")
		}
		if !w.lives(grant.Token, text) || !w.lives(grant.Feed, feedText) {
			t.Error("it was revoked")
		}
		b.get("/settings").is(200, "mine")
	})
}

// TestOtherSitesSetNothing: a form that another site sends does nothing.
func TestOtherSitesSetNothing(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		token, text := w.has(grant.Ask{Kind: grant.Token, User: "anna", Name: "script", Scopes: []grant.Scope{grant.Read}})
		b := w.as("anna")
		for _, path := range []string{string(grantPath(token)), "/settings/tokens"} {
			for _, proof := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", ""}} {
				b.ask(http.MethodPost, path, "do=revoke&sure=yes&name=evil&scope=read&expires=720h0m0s", proof...).is(403)
			}
		}
		if !w.lives(grant.Token, text) {
			t.Error("it was revoked")
		}
		b.get("/settings").is(200, "!evil")
	})
}

// TestTheConfiguration is the operator's alone to see, with where it comes from.
func TestTheConfiguration(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.config.Settings = func() []control.Setting {
			return []control.Setting{
				{Key: "store", Value: "sqlite:STOREFILE", Origin: "environment", Variable: "COLLECTOR_STORE", Doc: "where it is kept"},
				{Key: "secret_key", Value: "(secret)", Origin: "default", Variable: "COLLECTOR_SECRET_KEY", Doc: "seals"},
				{Key: "mode", Value: "both", Origin: "file", File: "/etc/collector.yaml", Doc: "what is done", Loses: "mode is both, as the flag says (file says initial)"},
			}
		}
		w.open()
		a := w.as("").get("/settings").is(200, "Show all 3 keys", "All of it is read when collector starts", "mode what is done both file /etc/collector.yaml mode is both, as the flag says (file says initial)", "Configuration", "store where it is kept sqlite:STOREFILE environment COLLECTOR_STORE secret_key seals (secret) default")
		folded := ""
		for _, d := range a.all("details") {
			if value(d, "open") == "" {
				folded += read(d)
			}
		}
		if !strings.Contains(folded, "STOREFILE") {
			t.Error("it is not folded away")
		}
		w.as("", grant.Read, grant.Write).get("/settings").is(200, "!Configuration", "!STOREFILE")
		w.as("anna").get("/settings").is(200, "!Configuration", "!STOREFILE")
	})
}

// TestManyGrants: no more are drawn than somebody reads, and the page says so.
func TestManyGrants(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for i := range mostGrants + 2 { // of the operator, who may have any number
			w.has(grant.Ask{Kind: grant.Token, Scopes: []grant.Scope{grant.Read}, Name: fmt.Sprintf("reader %d.", i)})
			w.now = w.now.Add(time.Second)
		}
		w.as("").get("/settings").is(200, "2 older entries are not shown here.", "reader 101.", "reader 2.", "!reader 1.")
	})
}

// TestKeysAreSwitchedOff in this browser, and on again; the pages and the help say so.
func TestKeysAreSwitchedOff(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna", grant.Read)
		keys := func() string { return value(b.get("/").all("html")[0], "data-keys") }
		for _, c := range []struct{ ask, want string }{{"off", "off"}, {"on", ""}, {"off", "off"}, {`"><script>`, ""}, {"", ""}} {
			on := ""
			for _, n := range b.follow(b.post("/keys", "keys", c.ask, "back", "/settings")).all("button") {
				if value(n, "name") == "keys" && value(n, "aria-pressed") == "true" {
					on += value(n, "value")
				}
			}
			if got := keys(); got != c.want || (on == "off") != (c.want == "off") || on != "off" && on != "on" {
				t.Errorf("%q: the pages say %q, the settings %q", c.ask, got, on)
			}
			if c.want == "off" {
				b.get("/help").is(200, "They are switched off in this browser", "Switch them on", "!Switch them off")
			} else {
				b.get("/help").is(200, "!They are switched off", "Switch them off")
			}
		}
		b.post("/keys", "keys", "off")
		if value(w.as("anna").get("/").all("html")[0], "data-keys") != "" {
			t.Error("another browser has them off too")
		}
	})
}

// TestAppearance shows which theme is on, and leads back.
func TestAppearance(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		b := w.as("anna", grant.Read)
		for _, theme := range []string{"dark", "light", ""} {
			on := ""
			for _, n := range b.follow(b.post("/theme", "theme", theme, "back", "/settings")).all("button") {
				if value(n, "name") == "theme" && value(n, "aria-pressed") == "true" {
					on += "/" + value(n, "value")
				}
			}
			if on != "/"+theme {
				t.Errorf("%q is on, want %q", on, theme)
			}
		}
	})
}
