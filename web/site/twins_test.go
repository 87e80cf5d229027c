package site

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"collector/control"
	"collector/grant"
	"collector/queue"
	"collector/state"
	"collector/store"
	"collector/store/memory"
	"collector/web"
	"collector/web/api"
)

// answered gives a world the API, over the same store.
func answered(w *world) {
	w.t.Helper()
	w.config.Settings = func() []control.Setting { return []control.Setting{{Key: "store", Value: "STOREPLACE"}} }
	offered, err := api.New(api.Config{Panel: w.panel, Grants: w.grants, Settings: w.config.Settings, Now: w.config.Now, Version: "1.2.3"})
	w.must(err)
	w.config.API = offered
	pages, err := New(w.config)
	w.must(err)
	mux := http.NewServeMux()
	mux.Handle(api.Path, web.Known(w.identify, offered))
	mux.Handle("/", pages)
	w.pages = web.Wrap(web.Config{Handler: mux, Log: w.config.Log, Now: w.config.Now})
}

// alternates are where a page says that its lists are as JSON.
func (a reply) alternates() (out []string) {
	for _, l := range a.all("link") {
		if value(l, "rel") == "alternate" && value(l, "type") == "application/json" {
			out = append(out, value(l, "href"))
		}
	}
	return out
}

// json reads an answer, which has to be JSON by its head too.
func (a reply) json(into any) reply {
	a.t.Helper()
	if kind := a.header.Get("Content-Type"); kind != "application/json" || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cache-Control") != "no-store" {
		a.t.Errorf("the head is %v", a.header)
	}
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		a.t.Errorf("%v: %s", err, a.body)
	}
	return a
}

// TestTwinsAnswerWhatTheAPIDoes: the same values, letter by letter, under the address of the page.
func TestTwinsAnswerWhatTheAPIDoes(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		hooked(w)
		w.panel.Beside.Jobs = func(_ context.Context, _ bool, fn func([]queue.Store) error) error { return fn(nil) }
		answered(w)
		anna, all := w.as("anna"), w.as("")
		for _, c := range []struct {
			who        *browserOf
			twin, asks string
		}{
			{anna, "/likes.json", "/api/search"},
			{anna, "/likes.json?q=raft&sort=newest&after=&trail=x+y&at=50", "/api/search?q=raft&sort=newest"},
			{anna, "/likes.json?q=raft&limit=1", "/api/search?q=raft&limit=1"},
			{anna, "/accounts.json", "/api/status"},
			{anna, "/accounts/github/anna-hub.json", "/api/explain?network=github/anna-hub"},
			{anna, "/accounts/mastodon/@anna@social.example.json", "/api/explain?network=mastodon/@anna@social.example"},
			{all, "/accounts/github/anna-hub.json?user=anna", "/api/explain?network=github/anna-hub&user=anna"},
			{anna, "/connect.json", "/api/connectors"},
			{anna, "/connect.json?q=STACK+exch", "/api/connectors?q=stack+exchange"},
			{anna, "/activity.json", "/api/activity"},
			{anna, "/activity.json?account=github/anna-hub&kind=new&before=", "/api/activity?network=github/anna-hub&kind=new"},
			{anna, "/activity.json?before=3", "/api/activity?before=3"},
			{all, "/workers.json", "/api/top"},
			{all, "/jobs.json?state=dead", "/api/jobs?state=dead"},
			{anna, "/settings/searches.json", "/api/searches?user=anna"},
			{anna, "/settings/tokens.json", "/api/tokens"},
			{anna, "/settings/feeds.json", "/api/feeds"},
			{anna, "/settings/webhooks.json", "/api/webhooks"},
			{all, "/settings/config.json", "/api/config"},
		} {
			got, want := c.who.get(c.twin), c.who.get(c.asks)
			if got.status != 200 || got.body != want.body || want.status != 200 {
				t.Errorf("%s: %d %s\n%s: %d %s", c.twin, got.status, got.body, c.asks, want.status, want.body)
			}
			var any map[string]any
			got.json(&any)
		}
		if got := anna.ask(http.MethodHead, "/likes.json", ""); got.status != 200 || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("HEAD: %d %v", got.status, got.header)
		}
	})
}

// TestTwinsHaveTheListsOfThePages: what a page says is its twin lists what stands on the page, and
// goes on at the same place.
func TestTwinsHaveTheListsOfThePages(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		answered(w)
		for i := range 3 {
			w.wrote("anna-github-anna-hub", i, likesPage/2)
		}
		anna := w.as("anna")
		first := anna.get("/?sort=newest").is(200)
		page := anna.get(first.pageLink("next")).is(200)
		twin := page.alternates()
		if len(twin) != 1 || !strings.HasPrefix(twin[0], "/likes.json?") {
			t.Fatalf("the second page is %v", twin)
		}
		var found control.Results
		anna.get(twin[0]).is(200).json(&found)
		if len(found.Items) != len(page.find("li", "like")) || len(found.Items) == 0 {
			t.Errorf("%d likes, on the page are %d", len(found.Items), len(page.find("li", "like")))
		}
		for path, want := range map[string]string{
			"/": "/likes.json", "/?q=raft+lang:go": "/likes.json?q=raft+lang%3Ago", "/accounts": "/accounts.json", "/accounts/github/anna-hub": "/api/explain?network=github%2Fanna-hub",
			"/connect?q=mast": "/connect.json?q=mast", "/activity?account=github/anna-hub&kind=new": "/activity.json?account=github%2Fanna-hub&kind=new",
		} {
			if got := anna.get(path).is(200).alternates(); !slices.Equal(got, []string{want}) {
				t.Errorf("%s is %v as JSON, want %s", path, got, want)
			}
		}
		var happened control.Activity
		events := anna.get("/activity").is(200)
		anna.get(events.alternates()[0]).json(&happened)
		if on := under(events.find("ol", "log")[0], "li"); len(on) != len(happened.Events) || len(on) < 5 {
			t.Errorf("%d events, on the page are %d", len(happened.Events), len(on))
		}
		w.as("anna").post("/searches", "do", "save", "q", "raft", "name", "rafts")
		settings := anna.get("/settings").alternates()
		if want := []string{"/settings/searches.json", "/settings/tokens.json", "/settings/feeds.json"}; !slices.Equal(settings, want) {
			t.Errorf("the settings are %v", settings)
		}
		anna.get(settings[0]).is(200, `"rafts"`)
		if got := w.as("").get("/workers").alternates(); !slices.Equal(got, []string{"/workers.json", "/jobs.json"}) {
			t.Errorf("the workers are %v", got)
		}
	})
	w := seeded(t, memory.New()) // no API, no twin
	w.as("anna").get("/likes.json").is(404)
	if got := w.as("anna").get("/").alternates(); got != nil {
		t.Errorf("without an API the likes are %v", got)
	}
}

// TestTheOperatorsSearchesAreTheOnlyUsers: the twin shows those that the settings show.
func TestTheOperatorsSearchesAreTheOnlyUsers(t *testing.T) {
	w := newWorld(t, memory.New())
	w.network("anna", "github", "anna-hub")
	answered(w)
	w.as("anna").post("/searches", "do", "save", "q", "raft", "name", "rafts")
	w.as("").get("/settings").is(200, "rafts")
	w.as("").get("/settings/searches.json").is(200, `"rafts"`)
	w.as("").get("/settings/searches.json?user=me").is(200, `!"rafts"`)
}

// TestTwinsOfOthers: nothing of bob's comes to anna, nothing at all to nobody, and what is the
// operator's alone stays so; every refusal is JSON and no page.
func TestTwinsOfOthers(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		hooked(w)
		w.panel.Beside.Jobs = func(_ context.Context, _ bool, fn func([]queue.Store) error) error { return fn(nil) }
		answered(w)
		_, err := w.store.Heartbeat(t.Context(), store.Instance{ID: "host-" + secret, Started: noon, Seen: noon})
		w.must(err)
		refused := func(a reply, status int) {
			t.Helper()
			var p web.Problem
			if a.status != status || a.header.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(a.body), &p) != nil || p.Detail == "" || p.Next == "" {
				t.Errorf("%d, want %d: %v %s", a.status, status, a.header, a.body)
			}
		}
		paths := []string{"/accounts/github/bob-hub.json", "/accounts/github/nobody.json"}
		for _, one := range twins() {
			paths = append(paths, one.at)
		}
		anna, figures := w.as("anna"), w.as("anna", grant.Feeds)
		for _, path := range paths {
			refused(w.stranger().get(path), 401)
			for _, more := range []string{"", "?user=bob", "?user="} {
				if a := anna.get(path + more); strings.Contains(a.body, secret) || strings.Contains(a.body, "bob-hub\",") || a.status >= 500 {
					t.Errorf("%s as anna: %d %s", path+more, a.status, a.body)
				}
			}
			if !slices.Contains([]string{"/connect.json", "/settings/feeds.json", "/settings/tokens.json"}, path) { // what there is is no secret, and its own feeds it may list
				refused(figures.get(path), 403)
			}
		}
		for _, path := range []string{"/workers.json", "/jobs.json", "/settings/config.json"} {
			refused(anna.get(path), 403)
			refused(w.as("", grant.Read, grant.Write).get(path), 403)
			w.as("").get(path).is(200)
		}
		refused(anna.get("/accounts/github/bob-hub.json"), 404)
		refused(anna.get("/likes.json?after=!"), 422)
		refused(anna.get("/likes.json?nonsense=1"), 422)
		refused(anna.get("/activity.json?kind=odd"), 422)
		refused(anna.get("/likes.json?q=%zz"), 400)
		for _, path := range []string{"/likes.json", "/accounts.json", "/activity.json"} {
			w.as("bob").get(path).is(200, "bob") // the canary is there
		}
		w.as("bob").get("/likes.json").is(200, secret)
		program := w.stranger()
		token, _, err := w.grants.Make(t.Context(), noon, grant.Operator(), grant.Ask{Kind: grant.Token, User: "anna", Scopes: []grant.Scope{grant.Read}})
		w.must(err)
		program.token = token
		program.get("/likes.json").is(200, "annas", "!"+secret)
		program.token = token + "x"
		refused(program.get("/likes.json"), 401)
	})
}

// TestANameThatEndsLikeATwin: the list of a name that ends in .json keeps its page, and has a twin.
func TestANameThatEndsLikeATwin(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		answered(w)
		w.network("anna", "github", "dot.json", likes("anna", "github", "d", 1)...)
		w.network("anna", "github", "dot", likes("anna", "github", "d", 2)...)
		w.network("bob", "github", "anna-hub.json", likes("bob", "github", secret, 1)...)
		anna := w.as("anna")
		page := anna.get("/accounts/github/dot.json").is(200, "Stars of dot.json")
		var e control.Explained
		for path, want := range map[string]string{"/accounts/github/dot.json.json": "github/dot.json", page.alternates()[0]: "github/dot.json", anna.get("/accounts/github/dot").alternates()[0]: "github/dot", "/accounts/github/anna-hub.json": "github/anna-hub"} {
			if anna.get(path).is(200).json(&e); e.Network.Network != want {
				t.Errorf("%s is %s, want %s", path, e.Network.Network, want)
			}
		}
		anna.follow(anna.post("/accounts/github/dot.json", "do", "pause")).is(200, "Stars of dot.json")
		// Who follows a link to such a page and is not signed in gets the door, there.
		got := w.stranger().ask(http.MethodGet, "/accounts/github/dot.json", "", "Accept", "text/html,*/*;q=0.8")
		if got.is(401); !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
			t.Errorf("the door is %v", got.header)
		}
		anna.ask(http.MethodGet, "/accounts/github/anna-hub.json", "", "Accept", "text/html").json(&e)
	})
}

// TestTwinsOfHostileTexts: what services send stays within its JSON, which no browser takes for a page.
func TestTwinsOfHostileTexts(t *testing.T) {
	w := newWorld(t, memory.New())
	name := `x</script><script>alert(1)</script>"'`
	items := likes("anna", "github", "m", 1)
	items[0].Title = name
	w.network("anna", "github", name, items...)
	answered(w)
	anna := w.as("anna")
	for _, path := range []string{"/likes.json", "/accounts.json", "/activity.json", "/accounts/github/" + url.PathEscape(name) + ".json"} {
		var any map[string]any
		a := anna.get(path).is(200).json(&any)
		if !strings.Contains(a.body, `alert(1)`) {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	for _, l := range anna.get("/accounts/github/" + url.PathEscape(name)).is(200).alternates() {
		anna.get(l).is(200, "alert(1)")
	}
}

// TestAStoreThatDoesNotAnswerTwins: the refusal is JSON, and tells nobody where the store is.
func TestAStoreThatDoesNotAnswerTwins(t *testing.T) {
	w := seeded(t, memory.New())
	anna := w.as("anna")
	w.panel.Store = silentLists{w.store}
	answered(w)
	for _, path := range []string{"/accounts/github/x.json", "/accounts.json", "/activity.json"} {
		a := anna.get(path)
		if a.status != 503 || a.header.Get("Content-Type") != "application/problem+json" || strings.Contains(a.body, "MACHINE") {
			t.Errorf("%s: %d %v %s", path, a.status, a.header, a.body)
		}
	}
}

// silentLists is a store that does not say which lists there are.
type silentLists struct{ store.Store }

func (silentLists) Networks(context.Context, store.Filter) ([]state.Network, error) {
	return nil, errUnreachable
}
