package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/limit"
	"collector/state"
	"collector/store"
	"collector/web/api"
)

func TestLooking(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var accounts struct{ Accounts []control.Account }
		w.ok("anna", "GET", "/api/accounts", "", &accounts)
		if len(accounts.Accounts) != 2 || accounts.Accounts[0].Networks[0] != "github/anna-hub" {
			t.Errorf("accounts: %+v", accounts)
		}
		w.ok("operator", "GET", "/api/accounts", "", &accounts)
		if len(accounts.Accounts) != 4 {
			t.Errorf("the operator sees %d accounts", len(accounts.Accounts))
		}
		var networks struct {
			Networks []control.Network
			More     bool
		}
		w.ok("operator", "GET", "/api/networks?limit=3", "", &networks)
		if len(networks.Networks) != 3 || !networks.More {
			t.Errorf("3 of 4 networks: %d, more %v", len(networks.Networks), networks.More)
		}
		w.ok("anna", "GET", "/api/networks?service=mastodon", "", &networks)
		if len(networks.Networks) != 1 || networks.More || networks.Networks[0].Network != "mastodon/@anna@social.example" {
			t.Errorf("anna's mastodon: %+v", networks)
		}
		var status control.Status
		w.ok("operator", "GET", "/api/status", "", &status)
		if status.Summary.Networks != 4 || status.Store == "" || len(status.Instances) != 1 {
			t.Errorf("status: %+v", status)
		}
		if w.ok("watcher", "GET", "/api/status", "", &status); status.Summary.Networks != 4 || status.Store != "" || len(status.Instances) != 0 {
			t.Errorf("status, of who may look at all users' and belongs not to the installation: %+v", status)
		}
		w.ok("anna", "GET", "/api/status?network=github/anna-hub", "", &status)
		if status.Summary.Networks != 1 || status.Summary.Items != 3 || status.Networks[0].Error == nil {
			t.Errorf("status of one: %+v", status)
		}
		var explained control.Explained
		w.ok("anna", "GET", "/api/explain?network=github/anna-hub", "", &explained)
		if explained.Network.Network != "github/anna-hub" || len(explained.Quotas) != 1 || explained.Quotas[0].Left != 4900 || explained.Reason != "retried: anna's" {
			t.Errorf("explained: %+v", explained)
		}
		if of := explained.Quotas[0].Windows; len(of) != 1 || !of[0].Begins.Equal(noon) || !of[0].Ends.Equal(noon.Add(time.Hour)) || of[0].Since == nil || len(of[0].Uses) != 0 || explained.Quotas[0].Others != nil {
			t.Errorf("a window of which this process saw nothing: %+v", of)
		}
		w.panel.Past = limit.NewPast(atNoon)
		w.must(w.panel.Past.Store(w.store).UpdateQuotas(t.Context(), []string{"github/core/remote-anna's"}, func(rows []*limit.Row) error {
			rows[0].Epoch, rows[0].Used, rows[0].Seen, rows[0].Exact = 1, 100, 100, true
			return nil
		}))
		w.ok("anna", "GET", "/api/explain?network=github/anna-hub", "", &explained)
		if q := explained.Quotas[0]; len(q.Windows) != 1 || q.Windows[0].Since != nil || len(q.Windows[0].Uses) != 1 || q.Windows[0].Uses[0].Used != 100 || q.Others == nil || *q.Others != 100 {
			t.Errorf("a window that this process saw from its beginning: %+v", q)
		}
		var quotas struct{ Quotas []control.Budgeted }
		w.ok("operator", "GET", "/api/quotas", "", &quotas)
		if len(quotas.Quotas) != 2 || quotas.Quotas[0].Name != "core" {
			t.Errorf("quotas: %+v", quotas)
		}
		var services struct{ Connectors []control.Service }
		w.ok("anna", "GET", "/api/connectors", "", &services)
		if len(services.Connectors) != len(w.panel.Connectors) {
			t.Errorf("%d services", len(services.Connectors))
		}
		var service control.Service
		w.ok("anna", "GET", "/api/connectors/twitter", "", &service)
		if service.Price == nil || service.Price.Most != 1000 || service.PollMin != 60 {
			t.Errorf("twitter: %+v", service)
		}
		w.must(w.store.UpdateQuotas(t.Context(), []string{"twitter/budget/app"}, func(rows []*limit.Row) error {
			rows[0].Limit, rows[0].Used, rows[0].End = 5000, 5, noon.Add(time.Hour)
			return nil
		}))
		for who, shown := range map[string]bool{"anna": false, "watcher": false, "figures": false, "operator": true} {
			service = control.Service{}
			if w.ok(who, "GET", "/api/connectors/twitter", "", &service); (service.Spent != "") != shown {
				t.Errorf("what all have spent, as %s: %q", who, service.Spent)
			}
		}
		var config struct{ Settings []control.Setting }
		w.ok("operator", "GET", "/api/config", "", &config)
		if len(config.Settings) != 1 {
			t.Errorf("config: %+v", config)
		}
		w.refused("anna", "GET", "/api/config", "", http.StatusForbidden, "operator alone")
		w.refused("anna", "GET", "/api/explain?network=github/anna-hup", "", http.StatusNotFound, "there is no network")
		w.refused("anna", "GET", "/api/connectors/gitbuh", "", http.StatusNotFound, "did you mean")
		w.refused("nobody", "GET", "/api/status", "", http.StatusUnauthorized, "nobody is signed in")
	})
}

func TestSearching(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var found struct {
			Items   []control.Item
			Next    string
			Mistake *api.Mistake
		}
		var seen []string
		for after := ""; ; after = found.Next {
			found.Next = ""
			w.ok("anna", "GET", "/api/search?q=raft&sort=newest&limit=2&after="+after, "", &found)
			for _, it := range found.Items {
				seen = append(seen, it.Network+" "+it.ID)
			}
			if found.Next == "" {
				break
			}
		}
		if slices.Sort(seen); len(slices.Compact(seen)) != 5 {
			t.Errorf("found page by page: %v", seen)
		}
		w.ok("anna", "GET", "/api/search?q=raft+lang:", "", &found)
		if found.Mistake == nil || len(found.Items) == 0 {
			t.Errorf("a query of which a part is understood: %+v", found)
		}
		w.refused("anna", "GET", "/api/search?q=lang:", "", http.StatusUnprocessableEntity, "is not understood")
		w.refused("anna", "GET", "/api/search?q=raft&after=garbage", "", http.StatusUnprocessableEntity, "search again from the first page")
		w.refused("anna", "GET", "/api/search?limit=1001", "", http.StatusUnprocessableEntity, "query.limit")
		w.refused("anna", "GET", "/api/search?query=raft", "", http.StatusUnprocessableEntity, "unknown query parameter")
		w.ok("anna", "GET", "/api/items?network=github/anna-hub&id=3&id=none&id=1", "", &found)
		if len(found.Items) != 2 || found.Items[0].ID != "3" || found.Items[1].ID != "1" {
			t.Errorf("by ids: %+v", found.Items)
		}
		w.refused("anna", "GET", "/api/items?network=github/anna-hub"+strings.Repeat("&id=1", 101), "", http.StatusUnprocessableEntity, "query.id")
	})
}

// TestChanges: a reader who asks again with next misses nothing, is not left behind by
// others, and is told when the log no longer reaches back.
func TestChanges(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var got struct {
			Changes []control.Change
			Next    int64
		}
		w.ok("anna", "GET", "/api/changes?limit=1", "", &got)
		if len(got.Changes) != 1 || got.Next != got.Changes[0].Seq || len(got.Changes[0].Added) != 3 {
			t.Errorf("the first: %+v", got)
		}
		w.ok("anna", "GET", fmt.Sprintf("/api/changes?since=%d", got.Next), "", &got)
		if len(got.Changes) != 1 || got.Next != 4 { // bob's are the last two
			t.Errorf("the rest: %+v", got)
		}
		var last struct{ Next int64 }
		w.ok("anna", "GET", "/api/changes/last", "", &last)
		if last.Next != 4 {
			t.Errorf("the last is %d", last.Next)
		}
		w.refused("anna", "GET", "/api/changes?since=5", "", http.StatusUnprocessableEntity, "it ends with 4")
		if _, err := w.store.PruneChanges(t.Context(), noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		w.refused("anna", "GET", "/api/changes?since=1", "", http.StatusGone, "read everything once")
		w.ok("anna", "GET", fmt.Sprintf("/api/changes?since=%d", got.Next), "", &got)
	})
}

func TestWishes(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		network := func(name string) state.Network {
			t.Helper()
			n, err := control.Find(t.Context(), w.store, "", name)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		var done struct {
			Networks []control.Done
			Works    bool
		}
		w.ok("anna", "POST", "/api/pause", `{"networks":["github/anna-hub"]}`, &done)
		if !network("github/anna-hub").Paused || done.Networks[0].Result != control.Paused || !done.Works {
			t.Errorf("paused: %+v", done)
		}
		w.ok("anna", "POST", "/api/sync", `{"all":true,"full":true}`, &done)
		if len(done.Networks) != 2 || network("mastodon/@anna@social.example").FullSeq != 1 || network("github/bob-hub").SyncSeq != 0 {
			t.Errorf("all of anna's: %+v", done)
		}
		if i := slices.IndexFunc(done.Networks, func(d control.Done) bool { return d.Network == "github/anna-hub" }); done.Networks[i].Result != control.StaysPaused {
			t.Errorf("the paused one: %+v", done)
		}
		w.ok("anna", "POST", "/api/resume", `{"all":true}`, &done)
		if network("github/anna-hub").Paused {
			t.Error("it is paused after all are resumed")
		}
		w.ok("anna", "POST", "/api/sync", `{"networks":["github/anna-hub"],"acceptRemovals":true}`, &done)
		if done.Networks[0].Result != control.TakenAsGone || done.Networks[0].Items != 1 || network("github/anna-hub").Accepted != 1 {
			t.Errorf("accepted: %+v", done)
		}
		for body, reason := range map[string]string{
			`{}`: "name networks or give --all", `{"all":true,"networks":["github/anna-hub"]}`: "one of the two",
			`{"networks":["github/none"]}`: "there is no network", `{"acceptRemovals":true,"all":true}`: "networks that you name",
			`{"networks":[1]}`: "body.networks[0]", `{"more":1}`: "body", `[]`: "body", `null`: "body",
		} {
			if a := w.ask("anna", "POST", "/api/sync", body); a.status/100 != 4 || !strings.Contains(string(a.body), reason) {
				t.Errorf("sync %s: %d %s", body, a.status, a.body)
			}
		}
		for _, verb := range []string{"sync", "pause", "resume"} {
			w.refused("reader", "POST", "/api/"+verb, `{"all":true}`, http.StatusForbidden, "change nothing")
			w.refused("anna", "POST", "/api/"+verb, "", http.StatusBadRequest, "")
			w.refused("anna", "POST", "/api/"+verb, "{", http.StatusBadRequest, "body")
			w.refused("anna", "POST", "/api/"+verb, `{"networks":["`+strings.Repeat("x", 70_000)+`"]}`, http.StatusRequestEntityTooLarge, "64 KiB")
			w.refused("anna", "GET", "/api/"+verb, "", http.StatusMethodNotAllowed, "used otherwise")
		}
	})
}

// TestManyAreNotListed: what is of all users is refused where it is too much, not read.
func TestManyAreNotListed(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.must(w.store.AddAccount(t.Context(), state.Account{ID: "many", User: "many", Provider: "github", Name: "many", RemoteID: "many", CreatedAt: noon}))
		var more []state.Network
		for i := range control.StatusMost {
			more = append(more, state.Network{ID: fmt.Sprint("many", i), AccountID: "many", Service: "github", Params: map[string]string{"n": fmt.Sprint(i)}, CreatedAt: noon})
		}
		w.must(w.store.AddNetworks(t.Context(), more))
		for _, path := range []string{"/api/accounts", "/api/quotas"} {
			w.refused("operator", "GET", path, "", http.StatusUnprocessableEntity, "too many to list")
			if a := w.get("operator", path+"?user=anna"); a.status != http.StatusOK {
				t.Errorf("%s of a user: %d %s", path, a.status, a.body)
			}
		}
		var status control.Status
		w.ok("operator", "GET", "/api/status", "", &status)
		if status.Unlisted == 0 || len(status.Networks) > control.TroubleMost {
			t.Errorf("status lists %d and leaves out %d", len(status.Networks), status.Unlisted)
		}
	})
}

// TestNoSecretIsAnswered: a secret that got into an error is taken out, and what was not
// foreseen is not told at all.
func TestNoSecretIsAnswered(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.panel.Store = broken{w.store}
		for _, path := range []string{"/api/status", "/api/accounts", "/api/search", "/api/search?after=abc", "/api/networks", "/api/changes"} {
			for _, who := range []string{"anna", "operator"} {
				a := w.get(who, path)
				if a.status != http.StatusServiceUnavailable && a.status != http.StatusInternalServerError {
					t.Errorf("%s as %s: %d", path, who, a.status)
				}
				if strings.Contains(string(a.body), "hunter2") || strings.Contains(string(a.body), "not foreseen") || a.status == http.StatusServiceUnavailable && a.header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s as %s: %s", path, who, a.body)
				}
				if after := a.header.Get("Retry-After"); (a.status == http.StatusServiceUnavailable) != (after == "10") {
					t.Errorf("%s as %s: %d, again after %q", path, who, a.status, after)
				}
			}
		}
	})
}

// broken is a store whose errors hold a secret.
type broken struct{ store.Store }

func (broken) Networks(context.Context, store.Filter) ([]state.Network, error) {
	return nil, fmt.Errorf("mongodb://me:hunter2@host: %w", state.ErrUnavailable)
}

func (broken) Accounts(context.Context, string) ([]state.Account, error) {
	return nil, errors.New("not foreseen: hunter2")
}

func (broken) Search(context.Context, store.Query) (store.Result, error) {
	return store.Result{}, errors.New("not foreseen: hunter2")
}

func (broken) Changes(context.Context, string, int64, int) ([]store.Change, error) {
	return nil, fmt.Errorf("hunter2: %w", state.ErrUnavailable)
}
