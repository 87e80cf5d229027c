package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"collector/auth"
	"collector/limit"
	"collector/search"
	"collector/state"
	"collector/store"
)

// TestRestoreBringsTheBackupBack, keeps the store that was there, and lets
// nothing of the past act: no lease, no instance, no right to refresh.
func TestRestoreBringsTheBackupBack(t *testing.T) {
	ctx := t.Context()
	path := file(t)
	s, c := written(t, path, 3)
	if _, err := s.LeaseRefresh(ctx, c.AccountID, "a", noon, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Heartbeat(ctx, store.Instance{ID: "a", Seen: noon}); err != nil {
		t.Fatal(err)
	}
	from := filepath.Join(t.TempDir(), "backup")
	backedUp(t, s, from) // while a holds the lease
	for range 2 {
		p := pageNumber(c, c.Progress)
		if _, err := s.Commit(ctx, c.Lease, p); err != nil {
			t.Fatal(err)
		}
		c.Progress = p.After
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	was, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	r := restored(t, path, from)
	if r.Items != 3*perPage+1 || r.Networks != 1 || r.Schema != newest(t) || r.From != r.Schema || r.File != path || !r.Known {
		t.Errorf("said %+v", r)
	}
	if got, want := listing(t, path), "collector.db collector.db.before-restore-20260301T120000Z"; got != want {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
	s = open(t, path)
	n, err := s.Network(ctx, c.ID)
	if err != nil || n.Walks != 3 || n.Owner != "" || n.WakeAt != noon || n.Crashes != 0 {
		t.Errorf("after the restore: %d pages, owner %q, due %v, %d crashes, %v", n.Walks, n.Owner, n.WakeAt, n.Crashes, err)
	}
	if _, err := s.Commit(ctx, c.Lease, pageNumber(c, c.Progress)); !errors.Is(err, state.ErrLeaseLost) {
		t.Errorf("a lease of before the restore: %v", err)
	}
	if ok, err := s.LeaseRefresh(ctx, c.AccountID, "b", noon, noon.Add(time.Minute)); err != nil || !ok {
		t.Errorf("refreshing a sign-in: %v, %v", ok, err)
	}
	if beats, err := s.Beats(ctx, noon.Add(-time.Hour)); err != nil || len(beats) != 0 {
		t.Errorf("instances of then: %v, %v", beats, err)
	}
	if found, err := s.Search(ctx, store.Query{Expr: search.Word("page"), Limit: 100}); err != nil || len(found.Items) != 3*perPage+1 {
		t.Errorf("%d found, %v", len(found.Items), err)
	}
	if err := integrity(path); err != nil {
		t.Error(err)
	}
	if now, err := os.ReadFile(from); err != nil || string(now) != string(was) {
		t.Errorf("the backup was changed, %v", err)
	}
	aside := open2(t, r.Aside)
	if n, err := aside.Network(ctx, c.ID); err != nil || n.Walks != 5 {
		t.Errorf("the store kept aside has %d pages, %v, want 5", n.Walks, err)
	}
}

// TestReadersOfTheLogAreToldOfARestore: a number that a reader keeps is never
// given again to another change, and whoever asks for what follows it is told to
// read everything once. It holds without the store that was replaced, too.
func TestReadersOfTheLogAreToldOfARestore(t *testing.T) {
	for _, lost := range []bool{false, true} {
		path := file(t)
		s, c := written(t, path, 3)
		from := filepath.Join(t.TempDir(), "backup")
		backedUp(t, s, from)
		p := pageNumber(c, c.Progress)
		if _, err := s.Commit(t.Context(), c.Lease, p); err != nil {
			t.Fatal(err)
		}
		seen, err := s.LastChange(t.Context()) // 4: the backup ends with 3
		if err != nil || seen != 4 {
			t.Fatal(seen, err)
		}
		s.Close()
		if lost {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		restored(t, path, from)
		s = open(t, path)
		for _, since := range []int64{0, 2, 3, seen} {
			if list, err := s.Changes(t.Context(), "", since, 100); !errors.Is(err, store.ErrGone) {
				t.Errorf("since %d: %d changes, %v, want %v", since, len(list), err, store.ErrGone)
			}
		}
		last, err := s.LastChange(t.Context())
		if err != nil || last <= seen {
			t.Errorf("the newest number is %d, %v, and readers have seen %d", last, err, seen)
		}
		got, err := s.Claim(t.Context(), state.Claim{Mode: state.Initial, Owner: "a", Now: noon, Until: noon.Add(time.Minute), N: 1, Services: map[string]int{"github": 1}})
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		if _, err := s.Commit(t.Context(), got[0].Lease, pageNumber(got[0], got[0].Progress)); err != nil {
			t.Fatal(err)
		}
		list, err := s.Changes(t.Context(), "", last, 100)
		if err != nil || len(list) != 1 || list[0].Seq != last+1 {
			t.Errorf("what follows: %+v, %v", list, err)
		}
		s.Close()
		again := filepath.Join(t.TempDir(), "again")
		s = open(t, path)
		backedUp(t, s, again)
		s.Close()
		restored(t, path, again)
		if now, err := open(t, path).LastChange(t.Context()); err != nil || now <= last+1 {
			t.Errorf("a second restore at the same time ends the log at %d, %v, and readers have seen %d", now, err, last+1)
		}
	}
}

// TestRestoreKeepsWhatServicesKnowBetter: what is spent of a quota, how long it is
// blocked, and a sign-in that was renewed, whose older form the service has voided.
func TestRestoreKeepsWhatServicesKnowBetter(t *testing.T) {
	ctx := t.Context()
	path := file(t)
	s, c := written(t, path, 1)
	spend := func(used int, blocked time.Time) {
		t.Helper()
		err := s.UpdateQuotas(ctx, []string{"github/core/1"}, func(rows []*limit.Row) error {
			rows[0].Used, rows[0].Blocked = used, blocked
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	save := func(account, text string, version int64) {
		t.Helper()
		if err := s.SaveCredential(ctx, auth.Record{Account: account, KeyID: "k", Sealed: []byte(text), Version: version}); err != nil {
			t.Fatal(err)
		}
	}
	spend(10, time.Time{})
	save(c.AccountID, "old pair", 0)
	if err := s.AddAccount(ctx, state.Account{ID: "gone", User: "me", Provider: "github", Name: "gone", CreatedAt: noon}); err != nil {
		t.Fatal(err)
	}
	save("gone", "of an account that is purged later", 0)
	if err := s.SetMeta(ctx, store.MetaKeyCheck, "by the old key"); err != nil {
		t.Fatal(err)
	}
	from := filepath.Join(t.TempDir(), "backup")
	backedUp(t, s, from)
	spend(900, noon.Add(time.Hour))
	save(c.AccountID, "new pair", 1)
	if err := s.SetMeta(ctx, store.MetaKeyCheck, "by the new key"); err != nil {
		t.Fatal(err)
	}
	s.Close()
	sqlOn(t, path, "DELETE FROM credentials WHERE account = 'gone'")

	if r := restored(t, path, from); r.SignIns != 1 || r.Quotas != 1 {
		t.Errorf("said %+v", r.Carried)
	}
	s = open(t, path)
	rows, err := s.Quotas(ctx, "")
	if err != nil || len(rows) != 1 || rows[0].Used != 900 || !rows[0].Blocked.Equal(noon.Add(time.Hour)) {
		t.Errorf("the ledger: %+v, %v", rows, err)
	}
	for account, want := range map[string]string{c.AccountID: "new pair", "gone": "of an account that is purged later"} {
		if got, err := s.Credential(ctx, account); err != nil || string(got.Sealed) != want {
			t.Errorf("the sign-in of %s is %q, %v", account, got.Sealed, err)
		}
	}
	if check, err := s.Meta(ctx, store.MetaKeyCheck); err != nil || check != "by the new key" {
		t.Errorf("the key is checked against %q, %v", check, err)
	}
}

// TestRestoreOfAnOlderSchemaUpgradesIt, and leaves the backup as it was.
func TestRestoreOfAnOlderSchemaUpgradesIt(t *testing.T) {
	from := file(t)
	if err := prepare(t.Context(), from, from, older(t), options("").Now); err != nil {
		t.Fatal(err)
	}
	sqlOn(t, from, "INSERT INTO meta VALUES ('kept', 'yes')")
	path := file(t)
	if r := restored(t, path, from); r.From != 1 || r.Schema != newest(t) || r.Aside != "" || r.Known {
		t.Errorf("said %+v", r)
	}
	if v, err := open(t, path).Meta(t.Context(), "kept"); err != nil || v != "yes" {
		t.Errorf("%q, %v", v, err)
	}
	if names, _ := filepath.Glob(path + ".backup*"); len(names) > 0 {
		t.Errorf("a backup of a backup: %q", names)
	}
}

// newest is the version of the present schema.
func newest(t *testing.T) int64 {
	t.Helper()
	steps, err := fs.ReadDir(migrations(), ".")
	if err != nil {
		t.Fatal(err)
	}
	return int64(len(steps))
}

// upTo leaves out the steps of the schema after the first n.
func upTo(t *testing.T, n int64) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	steps, err := fs.ReadDir(migrations(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps[:n] {
		b, err := fs.ReadFile(migrations(), step.Name())
		if err != nil {
			t.Fatal(err)
		}
		out[step.Name()] = &fstest.MapFile{Data: b}
	}
	return out
}

// spoil overwrites bytes of a file.
func spoil(t *testing.T, path string, from, to int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := from; i < min(to, len(b)); i++ {
		b[i] = 0xff
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRestoreRefuses(t *testing.T) {
	valid := func(t *testing.T) string {
		from := filepath.Join(t.TempDir(), "backup")
		s, _ := written(t, file(t), 3)
		backedUp(t, s, from)
		return from
	}
	text := func(content string) func(t *testing.T) string {
		return func(t *testing.T) string {
			from := file(t)
			if err := os.WriteFile(from, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			return from
		}
	}
	changed := func(statement string) func(t *testing.T) string {
		return func(t *testing.T) string {
			from := valid(t)
			sqlOn(t, from, statement)
			return from
		}
	}
	cut := func(part float64) func(t *testing.T) string {
		return func(t *testing.T) string {
			from := valid(t)
			if err := os.Truncate(from, int64(float64(size(from))*part)); err != nil {
				t.Fatal(err)
			}
			return from
		}
	}
	for name, c := range map[string]struct {
		from func(t *testing.T) string
		want error
	}{
		"no file":                    {func(t *testing.T) string { return file(t) }, store.ErrMissing},
		"a folder":                   {func(t *testing.T) string { return t.TempDir() }, store.ErrForeign},
		"an empty file":              {text(""), store.ErrForeign},
		"a text":                     {text(strings.Repeat("Dear diary, today ", 100)), store.ErrForeign},
		"another program's database": {func(t *testing.T) string { from := file(t); sqlOn(t, from, "CREATE TABLE notes (x)"); return from }, store.ErrForeign},
		"a newer schema":             {changed("INSERT INTO " + versions + " (version_id, is_applied) VALUES (99, 1)"), store.ErrNewer},
		"simulated data":             {changed("INSERT INTO meta VALUES ('simulated', '1')"), store.ErrForeign},
		"half of it":                 {cut(0.5), store.ErrDamaged},
		"all but its end":            {cut(0.97), store.ErrDamaged},
		"a spoiled page":             {func(t *testing.T) string { from := valid(t); spoil(t, from, 4096*3, 4096*5); return from }, store.ErrDamaged},
		"lost items":                 {changed("DELETE FROM items WHERE item_id = '7'"), store.ErrDamaged},
		"a lost index":               {changed("DELETE FROM word_index_docsize WHERE id = 3"), store.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			from := c.from(t)
			path := file(t)
			s, net := written(t, path, 1)
			s.Close()
			if _, err := Restore(t.Context(), path, from, options("")); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if got := listing(t, path); got != "collector.db" {
				t.Errorf("the folder holds %q", got)
			}
			checkPages(t, open(t, path), path, net.ID, 1)
		})
	}
}

// TestRestoreLeavesAStoreInUseAlone, whoever uses it: an instance, a command, or
// another program.
func TestRestoreLeavesAStoreInUseAlone(t *testing.T) {
	from := filepath.Join(t.TempDir(), "backup")
	s, _ := written(t, file(t), 1)
	backedUp(t, s, from)
	for name, use := range map[string]func(t *testing.T, path string) (end func() error){
		"an instance": func(t *testing.T, path string) func() error { return open(t, path).Close },
		"a command": func(t *testing.T, path string) func() error {
			s, err := Open(t.Context(), path, options(""))
			if err != nil {
				t.Fatal(err)
			}
			return s.Close
		},
		"another program": func(t *testing.T, path string) func() error {
			cmd, says := spawn(t, "reads", path, "")
			<-says
			return func() error { cmd.Process.Kill(); cmd.Wait(); return nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			s, net := written(t, path, 2)
			s.Close()
			end := use(t, path)
			if _, err := Restore(t.Context(), path, from, options("")); !errors.Is(err, store.ErrBusy) {
				t.Errorf("error %v, want %v", err, store.ErrBusy)
			}
			if got := listing(t, path); strings.Contains(got, "restore") {
				t.Errorf("the folder holds %q", got)
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			checkPages(t, open2(t, path), path, net.ID, 2)
		})
	}
}

// TestOpenWaitsForARestore: it would work in the file that is being put aside.
func TestOpenWaitsForARestore(t *testing.T) {
	path := file(t)
	open(t, path).Close()
	unlock, err := alone(path, path)
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan error, 1)
	go func() {
		s, err := Open(t.Context(), path, options("b"))
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	select {
	case err := <-opened:
		t.Errorf("opened during a restore: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	unlock()
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

// TestRestoreReplacesADamagedStore and keeps it. Its log is not left for the new one.
func TestRestoreReplacesADamagedStore(t *testing.T) {
	path := file(t)
	s, c := written(t, path, 3)
	from := filepath.Join(t.TempDir(), "backup")
	backedUp(t, s, from)
	s.Close()
	spoil(t, path, 0, 4096)
	if err := os.WriteFile(path+"-wal", []byte("what is left of a log"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := restored(t, path, from)
	if r.Known {
		t.Error("something was read from a file that cannot be read")
	}
	if pages := checkRestored(t, path, c.ID); pages != 3 {
		t.Errorf("%d pages", pages)
	}
	if size(r.Aside) == 0 || !absent(path+"-wal") {
		t.Errorf("the folder holds %s", listing(t, path))
	}
}

// checkRestored holds a restored store to itself and returns its pages.
func checkRestored(t *testing.T, path, network string) int64 {
	t.Helper()
	s := open2(t, path)
	n, err := s.Network(t.Context(), network)
	if err != nil {
		t.Fatal(err)
	}
	if want := int(n.Walks)*perPage + min(int(n.Walks), 1); n.Items != want {
		t.Errorf("%d items after %d pages, want %d", n.Items, n.Walks, want)
	}
	if err := integrity(path); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return n.Walks
}

// TestRestoreClearsUpAfterAKilledOne: whatever it left, the store that was there
// is neither lost nor kept under two names.
func TestRestoreClearsUpAfterAKilledOne(t *testing.T) {
	path := file(t)
	s, _ := written(t, path, 1)
	from := filepath.Join(t.TempDir(), "backup")
	backedUp(t, s, from)
	s.Close()
	half := path + kept + "20260101T000000Z.partial"
	if err := os.Link(path, half); err != nil { // killed before the new file was in place
		t.Fatal(err)
	}
	for _, name := range []string{path + ".restore-20260101T000000Z.partial", path + ".restore-20260101T000000Z.partial-journal"} {
		if err := os.WriteFile(name, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	restored(t, path, from)
	if got, want := listing(t, path), "collector.db collector.db.before-restore-20260301T120000Z"; got != want {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
	if err := os.WriteFile(half, []byte("a former store"), 0o600); err != nil { // killed after it
		t.Fatal(err)
	}
	restored(t, path, from)
	if b, err := os.ReadFile(strings.TrimSuffix(half, ".partial")); err != nil || string(b) != "a former store" {
		t.Errorf("a former store was not kept: %q, %v", b, err)
	}
	if _, err := os.Stat(half); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it still is called half of something: %v", err)
	}
}
