//go:build mongo

package mongo

import (
	"errors"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
	"collector/store"
)

// TestANetworkWhoseItemsAreGoneIsLookedAt: everything that a network had is gone, and the
// next page of a backfill shows one of it again. It and the page with which it is saved
// together are saved with the first try.
func TestANetworkWhoseItemsAreGoneIsLookedAt(t *testing.T) {
	add := func(t *testing.T, s *Store, account, network string) {
		t.Helper()
		if err := errors.Join(
			s.AddAccount(t.Context(), state.Account{ID: account, User: "me", Provider: "github", Name: account, RemoteID: "remote " + network}),
			s.AddNetworks(t.Context(), []state.Network{{ID: network, AccountID: account, Service: "github", CreatedAt: noon}}),
		); err != nil {
			t.Fatal(err)
		}
	}
	emptied := func(t *testing.T, s *Store, lease state.Lease) {
		t.Helper()
		gone := pageOf(t, lease, 2).Page
		gone.Kind, gone.Removed = "sweep", []string{"x"}
		_, err := s.Commit(t.Context(), lease, pageOf(t, lease, 1, "x").Page)
		_, err2 := s.Commit(t.Context(), lease, gone)
		if err := errors.Join(err, err2, s.Release(t.Context(), lease, state.Progress{Mode: state.Initial, ScheduledTo: noon})); err != nil {
			t.Fatal(err)
		}
	}
	for name, ready := range map[string]func(*testing.T, *Store){
		"collected": func(t *testing.T, s *Store) {
			add(t, s, "acc", "net0")
			emptied(t, s, claimedOne(t, s))
		},
		"taken up": func(t *testing.T, s *Store) {
			if err := s.AddAccount(t.Context(), state.Account{ID: "acc", User: "me", Provider: "github", Name: "acc", RemoteID: "1"}); err != nil {
				t.Fatal(err)
			}
			for _, id := range []string{"old", "net0"} {
				if err := s.AddNetworks(t.Context(), []state.Network{{ID: id, AccountID: "acc", Service: "github", CreatedAt: noon}}); err != nil {
					t.Fatal(err)
				}
				if id == "old" {
					emptied(t, s, claimedOne(t, s))
					_, err := s.RemoveNetwork(t.Context(), id, false)
					if err := errors.Join(err, s.AddAccount(t.Context(), state.Account{ID: "acc", User: "me", Provider: "github", Name: "acc", RemoteID: "1"})); err != nil {
						t.Fatal(err)
					}
				}
			}
		},
		"moved": func(t *testing.T, s *Store) {
			n := &store.WholeNetwork{Network: state.Network{ID: "net0", AccountID: "acc", User: "me", Service: "github", Provider: "github", Account: "acc", CreatedAt: noon, WakeAt: noon}}
			n.Mode = state.Initial
			x := &store.WholeItem{Network: "net0", User: "me", Service: "github", FirstSeenAt: noon, ObservedAt: noon, Item: liked("x", "x"), RemovedAt: noon}
			if err := s.Put(t.Context(), []store.Record{{Account: &state.Account{ID: "acc", User: "me", Provider: "github", Name: "acc"}}, {Network: n}, {Item: x}}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := idleHandle(t, address(t))
			ready(t, s)
			add(t, s, "other", "net1")
			got, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(s.o.Lease), N: 2, Services: map[string]int{"github": 2}})
			if err != nil || len(got) != 2 {
				t.Fatal(got, err)
			}
			var pages []*page
			for _, c := range got {
				pages = append(pages, pageOf(t, c.Lease, 3, map[string]string{"net0": "x", "net1": "y"}[c.ID]))
			}
			s.saveGroup(pages)
			for _, p := range pages {
				if !p.saved || p.err != nil {
					t.Errorf("the page of %s: saved %v, %v", p.lease.Network, p.saved, p.err)
				}
			}
			if err := integrity(s); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestANewNetworkIsNotLookedAt: of a network that is new nobody asks which items are stored.
func TestANewNetworkIsNotLookedAt(t *testing.T) {
	at := address(t)
	first := idleHandle(t, at)
	leases := claimedNetworks(t, first, 2)
	looks := 0
	s := patientlyWatched(t, at, first, func(name string, command bson.Raw) {
		if of, _ := command.Lookup(name).StringValueOK(); name == "find" && of == "items" {
			looks++
		}
	})
	pages := []*page{pageOf(t, leases["net0"], 1, "x"), pageOf(t, leases["net1"], 1, "y")}
	s.saveGroup(pages)
	if looks > 0 || !pages[0].saved || !pages[1].saved {
		t.Errorf("%d looks; saved: %v, %v", looks, pages[0].saved, pages[1].saved)
	}
}
