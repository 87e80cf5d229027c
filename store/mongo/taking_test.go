//go:build mongo

package mongo

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"collector/state"
)

// claims are the forms in which the network "net" can be claimed: as one that is due, and by
// its name.
func claims() []state.Claim {
	c := state.Claim{Owner: "b", Now: noon.Add(time.Minute), Until: noon.Add(2 * time.Minute), N: 1}
	due, named := c, c
	due.Mode, due.Services = state.Initial, map[string]int{"github": 1}
	named.Network = "net"
	return []state.Claim{named, due}
}

// TestAListAddedAgainIsClaimedOnceItHasAll on a server alone: as long as something of what
// was kept of it is elsewhere, nobody gets it to work on, also when a person wants it read
// at once. Then it is due as he wanted.
func TestAListAddedAgainIsClaimedOnceItHasAll(t *testing.T) {
	at := addressOn(t, alone)
	first := idleHandle(t, at)
	endedList(t, first)
	list := joinings()["added"]
	list.ready(t, first)
	asked, looks := noon.Add(time.Second), 0
	s := patientlyWatched(t, at, first, func(name string, command bson.Raw) {
		of, _ := command.Lookup(name).StringValueOK()
		if name != "update" && name != "delete" && name != "insert" || of == "meta" {
			return
		}
		ended, err := first.networks.CountDocuments(t.Context(), where("removed", true))
		there, err2 := first.networks.CountDocuments(t.Context(), live("net"))
		if err != nil || err2 != nil {
			t.Error(err, err2)
		}
		if ended == 0 || there == 0 {
			return
		}
		if looks++; looks == 1 {
			if err := first.WishSync(t.Context(), "net", false, asked); err != nil {
				t.Error(err)
			}
		}
		for _, want := range claims() {
			if got, err := first.Claim(t.Context(), want); err != nil || len(got) > 0 {
				t.Errorf("before %s in %s: claimed %v, %v", name, of, got, err)
			}
		}
	})
	if err := list.begin(t.Context(), s); err != nil || looks < 4 {
		t.Errorf("it was looked at %d times: %v", looks, err)
	}
	if n, err := first.Network(t.Context(), "net"); err != nil || !n.WakeAt.Equal(asked) {
		t.Errorf("it is due at %v: %v", n.WakeAt, err)
	}
	if got, err := first.Claim(t.Context(), claims()[1]); err != nil || len(got) != 1 || got[0].Items != 3 {
		t.Errorf("claimed %+v, %v", got, err)
	}
	isJoined(t, first, list.likes...)
}

// TestAListHalfTakenUpIsFinished on a server alone: the process ends with the answer to one
// of its writes lost, or the write itself, one after the other. The upkeep of another one
// has the list take up all that was kept, and be due; or it was not added.
func TestAListHalfTakenUpIsFinished(t *testing.T) {
	for how, lost := range map[string]bson.D{"answer": answersLost(), "write": callsLost()} {
		t.Run(how, func(t *testing.T) {
			at := addressOn(t, alone)
			first := idleHandle(t, at)
			nth, added := 0, 0
			for failed := true; failed; {
				nth++
				var there bool
				failed, there = endsAt(t, at, first, nth, lost)
				if there && failed {
					added++
				}
			}
			if nth < 8 || added < 5 {
				t.Errorf("there were %d writes, after %d of which the list was there", nth-1, added)
			}
		})
	}
}

// endsAt has a process end with its nth write, and tells whether it made so many, and
// whether the list was added.
func endsAt(t *testing.T, at string, first *Store, nth int, how bson.D) (failed, there bool) {
	t.Helper()
	endedList(t, first)
	list := joinings()["added"]
	list.ready(t, first)
	s := beforeWrite(t, at, first, nth, func(name string) {
		failed = true
		failWatched(t, alone, where("times", 1), bson.A{name}, how)
	})
	err := list.begin(t.Context(), s)
	failWatched(t, alone, "off", bson.A{"update"}, nil)
	now := noon
	first.o.Now = func() time.Time { return now }
	rescued(t, first)
	got, err2 := first.Claim(t.Context(), claims()[1])
	n, err3 := first.networks.CountDocuments(t.Context(), live("net"))
	there = n == 1
	isJoined(t, first, list.likes...)
	if err2 != nil || err3 != nil || len(got) != int(n) || !failed && (err != nil || !there) {
		t.Errorf("claimed %+v, %v, %v; added: %v, %v", got, err2, err3, there, err)
	}
	now = noon.Add(2 * noteMost)
	rescued(t, first)
	if notes, err := first.meta.CountDocuments(t.Context(), where("_id", bson.Regex{Pattern: "^" + takingID})); err != nil || notes > 0 {
		t.Errorf("%d notes are left, %v", notes, err)
	}
	now = noon
	if t.Failed() {
		t.Fatalf("write %d was lost; the call returned %v", nth, err)
	}
	return failed, there
}

// TestAListPurgedWhileItTakesUpLeavesNothing on a server alone: it is purged, by itself or
// with all of its person, before one of the writes with which it takes up or learns what
// was kept, one after the other. Nothing is left that is of no network.
func TestAListPurgedWhileItTakesUpLeavesNothing(t *testing.T) {
	for whose, purge := range map[string]func(context.Context, *Store) error{
		"person": func(ctx context.Context, s *Store) error {
			_, err := s.PurgeUser(ctx, "me")
			return err
		},
		"list": func(ctx context.Context, s *Store) error {
			_, err := s.RemoveNetwork(ctx, "net", true)
			if errors.Is(err, state.ErrNotFound) { // it is not added yet
				return nil
			}
			return err
		},
	} {
		for name, list := range joinings() {
			t.Run(name+"/"+whose, func(t *testing.T) { leavesNothing(t, list, purge) })
		}
	}
}

func leavesNothing(t *testing.T, list joining, purge func(context.Context, *Store) error) {
	t.Helper()
	at := addressOn(t, alone)
	first := idleHandle(t, at)
	nth := 0
	for purged := true; purged; {
		nth++
		purged = false
		endedList(t, first)
		list.ready(t, first)
		s := beforeWrite(t, at, first, nth, func(string) {
			purged = true
			if err := purge(t.Context(), first); err != nil {
				t.Error(err)
			}
		})
		err := list.begin(t.Context(), s)
		if left := ofNoNetwork(t, first); left > 0 {
			t.Fatalf("%d documents are left of what was purged before write %d; the call returned %v", left, nth, err)
		}
	}
	if nth < 8 {
		t.Errorf("there were %d writes", nth-1)
	}
}

// TestWhatAPurgedListWasGivenGoesWithItsNote: whoever gave it died before they looked.
func TestWhatAPurgedListWasGivenGoesWithItsNote(t *testing.T) {
	s := idleHandle(t, addressOn(t, alone))
	endedList(t, s)
	if _, err := s.items.UpdateMany(t.Context(), where("net", "old"), set(where("net", "purged"))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.meta.InsertOne(t.Context(), takingNote{ID: takingID + "purged", At: noon}); err != nil {
		t.Fatal(err)
	}
	if ofNoNetwork(t, s) != 3 {
		t.Fatal("there is nothing to go")
	}
	s.o.Now = func() time.Time { return noon.Add(2 * noteMost) }
	rescued(t, s)
	if n := ofNoNetwork(t, s); n > 0 {
		t.Errorf("%d documents are left", n)
	}
}

// ofNoNetwork counts items, what is in quarantine, and entries of the log of networks that
// are not there.
func ofNoNetwork(t *testing.T, s *Store) (n int64) {
	t.Helper()
	var there []string
	if err := s.networks.Distinct(t.Context(), "_id", bson.D{}).Decode(&there); err != nil {
		t.Fatal(err)
	}
	none := where("$nin", append([]string{}, there...))
	for c, of := range map[*driver.Collection]bson.D{
		s.items: where("net", none), s.quarantine: where("net", none), s.changes: append(where("page", where("$exists", true)), bson.E{Key: "networkId", Value: none}),
	} {
		more, err := c.CountDocuments(t.Context(), of)
		if err != nil {
			t.Fatal(err)
		}
		n += more
	}
	return n
}
