package upkeep

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/item"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const (
	day   = 24 * time.Hour
	month = 30 * day
)

// world is a store with a cleaner and a clock that tests set.
type world struct {
	*testing.T
	st   store.Store
	now  time.Time
	long time.Time // when its users connected: long ago
	log  bytes.Buffer
	Cleaner
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, st: memory.New(), now: noon, long: noon.Add(-700 * day)}
	w.Cleaner = Cleaner{Store: w.st, After: month, Now: func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(&w.log, nil))}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// user connects one list with one item, long ago.
func (w *world) user(name string, condition state.Condition) {
	w.Helper()
	ctx := w.Context()
	long := w.long
	w.must(w.st.AddAccount(ctx, state.Account{ID: "a-" + name, User: name, Provider: "github", RemoteID: name, Name: name, CreatedAt: long}))
	w.must(w.st.AddNetworks(ctx, []state.Network{{
		ID: "n-" + name, AccountID: "a-" + name, User: name, Service: "github", Provider: "github", Account: name, RemoteID: name, CreatedAt: long,
		Progress: state.Progress{Mode: state.Initial, Condition: condition, ScheduledTo: long},
	}}))
	got, err := w.st.Claim(ctx, state.Claim{Owner: "me", Now: long, Until: long.Add(time.Minute), Network: "n-" + name})
	w.must(err)
	after := state.Progress{Mode: state.Normal, Condition: condition, ScheduledTo: long}
	_, err = w.st.Commit(ctx, got[0].Lease, state.Page{ID: name, Kind: "backfill", Walk: 1, ObservedAt: long, After: after, Items: []item.Item{{ID: "1", URL: "https://x.example/1", Title: "raft", LikedFrom: item.FromFirstSeen}}})
	w.must(err)
	w.must(w.st.Release(ctx, got[0].Lease, after))
}

// days lets turns come, one a day.
func (w *world) days(n int) {
	w.Helper()
	for range n {
		w.now = w.now.Add(day)
		w.must(w.turn(w.Context()))
	}
}

// collected are the users whose lists are still collected.
func (w *world) collected() string {
	w.Helper()
	all, err := w.st.Networks(w.Context(), store.Filter{})
	w.must(err)
	var out []string
	for _, n := range all {
		out = append(out, n.User)
	}
	return strings.Join(out, " ")
}

func (w *world) want(users string) {
	w.Helper()
	if got := w.collected(); got != users {
		w.Errorf("at %s lists of %q are collected, want %q", w.now.Format(time.RFC3339), got, users)
	}
}

// TestOnlyTheInactiveAreCleaned: of four users the one of whom no sign was seen for the
// whole time, to the second; what was collected of it is kept.
func TestOnlyTheInactiveAreCleaned(t *testing.T) {
	w := newWorld(t)
	w.user("ada", state.OK)
	w.user("bea", state.NeedsSignIn)
	w.user("eve", state.OK)
	w.user("imp", state.Imported)
	w.Using = func(context.Context) (map[string]string, error) { return map[string]string{"eve": "a webhook"}, nil }
	w.must(w.turn(t.Context())) // the watch begins
	w.must(Note(t.Context(), w.st, "ada", noon.Add(time.Hour)))
	w.days(29)
	w.now = noon.Add(month - time.Second)
	w.must(w.turn(t.Context()))
	w.want("ada bea eve imp")
	r, err := w.Look(t.Context())
	w.must(err)
	if got := r.Users; len(got) != 3 || got[0].Name != "bea" || !got[0].Due.Equal(noon.Add(month)) || got[1].Name != "ada" || !got[1].Due.Equal(noon.Add(month+time.Hour)) ||
		got[2].Name != "eve" || !got[2].Due.IsZero() || got[2].By != "a webhook" || len(r.Inactive()) != 0 {
		t.Errorf("a second before: %+v", r)
	}
	w.now = noon.Add(month)
	if r, err = w.Look(t.Context()); err != nil || len(r.Inactive()) != 1 || r.Inactive()[0].Name != "bea" {
		t.Errorf("at the time: %+v, %v", r.Inactive(), err)
	}
	w.want("ada bea eve imp") // looking changes nothing
	w.must(w.turn(t.Context()))
	w.want("ada eve imp")
	if !strings.Contains(w.log.String(), "user=bea network=github/bea items=1") {
		t.Errorf("the log does not tell: %s", w.log.String())
	}
	w.days(1)
	w.want("eve imp")
	for _, name := range []string{"bea", "ada"} {
		got, err := w.st.Search(t.Context(), store.Query{User: name})
		if err != nil || len(got.Items) != 1 {
			t.Errorf("what was collected of %s: %v, %v", name, got.Items, err)
		}
		if accounts, err := w.st.Accounts(t.Context(), name); err != nil || len(accounts) != 0 {
			t.Errorf("the account of %s: %v, %v", name, accounts, err)
		}
	}
	w.days(70)
	w.want("eve imp")
}

// TestNothingIsKnownOfBefore: who was there before the watch began is not known, so that
// nobody is inactive until it has gone on for the whole time; and it begins anew after a
// break, also one that only the clock has made.
func TestNothingIsKnownOfBefore(t *testing.T) {
	w := newWorld(t)
	w.user("ada", state.OK)
	if done, err := w.Clean(t.Context()); err != nil || done.Networks != 0 {
		t.Fatalf("before the watch: %+v, %v", done, err)
	}
	w.days(30)
	w.want("ada")
	w.now = w.now.Add(Break + time.Second) // no turn meanwhile, or a clock that has leapt
	if r, err := w.Look(t.Context()); err != nil || len(r.Inactive()) != 0 || !r.Since.Equal(w.now) {
		t.Fatalf("after a break: %+v, %v", r, err)
	}
	w.must(w.turn(t.Context()))
	w.want("ada")
	w.now = w.now.Add(-400 * day) // and back
	w.days(30)
	w.want("ada")
	w.now = w.now.Add(Break - day) // no break
	w.days(1)
	w.want("")
}

// TestWhoComesMeanwhileIsKept: a sign that comes between the look and the cleaning counts.
func TestWhoComesMeanwhileIsKept(t *testing.T) {
	w := newWorld(t)
	w.user("ada", state.OK)
	w.user("bea", state.OK)
	w.must(w.turn(t.Context()))
	w.days(29)
	w.now = noon.Add(month)
	late := w.Cleaner
	late.Store = arriving{w.st, func() { w.must(Note(t.Context(), w.st, "bea", w.now)) }}
	done, err := late.Clean(t.Context())
	if err != nil || done != (Cleaned{1, 1}) {
		t.Errorf("%+v, %v", done, err)
	}
	w.want("bea")
}

// arriving lets somebody come while lists are looked at.
type arriving struct {
	store.Store
	come func()
}

func (a arriving) Networks(ctx context.Context, f store.Filter) ([]state.Network, error) {
	if f.User == "bea" { // it was read before when she was seen
		a.come()
	}
	return a.Store.Networks(ctx, f)
}

// TestNotesAreFew: nothing is noted unless somebody watches, then once an hour, and
// nothing is left of a user who is forgotten.
func TestNotesAreFew(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	seen := func(want time.Time) {
		t.Helper()
		if at, err := Seen(ctx, w.st, "ada"); err != nil || !at.Equal(want) {
			t.Errorf("seen at %v, %v, want %v", at, err, want)
		}
	}
	w.must(Note(ctx, w.st, "ada", noon))
	seen(time.Time{})
	w.must(w.turn(ctx))
	w.must(Note(ctx, w.st, "ada", noon))
	w.must(Note(ctx, w.st, "ada", noon.Add(time.Hour-time.Second)))
	seen(noon)
	w.must(Note(ctx, w.st, "ada", noon.Add(time.Hour)))
	seen(noon.Add(time.Hour))
	if strings.Contains(seenKey("ada"), "ada") || seenKey("ada") == seenKey("bea") {
		t.Errorf("the key %q", seenKey("ada"))
	}
	w.must(Forget(ctx, w.st, "ada"))
	seen(time.Time{})
}

// TestReportsAreInOrder: the inactive ones first, then by when they will be, then those
// who use it otherwise.
func TestReportsAreInOrder(t *testing.T) {
	w := newWorld(t)
	w.must(w.turn(t.Context()))
	for i, name := range []string{"d", "b", "c", "a"} {
		w.user(name, state.OK)
		w.must(Note(t.Context(), w.st, name, noon.Add(time.Duration(i/2)*time.Hour)))
	}
	w.Using = func(context.Context) (map[string]string, error) { return map[string]string{"b": "a webhook"}, nil }
	r, err := w.Look(t.Context())
	w.must(err)
	var names []string
	for _, u := range r.Users {
		names = append(names, u.Name)
	}
	if !slices.Equal(names, []string{"d", "a", "c", "b"}) {
		t.Errorf("the order: %v", names)
	}
}
