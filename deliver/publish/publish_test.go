package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"collector/broker"
	"collector/item"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// world is a store with one network, and what was sent.
type world struct {
	*testing.T
	st     store.Store
	lease  state.Lease
	pages  int
	sent   []broker.Message
	refuse int // so many sends fail; a negative number: they are carried out and fail
}

func newWorld(t *testing.T) *world {
	st, err := memory.Open(t.Context(), "", store.Options{Owner: "a", Lease: time.Hour, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	w := &world{T: t, st: st}
	a := state.Account{ID: "acc", User: "o o", Provider: "github", RemoteID: "1", Name: "octocat", CreatedAt: noon}
	w.must(st.AddAccount(t.Context(), a))
	w.must(st.AddNetworks(t.Context(), []state.Network{{ID: "net", AccountID: "acc", User: "o o", Service: "github", Provider: "github", Account: "octocat", RemoteID: "1", CreatedAt: noon}}))
	got, err := st.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Hour), N: 1, Services: map[string]int{"github": 1}})
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

// commit stores a page of items.
func (w *world) commit(kind string, items ...item.Item) {
	w.Helper()
	w.pages++
	_, err := w.st.Commit(w.Context(), w.lease, state.Page{
		ID: fmt.Sprint("net/1/", w.pages), Kind: kind, Walk: 1, ObservedAt: noon.Add(time.Duration(w.pages) * time.Second), Items: items,
		After: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: noon, Walks: 1},
	})
	w.must(err)
}

func like(id string) item.Item {
	return item.Item{ID: id, URL: "https://example.org/" + id, Kind: "repository", Title: "thing " + id, LikedAt: noon, LikedFrom: item.FromAPI}
}

var errAway = errors.New("away")

func (w *world) send(_ context.Context, _ time.Time, ms []broker.Message) error {
	if w.refuse > 0 {
		w.refuse--
		return errAway
	}
	w.sent = append(w.sent, ms...)
	if w.refuse < 0 {
		w.refuse++
		return errAway
	}
	return nil
}

func (w *world) publisher(c Config) *Publisher {
	w.Helper()
	c.Type = "text/plain"
	c.Body = func(l store.Liked) ([]byte, error) { return []byte(l.Title), nil }
	p, err := New(w.st, w.send, c)
	w.must(err)
	return p
}

// steps publishes until there is nothing left, and returns the errors.
func (w *world) steps(p *Publisher) (errs []error) {
	for {
		n, err := p.Step(w.Context(), noon)
		if err != nil {
			errs = append(errs, err)
		} else if n == 0 {
			return errs
		}
	}
}

// told lists what was sent to a destination: change and item.
func (w *world) told(dest string) (out []string) {
	for _, m := range w.sent {
		if m.Destination == dest {
			out = append(out, m.Get("change")+" "+m.Get("item"))
		}
	}
	return out
}

func TestOnlyWhatPollsFindIsPublished(t *testing.T) {
	w := newWorld(t)
	w.commit("poll", like("before"))
	p := w.publisher(Config{Queues: []string{"/queue/likes"}})
	w.must(p.Begin(t.Context()))
	w.commit("backfill", like("old"))
	secret := like("secret")
	secret.Private = true
	w.commit("poll", like("1"), secret, like("2"))
	changed := like("1")
	changed.Title = "another title"
	w.commit("poll", changed)
	w.steps(p)
	want := []string{"added 1", "added 2", "changed 1"}
	for _, dest := range []string{"/topic/items", "/topic/items.o%20o", "/queue/likes"} {
		if got := w.told(dest); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", dest, got, want)
		}
	}
	m := w.sent[len(w.sent)-1]
	for name, want := range map[string]string{"kind": "poll", "user": "o o", "service": "github", "network": "github/octocat", "seq": "4", "content-type": "text/plain"} {
		if got := m.Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	if string(m.Body) != "another title" {
		t.Errorf("body %q", m.Body)
	}
	if w.steps(p); len(w.told("/topic/items")) != len(want) {
		t.Error("published again without need")
	}
}

func TestOtherKindsArePublishedOnRequest(t *testing.T) {
	w := newWorld(t)
	p := w.publisher(Config{Kinds: []string{"backfill"}, Private: true})
	w.steps(p)
	secret := like("secret")
	secret.Private = true
	w.commit("backfill", like("1"), secret)
	w.commit("poll", like("2"))
	w.steps(p)
	if got := w.told(Topic); !slices.Equal(got, []string{"added 1", "added secret"}) {
		t.Errorf("published %v", got)
	}
}

// TestNothingIsLeftOut has sends fail before and after they were carried out, and the
// publisher begin anew after each, as after a crash: every change is told, and what is
// told twice has one id.
func TestNothingIsLeftOut(t *testing.T) {
	w := newWorld(t)
	w.steps(w.publisher(Config{}))
	var want []string
	for i := range 60 {
		w.commit("poll", like(fmt.Sprint(i)), like(fmt.Sprint(i, "b")))
		want = append(want, "added "+fmt.Sprint(i), "added "+fmt.Sprint(i, "b"))
	}
	failed := 0
	for i := 0; ; i++ {
		if i%3 == 0 {
			w.refuse = 1 - i%2*2
		}
		n, err := w.publisher(Config{}).Step(t.Context(), noon)
		if err != nil && !errors.Is(err, errAway) {
			t.Fatal(err)
		}
		if err != nil {
			failed++
		} else if n == 0 {
			break
		}
		if i > 1000 {
			t.Fatal("it does not come to an end")
		}
	}
	if failed == 0 {
		t.Error("nothing failed")
	}
	seen := map[string]string{}
	var got []string
	for _, m := range w.sent {
		if m.Destination != Topic {
			continue
		}
		what := m.Get("change") + " " + m.Get("item")
		if seen[m.ID] == "" {
			seen[m.ID] = what
			got = append(got, what)
		} else if seen[m.ID] != what {
			t.Errorf("id %s is of %s and of %s", m.ID, seen[m.ID], what)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("published %d changes, want %d: %v", len(got), len(want), got)
	}
}

func TestALargePageGoesInSeveralWrites(t *testing.T) {
	w := newWorld(t)
	w.steps(w.publisher(Config{}))
	var items []item.Item
	for i := range broker.MaxBatch {
		items = append(items, like(fmt.Sprintf("%05d", i)))
	}
	w.commit("poll", items...)
	largest := 0
	p, err := New(w.st, func(_ context.Context, _ time.Time, ms []broker.Message) error {
		largest = max(largest, len(ms))
		w.sent = append(w.sent, ms...)
		return nil
	}, Config{Body: func(store.Liked) ([]byte, error) { return make([]byte, 5000), nil }})
	w.must(err)
	w.steps(p)
	if n := len(w.told(Topic)); n != broker.MaxBatch || largest > sent/5000 {
		t.Errorf("%d items told, at most %d messages in a write", n, largest)
	}
}

func TestWhatTheLogNoLongerHoldsIsSaid(t *testing.T) {
	w := newWorld(t)
	p := w.publisher(Config{})
	w.steps(p)
	w.commit("poll", like("1"))
	w.commit("poll", like("2"))
	if _, err := w.st.PruneChanges(t.Context(), noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	errs := w.steps(p)
	if len(errs) != 1 || !errors.Is(errs[0], ErrMissed) {
		t.Errorf("errors %v", errs)
	}
	w.commit("poll", like("3"))
	w.steps(p)
	if got := w.told(Topic); !slices.Equal(got, []string{"missed ", "added 3"}) {
		t.Errorf("published %v", got)
	}
}

func TestAQueueThatCannotBeIsRefused(t *testing.T) {
	for _, dest := range []string{"likes", "/topic/likes", "/queue/a b"} {
		if _, err := New(nil, nil, Config{Queues: []string{dest}}); !errors.Is(err, broker.ErrDestination) {
			t.Errorf("%q: %v", dest, err)
		}
	}
}
