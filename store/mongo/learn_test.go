//go:build mongo

package mongo

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/state"
	"collector/store"
)

// somebody is who the lists of these tests are of.
var somebody = state.Identity{ID: "7", Name: "somebody"}

// endedList leaves in a store nothing but a list of somebody that was collected and ended,
// with the likes 1 to 3.
func endedList(t *testing.T, s *Store) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []*driver.Collection{s.accounts, s.networks, s.items, s.quarantine, s.changes, s.counts, s.users} {
		_, err := c.DeleteMany(t.Context(), bson.D{})
		must(err)
	}
	must(s.AddAccount(t.Context(), state.Account{ID: "before", User: "me", Provider: "github", Name: "x", RemoteID: somebody.ID}))
	must(s.AddNetworks(t.Context(), []state.Network{{ID: "old", AccountID: "before", Service: "github", CreatedAt: noon}}))
	commitTo(t, s, 1, "1", "2", "3")
	_, err := s.RemoveNetwork(t.Context(), "old", false)
	must(err)
}

// idleHandle is a handle on a database that does nothing by itself.
func idleHandle(t *testing.T, at string) *Store {
	t.Helper()
	s := opened(t, at, "parent")
	s.stop()
	s.after.Wait()
	return s
}

// commitTo claims the one network that is due, and saves a page of likes in it.
func commitTo(t *testing.T, s *Store, n int, ids ...string) {
	t.Helper()
	lease := claimedOne(t, s)
	if _, err := s.Commit(t.Context(), lease, pageOf(t, lease, n, ids...).Page); err != nil {
		t.Fatal(err)
	}
}

// isJoined holds a store to the one list of somebody, with these likes, of which the log
// tells once each.
func isJoined(t *testing.T, s *Store, likes ...string) {
	t.Helper()
	ns, err := s.Networks(t.Context(), store.Filter{Removed: true})
	if err != nil || len(ns) != 1 || ns[0].RemoteID != somebody.ID || ns[0].Items != len(likes) {
		t.Errorf("networks %+v, want one of %s with %d items (%v)", ns, somebody.ID, len(likes), err)
		return
	}
	var stored, told, want []string
	err = s.Each(t.Context(), store.Query{}, func(l store.Liked) error {
		stored = append(stored, l.NetworkID+" "+l.ID)
		return nil
	})
	changes, err2 := s.Changes(t.Context(), "", 0, 100)
	for _, c := range changes {
		for _, id := range c.Added {
			told = append(told, c.NetworkID+" "+id)
		}
	}
	slices.Sort(told)
	for _, id := range likes {
		want = append(want, ns[0].ID+" "+id)
	}
	if err := errors.Join(err, err2); err != nil || !slices.Equal(stored, want) || !slices.Equal(told, want) {
		t.Errorf("stored %q, told %q, want %q (%v)", stored, told, want, err)
	}
	if err := integrity(s); err != nil {
		t.Error(err)
	}
}

// patientlyWatched is watched without a time by which calls have to end.
func patientlyWatched(t *testing.T, at string, s *Store, started func(name string, command bson.Raw)) *Store {
	t.Helper()
	return beside(t, at, s, "watched", options.Client().SetMonitor(&event.CommandMonitor{
		Started: func(_ context.Context, e *event.CommandStartedEvent) { started(e.CommandName, e.Command) },
	}))
}

// beforeWrite is a handle whose nth write something is done before, which is given its name.
func beforeWrite(t *testing.T, at string, s *Store, nth int, do func(name string)) *Store {
	t.Helper()
	writes := 0
	return patientlyWatched(t, at, s, func(name string, _ bson.Raw) {
		if name != "update" && name != "delete" && name != "insert" {
			return
		}
		if writes++; writes == nth {
			do(name)
		}
	})
}

// joining is a way to have a list collected again: how it begins, and how whoever was
// told of an error goes on.
type joining struct {
	likes []string // in the end
	ready func(*testing.T, *Store)
	begin func(context.Context, *Store) error
	again func(*testing.T, *Store)
}

// joinings are the ways: the person is learned later, or known before the network is added.
func joinings() map[string]joining {
	network := func(id string) []state.Network {
		return []state.Network{{ID: id, AccountID: "acc", Service: "github", CreatedAt: noon}}
	}
	return map[string]joining{
		"learned": {
			likes: []string{"1", "2", "3", "4"},
			ready: func(t *testing.T, s *Store) {
				if err := errors.Join(
					s.AddAccount(t.Context(), state.Account{ID: "acc", User: "me", Provider: "github", Name: "y"}),
					s.AddNetworks(t.Context(), network("net")),
				); err != nil {
					t.Fatal(err)
				}
				commitTo(t, s, 1, "3", "4")
			},
			begin: func(ctx context.Context, s *Store) error { return s.Learn(ctx, "acc", somebody) },
			again: func(t *testing.T, s *Store) {
				n, err := s.Network(t.Context(), "net")
				if err == nil && n.RemoteID == "" { // else nobody asks who that is
					err = s.Learn(t.Context(), "acc", somebody)
				}
				if err != nil {
					t.Errorf("learning again: %v", err)
				}
			},
		},
		"added": {
			likes: []string{"1", "2", "3"},
			ready: func(t *testing.T, s *Store) {
				if err := s.AddAccount(t.Context(), state.Account{ID: "acc", User: "me", Provider: "github", Name: "y", RemoteID: somebody.ID}); err != nil {
					t.Fatal(err)
				}
			},
			begin: func(ctx context.Context, s *Store) error { return s.AddNetworks(ctx, network("net")) },
			again: func(t *testing.T, s *Store) {
				if err := s.Learn(t.Context(), "acc", somebody); err != nil {
					t.Errorf("learning: %v", err)
				}
				if err := s.AddNetworks(t.Context(), network("net2")); err != nil && !errors.Is(err, state.ErrExists) {
					t.Errorf("adding again: %v", err)
				}
			},
		},
	}
}

// TestAListIsJoinedOnce on a server alone, where the answer to one write after the other
// is lost, or the write itself: who is told of it begins again, and finds each like once.
func TestAListIsJoinedOnce(t *testing.T) {
	for name, list := range joinings() {
		for how, lost := range map[string]bson.D{"answer": answersLost(), "write": callsLost()} {
			t.Run(name+"/"+how, func(t *testing.T) {
				at := addressOn(t, alone)
				first := idleHandle(t, at)
				nth, failed := 0, true
				for failed {
					nth++
					failed = list.cut(t, at, first, nth, lost)
				}
				if nth < 8 {
					t.Errorf("there were %d writes", nth-1)
				}
			})
		}
	}
}

// cut loses one write of a join, and tells whether there were so many.
func (j joining) cut(t *testing.T, at string, first *Store, nth int, how bson.D) (failed bool) {
	t.Helper()
	endedList(t, first)
	j.ready(t, first)
	s := beforeWrite(t, at, first, nth, func(name string) {
		failed = true
		failWatched(t, alone, where("times", 1), bson.A{name}, how)
	})
	err := j.begin(t.Context(), s)
	failWatched(t, alone, "off", bson.A{"update"}, nil)
	if err != nil {
		j.again(t, first)
	}
	isJoined(t, first, j.likes...)
	if t.Failed() {
		t.Fatalf("write %d was lost; the first call returned %v", nth, err)
	}
	return failed
}

// TestALostCommitIsMadeOnce: the answer to the commit that learns who somebody is gets
// lost, or the commit itself, and the driver asks again.
func TestALostCommitIsMadeOnce(t *testing.T) {
	for name, list := range joinings() {
		for how, lost := range map[string]bson.D{"answer": answersLost(), "commit": callsLost()} {
			t.Run(name+"/"+how, func(t *testing.T) {
				at := address(t)
				first := idleHandle(t, at)
				endedList(t, first)
				list.ready(t, first)
				commits := 0
				s := patientlyWatched(t, at, first, func(name string, _ bson.Raw) {
					if name == "commitTransaction" {
						commits++
					}
				})
				failWatched(t, replica, where("times", tries), bson.A{"commitTransaction"}, lost)
				if err := list.begin(t.Context(), s); err != nil {
					t.Errorf("the %s was lost: %v", how, err)
				}
				failWatched(t, replica, "off", bson.A{"commitTransaction"}, nil)
				if commits < 2 {
					t.Errorf("%d commits were sent: none was lost", commits)
				}
				isJoined(t, first, list.likes...)
			})
		}
	}
}

// TestAPageBesideAJoinIsCounted on a server alone: it is saved while what the network was
// given is counted.
func TestAPageBesideAJoinIsCounted(t *testing.T) {
	at := addressOn(t, alone)
	first := idleHandle(t, at)
	endedList(t, first)
	joinings()["learned"].ready(t, first)
	n, err := first.Network(t.Context(), "net")
	if err != nil {
		t.Fatal(err)
	}
	lease := state.Lease{Network: "net", Owner: n.Owner, Epoch: n.Epoch, Until: n.LeaseUntil}
	var once sync.Once
	s := patientlyWatched(t, at, first, func(name string, command bson.Raw) {
		if of, _ := command.Lookup(name).StringValueOK(); name == "aggregate" && of == "quarantine" { // the items are counted by then
			once.Do(func() {
				if _, err := first.Commit(t.Context(), lease, pageOf(t, lease, 2, "5").Page); err != nil {
					t.Error(err)
				}
			})
		}
	})
	if err := s.Learn(t.Context(), "acc", somebody); err != nil {
		t.Error(err)
	}
	isJoined(t, first, "1", "2", "3", "4", "5")
}

// TestAClaimKnowsWhoWasLearned: whose the account is gets known between the moment at
// which a claim reads its networks and that at which it takes them, and the number of one
// becomes that of another.
func TestAClaimKnowsWhoWasLearned(t *testing.T) {
	at := address(t)
	first := opened(t, at, "parent")
	claimable := []string{"net0", "net1"}
	for _, id := range claimable {
		if err := errors.Join(
			first.AddAccount(t.Context(), state.Account{ID: id, User: "me", Provider: "github", Name: id}),
			first.AddNetworks(t.Context(), []state.Network{{ID: id, AccountID: id, Service: "github", CreatedAt: noon}}),
		); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.WishSync(t.Context(), "net1", false, noon); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	s := patientlyWatched(t, at, first, func(name string, _ bson.Raw) {
		if name == "update" {
			once.Do(func() {
				if err := first.Learn(t.Context(), "net0", somebody); err != nil {
					t.Error(err)
				}
			})
		}
	})
	got, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon.Add(time.Second), Until: noon.Add(time.Minute), N: 2, Services: map[string]int{"github": 2}})
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	for _, c := range got {
		if c.ID == "net0" && c.RemoteID != somebody.ID {
			t.Errorf("claimed is a network of %q, it was learned to be of %q", c.RemoteID, somebody.ID)
		}
	}
}
