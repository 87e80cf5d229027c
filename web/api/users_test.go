package api_test

import (
	"net/url"
	"strings"
	"testing"

	"collector/control"
	"collector/store"
	"collector/store/memory"
)

// TestUsersNeverSeeEachOther asks every operation as anna for what is bob's, in every way
// in which a question can name somebody: nothing of his comes back, and nothing of his
// is changed.
func TestUsersNeverSeeEachOther(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		before := w.bobs()
		names := []string{"", "github/bob-hub", "mastodon/@bob@social.example", "github/", "bob-github", "github/anna-hub"}
		asked := 0
		for path, methods := range w.spec.Paths {
			for method, op := range methods {
				method = strings.ToUpper(method)
				for _, user := range []string{"", "bob", "Bob", "*", "anna", "%", `{"$gt":""}`} {
					for _, name := range names {
						q, has := url.Values{}, map[string]bool{}
						for _, p := range op.Parameters {
							has[p.Name] = true
						}
						for param, value := range map[string]string{"user": user, "network": name, "q": "raft", "id": "1", "service": "github"} {
							if has[param] && value != "" {
								q.Set(param, value)
							}
						}
						if has["length"] { // of a sound, in seconds
							q.Set("length", "1")
						}
						body := ""
						if op.RequestBody != nil {
							body = `{"all":true`
							if name != "" {
								body = `{"networks":["` + name + `"]`
							}
							if user != "" {
								body += `,"user":` + quoted(user)
							}
							body += "}"
						}
						at := strings.ReplaceAll(path, "{name}", "github") + "?" + q.Encode()
						a := w.ask("anna", method, at, body)
						asked++
						if strings.Contains(string(a.body), secret) {
							t.Errorf("%s %s %s shows what is bob's: %s", method, at, body, a.body)
						}
						if strings.Contains(string(a.body), "bob") && name == "" && user != "bob" && a.status < 300 {
							t.Errorf("%s %s %s names bob: %s", method, at, body, a.body)
						}
						if user == "bob" && has["user"] && a.status < 400 {
							t.Errorf("%s %s: %d for another user's", method, at, a.status)
						}
					}
				}
			}
		}
		if asked < 500 {
			t.Errorf("only %d questions were asked", asked)
		}
		if after := w.bobs(); after != before {
			t.Errorf("bob's networks were %s, are %s", before, after)
		}
	})
}

// bobs is what can be changed of bob's networks, in words.
func (w *world) bobs() string {
	w.t.Helper()
	list, err := w.store.Networks(w.t.Context(), store.Filter{User: "bob"})
	w.must(err)
	var out []string
	for _, n := range list {
		out = append(out, strings.Join([]string{n.ID, n.Name(), n.WakeAt.String(), quoted(n.Paused), quoted(n.SyncSeq), quoted(n.FullSeq), quoted(n.Accepted)}, " "))
	}
	if len(out) != 2 {
		w.t.Errorf("bob has %d networks", len(out))
	}
	return strings.Join(out, "\n") + w.kept.ofBob(w)
}

// TestTheCanaryIsThere: what is looked for in vain above is what bob sees.
func TestTheCanaryIsThere(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, path := range []string{
			"/api/accounts", "/api/networks", "/api/status", "/api/search?q=raft", "/api/explain?network=github/bob-hub", "/api/items?network=github/bob-hub&id=1",
		} {
			if a := w.get("bob", path); a.status != 200 || !strings.Contains(string(a.body), secret) {
				t.Errorf("%s as bob: %d without the canary: %s", path, a.status, a.body)
			}
		}
	})
}

// TestAboutSaysWhoAsks: whose things they are that he sees.
func TestAboutSaysWhoAsks(t *testing.T) {
	w := newWorld(t, memory.New())
	for who, user := range map[string]string{"anna": "anna", "reader": "anna", "watcher": "", "operator": ""} {
		var about control.About
		if w.ok(who, "GET", "/api/about", "", &about); about.User != user {
			t.Errorf("%s is told %q", who, about.User)
		}
	}
}
