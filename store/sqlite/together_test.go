package sqlite

import (
	"testing"

	"collector/search"
	"collector/store"
)

// An item and its words are stored together: what the index cannot take is not
// stored either, the walk stays where it was, and the next try brings both.
//
// Defect 12: an item that search could not take is never offered again.
func TestStoredIsSearchable(t *testing.T) {
	path := file(t)
	s := open(t, path)
	c := seed(t, s, "me", "github")
	if _, err := s.Commit(t.Context(), c.Lease, pageOf(c, "1", liked("1", "raft"))); err != nil {
		t.Fatal(err)
	}
	sqlOn(t, path, "ALTER TABLE word_index RENAME TO elsewhere")
	page := pageOf(c, "2", liked("2", "paxos"), liked("3", "zab"))
	if _, err := s.Commit(t.Context(), c.Lease, page); err == nil {
		t.Fatal("a page was stored that cannot be searched")
	}
	sqlOn(t, path, "ALTER TABLE elsewhere RENAME TO word_index")
	n, err := s.Network(t.Context(), c.ID)
	if err != nil || n.Items != 1 || n.Reason != "1" {
		t.Errorf("%d items, progress %q, %v: the page was stored in part", n.Items, n.Reason, err)
	}
	if got, err := s.Commit(t.Context(), c.Lease, page); err != nil || got.Added != 2 {
		t.Fatalf("the same page again: %+v, %v", got, err)
	}
	for _, w := range []string{"raft", "paxos", "zab"} {
		r, err := s.Search(t.Context(), store.Query{Expr: search.Word(w), Limit: 10})
		if err != nil || len(r.Items) != 1 {
			t.Errorf("%s is found %d times, %v", w, len(r.Items), err)
		}
	}
	if err := integrity(path); err != nil {
		t.Error(err)
	}
}
