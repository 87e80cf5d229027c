//go:build mongo

package mongo

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/limit"
	"collector/state"
)

// claimedNetworks are networks of one account each, all leased to a store.
func claimedNetworks(t *testing.T, s *Store, n int) map[string]state.Lease {
	t.Helper()
	for i := range n {
		id := fmt.Sprint("net", i)
		err := errors.Join(
			s.AddAccount(t.Context(), state.Account{ID: id, User: "me", Provider: "github", Name: id}),
			s.AddNetworks(t.Context(), []state.Network{{ID: id, AccountID: id, Service: "github", CreatedAt: noon}}),
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Minute), N: n, Services: map[string]int{"github": n}})
	if err != nil || len(got) != n {
		t.Fatal(got, err)
	}
	leases := map[string]state.Lease{}
	for _, c := range got {
		leases[c.ID] = c.Lease
	}
	return leases
}

// pageOf is a page of some items that waits to be saved.
func pageOf(t *testing.T, l state.Lease, n int, ids ...string) *page {
	p := state.Page{ID: fmt.Sprint(l.Network, "/1/", n), Kind: "backfill", Walk: 1, ObservedAt: noon.Add(time.Duration(n) * time.Second), After: state.Progress{Mode: state.Initial, Walks: int64(n)}}
	for _, id := range ids {
		p.Items = append(p.Items, liked(id, id))
	}
	return &page{ctx: t.Context(), lease: l, Page: p, key: p.ID + "#" + mark()}
}

// TestPagesShareATransaction: pages of several networks are saved together, each
// with its own outcome; the one whose lease is lost is left out, and is told so when
// it is saved alone. What the log holds goes off a network with its next write.
func TestPagesShareATransaction(t *testing.T) {
	s := opened(t, address(t), "a")
	leases := claimedNetworks(t, s, 3)
	lost := leases["net2"]
	lost.Epoch--
	first := []*page{pageOf(t, leases["net0"], 1, "x", "y"), pageOf(t, leases["net1"], 1, "x"), pageOf(t, lost, 1, "z")}
	s.saveGroup(first)
	second := []*page{pageOf(t, leases["net0"], 2, "x", "new"), pageOf(t, leases["net1"], 2, "x")}
	s.saveGroup(second)
	for i, want := range []string{"true [x y] <nil>", "true [x] <nil>", "false [] <nil>"} {
		if got := fmt.Sprint(first[i].saved, first[i].e.added, first[i].err); got != want {
			t.Errorf("page %d: %s", i, got)
		}
	}
	for i, want := range []string{"true [new] <nil>", "true [] <nil>"} {
		if got := fmt.Sprint(second[i].saved, second[i].e.added, second[i].err); got != want {
			t.Errorf("second page %d: %s", i, got)
		}
	}
	if _, err := s.Commit(t.Context(), lost, first[2].Page); !errors.Is(err, state.ErrLeaseLost) {
		t.Errorf("a late page: %v", err)
	}
	log, err := s.Changes(t.Context(), "", 0, 10)
	if err != nil || len(log) != 3 {
		t.Errorf("the log: %+v, %v", log, err)
	}
	listed := func(id string) []string {
		n, err := s.read(t.Context(), id, where("_id", id))
		if err != nil {
			t.Fatal(err)
		}
		return keysOf(n.Unpublished)
	}
	if got := listed("net0"); !slices.Equal(got, []string{second[0].key}) {
		t.Errorf("net0 lists %v", got)
	}
	for id, l := range leases {
		if err := s.Release(t.Context(), l, state.Progress{Mode: state.Normal}); err != nil {
			t.Error(err)
		}
		if got := listed(id); len(got) > 0 {
			t.Errorf("%s lists %v after its release", id, got)
		}
	}
	if err := integrity(s); err != nil {
		t.Error(err)
	}
}

// TestReleasesShareACommand: of leases that end with one command each owner is told
// his own outcome.
func TestReleasesShareACommand(t *testing.T) {
	s := opened(t, address(t), "a")
	var all []*freeing
	release := func(l state.Lease) *freeing {
		f := &freeing{lease: l, by: mark()}
		f.update = bson.A{set(append(freed(noon, noon), bson.E{Key: "by", Value: f.by}, bson.E{Key: "freed", Value: f.by}))}
		return f
	}
	for id, l := range claimedNetworks(t, s, 3) {
		if id == "net1" {
			l.Epoch++
		}
		all = append(all, release(l))
	}
	s.freeAll(t.Context(), all)
	for _, f := range all {
		n, err := s.Network(t.Context(), f.lease.Network)
		if lost := f.lease.Network == "net1"; err != nil || lost != errors.Is(f.err, state.ErrLeaseLost) || lost == (n.Owner == "") || !lost && f.err != nil {
			t.Errorf("%s: %v; owner %q, %v", f.lease.Network, f.err, n.Owner, err)
		}
	}
}

// TestALeaseIsReleasedOnce: who releases it again, beside others, is told that it is
// lost.
func TestALeaseIsReleasedOnce(t *testing.T) {
	s := opened(t, address(t), "a")
	leases := claimedNetworks(t, s, 2)
	release := func(l state.Lease) *freeing {
		f := &freeing{lease: l, by: mark()}
		f.update = bson.A{set(append(freed(noon, noon), bson.E{Key: "by", Value: f.by}, bson.E{Key: "freed", Value: f.by}))}
		return f
	}
	s.freeAll(t.Context(), []*freeing{release(leases["net0"])})
	again, other := release(leases["net0"]), release(leases["net1"])
	s.freeAll(t.Context(), []*freeing{again, other})
	if !errors.Is(again.err, state.ErrLeaseLost) || other.err != nil {
		t.Errorf("a second release: %v, that of another network: %v", again.err, other.err)
	}
}

// TestRenewalIsOfItsOwner: what one owner renews does not renew the lease of another
// one whose page is in hand.
func TestRenewalIsOfItsOwner(t *testing.T) {
	s := opened(t, address(t), "a")
	l := claimedNetworks(t, s, 1)["net0"]
	before, err := s.Network(t.Context(), l.Network)
	if err != nil {
		t.Fatal(err)
	}
	p := s.pages.begin(l)
	if err := s.Renew(t.Context(), l.Owner+" and another", noon.Add(5*time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.saved(t.Context(), p)
	if n, err := s.Network(t.Context(), l.Network); err != nil || !n.LeaseUntil.Equal(before.LeaseUntil) {
		t.Errorf("the lease ends at %s, not at %s: %v", n.LeaseUntil, before.LeaseUntil, err)
	}
}

// TestARowThatOthersChangeIsChangedAgain: a row of the ledger that another process
// changes at the same time is changed by both.
func TestARowThatOthersChangeIsChangedAgain(t *testing.T) {
	at := address(t)
	a, b := opened(t, at, "a"), opened(t, at, "b")
	use := func(rows []*limit.Row) error { rows[0].Used++; return nil }
	for _, key := range []string{"new", "known"} {
		if key == "known" {
			if err := a.UpdateQuotas(t.Context(), []string{key}, use); err != nil {
				t.Fatal(err)
			}
		}
		met := false
		err := a.UpdateQuotas(t.Context(), []string{key}, func(rows []*limit.Row) error {
			if !met {
				met = true
				if err := b.UpdateQuotas(t.Context(), []string{key}, use); err != nil {
					t.Error(err)
				}
			}
			return use(rows)
		})
		rows, err2 := b.Quotas(t.Context(), key)
		want := map[string]int{"new": 2, "known": 3}[key]
		if err := errors.Join(err, err2); err != nil || len(rows) != 1 || rows[0].Used != want {
			t.Errorf("%s: %+v, %v", key, rows, err)
		}
	}
}
