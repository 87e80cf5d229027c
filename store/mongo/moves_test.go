//go:build mongo

package mongo

import (
	"context"
	"path/filepath"
	"testing"

	"collector/store"
	"collector/store/sqlite"
	"collector/store/storetest"
)

func TestMoves(t *testing.T) {
	for name, of := range map[string][2]func(*testing.T) storetest.Backend{
		"FromSQLite": {file, database}, "ToSQLite": {database, file}, "FromMongoDB": {database, database},
	} {
		t.Run(name, func(t *testing.T) { storetest.Moves(t, of[0], of[1]) })
	}
}

func file(t *testing.T) storetest.Backend {
	path := filepath.Join(t.TempDir(), "collector.db")
	return storetest.Backend{
		Durable: true,
		Open:    func(owner string) (store.Store, error) { return sqlite.Open(context.Background(), path, opts(owner)) },
	}
}

func database(t *testing.T) storetest.Backend {
	at := address(t)
	return storetest.Backend{
		Durable:   true,
		Open:      func(owner string) (store.Store, error) { return Open(context.Background(), at, opts(owner)) },
		Integrity: func() error { return integrity(opened(t, at, "")) },
	}
}

// TestMoveKeepsThePages: between two MongoDB stores the name of the page that added
// an item goes along.
func TestMoveKeepsThePages(t *testing.T) {
	item := store.Record{Item: &store.WholeItem{Network: "n", User: "me", Service: "github", AddedBy: "n/1/1", ChangedBy: "n/2/1"}}
	item.Item.ID, item.Item.URL, item.Item.FirstSeenAt, item.Item.ObservedAt = "1", "https://example.org/", noon, noon
	s := opened(t, address(t), "")
	if err := s.Put(t.Context(), []store.Record{item}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Take(t.Context(), store.PartItems, "", 10)
	if err != nil || len(got) != 1 || got[0].Item.AddedBy != "n/1/1" || got[0].Item.ChangedBy != "n/2/1" {
		t.Errorf("%+v, %v", got, err)
	}
}
