//go:build mongo

package main

import (
	"strings"
	"testing"
)

// TestGrantsOverMongoDB makes, moves, revokes and purges grants in a real MongoDB.
func TestGrantsOverMongoDB(t *testing.T) {
	servers := realMongoDB(t)
	seeded(t, someItems)
	file := program{now: atNoon}
	_, id := madeToken(t, file, "a script")
	madeToken(t, file, "reader", "--user", "anna", "--feed", "raft")
	before := file.run(t, "tokens", "list", "--json").must(t).out
	file.run(t, "migrate", "sqlite:collector.db", servers.URI("likes")).must(t)
	there := program{now: atNoon, env: map[string]string{"COLLECTOR_STORE": servers.URI("likes"), "COLLECTOR_SECRET_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}}
	if got := there.run(t, "tokens", "list", "--json").must(t).out; got != before {
		t.Errorf("they are\n%s, they were\n%s", got, before)
	}
	there.run(t, "tokens", "revoke", id).must(t)
	if o := there.run(t, "users", "purge", "--yes", "anna").must(t); !strings.Contains(o.err, "1 token, feed or session is void") {
		t.Errorf("it says %s", o.err)
	}
	there.run(t, "login-link", "--user", "bob").must(t)
	if got := there.run(t, "tokens", "list").must(t).out; strings.Contains(got, id) || strings.Contains(got, "anna") || !strings.Contains(got, "login") {
		t.Errorf("left is\n%s", got)
	}
}
