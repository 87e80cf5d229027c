//go:build mongo

package mongo

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
)

// halfSaved notes that a page is being saved and stores its items. Its owner went no
// further.
func halfSaved(t *testing.T, s *Store, l state.Lease, ids ...string) *page {
	t.Helper()
	p := pageOf(t, l, 1, ids...)
	n, err := s.attempt(t.Context(), l, attempt{Key: p.key, Page: p.ID, Kind: p.Kind, At: p.ObservedAt, Epoch: l.Epoch})
	if err == nil {
		err = s.storeOf(t, n, p, ids...)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.n = n
	return p
}

// storeOf stores items as those of a page.
func (s *Store) storeOf(t *testing.T, n *network, p *page, ids ...string) error {
	items, err := sightings(pageOf(t, p.lease, 1, ids...).Page)
	if err != nil {
		return err
	}
	var rows []*row
	for _, it := range items {
		rows = append(rows, n.fresh(p.arrival(), it))
	}
	_, err = s.insert(t.Context(), rows)
	return err
}

// toldIn is what the log says was added, in its order.
func toldIn(t *testing.T, s *Store) (told []string) {
	t.Helper()
	log, err := s.Changes(t.Context(), "", 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range log {
		for _, id := range c.Added {
			told = append(told, c.NetworkID+" "+id)
		}
	}
	return told
}

// rescued does what the upkeep does, until nothing is left to do.
func rescued(t *testing.T, s *Store) {
	t.Helper()
	for seen := s.rescue(t.Context(), nil); len(seen) > 0; {
		seen = s.rescue(t.Context(), seen)
	}
}

// TestWhatOthersBeganIsToldAsItStands: while a page is saved, what an owner before it had
// begun goes on. It is told, and he dies before it is in the log; or more of it comes, and
// what the network holds is counted anew. All of it is in the log, once.
func TestWhatOthersBeganIsToldAsItStands(t *testing.T) {
	for name, meanwhile := range map[string]func(*testing.T, *Store, *network) error{
		"it is told": func(t *testing.T, s *Store, n *network) error {
			entries, err := s.abandoned(t.Context(), n, n.Attempts[:1])
			if err != nil {
				return err
			}
			return s.tell(t.Context(), n, bson.E{Key: "$pull", Value: where("attempts", where("key", n.Attempts[0].Key))}, entries)
		},
		"more of it comes": func(t *testing.T, s *Store, n *network) error { return s.joined(t.Context(), n) },
	} {
		t.Run(name, func(t *testing.T) {
			at := address(t)
			first := idleHandle(t, at)
			lease := claimedNetworks(t, first, 1)["net0"]
			begun := halfSaved(t, first, lease, "x")
			var once sync.Once
			s := patientlyWatched(t, at, first, func(name string, command bson.Raw) {
				if of, _ := command.Lookup(name).StringValueOK(); name != "insert" || of != "items" {
					return
				}
				once.Do(func() {
					n, err := first.read(t.Context(), "net0", where("_id", "net0"))
					if err == nil {
						err = errors.Join(first.storeOf(t, n, begun, "y"), meanwhile(t, first, n))
					}
					if err != nil {
						t.Error(err)
					}
				})
			})
			later := lease.Until.Add(time.Second)
			next, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "b", Now: later, Until: later.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
			if err != nil || len(next) != 1 {
				t.Fatal(next, err)
			}
			if _, err := s.Commit(t.Context(), next[0].Lease, pageOf(t, next[0].Lease, 2, "z").Page); err != nil {
				t.Error(err)
			}
			rescued(t, first)
			if got, want := toldIn(t, first), []string{"net0 x", "net0 y", "net0 z"}; !slices.Equal(got, want) {
				t.Errorf("the log tells %v, want %v", got, want)
			}
			if err := integrity(first); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestAPurgeTakesWhatComesLate: right before a network is deleted an owner who has not
// looked at his lease stores another item and has the log tell of it, and dies.
func TestAPurgeTakesWhatComesLate(t *testing.T) {
	at := address(t)
	first := idleHandle(t, at)
	begun := halfSaved(t, first, claimedNetworks(t, first, 1)["net0"], "x")
	s := patientlyWatched(t, at, first, func(name string, command bson.Raw) {
		if of, _ := command.Lookup(name).StringValueOK(); name != "delete" || of != "networks" {
			return
		}
		late := attempt{Key: begun.key, Page: begun.ID, Kind: begun.Kind, At: begun.ObservedAt}.entry(begun.n, effect{added: []string{"y"}})
		_, err := first.append(t.Context(), []entry{late})
		if err := errors.Join(err, first.storeOf(t, begun.n, begun, "y")); err != nil {
			t.Error(err)
		}
	})
	r, err := s.RemoveNetwork(t.Context(), "net0", true)
	stored, err2 := first.items.CountDocuments(t.Context(), bson.D{})
	told := toldIn(t, first)
	if err := errors.Join(err, err2); err != nil || r.Items != 2 || r.Changes != 1 || stored != 0 || len(told) != 0 {
		t.Errorf("removed are %+v; %d items are stored, told are %v, %v", r, stored, told, err)
	}
}

// TestNothingIsToldOfWhatIsBeingDeleted: a person wants a network gone whose owner died in
// the middle of a page, and so does the process that was deleting it.
func TestNothingIsToldOfWhatIsBeingDeleted(t *testing.T) {
	s := idleHandle(t, address(t))
	halfSaved(t, s, claimedNetworks(t, s, 1)["net0"], "x")
	if _, err := s.networks.UpdateByID(t.Context(), "net0", ending(true)); err != nil {
		t.Fatal(err)
	}
	n, err := s.read(t.Context(), "net0", where("_id", "net0"))
	if err == nil {
		err = s.settle(t.Context(), n)
	}
	if told := toldIn(t, s); err != nil || len(told) > 0 {
		t.Errorf("the log tells %v, %v", told, err)
	}
	rescued(t, s)
	if _, err := s.Network(t.Context(), "net0"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("the network: %v", err)
	}
}
