package push

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"collector/auth"
	"collector/fetch"
	"collector/item"
	"collector/push/pushtest"
	"collector/search"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

const token = "tok-c4nary-push"

// world is a store with two users, and the two services.
type world struct {
	*testing.T
	st       store.Store
	leases   map[string]state.Lease
	pages    int
	karakeep pushtest.Karakeep
	linkding pushtest.Linkding
	calls    int // that were made
	fail     int // the call with this number fails, from 1
	after    bool
	now      time.Time
	answer   func(fetch.Message) *fetch.Answer // in the place of the server's, where it is not nil
}

func newWorld(t *testing.T) *world {
	st, err := memory.Open(t.Context(), "", store.Options{Owner: "a", Lease: time.Hour, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	w := &world{T: t, st: st, leases: map[string]state.Lease{}, now: noon}
	w.karakeep.Token, w.linkding.Token = token, token
	for _, user := range []string{"me", "anna"} {
		w.must(st.AddAccount(t.Context(), state.Account{ID: "acc-" + user, User: user, Provider: "github", RemoteID: user, Name: user, CreatedAt: noon}))
		w.must(st.AddNetworks(t.Context(), []state.Network{{ID: "net-" + user, AccountID: "acc-" + user, User: user, Service: "github", Provider: "github", Account: user, RemoteID: user, CreatedAt: noon}}))
		got, err := st.Claim(t.Context(), state.Claim{Network: "net-" + user, Owner: "a", Now: noon, Until: noon.Add(time.Hour)})
		w.must(err)
		w.leases[user] = got[0].Lease
	}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// commit stores a page of items of a user.
func (w *world) commit(user, kind string, items ...item.Item) {
	w.Helper()
	w.pages++
	_, err := w.st.Commit(w.Context(), w.leases[user], state.Page{
		ID: fmt.Sprint(user, "/1/", w.pages), Kind: kind, Walk: 1, ObservedAt: noon.Add(time.Duration(w.pages) * time.Second), Items: items,
		After: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: noon, Walks: 1},
	})
	w.must(err)
}

func like(id string) item.Item {
	return item.Item{
		ID: id, URL: "https://example.org/" + id, Kind: "repository", Title: "thing " + id, Text: "about " + id, Tags: []string{"go", "Raft Consensus"},
		LikedAt: noon.Add(-24 * time.Hour), LikedFrom: item.FromAPI,
	}
}

func likes(n int) (out []item.Item) {
	for i := range n {
		it := like(fmt.Sprint("i", i))
		it.LikedAt = noon.Add(-time.Duration(i) * time.Hour)
		out = append(out, it)
	}
	return out
}

var errAway = errors.New("the server is away")

// send is fetch.Client.Send over no wire.
func (w *world) send(h http.Handler) func(context.Context, fetch.Message) (fetch.Answer, error) {
	return func(_ context.Context, m fetch.Message) (fetch.Answer, error) {
		if w.calls++; w.calls == w.fail && !w.after {
			return fetch.Answer{}, errAway
		}
		if w.answer != nil {
			if a := w.answer(m); a != nil {
				return *a, nil
			}
		}
		r := httptest.NewRequestWithContext(w.Context(), m.Method, m.Address, bytes.NewReader(m.Body))
		r.Header.Set("Authorization", m.Scheme+" "+m.Token.Reveal())
		if m.Body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		got := httptest.NewRecorder()
		h.ServeHTTP(got, r)
		if w.calls == w.fail { // it was carried out, and the answer is lost
			return fetch.Answer{}, errAway
		}
		return fetch.Answer{Status: got.Code, RetryAfter: got.Header().Get("Retry-After"), Body: got.Body.Bytes()}, nil
	}
}

func (w *world) server(h http.Handler) Server {
	return Server{
		Base: "https://links.example/sub/", Token: auth.NewSecret(token), Send: w.send(http.StripPrefix("/sub", h)), Pace: rate.NewLimiter(rate.Inf, 1),
		Now: func() time.Time { return w.now }, Scrub: func(s string) string { return strings.ReplaceAll(s, token, "(secret)") },
	}
}

func (w *world) toKarakeep() Target { return NewKarakeep(w.server(&w.karakeep)) }
func (w *world) toLinkding() Target { return NewLinkding(w.server(&w.linkding)) }

// push makes one run.
func (w *world) push(to Target, c Config) (Report, error) {
	w.Helper()
	expr, bad := search.Parse(c.Query, noon)
	if bad != nil {
		w.Fatal(bad)
	}
	if c.Store == nil {
		c.Store = w.st
	}
	if c.User == "" {
		c.User = "me"
	}
	c.Target, c.Name, c.Expr, c.Now = to, fmt.Sprintf("%T", to), expr, func() time.Time { return w.now }
	return New(c).Run(w.Context())
}

// both runs a test for each service.
func both(t *testing.T, fn func(w *world, to func() Target, s *pushtest.Server)) {
	t.Run("karakeep", func(t *testing.T) {
		w := newWorld(t)
		fn(w, w.toKarakeep, &w.karakeep.Server)
	})
	t.Run("linkding", func(t *testing.T) {
		w := newWorld(t)
		fn(w, w.toLinkding, &w.linkding.Server)
	})
}

// isAll demands that exactly these likes are there, each once and with its tags.
func isAll(t *testing.T, s *pushtest.Server, items []item.Item) {
	t.Helper()
	seen := map[string]int{}
	for _, b := range s.Kept() {
		seen[b.URL]++
		if len(b.Tags) != 2 || b.Title == "" || !strings.Contains(b.Note, "github/") {
			t.Errorf("%+v", b)
		}
	}
	for _, it := range items {
		if seen[it.URL] != 1 {
			t.Errorf("%s is there %d times", it.URL, seen[it.URL])
		}
	}
	if len(seen) != len(items) || s.Touched != 0 {
		t.Errorf("%d bookmarks for %d likes, %d touched", len(seen), len(items), s.Touched)
	}
}
