package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"collector/deliver/webhook"
	webhooksqlite "collector/deliver/webhook/sqlite"
	"collector/queue"
	queuesqlite "collector/queue/sqlite"
	"collector/simulate"
	"collector/state"
	"collector/store"
	"collector/store/sqlite"
)

// receiver is a server of somebody's that notes what it is told.
type receiver struct {
	*httptest.Server
	status atomic.Int64 // what it answers
	mu     sync.Mutex
	told   []string // the type and the item of each call
	signed func(http.Header, []byte) error
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.status.Store(http.StatusOK)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var m struct {
			Type string
			Data struct{ Item exported }
		}
		var body json.RawMessage
		err := json.NewDecoder(req.Body).Decode(&body)
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if err == nil && r.signed != nil {
			err = r.signed(req.Header, body)
		}
		if err != nil {
			t.Error(err)
		}
		if r.status.Load() == http.StatusOK {
			r.told = append(r.told, strings.TrimSpace(m.Type+" "+m.Data.Item.ID))
		}
		w.WriteHeader(int(r.status.Load()))
	}))
	t.Cleanup(r.Close)
	return r
}

// heard returns what it was told since it was asked last.
func (r *receiver) heard() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := strings.Join(r.told, ", ")
	r.told = nil
	return out
}

// expects has each call verified with a secret.
func (r *receiver) expects(t *testing.T, secret string) {
	t.Helper()
	v, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.signed = func(h http.Header, body []byte) error { return v.VerifyIgnoringTimestamp(body, h) }
}

// TestMigrateTakesWebhooks moves to a file; webhooks_mongo_test.go to MongoDB and back.
func TestMigrateTakesWebhooks(t *testing.T) {
	inFolder(t)
	migratesWebhooks(t, "sqlite:new.db")
	if _, err := os.Stat("new.db" + besideWebhooks); err != nil {
		t.Errorf("what waits: %v", err)
	}
}

// migratesWebhooks moves a store with webhooks, one of which has a message that waits, from
// one place to the next: in each they are as they were, and are told of what is found there,
// and of nothing else.
func migratesWebhooks(t *testing.T, places ...string) {
	t.Helper()
	sim, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 5})
	r := newReceiver(t)
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.env["COLLECTOR_ALLOW_PRIVATE"] = strings.Trim(p.env["COLLECTOR_ALLOW_PRIVATE"]+","+r.Listener.Addr().String(), ",")
	finds := func() string {
		t.Helper()
		ids, err := sim.Like(acc[0].Key, 1)
		if err != nil {
			t.Fatal(err)
		}
		p.run(t, "sync", "--all").must(t)
		p.run(t, "--once").must(t)
		return "item.added " + ids[0]
	}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	added := strings.Fields(p.run(t, "webhooks", "add", r.URL, "--private").must(t).out)
	paused := strings.Fields(p.run(t, "webhooks", "add", r.URL+"/paused").must(t).out)
	p.run(t, "webhooks", "pause", paused[0]).must(t)
	r.expects(t, added[1])
	r.status.Store(http.StatusBadGateway)
	finds()
	before := p.run(t, "webhooks", "list", "--json").must(t).out
	var v webhookView
	if err := json.NewDecoder(strings.NewReader(before)).Decode(&v); err != nil || v.Waiting != 1 || v.State != "failing" {
		t.Fatalf("no message waits: %s, %v", before, err)
	}
	at := "sqlite:collector.db"
	for _, to := range places {
		r.status.Store(http.StatusBadGateway)
		if path, file := strings.CutPrefix(to, "sqlite:"); file {
			o := p.run(t, "migrate", "--dry-run", at, to).must(t)
			if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(o.err, ", 2 webhooks") {
				t.Errorf("a dry run: %v, %s", err, o.err)
			}
		}
		o := p.run(t, "migrate", at, to).must(t)
		if !strings.Contains(o.err, "counted on both sides: 1 account") || !strings.Contains(o.err, ", 2 webhooks") {
			t.Errorf("migrate says: %s", o.err)
		}
		if o := p.run(t, "migrate", at, to).must(t); !strings.Contains(o.err, "already") {
			t.Errorf("once more: %s", o.err)
		}
		at = to
		p.env["COLLECTOR_STORE"], p.env["COLLECTOR_SECRET_KEY_FILE"] = to, "collector.key"
		if got := p.run(t, "webhooks", "list", "--json").must(t).out; got != before {
			t.Errorf("%s: the webhooks are\n%s, they were\n%s", to, got, before)
		}
		r.status.Store(http.StatusOK)
		r.heard()
		p.run(t, "webhooks", "test", added[0]).must(t)
		found := finds()
		if got := r.heard(); !strings.HasPrefix(got, "ping") || !strings.Contains(got, found) || strings.Contains(got, "missed") {
			t.Errorf("%s: it heard %s, and %s was found", to, got, found)
		}
		before = p.run(t, "webhooks", "list", "--json").must(t).out
	}
	p.run(t, "webhooks", "resume", paused[0]).must(t)
	r.mu.Lock()
	r.signed = nil // it has another secret
	r.mu.Unlock()
	p.run(t, "--once").must(t)
	if got := r.heard(); strings.Count(got, "changes.missed") != 1 {
		t.Errorf("who was away heard %s", got)
	}
}

// TestMigrateRefusesATargetWithWebhooks, and changes nothing.
func TestMigrateRefusesATargetWithWebhooks(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	withOther(t, func(st store.Store) error {
		return withWebhooks(t.Context(), st, true, func(hooks webhook.Store) error {
			_, err := hooks.Put(t.Context(), webhook.Record{Endpoint: webhook.Endpoint{ID: "wh_1"}})
			return err
		})
	})
	before := fingerprint(t)
	for _, args := range [][]string{{"migrate", "sqlite:collector.db", "sqlite:other.db"}, {"migrate", "--dry-run", "sqlite:collector.db", "sqlite:other.db"}} {
		if o := p.run(t, args...); o.code != exitUsage || !strings.Contains(o.err, "there are webhooks in it") || !strings.Contains(o.err, "empty store") {
			t.Errorf("%v: %d %s", args, o.code, o.err)
		}
	}
	unchanged(t, before, fingerprint(t))
}

// sqliteStore runs fn over the store of the present folder.
func sqliteStore(t *testing.T, fn func(*sqlite.Store)) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), "collector.db", store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	fn(st.(*sqlite.Store))
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestWebhooksOfAnEarlierVersion are taken over by whoever comes first, a command or a
// collector, with their secrets and their places.
func TestWebhooksOfAnEarlierVersion(t *testing.T) {
	for name, first := range map[string][]string{"a command": {"webhooks", "list"}, "a collector": {"--once"}, "a move": {"migrate", "sqlite:collector.db", "sqlite:new.db"}} {
		t.Run(name, func(t *testing.T) {
			inFolder(t)
			_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
			r := newReceiver(t)
			p := program{env: env, stdin: acc[0].Tokens[0]}
			p.env["COLLECTOR_ALLOW_PRIVATE"] = strings.Trim(p.env["COLLECTOR_ALLOW_PRIVATE"]+","+r.Listener.Addr().String(), ",")
			p.run(t, "connect", "github", "--token-stdin").must(t)
			p.run(t, "--once").must(t)
			added := strings.Fields(p.run(t, "webhooks", "add", r.URL).must(t).out)
			r.expects(t, added[1])
			sqliteStore(t, func(st *sqlite.Store) { // as the earlier version had it
				db, err := st.Database(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				hooks, err := webhooksqlite.Open(t.Context(), db)
				if err != nil {
					t.Fatal(err)
				}
				had, err := hooks.Get(t.Context(), added[0])
				if err != nil {
					t.Fatal(err)
				}
				text, err := json.Marshal([]webhook.Endpoint{had.Endpoint})
				if err != nil {
					t.Fatal(err)
				}
				for key, value := range map[string]string{"webhooks": string(text), "webhook/" + added[0] + "/place": `{"seq":7}`} {
					if err := st.SetMeta(t.Context(), key, value); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := db.ExecContext(t.Context(), "DROP TABLE webhook_endpoints; DROP TABLE webhook_versions"); err != nil {
					t.Fatal(err)
				}
			})
			p.run(t, first...).must(t)
			sqliteStore(t, func(st *sqlite.Store) {
				for _, key := range []string{"webhooks", "webhook/" + added[0] + "/place"} {
					if text, err := st.Meta(t.Context(), key); text != "" || err != nil {
						t.Errorf("%s is still %q, %v", key, text, err)
					}
				}
				err := withWebhooks(t.Context(), st, false, func(hooks webhook.Store) error {
					got, err := hooks.Get(t.Context(), added[0])
					if got.Place.Seq < 7 {
						t.Errorf("its place is %+v", got.Place)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			if strings.HasPrefix(name, "a move") {
				p.env["COLLECTOR_STORE"], p.env["COLLECTOR_SECRET_KEY_FILE"] = "sqlite:new.db", "collector.key"
			}
			p.run(t, "webhooks", "test", added[0]).must(t)
			if got := r.heard(); got != "ping" {
				t.Errorf("it heard %q", got)
			}
		})
	}
}

// TestNoWebhooksNoTables: a store without webhooks is as it would be without this, whatever
// is run, but for the command that adds one.
func TestNoWebhooksNoTables(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	for _, args := range [][]string{{"--once"}, {"webhooks", "list"}, {"rotate-key"}, {"migrate", "sqlite:collector.db", "sqlite:new.db"}, {"users", "purge", "--yes", "me"}} {
		p.run(t, args...).must(t)
	}
	if o := p.run(t, "webhooks", "test", "wh_none"); o.code != exitUsage {
		t.Errorf("%d %s", o.code, o.err)
	}
	for _, name := range []string{"collector.db", "new.db"} {
		if strings.Contains(string(read(t, name)), "webhook") {
			t.Errorf("%s has tables of webhooks", name)
		}
	}
	for _, name := range []string{"collector.db", "new.db"} {
		if _, err := os.Stat(name + besideWebhooks); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name+besideWebhooks, err)
		}
	}
}

// TestARestoreKnowsTheSecretsOfNow: the secret of a webhook that was drawn since the backup,
// and sealed with another key since, is the one after a restore; a place of then is told that
// something is missing.
func TestARestoreKnowsTheSecretsOfNow(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	r := newReceiver(t)
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.env["COLLECTOR_ALLOW_PRIVATE"] = strings.Trim(p.env["COLLECTOR_ALLOW_PRIVATE"]+","+r.Listener.Addr().String(), ",")
	p.run(t, "connect", "github", "--token-stdin").must(t)
	p.run(t, "--once").must(t)
	id := strings.Fields(p.run(t, "webhooks", "add", r.URL).must(t).out)[0]
	gone := strings.Fields(p.run(t, "webhooks", "add", r.URL+"/gone").must(t).out)[0]
	p.run(t, "backup", "likes.backup").must(t)
	secret := strings.TrimSpace(p.run(t, "webhooks", "rotate", id).must(t).out)
	p.run(t, "webhooks", "remove", gone).must(t)
	p.run(t, "rotate-key").must(t)
	p.run(t, "restore", "likes.backup").must(t)
	r.expects(t, secret)
	p.run(t, "webhooks", "test", id).must(t)
	if o := p.run(t, "webhooks", "list").must(t); !strings.Contains(o.out, gone) {
		t.Errorf("what was removed since is not back: %s", o.out)
	}
	p.run(t, "webhooks", "remove", gone).must(t)
	p.run(t, "--once").must(t)
	if got := r.heard(); got != "ping, changes.missed" {
		t.Errorf("it heard %q", got)
	}
}

// TestPurgeReachesWebhooks: of a network that is purged nothing waits for any webhook, not
// even what was given up, and of a person that is purged there is no webhook, nothing that
// waits, and no name in any file.
func TestPurgeReachesWebhooks(t *testing.T) {
	inFolder(t)
	networks := map[string]string{}
	seeded(t, func(s *seeder) {
		for _, user := range []string{"adelheid", "bob"} {
			for _, account := range []string{"one", "two"} {
				networks[user+account] = s.network(user, "github", "", account, nil, state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon})
			}
		}
	})
	p := program{now: atNoon}
	hooks := map[string]string{}
	for _, user := range []string{"adelheid", "bob"} {
		hooks[user] = strings.Fields(p.run(t, "webhooks", "add", "https://hooks.example/"+user, "--user", user).must(t).out)[0]
	}
	path := "collector.db" + besideWebhooks
	waits := func(fn func(queue.Store)) {
		t.Helper()
		db, err := sqlite.Beside(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		jobs, err := queuesqlite.Open(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		defer jobs.Close()
		fn(jobs)
	}
	waits(func(jobs queue.Store) {
		for user, id := range hooks {
			for _, account := range []string{"one", "two"} {
				for _, what := range []string{"waiting", "dead", "held"} {
					data, err := json.Marshal(map[string]string{"endpoint": id, "network": networks[user+account], "item": "item-of-" + user + "-" + account})
					if err != nil {
						t.Fatal(err)
					}
					j := queue.Job{ID: user + account + what, Queue: webhook.QueueOf(id), Kind: "webhook", Data: data, Priority: map[string]int{"dead": 2, "held": 1}[what]}
					if _, err := jobs.Add(t.Context(), noon, "", []queue.Job{j}); err != nil {
						t.Fatal(err)
					}
				}
			}
			claim := queue.Claim{Queue: webhook.QueueOf(id), N: 4, Owner: "a collector that was killed", Now: noon, Until: noon}
			got, err := jobs.Claim(t.Context(), claim)
			if err != nil || len(got) != 4 {
				t.Fatalf("%d claimed, %v", len(got), err)
			}
			for _, j := range got[:2] {
				if _, err := jobs.Finish(t.Context(), noon, []queue.Outcome{{Ref: j.Ref(), Verb: queue.Bury, Error: "item-of-" + user + " was refused"}}); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	left := func() (ids string) {
		t.Helper()
		waits(func(jobs queue.Store) {
			list, _, err := jobs.Jobs(t.Context(), queue.Filter{}, queue.Page{})
			if err != nil {
				t.Fatal(err)
			}
			for _, j := range list {
				ids += " " + j.ID
			}
		})
		return ids
	}
	ofBob := " bobonedead boboneheld bobonewaiting bobtwodead bobtwoheld bobtwowaiting"
	p.run(t, "accounts", "remove", "--purge", "--yes", "--user=adelheid", "github/one").must(t)
	if got, want := left(), " adelheidtwodead adelheidtwoheld adelheidtwowaiting"+ofBob; got != want {
		t.Errorf("after the network there are%s, want%s", got, want)
	}
	p.run(t, "users", "purge", "--yes", "adelheid").must(t)
	if got := left(); got != ofBob {
		t.Errorf("after the person there are%s, want%s", got, ofBob)
	}
	if o := p.run(t, "webhooks", "list").must(t); strings.Contains(o.out, hooks["adelheid"]) || !strings.Contains(o.out, hooks["bob"]) {
		t.Errorf("the webhooks: %s", o.out)
	}
	for _, name := range []string{"collector.db", "collector.db-wal", path, path + "-wal"} {
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "adelheid") {
			t.Errorf("the name is still in %s", name)
		}
	}
	if o := p.run(t, "users", "purge", "--yes", "adelheid"); o.code != exitUsage {
		t.Errorf("once more: %d %s", o.code, o.err)
	}
}

// TestWatchedWebhooksHaveOneHandle: who looks every few seconds opens the database once, also
// where the first webhook is added later.
func TestWatchedWebhooksHaveOneHandle(t *testing.T) {
	inFolder(t)
	seeded(t, func(s *seeder) {
		w := &watchedWebhooks{st: s.st}
		if hooks, err := w.there(t.Context()); hooks != nil || err != nil {
			t.Errorf("before any was added: %v, %v", hooks, err)
		}
		s.must(withWebhooks(t.Context(), s.st, true, func(hooks webhook.Store) error {
			_, err := hooks.Put(t.Context(), webhook.Record{Endpoint: webhook.Endpoint{ID: "wh_1"}})
			return err
		}))
		handle := w.kept
		first, err := w.there(t.Context())
		s.must(err)
		again, err := w.there(t.Context())
		s.must(err)
		if first == nil || first != again || w.kept != handle {
			t.Errorf("each look opens them: %p, %p", first, again)
		}
		if all, err := w.all(t.Context()); len(all) != 1 || err != nil {
			t.Errorf("there are %v, %v", all, err)
		}
		s.must(w.close())
	})
}
