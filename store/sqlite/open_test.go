package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"collector/item"
	"collector/search"
	"collector/state"
	"collector/store"
)

// open opens a store in a folder of its own, or in the given file.
func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, options("a"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*Store)
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "collector.db") }

// seed adds a network and claims it.
func seed(t *testing.T, s *Store, user, service string) state.Claimed {
	t.Helper()
	ctx := t.Context()
	id := user + "-" + service
	err := errors.Join(
		s.AddAccount(ctx, state.Account{ID: "acc-" + id, User: user, Provider: service, RemoteID: "r-" + id, Name: "name-" + id, CreatedAt: noon}),
		s.AddNetworks(ctx, []state.Network{{ID: id, AccountID: "acc-" + id, Service: service, CreatedAt: noon}}),
	)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Claim(ctx, state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{service: 1}})
	if err != nil || len(got) != 1 {
		t.Fatalf("claiming %s: %d networks, %v", id, len(got), err)
	}
	return got[0]
}

func liked(id, title string) item.Item {
	return item.Item{ID: id, URL: "https://example.org/" + id, Kind: "post", Title: title, LikedAt: noon, LikedFrom: item.FromAPI}
}

func pageOf(c state.Claimed, id string, items ...item.Item) state.Page {
	return state.Page{ID: c.ID + "/" + id, Kind: "backfill", Walk: 1, ObservedAt: noon, Items: items, After: state.Progress{Mode: state.Initial, Reason: id}}
}

func TestOpenRefuses(t *testing.T) {
	make := func(content string, mode fs.FileMode) func(t *testing.T) string {
		return func(t *testing.T) string {
			path := file(t)
			if err := os.WriteFile(path, []byte(content), mode); err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	foreign := func(statements ...string) func(t *testing.T) string {
		return func(t *testing.T) string {
			path := file(t)
			sqlOn(t, path, statements...)
			return path
		}
	}
	for name, c := range map[string]struct {
		file func(t *testing.T) string
		want error
		says string
	}{
		"a folder that does not exist": {func(t *testing.T) string { return filepath.Join(t.TempDir(), "none", "x.db") }, store.ErrMissing, "does not exist; create it"},
		"no name":                      {func(*testing.T) string { return "" }, store.ErrMissing, "--store=sqlite:FILE"},
		"a folder":                     {func(t *testing.T) string { return t.TempDir() }, store.ErrForeign, "is a folder"},
		"a text":                       {make(strings.Repeat("Dear diary, today ", 100), 0o600), store.ErrForeign, "is no SQLite file"},
		"a read-only file":             {make("", 0o400), store.ErrReadOnly, "is read-only; allow writing"},
		"another program's database":   {foreign("CREATE TABLE notes (x)"), store.ErrForeign, "of another program (application id 0, 1 tables)"},
		"another application id":       {foreign("PRAGMA application_id = 7"), store.ErrForeign, "application id 7"},
		"our mark without a version":   {foreign("PRAGMA application_id = 1129071444", "CREATE TABLE notes (x)"), store.ErrForeign, "no schema version"},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.file(t)
			before, _ := os.ReadFile(path)
			s, err := Open(t.Context(), path, options(""))
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %v and %q", err, c.want, c.says)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the refused file was changed")
			}
		})
	}
}

func TestOpenRefusesAReadOnlyFolder(t *testing.T) {
	path := file(t)
	if err := os.Chmod(filepath.Dir(path), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Dir(path), 0o700) })
	if _, err := Open(t.Context(), path, options("")); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("error %v, want %v", err, store.ErrReadOnly)
	}
}

// sqlOn runs statements on a file, around the store.
func sqlOn(t *testing.T, path string, statements ...string) {
	t.Helper()
	if err := create(path); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, st := range statements {
		if _, err := db.ExecContext(t.Context(), st); err != nil {
			t.Fatalf("%s: %v", st, err)
		}
	}
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	path := file(t)
	open(t, path).Close()
	sqlOn(t, path, "INSERT INTO "+versions+" (version_id, is_applied) VALUES (99, 1)")
	_, err := Open(t.Context(), path, options(""))
	if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), fmt.Sprintf("schema 99, this collector knows %d", newest(t))) {
		t.Errorf("error %v", err)
	}
}

func TestOpenRefusesADamagedFile(t *testing.T) {
	path := file(t)
	s := open(t, path)
	c := seed(t, s, "me", "github")
	for range 50 {
		if _, err := s.Commit(t.Context(), c.Lease, pageOf(c, "1", liked("1", "x"))); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 100; i < 4096; i++ { // the page that holds the schema
		b[i] = 0xff
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, options("")); !errors.Is(err, store.ErrForeign) || !strings.Contains(err.Error(), "restore a backup") {
		t.Errorf("error %v", err)
	}
}

func TestNewFileIsItsOwnersAlone(t *testing.T) {
	for _, name := range []string{"collector.db", "what? 100% #1 & more.db"} {
		path := filepath.Join(t.TempDir(), name)
		open(t, path)
		in, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if in.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", name, in.Mode().Perm())
		}
	}
}

func TestRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	s := open(t, "likes.db")
	if got := s.Describe(); got != "./likes.db (SQLite)" {
		t.Errorf("described as %q", got)
	}
	if _, err := os.Stat("likes.db"); err != nil {
		t.Error(err)
	}
}

// older is the first step of the schema alone.
func older(t *testing.T) fs.FS {
	t.Helper()
	return upTo(t, 1)
}

func TestUpgradeBacksUpFirst(t *testing.T) {
	path := file(t)
	clock := func() time.Time { return noon }
	if err := prepare(t.Context(), path, path, older(t), clock); err != nil {
		t.Fatal(err)
	}
	sqlOn(t, path, "INSERT INTO meta VALUES ('kept', 'yes')")
	cut := path + ".backup-v1-20260101T000000Z.partial" // of an upgrade that was killed
	if err := os.WriteFile(cut, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	if v, err := s.Meta(t.Context(), "kept"); err != nil || v != "yes" {
		t.Errorf("after the upgrade: %q, %v", v, err)
	}
	s.Close()
	if _, err := os.Stat(cut); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("half a backup is left: %v", err)
	}
	copies, err := filepath.Glob(path + ".backup*")
	if err != nil || len(copies) != 1 || copies[0] != path+".backup-v1-20260301T120000Z" {
		t.Fatalf("backups %q, %v", copies, err)
	}
	in, err := os.Stat(copies[0])
	if err != nil || in.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", in.Mode().Perm(), err)
	}
	restored := open(t, copies[0]) // a backup is a whole store, and upgrades like one
	if v, err := restored.Meta(t.Context(), "kept"); err != nil || v != "yes" {
		t.Errorf("in the backup: %q, %v", v, err)
	}
	open(t, path)
	if again, _ := filepath.Glob(path + ".backup*.backup*"); len(again) != 1 { // of the restored one
		t.Errorf("opening the newest schema made a backup: %q", again)
	}
	if again, _ := filepath.Glob(path + ".backup*Z"); len(again) != 2 {
		t.Errorf("opening the newest schema made a backup: %q", again)
	}
}

func TestUpgradeThatFailsChangesNothing(t *testing.T) {
	path := file(t)
	clock := func() time.Time { return noon }
	if err := prepare(t.Context(), path, path, older(t), clock); err != nil {
		t.Fatal(err)
	}
	broken := older(t).(fstest.MapFS)
	broken["00002_half.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE half (x);\nINSERT INTO nowhere VALUES (1);\n")}
	if err := prepare(t.Context(), path, path, broken, clock); err == nil {
		t.Fatal("a broken step was applied")
	}
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var half int
	if err := db.QueryRow("SELECT count(*) FROM sqlite_master WHERE name = 'half'").Scan(&half); err != nil || half != 0 {
		t.Errorf("half a step is left: %d, %v", half, err)
	}
	if v, err := inspect(context.Background(), db, path); err != nil || v != 1 {
		t.Errorf("version %d, %v, want 1", v, err)
	}
}

func TestViewsHoldNoSecrets(t *testing.T) {
	path := file(t)
	s := open(t, path)
	c := seed(t, s, "me", "github")
	if _, err := s.Commit(t.Context(), c.Lease, pageOf(c, "1", liked("1", "seen from outside"))); err != nil {
		t.Fatal(err)
	}
	var title, when, name string
	err := s.read.QueryRow("SELECT i.title, i.liked_at, a.name FROM v_items i JOIN v_accounts a ON a.user = i.user").Scan(&title, &when, &name)
	if err != nil || title != "seen from outside" || when != "2026-03-01T12:00:00.000Z" || name != "name-me-github" {
		t.Errorf("%q %q %q %v", title, when, name, err)
	}
	for _, view := range []string{"v_items", "v_accounts"} {
		rows, err := s.read.Query("SELECT * FROM " + view)
		if err != nil {
			t.Fatal(err)
		}
		columns, _ := rows.Columns()
		rows.Close()
		for _, c := range columns {
			if strings.Contains(c, "sealed") || strings.Contains(c, "key") || strings.Contains(c, "raw") {
				t.Errorf("%s shows %s", view, c)
			}
		}
	}
}

func TestPurgeLeavesNoTrace(t *testing.T) {
	path := file(t)
	s := open(t, path)
	c := seed(t, s, "me", "github")
	if _, err := s.Commit(t.Context(), c.Lease, pageOf(c, "1", liked("1", "Unmistakable confession"))); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Search(t.Context(), store.Query{Expr: search.Word("confession")}); err != nil || len(r.Items) != 1 {
		t.Fatalf("%v, %v", r, err)
	}
	if _, err := s.PurgeUser(t.Context(), "me"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range left {
		b, err := os.ReadFile(name)
		if err == nil && (strings.Contains(strings.ToLower(string(b)), "confession") || strings.Contains(string(b), "name-me-github")) {
			t.Errorf("%s still holds what was purged", name)
		}
	}
}

func TestDeletedFileIsNotMadeAnew(t *testing.T) {
	path := file(t)
	s := open(t, path)
	if err := s.SetMeta(t.Context(), "x", "y"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := s.w.do(&job{ctx: t.Context(), alone: true, bare: true, run: func(*tx) error { s.w.hangUp(); return nil }}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetMeta(t.Context(), "x", "y"); !errors.Is(err, state.ErrUnavailable) {
		t.Errorf("error %v, want %v", err, state.ErrUnavailable)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty file stands in its place: %v", err)
	}
}
