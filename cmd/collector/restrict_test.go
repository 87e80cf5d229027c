package main

import (
	"strings"
	"testing"

	"collector/simulate"
	"collector/state"
)

// TestInstanceIsRestricted to services, and to a part of the users: it leaves the
// other networks to others.
func TestInstanceIsRestricted(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3}, simulate.Spec{Service: simulate.Bluesky, Name: "anna", Likes: 4})
	lines := `{"service":"github","user":"ursula","token":"` + acc[0].Tokens[0] + "\"}\n" + `{"service":"bluesky","user":"viktor","token":"` + strings.ReplaceAll(acc[1].Tokens[0], `"`, `\"`) + "\"}\n"
	p := program{env: env, stdin: lines}
	p.run(t, "accounts", "import", "-").must(t)
	items := func() (n int) { return strings.Count(p.run(t, "export").must(t).out, "\n") }
	p.run(t, "--once", "--services=mastodon").must(t)
	if n := items(); n != 0 {
		t.Fatalf("an instance for mastodon read %d items", n)
	}
	p.run(t, "--once", "--services=mastodon,bluesky").must(t)
	if n := items(); n != 4 {
		t.Fatalf("an instance for mastodon and bluesky: %d items, want 4", n)
	}
	part := state.Shard{Index: 1, Of: 7}
	for part.Has("ursula") {
		part.Index++
	}
	p.run(t, "--once", "--shard="+part.String()).must(t)
	if n := items(); n != 4 {
		t.Fatalf("an instance for other users: %d items, want 4", n)
	}
	for !part.Has("ursula") {
		part.Index = part.Index%7 + 1
	}
	p.run(t, "--once", "--shard="+part.String()).must(t)
	if n := items(); n != 7 {
		t.Fatalf("an instance for the user: %d items, want 7", n)
	}
}
