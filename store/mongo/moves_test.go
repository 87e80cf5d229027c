//go:build mongo

package mongo

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"collector/state"
	"collector/store"
	"collector/store/move"
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

// TestMoveOfAnUnfinishedStore: what a killed process has left undone is neither
// wrong in the new store nor does it come back to life there.
func TestMoveOfAnUnfinishedStore(t *testing.T) {
	from := opened(t, addressOn(t, alone), "")
	records := []store.Record{}
	for _, id := range []string{"half", "going"} {
		n := &store.WholeNetwork{Network: state.Network{ID: id, AccountID: "a" + id, User: "me", Service: "github", Provider: "github", Account: id, CreatedAt: noon}}
		n.Mode = state.Normal
		it := &store.WholeItem{Network: id, User: "me", Service: "github", FirstSeenAt: noon, ObservedAt: noon, AddedBy: id + "/1/1 key"}
		it.ID, it.URL = "1", "https://example.org/"
		records = append(records, store.Record{Account: &state.Account{ID: "a" + id, User: "me", Provider: "github", Name: id}},
			store.Record{Network: n}, store.Record{Item: it},
			store.Record{Bad: &store.WholeBad{Bad: state.Bad{Key: "k", Raw: []byte("{}"), Version: "1", At: noon}, Network: id, User: "me"}})
	}
	if err := from.Put(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	for id, fields := range map[string]any{
		"half":  bson.D{{Key: "attempts", Value: []attempt{{Key: "half/1/1 key"}}}, {Key: "owner", Value: "dead"}},
		"going": bson.D{{Key: "purging", Value: true}, {Key: "removed", Value: true}},
	} {
		if _, err := from.networks.UpdateByID(t.Context(), id, set(fields)); err != nil {
			t.Fatal(err)
		}
	}
	to := opened(t, address(t), "")
	r, err := move.Run(t.Context(), from, to, move.Options{Name: "from", Now: func() time.Time { return noon }})
	if err != nil || r.Parts[store.PartNetworks] != 1 || r.Parts[store.PartItems] != 1 || r.Parts[store.PartQuarantine] != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if n, err := to.Network(t.Context(), "half"); err != nil || n.Items != 1 || n.Bad != 1 || n.Owner != "" {
		t.Errorf("%+v, %v", n, err)
	}
	if n, err := to.Count(t.Context(), store.PartItems); err != nil || n != 1 {
		t.Errorf("%d items, %v: what was being deleted is back", n, err)
	}
}
