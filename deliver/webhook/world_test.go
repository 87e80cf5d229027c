package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"collector/auth"
	"collector/item"
	"collector/queue"
	queuememory "collector/queue/memory"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

var errLost = errors.New("the answer is lost")

// world is a store with one network, a store of jobs, and a receiver.
type world struct {
	*testing.T
	st    store.Store
	hooks *faulty
	jobs  *faultyJobs
	ring  *auth.Keyring
	lease state.Lease
	pages int

	mu      sync.Mutex
	secrets map[string]string        // by address
	answer  func(n int) (int, error) // to the n-th call, from 1; nil: 200
	finish  bool
	after   string        // the Retry-After of what is not answered well
	silent  string        // whose addresses begin so answers after 20 s, badly
	takes   time.Duration // how long a call takes
	got     []call
	busy    int
	busiest int
}

// call is one that the receiver has got.
type call struct {
	at   time.Time
	url  string
	id   string
	body struct {
		Type string
		Data struct {
			Change, After int64
			Item          struct{ ID string }
		}
	}
}

// faulty loses what is noted at the n-th call, or its answer.
type faulty struct {
	Store
	fail func() (carryOut bool, err error)
}

func (f *faulty) Note(ctx context.Context, notes []Note) error {
	carryOut, err := f.fail()
	if carryOut {
		if err := f.Store.Note(ctx, notes); err != nil {
			return err
		}
	}
	return err
}

type faultyJobs struct {
	queue.Store
	fail func() (carryOut bool, err error)
}

func (f *faultyJobs) Add(ctx context.Context, now time.Time, mark string, jobs []queue.Job) ([]bool, error) {
	carryOut, err := f.fail()
	if !carryOut {
		return nil, err
	}
	added, failed := f.Store.Add(ctx, now, mark, jobs)
	return added, errors.Join(failed, err)
}

func works() (bool, error) { return true, nil }

func newWorld(t *testing.T) *world {
	now := time.Now()
	st, err := memory.Open(t.Context(), "", store.Options{Owner: "a", Lease: time.Hour, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	w := &world{T: t, st: st, hooks: &faulty{NewMemory(), works}, jobs: &faultyJobs{queuememory.New(), works}, secrets: map[string]string{}}
	w.ring, err = auth.OpenKeyring(t.Context(), st, auth.KeySource{Beside: filepath.Join(t.TempDir(), "key")})
	w.must(err)
	w.must(st.AddAccount(t.Context(), state.Account{ID: "acc", User: "me", Provider: "github", RemoteID: "1", Name: "octocat", CreatedAt: now}))
	w.must(st.AddNetworks(t.Context(), []state.Network{{ID: "net", AccountID: "acc", User: "me", Service: "github", Provider: "github", Account: "octocat", RemoteID: "1", CreatedAt: now}}))
	got, err := st.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: now, Until: now.Add(time.Hour), N: 1, Services: map[string]int{"github": 1}})
	w.must(err)
	if len(got) != 1 {
		t.Fatalf("%d networks claimed", len(got))
	}
	w.lease = got[0].Lease
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// commit stores a page of so many new items.
func (w *world) commit(kind string, n int) {
	w.Helper()
	w.pages++
	var items []item.Item
	for i := range n {
		id := fmt.Sprintf("%d-%d", w.pages, i)
		items = append(items, item.Item{ID: id, URL: "https://example.org/" + id, Kind: "repository", Title: "thing " + id, LikedAt: time.Now(), LikedFrom: item.FromAPI})
	}
	_, err := w.st.Commit(w.Context(), w.lease, state.Page{
		ID: fmt.Sprint("net/1/", w.pages), Kind: kind, Walk: 1, ObservedAt: time.Now().Add(time.Duration(w.pages) * time.Millisecond), Items: items,
		After: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: time.Now(), Walks: 1},
	})
	w.must(err)
}

// add adds an endpoint.
func (w *world) add(change func(*Endpoint)) Endpoint {
	w.Helper()
	e := Endpoint{ID: NewID(), User: "me", URL: "https://hooks.example/", Kinds: []string{"poll"}, Parallel: 10, CreatedAt: time.Now()}
	if change != nil {
		change(&e)
	}
	secret := NewSecret()
	w.mu.Lock()
	w.secrets[e.URL] = secret
	w.mu.Unlock()
	var err error
	e.Secret, err = Seal(w.ring, e.ID, auth.NewSecret(secret), auth.Secret{})
	w.must(err)
	_, err = w.hooks.Put(w.Context(), Record{Endpoint: e})
	w.must(err)
	return e
}

// change changes an endpoint, as a command does.
func (w *world) change(id string, fn func(*Endpoint)) {
	w.Helper()
	_, err := Change(w.Context(), w.hooks, id, func(e *Endpoint) error { fn(e); return nil })
	w.must(err)
}

// health is what is known of an endpoint.
func (w *world) health(id string) Health {
	w.Helper()
	r, err := w.hooks.Get(w.Context(), id)
	w.must(err)
	return r.Health.Of(r.Endpoint)
}

// waiting is how many messages are kept for an endpoint.
func (w *world) waiting(id string) int {
	w.Helper()
	list, _, err := w.jobs.Jobs(w.Context(), queue.Filter{Queue: QueueOf(id)}, queue.Page{Limit: queue.MaxPage})
	w.must(err)
	return len(list)
}

// post is the receiver: it refuses what is not signed by its secret.
func (w *world) post(ctx context.Context, address string, h http.Header, body []byte) (int, string, error) {
	w.mu.Lock()
	secret := w.secrets[address]
	w.mu.Unlock()
	v, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return 0, "", err
	}
	if err := v.VerifyIgnoringTimestamp(body, h); err != nil {
		w.Errorf("a call is not signed: %v", err)
		return http.StatusUnauthorized, "", nil
	}
	c := call{at: time.Now(), url: address, id: h.Get("webhook-id")}
	if err := json.Unmarshal(body, &c.body); err != nil {
		w.Errorf("a body is no JSON: %v", err)
	}
	w.mu.Lock()
	w.got = append(w.got, c)
	n := len(w.got)
	w.busy++
	w.busiest = max(w.busiest, w.busy)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.busy--
		w.mu.Unlock()
	}()
	takes, silent := w.takes, w.silent != "" && strings.HasPrefix(address, w.silent)
	if silent {
		takes = 20 * time.Second
	}
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			return 0, "", ctx.Err()
		}
	}
	switch {
	case silent:
		return 0, "", errLost
	case w.answer != nil:
		status, err := w.answer(n)
		return status, w.after, err
	}
	return http.StatusOK, "", nil
}

// service is a process that delivers.
func (w *world) service(look time.Duration) *Service {
	return New(Config{
		Store: w.st, Endpoints: func(context.Context) (Store, error) { return w.hooks, nil }, Post: w.post, Ring: w.ring, Know: func(string, auth.Credential) {},
		Open: func(context.Context) (queue.Store, func() error, error) {
			return w.jobs, func() error { return nil }, nil
		},
		Item:  func(it store.Liked) (json.RawMessage, error) { return json.Marshal(map[string]string{"id": it.ID}) },
		Leads: func() bool { return true }, Look: look, Owner: "a", Finish: w.finish, Lease: max(30*time.Second, 10*look), Grace: time.Second, Now: time.Now, Log: quiet,
	})
}

// run runs a process for a while.
func (w *world) run(d time.Duration) {
	ctx, stop := context.WithTimeout(w.Context(), d)
	defer stop()
	w.service(min(time.Minute, max(d/1000, time.Second))).Run(ctx)
}

// ids returns the webhook-ids by what they tell, and fails where one thing has two.
func (w *world) ids() map[string]string {
	w.Helper()
	out := map[string]string{}
	for _, c := range w.got {
		what := c.url + " " + c.body.Type + " " + c.body.Data.Item.ID
		if is, seen := out[what]; seen && is != c.id {
			w.Errorf("%s was told under %s and %s", what, is, c.id)
		}
		out[what] = c.id
	}
	return out
}
