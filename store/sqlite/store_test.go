package sqlite

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"collector/state"
	"collector/store"
	"collector/store/storetest"
)

// noon is the time of the tests.
var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func options(owner string) store.Options {
	return store.Options{Owner: owner, Lease: storetest.Lease, Now: func() time.Time { return noon }}
}

var histories = flag.Int("store.histories", 0, "histories of concurrent owners to check; four at least")

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		path := filepath.Join(t.TempDir(), "collector.db")
		return storetest.Backend{
			Open:      func(owner string) (store.Store, error) { return Open(t.Context(), path, options(owner)) },
			Durable:   true,
			Integrity: func() error { return integrity(path) },
			Explain: func(want state.Claim) ([]string, error) {
				db, err := sql.Open("sqlite", dsn(path))
				if err != nil {
					return nil, err
				}
				defer db.Close()
				services := slices.Sorted(maps.Keys(want.Services))
				return explain(db, pickQuery(len(services)), pickArgs(want, services)...)
			},
			DueIndex: "leases_wake", Histories: *histories,
		}
	})
}

// integrity checks the file's structure, the search index, and that the
// counters are what counting gives.
func integrity(path string) error {
	db, err := sql.Open("sqlite", dsn(path, "busy_timeout(10000)"))
	if err != nil {
		return err
	}
	defer db.Close()
	var said string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&said); err != nil || said != "ok" {
		return fmt.Errorf("integrity_check: %s %w", said, err)
	}
	for what, query := range map[string]string{
		"networks whose counters are wrong": `SELECT count(*) FROM networks n WHERE
 items <> (SELECT count(*) FROM items WHERE net = n.num AND removed_at IS NULL)
 OR bare <> (SELECT count(*) FROM items WHERE net = n.num AND bare_due IS NOT NULL)
 OR bad <> (SELECT count(*) FROM quarantine WHERE net = n.num)`,
		"items that are not in the search index": "SELECT count(*) FROM items WHERE id NOT IN (SELECT id FROM word_index_docsize)",
		"search entries without an item":         "SELECT count(*) FROM word_index_docsize WHERE id NOT IN (SELECT id FROM items)",
	} {
		var n int
		if err := db.QueryRow(query).Scan(&n); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if n > 0 {
			return fmt.Errorf("%d %s", n, what)
		}
	}
	return nil
}

func explain(db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		return nil, err
	}
	var out []string
	err = drain(rows, func(rows *sql.Rows) error {
		var id, parent, unused int
		var line string
		err := rows.Scan(&id, &parent, &unused, &line)
		out = append(out, line)
		return err
	})
	return out, err
}
