package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	_ "modernc.org/sqlite"

	"collector/grant"
	"collector/grant/granttest"
	"collector/store"
	"collector/store/sqlite/beside"
)

// opened is a handle on a file, closed with the test.
func opened(t *testing.T, path string) *sql.DB {
	t.Helper()
	q := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "secure_delete(1)"}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func open(t *testing.T, db *sql.DB) *Store {
	t.Helper()
	s, err := Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	granttest.Run(t, func(t *testing.T) (one, other grant.Store) {
		path := filepath.Join(t.TempDir(), "g.db")
		return open(t, opened(t, path)), open(t, opened(t, path))
	})
}

// TestNobodyReadsBeforeItIsHisTurn: of those who wait to write while another does, none has
// read a link already that only one of them is to have.
func TestNobodyReadsBeforeItIsHisTurn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "g.db")
	synctest.Test(t, func(t *testing.T) {
		s := open(t, opened(t, path))
		link := grant.Record{Hash: grant.HashOf("a"), ID: "g_1", Kind: grant.Login}
		if err := s.Add(t.Context(), link); err != nil {
			t.Fatal(err)
		}
		held, hold := make(chan struct{}), make(chan struct{})
		writing := make(chan error)
		go func() {
			writing <- s.db.Write(t.Context(), beside.Loose, func(context.Context, *sql.Conn) error {
				close(held)
				<-hold
				return nil
			})
		}()
		<-held
		const many = 4
		ends := make(chan error, many)
		for range many {
			go func() {
				_, err := s.Take(t.Context(), link.Hash)
				ends <- err
			}()
		}
		synctest.Wait()
		close(hold)
		if err := <-writing; err != nil {
			t.Fatal(err)
		}
		taken := 0
		for range many {
			if err := <-ends; err == nil {
				taken++
			} else if !errors.Is(err, grant.ErrUnknown) {
				t.Error(err)
			}
		}
		if taken != 1 {
			t.Errorf("%d took it", taken)
		}
	})
}

func TestMade(t *testing.T) {
	db := opened(t, filepath.Join(t.TempDir(), "g.db"))
	for _, want := range []bool{false, true} {
		if made, err := Made(t.Context(), db); made != want || err != nil {
			t.Errorf("made: %v, want %v, %v", made, want, err)
		}
		open(t, db)
	}
}

func TestWhatANewerProgramWroteIsLeftAlone(t *testing.T) {
	db := opened(t, filepath.Join(t.TempDir(), "g.db"))
	open(t, db)
	if _, err := db.ExecContext(t.Context(), "INSERT INTO grant_versions (version_id, is_applied) VALUES (99, 1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), db); !errors.Is(err, store.ErrNewer) {
		t.Errorf("error %v, want %v", err, store.ErrNewer)
	}
}

// TestEachLookUsesAnIndex asks the database.
func TestEachLookUsesAnIndex(t *testing.T) {
	db := opened(t, filepath.Join(t.TempDir(), "g.db"))
	open(t, db)
	for query, want := range map[string]string{
		"SELECT * FROM grants WHERE hash = x'00'":                                         "SEARCH grants USING PRIMARY KEY",
		"SELECT * FROM grants WHERE id > '' AND user = 'a' ORDER BY id LIMIT 5":           "SEARCH grants USING INDEX grants_user (user=? AND id>?)",
		"DELETE FROM grants WHERE user = 'a'":                                             "grants_user (user=?)",
		"SELECT 1 FROM grants WHERE expires > 0 AND expires > 3 AND expires <= 5 LIMIT 1": "grants_expires",
		"SELECT * FROM grants WHERE id > '' ORDER BY id LIMIT 5":                          "(id>?)",
		"UPDATE grants SET used = 9 WHERE hash = x'00' AND used < 9":                      "SEARCH grants USING PRIMARY KEY",
	} {
		var a, b, c int
		var detail string
		if err := db.QueryRowContext(t.Context(), "EXPLAIN QUERY PLAN "+query).Scan(&a, &b, &c, &detail); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(detail, want) {
			t.Errorf("%s: %s", query, detail)
		}
	}
}

// TestADamagedGrantKeepsNoneAlive: where one cannot be read, it and all others can be revoked.
func TestADamagedGrantKeepsNoneAlive(t *testing.T) {
	db := opened(t, filepath.Join(t.TempDir(), "g.db"))
	g := grant.New(open(t, db), slog.New(slog.DiscardHandler))
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	made := func() (string, string) {
		t.Helper()
		secret, r, err := g.Make(t.Context(), now, grant.Operator(), grant.Ask{Kind: grant.Token, User: "me", Scopes: []grant.Scope{grant.Read, grant.Feeds}})
		if err != nil {
			t.Fatal(err)
		}
		return secret, r.ID
	}
	stolen, stolenID := made()
	damaged, damagedID := made()
	thief, err := g.Who(t.Context(), now, netip.Addr{}, grant.Token, stolen)
	if err != nil {
		t.Fatal(err)
	}
	feed, _, err := g.Make(t.Context(), now, thief, grant.Ask{Kind: grant.Feed, User: "me"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE grants SET body = '{' WHERE id = ?", damagedID); err != nil {
		t.Fatal(err)
	}
	if _, err := g.List(t.Context(), now, grant.Operator(), ""); err == nil || !strings.Contains(err.Error(), damagedID) {
		t.Errorf("listed: %v", err)
	}
	if _, err := g.Who(t.Context(), now, netip.Addr{}, grant.Token, damaged); err == nil {
		t.Error("who cannot be read is let in")
	}
	if _, err := g.Revoke(t.Context(), thief, damagedID); err == nil || errors.Is(err, grant.ErrUnknown) {
		t.Errorf("a program revoked it: %v", err)
	}
	// Whether it has made feeds cannot be told, and that is said.
	if _, err := g.Revoke(t.Context(), grant.Operator(), stolenID); err == nil || !strings.Contains(err.Error(), "is revoked") || !strings.Contains(err.Error(), damagedID) {
		t.Errorf("revoked: %v", err)
	}
	if _, err := g.Who(t.Context(), now, netip.Addr{}, grant.Token, stolen); !errors.Is(err, grant.ErrVoid) {
		t.Errorf("the stolen one: %v", err)
	}
	if _, err := g.Revoke(t.Context(), grant.Operator(), damagedID); err != nil {
		t.Error(err)
	}
	left, err := g.List(t.Context(), now, grant.Operator(), "")
	if err != nil || len(left) != 1 || left[0].By != stolenID {
		t.Fatalf("left are %+v, %v", left, err)
	}
	if _, err := g.Revoke(t.Context(), grant.Operator(), left[0].ID); err != nil {
		t.Error(err)
	}
	if _, err := g.Who(t.Context(), now, netip.Addr{}, grant.Feed, feed); !errors.Is(err, grant.ErrVoid) {
		t.Errorf("its feed: %v", err)
	}
}

// TestAThiefOfTheFileFindsNothing reads the bytes of the file and its log: no text that
// lets anybody in is there, and what was revoked has left no name.
func TestAThiefOfTheFileFindsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "g.db")
	db := opened(t, path)
	g := grant.New(open(t, db), slog.New(slog.DiscardHandler))
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var secrets []string
	var token grant.Record
	for _, a := range []grant.Ask{
		{Kind: grant.Login, Scopes: []grant.Scope{grant.Read}},
		{Kind: grant.Token, Scopes: []grant.Scope{grant.Read}, Name: "adelheid"},
		{Kind: grant.Feed, User: "me", Search: "in:github"},
	} {
		secret, r, err := g.Make(t.Context(), now, grant.Operator(), a)
		if err != nil {
			t.Fatal(err)
		}
		if secrets = append(secrets, secret); a.Kind == grant.Token {
			token = r
		}
	}
	session, _, err := g.Enter(t.Context(), now, netip.Addr{}, secrets[0], "a browser")
	if err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets, session)
	bytesOf := func() (out []byte) {
		t.Helper()
		for _, p := range []string{path, path + "-wal"} {
			b, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b...)
		}
		return out
	}
	text := bytesOf()
	if !bytes.Contains(text, []byte("adelheid")) {
		t.Fatal("this reads another file")
	}
	for _, s := range secrets {
		if bytes.Contains(text, []byte(s[3:15])) {
			t.Errorf("the text %s… is in the file", s[:3])
		}
	}
	if _, err := g.Revoke(t.Context(), grant.Operator(), token.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(bytesOf(), []byte("adelheid")) {
		t.Error("what was revoked is still in the file")
	}
}
