package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"collector/item"
	"collector/state"
	"collector/store"
)

// TestTakeSortsNothing: a batch costs the same however much is stored, since every
// part is read along an index.
func TestTakeSortsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "collector.db")
	s, err := Open(t.Context(), path, options(""))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var records []store.Record
	for i := range 3 {
		id := fmt.Sprint("n", 3-i) // numbers of rows fall where ids rise
		records = append(records, store.Record{Network: &store.WholeNetwork{Network: state.Network{ID: id, AccountID: id, User: "me", Service: "github", CreatedAt: noon}}})
		for k := range 3 {
			records = append(records, store.Record{Item: &store.WholeItem{Item: item.Item{ID: fmt.Sprint(k), URL: "https://example.org/"}, Network: id, FirstSeenAt: noon, ObservedAt: noon}})
		}
	}
	if err := s.(store.Movable).Put(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, query := range map[string]string{
		"the rest of a network": takeItems + "WHERE n.id = ?1 AND i.item_id > ?2 ORDER BY i.item_id LIMIT ?3",
		"the other networks":    takeItems + "WHERE n.id > ?1 ORDER BY n.id, i.item_id LIMIT ?2",
		"quarantine":            takeBads + "WHERE n.id > ?1 ORDER BY n.id, q.key LIMIT ?2",
	} {
		plan, err := explain(db, query, "n1", "1", 2)
		if err != nil {
			plan, err = explain(db, query, "n1", 2)
		}
		if text := strings.Join(plan, "\n"); err != nil || strings.Contains(text, "TEMP B-TREE") || strings.Contains(text, "SCAN") {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	var keys []string
	for after := ""; ; {
		some, err := s.(store.Movable).Take(context.Background(), store.PartItems, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			break
		}
		for _, r := range some {
			after = r.Key()
			keys = append(keys, strings.ReplaceAll(after, "\x00", "/"))
		}
	}
	if got, want := strings.Join(keys, " "), "n1/0 n1/1 n1/2 n2/0 n2/1 n2/2 n3/0 n3/1 n3/2"; got != want {
		t.Errorf("taken %s, want %s", got, want)
	}
}
