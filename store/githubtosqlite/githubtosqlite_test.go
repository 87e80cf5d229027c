package githubtosqlite

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/imports"
)

// made makes a database as github-to-sqlite does, and returns it as an export.
func made(t *testing.T, statements ...string) []imports.Part {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a b?c#d%.db")
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return part(path)
}

func part(path string) []imports.Part {
	return []imports.Part{{Name: filepath.Base(path), Path: path, Alone: true, Open: func() (io.ReadCloser, error) { return os.Open(path) }}}
}

func stored(t *testing.T, parts []imports.Part) []imports.Entry {
	t.Helper()
	f, found, err := imports.Recognise([]imports.Format{Format()}, parts, "")
	if err != nil {
		t.Fatal(err)
	}
	var out []imports.Entry
	if err := f.Read(t.Context(), found, func(e imports.Entry) error { out = append(out, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	users = "CREATE TABLE users (login TEXT, id INTEGER PRIMARY KEY, node_id TEXT, avatar_url TEXT, html_url TEXT, type TEXT, name TEXT)"
	repos = "CREATE TABLE repos (id INTEGER PRIMARY KEY, node_id TEXT, name TEXT, full_name TEXT, private INTEGER, owner INTEGER REFERENCES users(id), html_url TEXT, description TEXT, fork INTEGER, created_at TEXT, language TEXT, topics TEXT)"
	stars = "CREATE TABLE stars (user INTEGER REFERENCES users(id), repo INTEGER REFERENCES repos(id), starred_at TEXT, PRIMARY KEY (user, repo))"
)

// TestStars: a star is what the connector of GitHub makes of it.
func TestStars(t *testing.T) {
	got := stored(t, made(
		t, users, repos, stars,
		"INSERT INTO users VALUES ('octocat', 1, 'n', 'https://a.example/1', 'https://github.com/octocat', 'User', 'octocat'), ('etcd-io', 41972792, 'n', 'https://a.example/2', 'https://github.com/etcd-io', 'Organization', 'etcd-io')",
		"INSERT INTO repos VALUES (100, 'n', 'raft', 'etcd-io/raft', 1, 41972792, 'https://github.com/etcd-io/raft', 'Go library', 0, '2023-01-01T00:00:00Z', 'Go', '[\"raft\", \"go\"]')",
		"INSERT INTO repos VALUES (101, 'n', 'x', 'ghost/x', 0, NULL, 'https://github.com/ghost/x', NULL, 0, NULL, NULL, '[]')",
		"INSERT INTO repos VALUES (103, 'n', 'y', 'ghost/y', 0, NULL, 'javascript:alert(1)', NULL, 0, NULL, NULL, 'not JSON')",
		"INSERT INTO stars VALUES (1, 100, '2024-05-06T07:08:09Z'), (1, 101, ''), (1, 102, '2024-01-01T00:00:00Z'), (1, 103, '2024-01-01T00:00:00Z')",
	))
	if len(got) != 4 {
		t.Fatalf("%d entries", len(got))
	}
	it, list := got[0].Item, got[0].List
	if list.Service != "github" || list.Account != "octocat" || list.RemoteID != "1" {
		t.Errorf("list %+v", list)
	}
	if it.ID != "100" || it.URL != "https://github.com/etcd-io/raft" || it.Title != "etcd-io/raft" || it.Text != "Go library" || !it.Private || it.Language != "Go" || it.Kind != "repository" ||
		strings.Join(it.Tags, " ") != "raft go" || it.Author.Name != "etcd-io" || it.Author.URL != "https://github.com/etcd-io" || it.Author.Avatar != "https://a.example/2" {
		t.Errorf("item %+v", it)
	}
	if !it.LikedAt.Equal(time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)) || it.LikedFrom != "api" || it.CreatedAt.Year() != 2023 || it.Bare {
		t.Errorf("times %+v", it)
	}
	if e := got[1]; e.Err != nil || e.Item.ID != "101" || !e.Item.LikedAt.IsZero() || e.Item.LikedFrom != "" {
		t.Errorf("a star without a time: %+v", e)
	}
	for _, e := range got[2:] {
		if e.Err == nil || e.Where == "" {
			t.Errorf("a star without its repository: %+v", e)
		}
	}
}

// TestOldDatabases lack columns and tables.
func TestOldDatabases(t *testing.T) {
	got := stored(t, made(
		t, "CREATE TABLE repos (id INTEGER PRIMARY KEY, full_name TEXT, html_url TEXT)", "CREATE TABLE stars (user INTEGER, repo INTEGER, starred_at TEXT)",
		"INSERT INTO repos VALUES (1, 'a/b', 'https://github.com/a/b')", "INSERT INTO stars VALUES (7, 1, '2024-05-06T07:08:09Z')",
	))
	if len(got) != 1 || got[0].Err != nil || got[0].List.Account != "" || got[0].List.RemoteID != "7" {
		t.Errorf("%+v", got)
	}
}

// TestOtherFiles are not taken for such a database, or are told to be broken.
func TestOtherFiles(t *testing.T) {
	text := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(text, []byte("SQLite format 3 is not what this is"), 0o600); err != nil {
		t.Fatal(err)
	}
	view := made(t, repos, "CREATE VIEW stars AS SELECT 1 AS user, id AS repo, '' AS starred_at FROM repos")
	for name, parts := range map[string][]imports.Part{"another database": made(t, users), "a text": part(text), "none": nil, "a view for a table": view} {
		if _, _, err := imports.Recognise([]imports.Format{Format()}, parts, ""); !errors.Is(err, imports.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole := made(t, users, repos, stars)
	data, err := os.ReadFile(whole[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(text, data[:len(data)/2+100], 0o600); err != nil {
		t.Fatal(err)
	}
	f, found, err := imports.Recognise([]imports.Format{Format()}, part(text), "")
	if err != nil {
		return // it is told at once
	}
	bad := 0
	err = f.Read(t.Context(), found, func(e imports.Entry) error {
		if e.Err != nil {
			bad++
		}
		return nil
	})
	if err != nil || bad != 1 {
		t.Errorf("half a database: %d told, %v", bad, err)
	}
}

// TestNothingIsWritten: the database and its folder stay as they are.
func TestNothingIsWritten(t *testing.T) {
	parts := made(t, users, repos, stars)
	before, err := os.ReadFile(parts[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	stored(t, parts)
	after, err := os.ReadFile(parts[0].Path)
	if err != nil || string(before) != string(after) {
		t.Errorf("the database changed: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Format().Read(ctx, parts, func(imports.Entry) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled reading: %v", err)
	}
}
