package sqlite

import (
	"testing"

	"collector/item"
	"collector/state"
	"collector/store"
)

// The same id means another thing at another service, at another server and in
// another account: each network has its own item of that id, found by its own
// words, and a change of one leaves the others as they are.
//
// Defect 9: items are told apart without their service, so ids collide.
func TestEqualIDsOfNetworksStayApart(t *testing.T) {
	s := open(t, file(t))
	claimed := []state.Claimed{seed(t, s, "me", "github"), seed(t, s, "me", "gist"), seed(t, s, "anna", "github")}
	titles := []string{"raft", "paxos", "zab"}
	for i, c := range claimed {
		got, err := s.Commit(t.Context(), c.Lease, pageOf(c, "1", liked("4711", titles[i])))
		if err != nil || got.Added != 1 {
			t.Fatalf("%s: %+v, %v: the id counts as known", c.ID, got, err)
		}
	}
	again := pageOf(claimed[1], "2", liked("4711", "viewstamped"))
	again.ObservedAt = noon.Add(1)
	if _, err := s.Commit(t.Context(), claimed[1].Lease, again); err != nil {
		t.Fatal(err)
	}
	titles[1] = "viewstamped"
	for i, c := range claimed {
		var got []item.Item
		err := s.Each(t.Context(), store.Query{Network: c.ID}, func(l store.Liked) error {
			got = append(got, l.Item)
			return nil
		})
		if err != nil || len(got) != 1 || got[0].ID != "4711" || got[0].Title != titles[i] {
			t.Errorf("%s holds %+v, %v, want %s", c.ID, got, err, titles[i])
		}
		known, err := s.Known(t.Context(), c.ID, 9, []string{"4711"})
		if err != nil || !known[0] {
			t.Errorf("%s does not know its item: %v", c.ID, err)
		}
	}
	other := seed(t, s, "me", "mastodon")
	if known, err := s.Known(t.Context(), other.ID, 9, []string{"4711"}); err != nil || known[0] {
		t.Errorf("a network without items knows the id of another's: %v", err)
	}
}
