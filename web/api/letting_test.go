package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/deliver/webhook"
	"collector/grant"
	"collector/search/saved"
	"collector/web/api"
)

type tokens struct{ Tokens []control.Grant }

func (w *world) tokens(who, path string) (names []string) {
	w.t.Helper()
	var got tokens
	w.ok(who, "GET", path, "", &got)
	for _, g := range got.Tokens {
		names = append(names, g.Kind+" of "+g.User)
	}
	slices.Sort(names) // they were made at one moment
	return names
}

// TestTokens: a person makes and ends tokens of his own; a token makes none, and ends feeds
// at most.
func TestTokens(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for who, want := range map[string]string{
			"browser": "[feed of anna token of anna]", "anna": "[feed of anna]", "operator": "[feed of anna feed of bob token of anna token of bob]",
		} {
			if got := fmt.Sprint(w.tokens(who, "/api/tokens")); got != want {
				t.Errorf("%s sees %s, want %s", who, got, want)
			}
		}
		w.refused("reader", "GET", "/api/tokens", "", http.StatusForbidden, "who may end them")

		var made api.Made
		w.ok("browser", "POST", "/api/tokens/add", `{"name":"script","scopes":["read","write"],"for":3600}`, &made)
		if made.User != "anna" || !strings.HasPrefix(made.Token, "ck_") || made.Expires == nil || made.Expires.Sub(noon).Hours() != 1 || made.Path != "" {
			t.Errorf("made: %+v", made)
		}
		if a := w.get("browser", "/api/tokens"); strings.Contains(string(a.body), made.Token) || !strings.Contains(string(a.body), made.ID) {
			t.Errorf("the list, with the text of a token: %s", a.body)
		}
		for body, status := range map[string]int{
			`{"name":"x","scopes":["admin"]}`: 422, `{"name":"x","scopes":["metrics"]}`: 422, `{"name":"x","scopes":["root"]}`: 422, `{"name":"x","scopes":[]}`: 422, `{"name":"","scopes":["read"]}`: 422,
			`{"name":"x","scopes":["read"],"for":59}`: 422, `{"name":"x","scopes":["read"],"for":315360001}`: 422, `{"name":"x","scopes":["read"],"user":"bob"}`: 403,
		} {
			w.refused("browser", "POST", "/api/tokens/add", body, status, "")
		}
		for _, who := range []string{"anna", "reader", "figures"} { // tokens all
			w.refused(who, "POST", "/api/tokens/add", `{"name":"x","scopes":["read"]}`, http.StatusForbidden, "cannot be given")
		}
		for _, who := range []string{"browser", "anna", "reader", "figures"} {
			w.refused(who, "POST", "/api/tokens/revoke", `{"id":"`+w.kept.ids["bob token"]+`"}`, http.StatusNotFound, "")
			w.refused(who, "POST", "/api/tokens/revoke", `{"id":"`+made.Token+`"}`, http.StatusNotFound, "")
		}
		if a := w.ask("browser", "POST", "/api/tokens/revoke", `{"id":"`+made.Token+`"}`); strings.Contains(string(a.body), made.Token) {
			t.Errorf("the text of a token is repeated: %s", a.body)
		}
		w.refused("anna", "POST", "/api/tokens/revoke", `{"id":"`+made.ID+`"}`, http.StatusNotFound, "")
		var ended struct{ ID, Kind, Name string }
		w.ok("browser", "POST", "/api/tokens/revoke", `{"id":"`+made.ID+`"}`, &ended)
		if ended.ID != made.ID || ended.Kind != "token" || ended.Name != "script" || len(w.tokens("browser", "/api/tokens")) != 2 {
			t.Errorf("ended: %+v", ended)
		}
		w.ok("operator", "POST", "/api/tokens/add", `{"name":"prometheus","scopes":["metrics"]}`, &made)
		if made.User != "" || made.Expires.Sub(noon) != grant.TokenFor {
			t.Errorf("of all users: %+v", made)
		}
	})
}

// TestAUserHasSoMany tokens, feeds and webhooks, and is told how many and what to do.
func TestAUserHasSoMany(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var grants []grant.Record
		var hooks []webhook.Record
		for i := range grant.Most - 1 { // anna has one of each
			for _, kind := range []grant.Kind{grant.Token, grant.Feed} {
				id := fmt.Sprintf("g_%s%d", kind, i)
				grants = append(grants, grant.Record{ID: id, Hash: grant.HashOf(id), Kind: kind, User: "anna", CreatedAt: noon, ExpiresAt: noon.Add(time.Hour)})
			}
		}
		for i := range webhook.Most - 1 {
			hooks = append(hooks, webhook.Record{Endpoint: webhook.Endpoint{ID: fmt.Sprint("wh_", i), User: "anna"}, Version: 1})
		}
		w.must(w.kept.grants.Bring(t.Context(), grants))
		w.must(w.kept.hooks.Bring(t.Context(), hooks))
		for path, ask := range map[string]struct{ body, says, next string }{
			"/api/tokens/add":   {`{"name":"x","scopes":["read"]}`, "at most 100 tokens", "tokens revoke"},
			"/api/feeds/add":    {`{"name":"x"}`, "at most 100 feeds", "tokens revoke"},
			"/api/webhooks/add": {`{"url":"https://hooks.example/new"}`, "at most 100", "webhooks remove"},
		} {
			w.refused("browser", "POST", path, ask.body, http.StatusUnprocessableEntity, ask.says)
			if a := w.ask("browser", "POST", path, ask.body); !strings.Contains(string(a.body), ask.next) {
				t.Errorf("%s does not say what to do: %s", path, a.body)
			}
		}
	})
}

// TestFeeds: who has the scope makes, sees and ends feeds, and feeds alone.
func TestFeeds(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var made api.Made
		w.ok("anna", "POST", "/api/feeds/add", `{"name":"reader","q":"in:github raft"}`, &made)
		if made.Kind != "feed" || made.User != "anna" || made.Search != "in:github raft" || made.Path != "/feed/"+made.Token || !strings.HasPrefix(made.Token, "cf_") {
			t.Errorf("made: %+v", made)
		}
		if got := fmt.Sprint(w.tokens("browser", "/api/feeds")); got != "[feed of anna feed of anna]" {
			t.Errorf("feeds: %s", got)
		}
		w.refused("anna", "POST", "/api/feeds/add", `{"name":"x","q":"raft ("}`, http.StatusUnprocessableEntity, "is not understood")
		w.refused("anna", "POST", "/api/feeds/add", `{"name":"x","user":"bob"}`, http.StatusForbidden, "another user")
		w.refused("reader", "POST", "/api/feeds/add", `{"name":"x"}`, http.StatusForbidden, "cannot be given")
		w.refused("operator", "POST", "/api/feeds/add", `{"name":"x"}`, http.StatusUnprocessableEntity, "name one")
		w.refused("reader", "GET", "/api/feeds", "", http.StatusForbidden, "who may end them")
		w.refused("browser", "POST", "/api/feeds/revoke", `{"id":"`+w.kept.ids["anna token"]+`"}`, http.StatusNotFound, "no such feed")
		for _, who := range []string{"browser", "anna"} {
			w.refused(who, "POST", "/api/feeds/revoke", `{"id":"`+w.kept.ids["bob feed"]+`"}`, http.StatusNotFound, "no such feed")
		}
		w.refused("reader", "POST", "/api/feeds/revoke", `{"id":"`+made.ID+`"}`, http.StatusForbidden, "")
		w.ok("anna", "POST", "/api/feeds/revoke", `{"id":"`+made.ID+`"}`, &struct{}{})
		if got := fmt.Sprint(w.tokens("operator", "/api/feeds?user=anna")); got != "[feed of anna]" {
			t.Errorf("feeds: %s", got)
		}
	})
}

// TestSavedSearches are a user's own, and facets count what is his.
func TestSavedSearches(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		names := func(who, method, path, body string) string {
			t.Helper()
			var got struct{ Searches []saved.Search }
			w.ok(who, method, path, body, &got)
			var out []string
			for _, s := range got.Searches {
				out = append(out, s.Name+"="+s.Query)
			}
			return strings.Join(out, ", ")
		}
		bobs := names("operator", "GET", "/api/searches?user=bob", "")
		if got := names("anna", "POST", "/api/searches/save", `{"name":"Raft","query":"raft lang:go"}`); got != "anna's=anna's, Raft=raft lang:go" {
			t.Errorf("saved: %s", got)
		}
		if got := names("anna", "POST", "/api/searches/remove", `{"name":"ANNA'S"}`); got != "Raft=raft lang:go" || names("reader", "GET", "/api/searches", "") != got {
			t.Errorf("removed: %s", got)
		}
		w.refused("anna", "POST", "/api/searches/remove", `{"name":"`+secret+`"}`, http.StatusNotFound, "no saved search")
		w.refused("anna", "POST", "/api/searches/save", `{"name":"x","query":"raft ("}`, http.StatusUnprocessableEntity, "is not understood")
		w.refused("anna", "POST", "/api/searches/save", `{"name":"`+strings.Repeat("x", 61)+`","query":""}`, http.StatusUnprocessableEntity, "61 characters")
		for _, verb := range []string{"save", "remove"} {
			body := func(user string) string {
				if verb == "save" {
					return `{"name":"x","query":"","user":"` + user + `"}`
				}
				return `{"name":"Raft","user":"` + user + `"}`
			}
			w.refused("anna", "POST", "/api/searches/"+verb, body("bob"), http.StatusForbidden, "nothing of other users")
			w.refused("reader", "POST", "/api/searches/"+verb, body("anna"), http.StatusForbidden, "change nothing")
		}
		if got := names("operator", "GET", "/api/searches?user=bob", ""); got != bobs || !strings.Contains(got, secret) {
			t.Errorf("bob's are %s, were %s", got, bobs)
		}
		if got := names("operator", "POST", "/api/searches/save", `{"name":"mine","query":""}`); got != "mine=" || names("operator", "GET", "/api/searches?user=me", "") != got {
			t.Errorf("the operator's: %s", got)
		}

		w.refused("operator", "POST", "/api/searches/save", `{"name":"x","query":"","user":"bbo"}`, http.StatusNotFound, "nothing of a user")
		names("operator", "POST", "/api/searches/save", `{"name":"x","query":"","user":"anna"}`)

		var facets struct {
			Counted        int
			Whole          bool
			Services, Tags []api.Facet
			Years          []api.Facet
			Mistake        *api.Mistake
		}
		w.ok("anna", "GET", "/api/facets?q=raft", "", &facets)
		if facets.Counted != 5 || !facets.Whole || !slices.Equal(facets.Services, []api.Facet{{Value: "github", Items: 3}, {Value: "mastodon", Items: 2}}) || len(facets.Tags) != 1 || facets.Years[0].Items != 5 {
			t.Errorf("facets: %+v", facets)
		}
		w.ok("operator", "GET", "/api/facets?q=raft+lang:", "", &facets)
		if facets.Counted != 10 || facets.Mistake == nil {
			t.Errorf("facets of all: %+v", facets)
		}
		w.refused("anna", "GET", "/api/facets?most=50001", "", http.StatusUnprocessableEntity, "query.most")
		w.refused("anna", "GET", "/api/facets?q=lang:", "", http.StatusUnprocessableEntity, "is not understood")
	})
}
