package move_test

import (
	"path/filepath"
	"testing"
	"time"

	"collector/store"
	"collector/store/sqlite"
	"collector/store/storetest"
)

// TestMoves moves from SQLite to SQLite; store/mongo tests the other ways.
func TestMoves(t *testing.T) {
	storetest.Moves(t, file, file)
}

func file(t *testing.T) storetest.Backend {
	path := filepath.Join(t.TempDir(), "collector.db")
	return storetest.Backend{
		Durable: true,
		Open: func(owner string) (store.Store, error) {
			return sqlite.Open(t.Context(), path, store.Options{Owner: owner, Lease: storetest.Lease, Now: func() time.Time {
				return time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
			}})
		},
	}
}
