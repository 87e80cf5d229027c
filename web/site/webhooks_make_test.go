package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"collector/auth"
	"collector/deliver/webhook"
	"collector/fetch"
	"collector/grant"
	"collector/store/memory"
)

// makes has a world that has webhooks make them, with the check of addresses that a collector
// has.
func makes(w *world) {
	w.t.Helper()
	ring, err := auth.OpenKeyring(w.t.Context(), w.store, auth.KeySource{Text: auth.NewSecret("Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LTEyMzQ=")})
	w.must(err)
	w.panel.Beside.Ring = func(context.Context) (*auth.Keyring, error) { return ring, nil }
	w.panel.Beside.Target = func(address string) (string, error) { return fetch.NormalizeTarget(address) }
}

// secretOf is the text of an answer that is shown once, "" where there is none.
func (a reply) secretOf(mark string) string {
	for _, n := range a.all("code") {
		if n.FirstChild != nil && strings.HasPrefix(n.FirstChild.Data, mark) {
			return n.FirstChild.Data
		}
	}
	return ""
}

// of are the webhooks of a user, without those that hooked made.
func of(w *world, hooks webhook.Store, user string) (out []webhook.Record) {
	w.t.Helper()
	all, err := webhook.All(w.t.Context(), hooks)
	w.must(err)
	for _, r := range all {
		if r.User == user && !strings.HasPrefix(r.ID, "wh_annas") && r.ID != "wh_bobs" {
			out = append(out, r)
		}
	}
	return out
}

// TestAWebhookIsMade by the form, as it was ticked, and its secret is shown this once.
func TestAWebhookIsMade(t *testing.T) {
	w := seeded(t, memory.New())
	hooks, _ := hooked(w)
	makes(w)
	b := w.as("anna")
	b.get("/settings").is(200, "New webhook", "new likes, and what changed of them")
	a := b.post("/settings/webhooks", "do", "make", "url", " https://made.example/"+hunter+" ", "query", "lang:go", "kind", "poll", "kind", "sweep", "private", "yes").
		is(200, " made. Here is its secret. Copy it now: it is shown only this once.", "made.example lang:go Works", "!"+hunter, "!No webhook was made")
	text := a.secretOf("whsec_")
	if a.header.Get("Cache-Control") != "no-store" || text == "" {
		t.Fatalf("the secret is %q: %v", text, a.header)
	}
	made := of(w, hooks, "anna")
	if len(made) != 1 {
		t.Fatalf("%d are made", len(made))
	}
	e := made[0].Endpoint
	if e.URL != "https://made.example/"+hunter || e.Query != "lang:go" || !slices.Equal(e.Kinds, []string{"poll", "sweep"}) || !e.Private || e.Parallel != 10 || e.PerMinute != 0 {
		t.Errorf("made is %+v", e)
	}
	ring, err := w.panel.Beside.Ring(t.Context())
	w.must(err)
	if kept, err := webhook.Unseal(ring, e); err != nil || kept.Access.Reveal() != text {
		t.Errorf("calls are signed with another secret than %q, %v", text, err)
	}
	again := b.get("/settings").is(200, e.ID, "!"+text, "!Copy it now")
	for _, i := range again.all("input") {
		if value(i, "name") == "url" && value(i, "value") != "" {
			t.Error("the form is filled in")
		}
	}
	w.as("bob").get("/settings").is(200, "!"+e.ID, "!made.example")
	w.as("carol").post("/settings/webhooks", "do", "make", "url", "https://carol.example/", "kind", "poll").is(200, "The user carol has no account here yet")
	w.as("").post("/settings/webhooks", "do", "make", "url", "https://of-the-operator.example/", "kind", "poll").is(200, "of-the-operator.example all Works")
	if n := len(of(w, hooks, "anna")) + len(of(w, hooks, "bob")); n != 1 {
		t.Errorf("the operator made one of a user: %d", n)
	}
}

// TestAWebhookIsNotMade where what was entered makes none: it stays in the form, which says
// what to change; or where whoever asks makes none.
func TestAWebhookIsNotMade(t *testing.T) {
	w := seeded(t, memory.New())
	hooks, _ := hooked(w)
	makes(w)
	b := w.as("anna")
	const hostile = `https://x"><script>alert(1)</script>.example/`
	for _, c := range []struct {
		url, query string
		kinds      []string
		says, bad  string
	}{
		{"http://made.example/", "lang:go", []string{"poll"}, "Mend what is marked below", "url"},
		{"https://10.1.2.3/", "", []string{"sweep"}, "Mend what is marked below", "url"},
		{"https://me:" + hunter + "@made.example/", "", []string{"poll"}, "calls are signed, so it needs none", "url"},
		{hostile, `"><img src=x>`, []string{"poll"}, "Mend what is marked below", "urlquery"},
		{"", "", []string{"poll"}, "Mend what is marked below", "url"},
		{"https://made.example/" + strings.Repeat("x", 2000), "", []string{"poll"}, "2,000 at most may be", "url"},
		{"https://made.example/", "lang:", []string{"poll"}, "This is not understood. Character 1 of the query: lang: needs a value", "query"},
		{"https://made.example/", strings.Repeat("x", 2001), []string{"poll"}, "It has 2,001 letters", "query"},
		{"https://made.example/", "raft", nil, "Choose at least one of what it is told of", ""},
	} {
		form := []string{"do", "make", "url", c.url, "query", c.query, "private", "yes"}
		for _, k := range c.kinds {
			form = append(form, "kind", k)
		}
		a := b.post("/settings/webhooks", form...).is(422, "No webhook was made.", c.says, "wh_annas1")
		got, marked, ticked := map[string]string{}, "", []string{}
		for _, i := range a.all("input") {
			switch name := value(i, "name"); name {
			case "url", "query":
				got[name] = value(i, "value")
				if value(i, "aria-invalid") == "true" {
					marked += name
				}
			case "kind", "private":
				if strings.Contains(a.body, fmt.Sprintf(`name="%s" value="%s" checked`, name, value(i, "value"))) {
					ticked = append(ticked, value(i, "value"))
				}
			}
		}
		if got["url"] != c.url || got["query"] != c.query || marked != c.bad || !slices.Equal(ticked, append(slices.Clone(c.kinds), "yes")) {
			t.Errorf("%q, %q: the form has %v, %v, and %q is marked", c.url, c.query, got, ticked, marked)
		}
		if n := len(a.all("script")) + len(a.all("img")); n != len(b.get("/settings").all("script")) {
			t.Errorf("%q is no text", c.url)
		}
	}
	good := []string{"do", "make", "url", "https://made.example/", "kind", "poll"}
	b.post("/settings/webhooks", "do", "make", "url", "https://made.example/", "kind", "nonsense").is(422, "is no kind of walk")
	w.as("anna", grant.Read).post("/settings/webhooks", good...).is(403)
	w.as("", grant.Read, grant.Write).post("/settings/webhooks", good...).is(403)
	w.stranger().post("/settings/webhooks", good...).is(401)
	b.ask(http.MethodPost, "/settings/webhooks", "do=make&url=https://made.example/&kind=poll", "Sec-Fetch-Site", "cross-site").is(403)
	w.as("anna", grant.Read).get("/settings").is(200, "!New webhook")
	w.panel.Simulated = true
	b.get("/settings").is(200, "!New webhook")
	b.post("/settings/webhooks", good...).is(403, "All data here is made up", "!We made")
	w.panel.Simulated = false
	if n := len(of(w, hooks, "anna")) + len(of(w, hooks, "me")) + len(of(w, hooks, "")); n != 0 {
		t.Errorf("%d are made", n)
	}
	for i := range webhook.Most - 2 { // anna has two
		w.must(webhook.Add(t.Context(), hooks, webhook.Record{Endpoint: webhook.Endpoint{ID: fmt.Sprintf("wh_%03d", i), User: "anna", URL: "https://many.example/", Kinds: []string{"poll"}, Parallel: 1, CreatedAt: noon}}))
	}
	b.post("/settings/webhooks", good...).is(422, "No webhook was made.", "You have 100 webhooks, which is as many as may be: remove one", "!whsec_")
}

// TestAWebhookIsCalled by its button, once and signed; what became of it is said in words,
// without what of the address may be a secret.
func TestAWebhookIsCalled(t *testing.T) {
	w := seeded(t, memory.New())
	hooks, _ := hooked(w)
	makes(w)
	b := w.as("anna")
	text := b.post("/settings/webhooks", "do", "make", "url", "https://made.example/"+hunter, "kind", "poll").is(200, "!Send a test").secretOf("whsec_")
	to := string(hookPath(of(w, hooks, "anna")[0].ID))
	b.post(to, "do", "test").is(403, "This collector calls nobody")
	status, failed, calls := 204, error(nil), 0
	w.config.Post = func(_ context.Context, address string, head http.Header, body []byte) (int, string, error) {
		calls++
		w.now = w.now.Add(84 * time.Millisecond)
		v, err := standardwebhooks.NewWebhook(text)
		w.must(err)
		if err := v.VerifyIgnoringTimestamp(body, head); err != nil || address != "https://made.example/"+hunter || !strings.Contains(string(body), `"type":"ping"`) {
			t.Errorf("%s is sent %s, %v", address, body, err)
		}
		return status, "", failed
	}
	w.open()
	b.get("/settings").is(200, "Send a test")
	b.follow(b.post(to, "do", "test")).is(200, " went well: made.example answered 204 in 84 ms.", "!"+hunter)
	status = 500
	b.follow(b.post(to, "do", "test")).is(200, " did not go well: made.example answered 500 Internal Server Error, after 84 ms. What to do: see that the server runs and answers", "!"+hunter)
	status, failed = 0, errors.New("made.example cannot be reached")
	b.follow(b.post(to, "do", "test")).is(200, " did not go well: made.example cannot be reached. What to do: see that the server runs. Only public servers are called", "!"+hunter)
	if calls != 3 {
		t.Fatalf("%d calls", calls)
	}
	w.as("bob").post(to, "do", "test").is(404)
	w.as("anna", grant.Read).post(to, "do", "test").is(403)
	w.as("", grant.Read, grant.Write).post(to, "do", "test").is(403)
	w.stranger().post(to, "do", "test").is(401)
	b.ask(http.MethodPost, to, "do=test", "Sec-Fetch-Site", "cross-site").is(403)
	if calls != 3 {
		t.Errorf("%d calls: who may not has it called", calls)
	}
}
