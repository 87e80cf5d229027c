package datasette

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"collector/imports"
	"collector/item"
	"collector/store"
	"collector/store/foreign"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func likes() []store.Liked {
	full := store.Liked{
		Item: item.Item{
			ID: "id/with:odd chars é", URL: "https://example.org/a?b=c#d", Kind: "repository", Title: "Raft'); DROP TABLE items; --", Text: "Many\nlines \x00 \x1b of consensus", Language: "Go",
			Author: item.Author{Name: "ada", URL: "https://example.org/@ada", Avatar: "https://example.org/a.png"}, Image: "https://example.org/i.png",
			Tags: []string{"b", "a", "c d", `"x"`}, Private: true, CreatedAt: noon.Add(-time.Hour), LikedAt: noon.Add(7 * time.Millisecond), LikedFrom: item.FromOrder,
		},
		User: "me", Service: "github", NetworkID: "n1", Network: "github/octocat", Account: "octocat", FirstSeenAt: noon,
	}
	bare := store.Liked{Item: item.Item{ID: "2", URL: "https://example.org/2", Bare: true}, User: "me", Service: "github", NetworkID: "n1", Network: "github/octocat", Account: "octocat"}
	same := full // the same thing, by another person
	same.User, same.NetworkID, same.Network, same.Account, same.Service = "anna", "n2", "stackexchange/7:stackoverflow", "7", "stackexchange"
	gone := full
	gone.ID, gone.RemovedAt, gone.RemovedBecause = "3", noon, "unliked"
	return []store.Liked{full, bare, same, gone}
}

func written(t *testing.T, items []store.Liked) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a b?c#d%.db")
	w, err := Create(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		if err := w.Add(t.Context(), it); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	return path
}

func entries(t *testing.T, path string) (out []imports.Entry) {
	t.Helper()
	parts := []imports.Part{{Name: filepath.Base(path), Path: path, Alone: true, Open: func() (io.ReadCloser, error) { return os.Open(path) }}}
	f, found, err := imports.Recognise([]imports.Format{Format()}, parts, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Read(t.Context(), found, func(e imports.Entry) error { out = append(out, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestReadAgain: all that a like has comes back as it was.
func TestReadAgain(t *testing.T) {
	items := likes()
	got := entries(t, written(t, items))
	if len(got) != 4 {
		t.Fatalf("%d entries", len(got))
	}
	for i, e := range got[:3] {
		want := items[i]
		if e.Err != nil || e.Left != "" || !e.Seen.Equal(want.FirstSeenAt) || e.List.User != want.User || e.List.Service != want.Service || e.List.Account != want.Account {
			t.Errorf("%+v", e)
		}
		if want.Tags == nil {
			want.Tags = []string{}
		}
		if !reflect.DeepEqual(e.Item, want.Item) {
			t.Errorf("read\n%+v\nwrote\n%+v", e.Item, want.Item)
		}
	}
	if p := got[2].List.Params; len(p) != 1 || p[0] != "stackoverflow" {
		t.Errorf("params %q", p)
	}
	if got[3].Left == "" {
		t.Error("a like that was taken back is imported")
	}
}

// TestTables: what Datasette looks for is there, and nothing points nowhere.
func TestTables(t *testing.T) {
	path := written(t, likes())
	if is, err := os.Stat(path); err != nil || is.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", is.Mode(), err)
	}
	db, err := foreign.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, want := range map[string]string{
		"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'items_fts_%' ORDER BY name": "authors items items_fts networks users",
		`SELECT name FROM sqlite_master WHERE rootpage = 0 AND sql LIKE '%VIRTUAL TABLE%USING FTS%content="items"%'`:                    "items_fts",
		`SELECT "from" || '>' || "table" FROM pragma_foreign_key_list('items') ORDER BY 1`:                                              "author>authors network>networks",
		`SELECT "from" || '>' || "table" FROM pragma_foreign_key_list('networks')`:                                                      "user>users",
		"SELECT 'broken' FROM pragma_foreign_key_check":                                                                                 "",
		"SELECT integrity_check FROM pragma_integrity_check":                                                                            "ok",
		"SELECT count(*) FROM authors":                                                                     "1",
		"SELECT group_concat(name) FROM users":                                                             "me,anna",
		"SELECT count(*) FROM items_fts WHERE items_fts MATCH 'conse*'":                                    "3",
		"SELECT count(*) FROM items, json_each(items.tags) WHERE json_each.value = 'c d'":                  "3",
		"SELECT liked_at FROM items WHERE item_id = '3'":                                                   "2026-11-26T12:00:00.007Z",
		"SELECT count(*) || ' ' || max(network) || ' ' || max(author) FROM likes WHERE author IS NOT NULL": "2 stackexchange/7:stackoverflow ada",
	} {
		got, err := foreign.Texts(t.Context(), db, query)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v", query, got, err)
		}
	}
}

// TestDamagedFiles are told where they break, and take nothing with them.
func TestDamagedFiles(t *testing.T) {
	path := written(t, likes())
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"UPDATE items SET tags = '{' WHERE id = 1", "UPDATE items SET url = 'javascript:1' WHERE id = 2", "UPDATE items SET liked_at_source = 'x' WHERE id = 3"} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for i, e := range entries(t, path)[:3] {
		if e.Err == nil || e.Where == "" {
			t.Errorf("row %d: %+v", i+1, e)
		}
	}
}

// TestRowsThatSomebodyChanged are told one by one, and those behind them are read.
func TestRowsThatSomebodyChanged(t *testing.T) {
	items := likes()
	last := items[0]
	last.ID = "last"
	for change, row := range map[string]int{
		"UPDATE items SET private = 'perhaps' WHERE id = 1":      0,
		"UPDATE items SET removed_at = 'yesterday' WHERE id = 1": 0,
		"DELETE FROM networks WHERE id = 'n2'":                   2,
		"DELETE FROM users WHERE name = 'anna'":                  2,
	} {
		path := written(t, append(items, last))
		db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(change); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		got := entries(t, path)
		if len(got) != 5 || got[row].Err == nil || got[row].Where == "" || got[4].Err != nil || got[4].Item.ID != "last" {
			t.Errorf("%s: %+v", change, got)
		}
	}
}

// TestAFileIsMadeAnew: one that is there is nobody's to overwrite, and one that was given
// up can be removed.
func TestAFileIsMadeAnew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	w, err := Create(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), path); !errors.Is(err, os.ErrExist) {
		t.Errorf("over a file: %v", err)
	}
	w.Abandon()
	if err := os.Remove(path); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if w, err = Create(ctx, path); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := w.Add(ctx, likes()[0]); err == nil {
		t.Error("it goes on after the end")
	}
	w.Abandon()
}
