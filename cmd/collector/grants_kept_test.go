package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"collector/grant"
	"collector/store"
	"collector/store/sqlite"
)

// TestPurgeEndsGrants: of a person who is purged nobody is let in, and no name is in any
// file; others stay.
func TestPurgeEndsGrants(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	secret, _ := madeToken(t, p, "a script", "--user", "adelheid")
	feed, _ := madeToken(t, p, "reader", "--user", "adelheid", "--feed", "raft")
	session := signsIn(t, "collector.db", p.run(t, "login-link", "--user", "adelheid").must(t).out)
	bobs, _ := madeToken(t, p, "a script", "--user", "bob")
	owners, _ := madeToken(t, p, "ops", "--all-users")
	o := p.run(t, "users", "purge", "--yes", "adelheid").must(t)
	if !strings.Contains(o.err, "3 tokens, feeds and sessions") {
		t.Errorf("it says %s", o.err)
	}
	for k, secret := range map[grant.Kind]string{grant.Token: secret, grant.Feed: feed, grant.Session: session} {
		if who, ok := letsIn(t, "collector.db", k, secret); ok {
			t.Errorf("%+v is let in", who)
		}
	}
	for _, secret := range []string{bobs, owners} {
		if _, ok := letsIn(t, "collector.db", grant.Token, secret); !ok {
			t.Error("another user's was purged")
		}
	}
	if o := p.run(t, "users", "purge", "--yes", "adelheid"); o.code != exitUsage {
		t.Errorf("once more: %d %s", o.code, o.err)
	}
	if o := p.run(t, "users", "purge", "--yes", ""); o.code == exitOK {
		t.Errorf("nobody was purged: %s", o.err)
	}
	if _, ok := letsIn(t, "collector.db", grant.Token, owners); !ok {
		t.Error("the operator was purged")
	}
	for _, path := range []string{"collector.db", "collector.db-wal"} {
		if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte("adelheid")) {
			t.Errorf("%s holds the name", path)
		}
	}
}

// TestAPurgeThatFailsLetsNobodyIn: whatever cannot be deleted, who is purged is let in no more.
func TestAPurgeThatFailsLetsNobodyIn(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	secret, _ := madeToken(t, p, "a script", "--user", "anna")
	p.run(t, "webhooks", "add", "https://hooks.example/likes", "--user", "anna").must(t)
	if err := os.WriteFile("collector.db.webhooks", bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if o := p.run(t, "users", "purge", "--yes", "anna"); o.code == exitOK {
		t.Fatalf("it did not fail: %s", o.err)
	}
	if who, ok := letsIn(t, "collector.db", grant.Token, secret); ok {
		t.Errorf("%+v is let in", who)
	}
}

// TestMigrateTakesGrants: the same texts let in the same people, and what was revoked
// between two tries lets in nobody.
func TestMigrateTakesGrants(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	p.run(t, "migrate", "sqlite:collector.db", "sqlite:bare.db").must(t)
	withStoreAt(t, "bare.db", func(st store.Store) error {
		k, err := grantsOf(t.Context(), st)
		if err != nil {
			return err
		}
		defer k.close()
		if made, err := k.made(t.Context()); made || err != nil {
			t.Errorf("where there are no grants there is a table, %v", err)
		}
		return nil
	})
	secret, _ := madeToken(t, p, "a script", "--scopes", "read,write")
	session := signsIn(t, "collector.db", p.run(t, "login-link").must(t).out)
	before := p.run(t, "tokens", "list", "--json").must(t).out
	p.run(t, "migrate", "--dry-run", "sqlite:collector.db", "sqlite:new.db").must(t)
	p.run(t, "migrate", "sqlite:collector.db", "sqlite:new.db").must(t)
	if got := p.run(t, "tokens", "list", "--json", "--store=sqlite:new.db").must(t).out; got != before {
		t.Errorf("they are\n%s, they were\n%s", got, before)
	}
	if who, ok := letsIn(t, "new.db", grant.Token, secret); !ok || !who.May(grant.Write) {
		t.Errorf("it lets in %+v, %v", who, ok)
	}
	if _, ok := letsIn(t, "new.db", grant.Session, session); !ok {
		t.Error("a browser has to sign in anew")
	}
}

// withStoreAt runs fn over a store.
func withStoreAt(t *testing.T, path string, fn func(store.Store) error) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), path, store.Options{Now: atNoon})
	if err == nil {
		err = fn(st)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestARestoreKnowsWhoIsLetIn: what was revoked since the backup is not good again, and what
// was made since is still good. Where nothing is known of now, tokens of the backup are good
// and browsers sign in anew.
func TestARestoreKnowsWhoIsLetIn(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	p.run(t, "backup", "early.backup").must(t)
	stays, _ := madeToken(t, p, "stays")
	stolen, id := madeToken(t, p, "stolen")
	session := signsIn(t, "collector.db", p.run(t, "login-link").must(t).out)
	p.run(t, "backup", "likes.backup").must(t)
	p.run(t, "tokens", "revoke", id).must(t)
	later, _ := madeToken(t, p, "later")
	lets := func(path string, want map[string]bool) {
		t.Helper()
		for secret, good := range want {
			k := grant.Token
			if secret == session {
				k = grant.Session
			}
			if _, ok := letsIn(t, path, k, secret); ok != good {
				t.Errorf("%s: %s… is good: %v, want %v", path, secret[:6], ok, good)
			}
		}
	}
	now := map[string]bool{stays: true, stolen: false, later: true, session: true}
	for _, backup := range []string{"likes.backup", "early.backup"} { // one has no table
		if o := p.run(t, "restore", backup).must(t); strings.Contains(o.err, "tokens") {
			t.Errorf("it says %s", o.err)
		}
		lets("collector.db", now)
	}
	p.run(t, "tokens", "add", "after").must(t) // the table is as good as before
	p.run(t, "restore", "--store=sqlite:elsewhere.db", "likes.backup").must(t)
	if o := p.run(t, "restore", "--store=sqlite:again.db", "likes.backup").must(t); !strings.Contains(o.err, "collector tokens list") {
		t.Errorf("it says %s", o.err)
	}
	lets("elsewhere.db", map[string]bool{stays: true, stolen: true, later: false, session: false})
}
