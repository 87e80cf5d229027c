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
	// HalfPages says that the data have no transactions: of a page whose lease is
	// lost while it is being stored, some items may stay, told in the change log;
	// the progress never does. What is stored late in one piece is refused whole.
	HalfPages bool
	// Explain returns the plan of the statement that answers a claim, a line an
	// element, and DueIndex names the index that has to be in it; nil if the
	// backend has no planner.
	Explain  func(want state.Claim) ([]string, error)
	DueIndex string
	// Histories is how many histories of concurrent owners are checked; fewer than
	// four are four.
	Histories int
}

// promise is one test of the kit.
type promise struct {
	name string
	test func(*kit)
}

// Run tests a kind of store. open makes a Backend without data for each test.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	for _, p := range slices.Concat(claims, oneClaims, parts, leases, fences, commits, observations, releases, details, wishes,
		people, tallies, removals, sweeps, goings, returns, log, differences, searches, rankings, constructs, differential, ties, facets, days, credentials, shared, histories, linear, budgets) {
		t.Run(p.name, func(t *testing.T) {
			k := &kit{T: t, Backend: open(t), fresh: open, ctx: t.Context()}
			k.a, k.b = k.handle("a"), k.handle("b")
			p.test(k)
			k.counted()
			k.logCounted()
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

// now reads a network.
func (k *kit) now(id string) state.Network {
	k.Helper()
	n, err := k.b.Network(k.ctx, id)
	k.must(err)
	return n
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
