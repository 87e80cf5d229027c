package sqlite

import (
	"testing"
	"testing/synctest"

	"collector/state"
	"collector/store"
)

// Promise R1: items and progress are one fact. A page that fails after its items
// were written, beside others in the same transaction, leaves neither; stored
// again it is whole.
func TestFailureAfterTheItemsUndoesThem(t *testing.T) {
	synctest.Test(t, failureAfterTheItemsUndoesThem)
}

func failureAfterTheItemsUndoesThem(t *testing.T) {
	path := file(t)
	s := open(t, path)
	c, other := seed(t, s, "me", "github"), seed(t, s, "me", "mastodon")
	page := pageOf(c, "1", liked("1", "raft"), liked("2", "paxos"))
	page.Bad = []state.Bad{{Key: "odd", Raw: []byte(`{}`), Reason: "odd", Version: "1", Walk: 1, At: noon}}
	sqlOn(t, path, "ALTER TABLE quarantine RENAME TO elsewhere") // written after the items, before the progress
	var failed, fine error
	together(t, s, 2, func(i int) {
		if i == 0 {
			_, failed = s.Commit(t.Context(), c.Lease, page)
		} else {
			_, fine = s.Commit(t.Context(), other.Lease, pageOf(other, "1", liked("1", "zab")))
		}
	})
	sqlOn(t, path, "ALTER TABLE elsewhere RENAME TO quarantine")
	if failed == nil || fine != nil {
		t.Fatalf("the page that cannot be stored: %v; the one beside it: %v", failed, fine)
	}
	held := func(network string) (ids []string, n state.Network) {
		err := s.Each(t.Context(), store.Query{Network: network}, func(l store.Liked) error {
			ids = append(ids, l.ID)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err = s.Network(t.Context(), network); err != nil {
			t.Fatal(err)
		}
		return ids, n
	}
	if ids, n := held(c.ID); len(ids) != 0 || n.Items != 0 || n.Reason != "" {
		t.Errorf("the failed page left the items %v and the progress %q", ids, n.Reason)
	}
	if ids, n := held(other.ID); len(ids) != 1 || n.Items != 1 || n.Reason != "1" {
		t.Errorf("the page beside it left the items %v and the progress %q", ids, n.Reason)
	}
	if got, err := s.Commit(t.Context(), c.Lease, page); err != nil || got.Added != 2 {
		t.Errorf("the same page again: %+v, %v", got, err)
	}
	if err := integrity(path); err != nil {
		t.Error(err)
	}
}
