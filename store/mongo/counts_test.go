//go:build mongo

package mongo

import (
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// TestCountsThatMayBeTakenBackAreNotRead: their version could be that of others then, and
// networks could say that they stand in them.
func TestCountsThatMayBeTakenBackAreNotRead(t *testing.T) {
	at := address(t)
	first, _ := seeded(t, at)
	var settled, others atomic.Int32
	s := watched(t, at, first, func(name string, command bson.Raw) {
		of, _ := command.Lookup("find").StringValueOK()
		level, _ := command.Lookup("readConcern", "level").StringValueOK()
		switch {
		case of != "counts":
		case level == "majority":
			settled.Add(1)
		default:
			others.Add(1)
		}
	})
	if tally, err := s.Tally(t.Context(), noon); err != nil || len(tally.States) != 1 {
		t.Errorf("%+v, %v", tally, err)
	}
	if settled.Load() == 0 || others.Load() != 0 {
		t.Errorf("%d reads of what stays, %d of what may be taken back", settled.Load(), others.Load())
	}
}

// TestANetworkOfAnotherPrimaryIsCounted: a network was read at a primary whose last writes
// are taken back, and is counted as it was there. At the next primary it has not changed,
// or otherwise: it is counted again.
func TestANetworkOfAnotherPrimaryIsCounted(t *testing.T) {
	s, id := seeded(t, address(t))
	s.stop() // nobody else counts
	s.after.Wait()
	if _, err := s.Tally(t.Context(), noon); err != nil {
		t.Fatal(err)
	}
	lease := claimedOne(t, s)
	read := func() (n *network) {
		t.Helper()
		n, err := s.read(t.Context(), id, live(id))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := read()
	if _, err := s.Commit(t.Context(), lease, pageOf(t, lease, 1, "1", "2", "3").Page); err != nil {
		t.Fatal(err)
	}
	lost := read()
	if before.Uncounted || !lost.Uncounted || lost.Items != 3 {
		t.Fatalf("before: %+v; after a page: %+v", before, lost)
	}
	other := *lost
	other.By, other.Items = mark(), 7
	for what, now := range map[string]*network{"it has not changed": before, "another page has the same number": &other} {
		counts, err := s.readCounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		now.Counted, lost.Counted = read().Counted, read().Counted
		if _, err := s.networks.ReplaceOne(t.Context(), where("_id", id), now); err != nil {
			t.Fatal(err)
		}
		if err := s.saveCounts(t.Context(), counts, []*network{lost}); err != nil {
			t.Fatal(err)
		}
		if tally, err := s.Tally(t.Context(), noon); err != nil || tally.Items != now.Items {
			t.Errorf("%s: %d items are counted, there are %d (%v)", what, tally.Items, now.Items, err)
		}
	}
}
