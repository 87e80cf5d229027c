package api_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/connectors"
	"collector/connectors/all"
	"collector/control"
	"collector/grant"
	"collector/item"
	"collector/limit"
	"collector/state"
	"collector/store"
	"collector/store/memory"
	"collector/store/sqlite"
	"collector/web"
	"collector/web/api"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// secret stands in everything that belongs to bob and that nobody names in a question.
const secret = "BOBCANARY"

// world is a store in which anna and bob have two networks each, behind the API.
type world struct {
	t       *testing.T
	store   store.Store
	panel   *control.Panel
	kept    *kept
	spec    document
	posts   []string // where somebody was called, with how he answers
	wrong   int      // the status that whoever is called answers with; 0: 200
	ends    *ends
	log     bytes.Buffer            // of all requests
	handler http.Handler            // of all, before it is known who asks
	as      map[string]http.Handler // by who asks: anna, bob, reader (anna, who may only look), browser (anna's), watcher (of all, without admin), figures, operator, nobody
}

// stores runs a test over each kind of store that needs nothing.
func stores(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("memory", func(t *testing.T) { test(t, newWorld(t, memory.New())) })
	t.Run("sqlite", func(t *testing.T) {
		st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "c.db"), store.Options{Owner: "test", Lease: time.Minute, Now: atNoon})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = st.Close() })
		test(t, newWorld(t, st))
	})
}

func atNoon() time.Time { return noon }

func newWorld(t *testing.T, st store.Store) *world {
	t.Helper()
	w := &world{t: t, store: st, as: map[string]http.Handler{}}
	for _, who := range []struct{ user, mark string }{{"anna", "anna's"}, {"bob", secret}} {
		w.network(who.user, "github", who.user+"-hub", who.mark, 3)
		w.network(who.user, "mastodon", "@"+who.user+"@social.example", who.mark, 2)
	}
	w.must(st.UpdateQuotas(t.Context(), []string{"github/core/remote-" + secret, "github/core/remote-anna's"}, func(rows []*limit.Row) error {
		for _, r := range rows {
			r.Limit, r.Used, r.End = 5000, 100, noon.Add(time.Hour)
		}
		return nil
	}))
	_, err := st.Heartbeat(t.Context(), store.Instance{ID: "host-1", Host: "host-" + secret, PID: 1, Mode: "both", Started: noon, Seen: noon})
	w.must(err)
	w.ends = newEnds(t)
	w.panel = &control.Panel{
		Store: st, Connectors: all.Connectors(),
		Polls:  func(string) (time.Duration, time.Duration) { return time.Minute, time.Hour },
		Budget: func(connectors.Info) (int, string) { return 1000, "COLLECTOR_TWITTER_BUDGET" },
		Beside: w.beside(),
	}
	h, err := api.New(api.Config{
		Panel: w.panel, Grants: w.kept.let, Post: w.post, Now: atNoon, Version: "test",
		Settings: func() []control.Setting {
			return []control.Setting{{Key: "store", Value: "memory:" + secret, Origin: "default"}}
		},
		Clean:  func(s string) string { return strings.ReplaceAll(s, "hunter2", "(secret)") },
		SignIn: w.ends.reach(), Folder: w.ends.folder, Copies: web.NewCopies(w.panel, w.ends.folder, atNoon), TestNotify: w.ends.testNotify,
	})
	w.must(err)
	w.handler = h
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	for name, who := range map[string]grant.Who{
		"anna": {User: "anna", Kind: grant.Token, Scopes: grant.Scopes()}, "bob": {User: "bob", Kind: grant.Token, Scopes: grant.Scopes()},
		"reader":   {User: "anna", Kind: grant.Token, Scopes: []grant.Scope{grant.Read}},
		"browser":  {User: "anna", Kind: grant.Session, Scopes: []grant.Scope{grant.Read, grant.Write, grant.Feeds}},
		"watcher":  {Kind: grant.Token, Scopes: []grant.Scope{grant.Read, grant.Write, grant.Feeds}},
		"figures":  {Kind: grant.Token, Scopes: []grant.Scope{grant.Metrics}},
		"operator": grant.Operator(), "nobody": {},
	} {
		known := web.Known(func(*http.Request) (grant.Who, error) { return who, nil }, h)
		w.as[name] = web.Wrap(web.Config{Handler: known, Log: log, Now: atNoon})
	}
	w.describe()
	for name, h := range w.as {
		w.as[name] = w.held(h)
	}
	return w
}

// describe reads the OpenAPI document.
func (w *world) describe() {
	w.t.Helper()
	w.must(json.Unmarshal(w.get("operator", api.Spec).body, &w.spec))
	for _, methods := range w.spec.Paths {
		for _, op := range methods {
			for status, r := range op.Responses {
				if name, is := strings.CutPrefix(r.Ref, "#/components/responses/"); is {
					op.Responses[status] = w.spec.Components.Responses[name]
				}
			}
		}
	}
}

// post stands for whoever a webhook calls.
func (w *world) post(_ context.Context, address string, head http.Header, _ []byte) (int, string, error) {
	w.posts = append(w.posts, address+" "+head.Get("webhook-signature"))
	return cmp.Or(w.wrong, http.StatusOK), "", nil
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// network adds a network with items, of which every text holds the mark.
func (w *world) network(user, service, name, mark string, items int) {
	w.t.Helper()
	ctx, st := w.t.Context(), w.store
	id := user + "-" + service
	server := ""
	if service == "mastodon" {
		server = "https://social.example"
	}
	acc := state.Account{ID: "a-" + id, User: user, Provider: service, Server: server, RemoteID: "remote-" + mark, Name: name, CreatedAt: noon.Add(-time.Hour)}
	w.must(st.AddAccount(ctx, acc))
	w.must(st.AddNetworks(ctx, []state.Network{{
		ID: id, AccountID: acc.ID, User: user, Service: service, Provider: service, Server: server, Account: name, RemoteID: acc.RemoteID,
		CreatedAt: noon.Add(-time.Hour), Progress: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: noon.Add(-time.Hour)},
	}}))
	got, err := st.Claim(ctx, state.Claim{Owner: "test", Now: noon.Add(-time.Minute), Until: noon.Add(-30 * time.Second), Network: id})
	w.must(err)
	if len(got) != 1 {
		w.t.Fatalf("claimed %v", got)
	}
	var list []item.Item
	for i := range items {
		n := string(rune('1' + i))
		list = append(list, item.Item{
			ID: n, Kind: "repository", Title: "raft " + mark + " " + n, Text: mark, URL: "https://" + service + ".example/" + user + "/" + n,
			Author: item.Author{Name: mark}, Tags: []string{"db"}, LikedAt: noon.Add(-time.Duration(i) * time.Hour), LikedFrom: item.FromAPI,
		})
	}
	p := state.Progress{
		Mode: state.Normal, Condition: state.Failing, ScheduledTo: noon.Add(time.Hour), Reason: "retried: " + mark, Walks: 1, LastOKAt: noon,
		Failures: 1, LastError: "refused " + mark, LastErrorAt: noon, Whose: "the service", Fault: "temporary", Runs: []state.Run{{At: noon, Kind: "poll", Pages: 1}},
		Swept: &state.Swept{Sweep: 1, At: noon, Shown: 1, Stored: items, Unseen: 1},
	}
	_, err = st.Commit(ctx, got[0].Lease, state.Page{ID: id + "/1/1", Kind: "backfill", Walk: 1, ObservedAt: noon.Add(-time.Minute), Items: list, After: p})
	w.must(err)
	w.must(st.Release(ctx, got[0].Lease, p))
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (w *world) ask(who, method, path, body string) answer {
	w.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, path, in)
	r.Host = "localhost"
	out := httptest.NewRecorder()
	w.as[who].ServeHTTP(out, r)
	return answer{out.Code, out.Header(), out.Body.Bytes()}
}

func (w *world) get(who, path string) answer { w.t.Helper(); return w.ask(who, "GET", path, "") }

// ok answers into v.
func (w *world) ok(who, method, path, body string, v any) {
	w.t.Helper()
	a := w.ask(who, method, path, body)
	if a.status != http.StatusOK {
		w.t.Fatalf("%s %s as %s: %d %s", method, path, who, a.status, a.body)
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		w.t.Fatalf("%s %s: %v\n%s", method, path, err, a.body)
	}
}

// refused holds an answer to a problem.
func (w *world) refused(who, method, path, body string, status int, reason string) {
	w.t.Helper()
	a := w.ask(who, method, path, body)
	var p web.Problem
	err := json.Unmarshal(a.body, &p)
	if err != nil || a.status != status || p.Status != status || !strings.Contains(p.Detail+" "+string(a.body), reason) ||
		p.Whose == "" || p.Next == "" || p.Title == "" || p.RequestID == "" || a.header.Get("Content-Type") != "application/problem+json" {
		w.t.Errorf("%s %s as %s: %d %s, want %d with %q", method, path, who, a.status, a.body, status, reason)
	}
}

// document is what of the OpenAPI document the tests read.
type document struct {
	OpenAPI    string
	Paths      map[string]map[string]operation
	Components struct {
		Schemas   shapes
		Responses map[string]response
	}
}

type operation struct {
	OperationID, Summary, Description string
	Parameters                        []struct {
		Name, In, Description string
		Required              bool
	}
	RequestBody *struct {
		Content map[string]struct{ Schema map[string]any }
	}
	Responses map[string]response
}

type response struct {
	Ref         string `json:"$ref"`
	Description string
	Content     map[string]struct{ Schema map[string]any }
}
