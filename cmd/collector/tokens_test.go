package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/grant"
	"collector/store"
	"collector/store/sqlite"
)

// letsIn says who a text lets in, as a collector on that file would find.
func letsIn(t *testing.T, path string, k grant.Kind, secret string) (who grant.Who, ok bool) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), path, store.Options{Reading: true, Now: atNoon})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	err = withGrants(t.Context(), st, false, func(grants grant.Store) error {
		who, err = grant.New(grants, slog.New(slog.DiscardHandler)).Who(t.Context(), noon, netip.Addr{}, k, secret)
		ok = err == nil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return who, ok
}

// signsIn follows a link as a browser does, and returns its session.
func signsIn(t *testing.T, path, link string) (session string) {
	t.Helper()
	st, err := sqlite.Open(t.Context(), path, store.Options{Now: atNoon})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	_, secret, _ := strings.Cut(strings.TrimSpace(link), "?login=")
	err = withGrants(t.Context(), st, true, func(grants grant.Store) error {
		session, _, err = grant.New(grants, slog.New(slog.DiscardHandler)).Enter(t.Context(), noon, netip.Addr{}, secret, "a browser")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// madeToken makes one by the command line.
func madeToken(t *testing.T, p program, args ...string) (secret, id string) {
	t.Helper()
	o := p.run(t, append([]string{"tokens", "add", "--json"}, args...)...).must(t)
	var v struct{ ID, Token string }
	if err := json.Unmarshal([]byte(o.out), &v); err != nil || v.Token == "" || v.ID == "" {
		t.Fatalf("%s, %v", o.out, err)
	}
	return v.Token, v.ID
}

func TestTokens(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	p := program{now: atNoon}
	if o := p.run(t, "tokens", "list").must(t); !strings.Contains(o.out, "collector tokens add") {
		t.Errorf("an empty list says %s", o.out)
	}
	o := p.run(t, "tokens", "add", "a script").must(t)
	secret := strings.TrimSuffix(o.out, "\n")
	who, ok := letsIn(t, "collector.db", grant.Token, secret)
	if !ok || who.User != "me" || !slices.Equal(who.Scopes, []grant.Scope{grant.Read}) || !who.Until.Equal(noon.Add(grant.TokenFor)) {
		t.Errorf("%q lets in %+v, %v", secret, who, ok)
	}
	strong, strongID := madeToken(t, p, "ops", "--all-users", "--scopes", "read,admin,metrics", "--for", "1h")
	if who, ok := letsIn(t, "collector.db", grant.Token, strong); !ok || who.User != "" || !who.May(grant.Admin) || who.May(grant.Write) || !who.Until.Equal(noon.Add(time.Hour)) {
		t.Errorf("it lets in %+v, %v", who, ok)
	}
	feed, feedID := madeToken(t, p, "reader", "--feed", `in:github "a phrase"`, "--user", "anna")
	if who, ok := letsIn(t, "collector.db", grant.Feed, feed); !ok || who.User != "anna" || who.Search != `in:github "a phrase"` || who.Private {
		t.Errorf("it lets in %+v, %v", who, ok)
	}
	list := p.run(t, "tokens", "list").must(t).out
	for _, want := range []string{"a script", "me", "read,admin,metrics", "in 1h", "(all)", `show in:github "a phrase"`, "never", feedID, strongID} {
		if !strings.Contains(list, want) {
			t.Errorf("the list does not say %q:\n%s", want, list)
		}
	}
	all := p.run(t, "tokens", "list", "--json").must(t).out
	for _, hidden := range []string{secret, strong, feed} {
		if strings.Contains(list+all, hidden[3:]) {
			t.Error("a list shows a token")
		}
		for _, path := range []string{"collector.db", "collector.db-wal"} {
			if b, err := os.ReadFile(path); err == nil && bytes.Contains(b, []byte(hidden[3:])) {
				t.Errorf("%s holds a token", path)
			}
		}
	}
	if n := strings.Count(all, "\n"); n != 3 {
		t.Errorf("%d lines: %s", n, all)
	}
	if o := p.run(t, "tokens", "list", "--json", "--user", "anna").must(t); strings.Count(o.out, "\n") != 1 || !strings.Contains(o.out, feedID) {
		t.Errorf("of anna: %s", o.out)
	}
	// One that is gone already keeps none of the others alive.
	if o := p.run(t, "tokens", "revoke", strongID, "g_gone", feedID); o.code != exitUsage || !strings.Contains(o.err, "g_gone") || strings.Count(o.err, "is revoked") != 2 {
		t.Errorf("one of three is gone: %d %s", o.code, o.err)
	}
	for k, secret := range map[grant.Kind]string{grant.Token: strong, grant.Feed: feed} {
		if who, ok := letsIn(t, "collector.db", k, secret); ok {
			t.Errorf("revoked, it lets in %+v", who)
		}
	}
	if _, ok := letsIn(t, "collector.db", grant.Token, secret); !ok {
		t.Error("another one was revoked too")
	}
	if o := p.run(t, "tokens", "revoke", strongID); o.code != exitUsage || !strings.Contains(o.err, "collector tokens list") {
		t.Errorf("revoked again: %d %s", o.code, o.err)
	}
	if o := p.run(t, "search", "--json", "raft").must(t); strings.Contains(o.err, "grant") {
		t.Errorf("a search says %s", o.err)
	}
}

func TestTokensAddRefuses(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	for _, args := range [][]string{
		{"x", "--scopes", "all"},
		{"x", "--scopes", ""},
		{"x", "--scopes", "admin"},
		{"x", "--scopes", "metrics"},
		{"x", "--for", "-1h"},
		{"x", "--for", "0"},
		{"x", "--for", "200000h"},
		{"x", "--all-users", "--user", "anna"},
		{"x", "--user", ""},
		{"x", "--user", "", "--feed", "raft"},
		{"x", "--feed", "liked:>whenever"},
		{"x", "--feed", "raft", "--all-users"},
		{"x", "--feed", "raft", "--scopes", "read"},
		{"x", "--feed", "raft", "--for", "1h"},
		{"x", "--private"},
		{strings.Repeat("x", 300)},
		{},
	} {
		o := program{now: atNoon}.run(t, append([]string{"tokens", "add"}, args...)...)
		if o.code != exitUsage || o.out != "" || !strings.Contains(o.err, "next:") {
			t.Errorf("%v: %d %s %s", args, o.code, o.out, o.err)
		}
	}
	if o := (program{now: atNoon}).run(t, "tokens", "list").must(t); !strings.Contains(o.out, "No tokens") {
		t.Errorf("something was made: %s", o.out)
	}
}

func TestLoginLink(t *testing.T) {
	inFolder(t)
	if o := (program{}).run(t, "login-link"); o.code != exitNoStore {
		t.Errorf("without a store: %d %s", o.code, o.err)
	}
	seeded(t, someItems)
	p := program{now: atNoon}
	for _, c := range []struct {
		args   []string
		begins string
		user   string
		may    []grant.Scope
	}{
		{nil, "http://127.0.0.1:8765/?login=cl_", "", grant.Scopes()},
		{[]string{"--user", "anna"}, "http://127.0.0.1:8765/?login=cl_", "anna", []grant.Scope{grant.Read, grant.Write, grant.Feeds}},
		{[]string{"--read-only", "--address", "https://likes.example/"}, "https://likes.example/?login=cl_", "", []grant.Scope{grant.Read}},
	} {
		o := p.run(t, append([]string{"login-link"}, c.args...)...).must(t)
		if !strings.HasPrefix(o.out, c.begins) || strings.Count(o.out, "\n") != 1 || !strings.Contains(o.err, "12:10") {
			t.Errorf("%v: %s %s", c.args, o.out, o.err)
		}
		who, ok := letsIn(t, "collector.db", grant.Session, signsIn(t, "collector.db", o.out))
		if !ok || who.User != c.user || !slices.Equal(who.Scopes, c.may) {
			t.Errorf("%v lets in %+v, %v", c.args, who, ok)
		}
	}
	var v loginView
	if err := json.Unmarshal([]byte(p.run(t, "login-link", "--json").must(t).out), &v); err != nil || !v.Expires.Equal(noon.Add(grant.LoginFor)) || signsIn(t, "collector.db", v.URL) == "" {
		t.Errorf("%+v, %v", v, err)
	}
	// As of a variable that is not set: what is meant for one user is not the owner's.
	if o := p.run(t, "login-link", "--user", ""); o.code != exitUsage || o.out != "" {
		t.Errorf("of nobody: %d %s", o.code, o.out)
	}
	for _, address := range []string{"likes.example", "ftp://likes.example", "https://", "https://likes.example/?a=b", "javascript:alert(1)"} {
		if o := p.run(t, "login-link", "--address", address); o.code != exitUsage || o.out != "" {
			t.Errorf("%s: %d %s", address, o.code, o.out)
		}
	}
}

// TestALoginLinkLeadsToThePages: where this machine reaches what is listened on, unless an
// address is named; where that cannot be known no link is made.
func TestALoginLinkLeadsToThePages(t *testing.T) {
	inFolder(t)
	seeded(t, someItems)
	for listen, begins := range map[string]string{
		"127.0.0.1:18766": "http://127.0.0.1:18766/?login=", ":18766": "http://127.0.0.1:18766/?login=",
		"0.0.0.0:18766": "http://127.0.0.1:18766/?login=", "likes.lan:80": "http://likes.lan:80/?login=",
	} {
		p := program{now: atNoon, env: map[string]string{"COLLECTOR_LISTEN": listen}}
		if o := p.run(t, "login-link").must(t); !strings.HasPrefix(o.out, begins) {
			t.Errorf("%s: %s", listen, o.out)
		}
		if o := p.run(t, "login-link", "--address", "https://likes.example").must(t); !strings.HasPrefix(o.out, "https://likes.example/?login=") {
			t.Errorf("%s beside --address: %s", listen, o.out)
		}
	}
	for _, listen := range []string{"off", "127.0.0.1:0"} {
		p := program{now: atNoon, env: map[string]string{"COLLECTOR_LISTEN": listen}}
		if o := p.run(t, "login-link"); o.code != exitUsage || o.out != "" || !strings.Contains(o.err, "--address") {
			t.Errorf("%s: %d %s %s", listen, o.code, o.out, o.err)
		}
		p.run(t, "login-link", "--address", "http://127.0.0.1:8765").must(t)
	}
}

// TestInMemoryNothingIsLetIn: a text that lets nobody in is not given out.
func TestInMemoryNothingIsLetIn(t *testing.T) {
	inFolder(t)
	for _, args := range [][]string{{"tokens", "add", "x"}, {"login-link"}} {
		if o := (program{now: atNoon}).run(t, append(args, "--store=memory:")...); o.code != exitUsage || o.out != "" {
			t.Errorf("%v: %d %s %s", args, o.code, o.out, o.err)
		}
	}
}
