// Package storetest is what every store must pass. It holds a backend to the
// contract of store.Store, promise by promise: each has a test with a name of
// its own, so that a broken promise can be told from its neighbours.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/item"
	"collector/search"
	"collector/state"
	"collector/store"
)

// Lease is the lease length that the kit claims with; a backend that is told
// its lease length when it is opened is opened with this one.
const Lease = 30 * time.Second

// Backend is one kind of store, over data that nothing else uses.
type Backend struct {
	// Open opens a further handle on the data, as another process would; owner
	// is the instance that will hold leases through it. The kit closes it.
	Open func(owner string) (store.Store, error)
	// Durable says that the data outlive the closing of all handles.
	Durable bool
	// Integrity tells what is damaged in the data; nil if there is no such check.
	Integrity func() error
	// Explain returns the plan of the statement that answers a claim, a line an
	// element, and DueIndex names the index that has to be in it; nil if the
	// backend has no planner.
	Explain  func(want state.Claim) ([]string, error)
	DueIndex string
}

// promise is one test of the kit.
type promise struct {
	name string
	test func(*kit)
}

// Run tests a kind of store. open makes a Backend without data for each test.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	for _, p := range slices.Concat(claims, fences, commits, details, wishes, people, removals, log, searches, shared, histories) {
		t.Run(p.name, func(t *testing.T) {
			k := &kit{T: t, Backend: open(t), fresh: open, ctx: t.Context()}
			k.a, k.b = k.handle("a"), k.handle("b")
			p.test(k)
			if k.Integrity != nil {
				if err := k.Integrity(); err != nil {
					t.Errorf("the data are damaged: %v", err)
				}
			}
		})
	}
}

// kit is one test with two handles on the same data, as two instances have.
type kit struct {
	*testing.T
	Backend
	fresh func(*testing.T) Backend // over other data
	ctx   context.Context
	a, b  store.Store
	made  int
}

// at is a time of the kit: so long after its noon.
func at(d time.Duration) time.Time {
	return time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC).Add(d)
}

const (
	minute = time.Minute
	hour   = time.Hour
	day    = 24 * time.Hour
)

func (k *kit) handle(owner string) store.Store {
	k.Helper()
	s, err := k.Open(owner)
	if err != nil {
		k.Fatalf("opening a handle for %s: %v", owner, err)
	}
	k.Cleanup(func() { s.Close() })
	return s
}

// must ends the test on an error.
func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// is holds an error to what it has to be.
func (k *kit) is(got, want error, what string) {
	k.Helper()
	if !errors.Is(got, want) {
		k.Errorf("%s: error %v, want %v", what, got, want)
	}
}

// account adds an account of a user, with a name and an identity of its own.
func (k *kit) account(user, provider string) state.Account {
	k.Helper()
	k.made++
	a := state.Account{
		ID: fmt.Sprintf("acc%04d", k.made), User: user, Provider: provider,
		RemoteID: fmt.Sprintf("r%d", k.made), Name: fmt.Sprintf("person%d", k.made), CreatedAt: at(-hour),
	}
	k.must(k.a.AddAccount(k.ctx, a))
	return a
}

// of makes a network of an account, due at noon, not yet saved.
func (k *kit) of(a state.Account, service string) state.Network {
	k.made++
	return state.Network{ID: fmt.Sprintf("net%05d", k.made), AccountID: a.ID, User: a.User, Service: service,
		Provider: a.Provider, Account: a.Name, RemoteID: a.RemoteID, CreatedAt: at(0)}
}

// network saves a network of the user me that is due at noon.
func (k *kit) network(service string) state.Network {
	k.Helper()
	return k.networkOf("me", service)
}

func (k *kit) networkOf(user, service string) state.Network {
	k.Helper()
	n := k.of(k.account(user, service), service)
	k.must(k.a.AddNetworks(k.ctx, []state.Network{n}))
	return n
}

// want is a claim of everything that is due.
func want(owner string, now time.Time, services ...string) state.Claim {
	c := state.Claim{Mode: state.Initial, Owner: owner, Now: now, Until: now.Add(Lease), N: 10000, Services: map[string]int{}}
	if len(services) == 0 {
		services = []string{"github", "mastodon", "bluesky"}
	}
	for _, s := range services {
		c.Services[s] = 10000
	}
	return c
}

// claim claims everything that is due for instance a.
func (k *kit) claim(now time.Time) []state.Claimed {
	k.Helper()
	got, err := k.a.Claim(k.ctx, want("a", now))
	k.must(err)
	return got
}

// lease claims the one network that is due.
func (k *kit) lease(s store.Store, owner string, now time.Time) state.Claimed {
	k.Helper()
	got, err := s.Claim(k.ctx, want(owner, now))
	k.must(err)
	if len(got) != 1 {
		k.Fatalf("claimed %s at %s, want one network", ids(got), now.Format(time.RFC3339Nano))
	}
	return got[0]
}

func ids(cs []state.Claimed) []string {
	var out []string
	for _, c := range cs {
		out = append(out, c.ID)
	}
	return out
}

// started is a network that instance a has claimed at noon.
func (k *kit) started(service string) state.Claimed {
	k.Helper()
	k.network(service)
	return k.lease(k.a, "a", at(0))
}

// now reads a network.
func (k *kit) now(id string) state.Network {
	k.Helper()
	n, err := k.b.Network(k.ctx, id)
	k.must(err)
	return n
}

// like is an item with a like time.
func like(id string, liked time.Time) item.Item {
	return item.Item{
		ID: id, URL: "https://example.org/" + id, Kind: "repository", Title: "thing " + id,
		Author: item.Author{Name: "maker"}, Language: "Go", Tags: []string{"tool"},
		CreatedAt: at(-300 * day), LikedAt: liked, LikedFrom: item.FromAPI,
	}
}

// page is a page of a backfill, observed at noon; walk 1.
func page(network string, number int, items ...item.Item) state.Page {
	return state.Page{
		ID: fmt.Sprintf("%s/1/%d", network, number), Kind: "backfill", Walk: 1, ObservedAt: at(0), Items: items,
		After: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: at(0), Walks: 1,
			Walk: &state.Walk{Number: 1, Kind: "backfill", Cursor: fmt.Sprint(number + 1), PageSize: 100, StartedAt: at(0), Pages: number}},
	}
}

// commit commits a page that must succeed.
func (k *kit) commit(l state.Lease, p state.Page) state.Committed {
	k.Helper()
	c, err := k.a.Commit(k.ctx, l, p)
	k.must(err)
	return c
}

// all returns every item of a network by id.
func (k *kit) all(network string) map[string]store.Liked {
	k.Helper()
	got := map[string]store.Liked{}
	k.must(k.b.Each(k.ctx, store.Query{Network: network, Removed: true}, func(l store.Liked) error {
		if _, twice := got[l.ID]; twice {
			k.Errorf("Each gave %s twice", l.ID)
		}
		got[l.ID] = l
		return nil
	}))
	return got
}

// found searches and returns the ids in order.
func (k *kit) found(q store.Query) []string {
	k.Helper()
	r, err := k.b.Search(k.ctx, q)
	if err != nil {
		k.Fatalf("searching %v: %v", q.Expr, err)
	}
	var out []string
	for _, l := range r.Items {
		out = append(out, l.ID)
	}
	return out
}

// word is a query for a word.
func word(w string) search.Expr { return search.Word(search.Fold(w)) }

// changes reads the log from since on.
func (k *kit) changes(user string, since int64) []store.Change {
	k.Helper()
	got, err := k.b.Changes(k.ctx, user, since, 100000)
	k.must(err)
	return got
}

func list(s []string) string { return strings.Join(s, " ") }

func (k *kit) same(got, want any, what string) {
	k.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		k.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}
