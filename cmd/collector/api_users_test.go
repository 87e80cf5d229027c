package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"collector/state"
)

// watchedUsers is a store in which it is noted for 75 days who is there.
func watchedUsers(s *seeder) {
	s.must(s.st.SetMeta(s.t.Context(), "upkeep watch", `{"since":"2026-10-13T12:00:00Z","last":"2026-12-27T11:00:00Z"}`))
	for _, user := range []string{"anna", "bob", "me"} {
		s.network(user, "github", "", user+"-hub", things(2), normal())
		s.network(user, "gist", "", user+"-hub", nil, state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon})
	}
}

// later is 35 days after the accounts of watchedUsers were connected.
func later() time.Time { return noon.Add(35 * 24 * time.Hour) }

// TestUsersBothWays are purged, cleaned and seen to the byte: each way has a store of its own,
// which is looked at in the end.
func TestUsersBothWays(t *testing.T) {
	lines := [][]string{
		{"users", "clean", "--inactive=720h", "--dry-run"},
		{"users", "clean", "--inactive=720h", "--dry-run", "--json"},
		{"users", "seen", "anna"},
		{"users", "seen"},
		{"users", "seen", "bob", ""},
		{"users", "seen", " "},
		{"users", "clean", "--inactive=720h", "--dry-run", "--json"},
		{"users", "clean", "--inactive=24h", "--dry-run"},
		{"users", "clean", "--inactive=100ms", "--dry-run"},
		{"users", "clean", "--yes"},
		{"users", "clean", "--inactive=720h"},
		{"users", "clean", "--inactive=720h", "--json"},
		{"users", "clean", "--inactive=720h", "--yes"},
		{"users", "clean", "--inactive=720h", "--yes"},
		{"users", "purge", "nobody", "--yes"},
		{"users", "purge", "anna"},
		{"users", "purge", "anna", "--yes"},
		{"users", "purge", "anna", "--yes"},
		{"users", "purge", "", "--yes"},
		{"users", "purge"},
		{"users", "purge", "bob", "--yes", "--quiet"},
	}
	var want []outcome
	for _, way := range []string{"store", "socket", "address"} {
		inFolder(t)
		seeded(t, watchedUsers)
		address, _ := servedAt(t, later, nil)
		token := tokenFile(t, "--all-users", "--scopes=read,write,admin")
		p := program{now: later}
		p.run(t, "tokens", "add", "of anna", "--user=anna", "--api=off").must(t)
		to := map[string][]string{"store": {"--api=off"}, "socket": {"--api=unix:collector.db.sock"}, "address": {"--api=" + address, "--api-token-file=" + token}}[way]
		var got []outcome
		for _, args := range lines {
			got = append(got, p.run(t, append(slices.Clone(args), to...)...))
		}
		for _, args := range []string{"accounts list --json", "export", "changes"} {
			got = append(got, p.run(t, append(strings.Fields(args), "--api=off")...).must(t))
		}
		if want == nil {
			want = got
		}
		for i, o := range got {
			if o != want[i] {
				t.Errorf("%d, over the %s: %+v\nand at the store: %+v", i, way, o, want[i])
			}
		}
	}
	for _, o := range want[4:6] {
		if o.code != exitUsage || !strings.Contains(o.err, "has no name; nobody was noted") {
			t.Errorf("a user without a name: %+v", o)
		}
	}
	if !strings.Contains(want[0].out, "bob") || !strings.Contains(want[12].err, "4 networks of 2 users are no longer collected") || !strings.Contains(want[16].err, "1 token, feed or session is void") || strings.Contains(want[len(want)-2].out, "anna") {
		t.Errorf("%+v", want)
	}
}

// TestUsersAreTheOperators over HTTP: a user deletes nobody, himself neither.
func TestUsersAreTheOperators(t *testing.T) {
	inFolder(t)
	seeded(t, watchedUsers)
	address, _ := served(t, nil)
	p := program{now: atNoon, env: map[string]string{"COLLECTOR_API": address, "COLLECTOR_API_TOKEN_FILE": tokenFile(t, "--user=anna", "--scopes=read,write")}}
	for _, args := range []string{"users purge anna --yes", "users purge bob --yes", "users seen anna", "users clean --inactive=720h --dry-run"} {
		if o := p.run(t, strings.Fields(args)...); o.code != exitPermanent || !strings.Contains(o.err, "for the operator alone") {
			t.Errorf("%s: %d %s", args, o.code, o.err)
		}
	}
}
