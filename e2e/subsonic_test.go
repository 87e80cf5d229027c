//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"collector/e2e/supysonic"
)

// TestSubsonicCollected collects the stars of a real music server, new ones at the
// next poll, and finds those that were taken back.
func TestSubsonicCollected(t *testing.T) {
	packages := fromPyPI(t, "supysonic")
	server, err := supysonic.Start(t.Context(), "supysonic", packages, t.TempDir(), 60)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	songs, err := server.Songs(t.Context(), 60)
	if err != nil || len(songs) != 60 {
		t.Fatalf("%d songs: %v", len(songs), err)
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(server.Star(t.Context(), songs[:40]...))

	p := install(t, build(t), "COLLECTOR_DISK_FLOOR=0", "COLLECTOR_ALLOW_PRIVATE=127.0.0.1")
	credential := fmt.Sprintf(`{"identifier":%q,"appPassword":%q}`, server.User, server.Password)
	// Its API is 1.12, which is older than salted tokens.
	connected := p.run(t, credential, "connect", "subsonic", "--server", server.Origin, "--param", "plain=yes", "--token-stdin")
	if connected.code != 0 || !strings.Contains(connected.talk, "It is the sign-in of ada") {
		t.Fatalf("connect ended with %d: %s%s", connected.code, connected.out, connected.talk)
	}
	said := connected.talk
	collected := func(what string, want []string) {
		t.Helper()
		r := p.run(t, "", "--once")
		if said += r.talk; r.code != 0 {
			t.Fatalf("%s: it ended with %d: %s", what, r.code, r.talk)
		}
		var got []string
		for lines := bufio.NewScanner(strings.NewReader(p.must(t, "", "export"))); lines.Scan(); {
			var like struct{ ID, Title string }
			do(json.Unmarshal(lines.Bytes(), &like))
			if !strings.HasPrefix(like.Title, "Song ") {
				t.Errorf("%s is called %q", like.ID, like.Title)
			}
			got = append(got, strings.TrimPrefix(like.ID, "song/"))
		}
		slices.Sort(got)
		if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
			t.Errorf("%s: %d stars collected, the server has %d", what, len(got), len(want))
		}
	}
	collected("the whole list", songs[:40])
	do(server.Star(t.Context(), songs[40:]...))
	p.must(t, "", "sync", "--all")
	collected("new stars", songs)
	do(server.Unstar(t.Context(), songs[:3]...))
	for range 2 {
		p.must(t, "", "sync", "--full", "--all")
		p.must(t, "", "--once")
	}
	p.must(t, "", "sync", "--all")
	collected("without what was taken back", songs[3:])
	if removed := p.must(t, "", "export", "--query", "is:removed"); strings.Count(removed, "\n") != 3 {
		t.Errorf("taken back: %s", removed)
	}
	if strings.Contains(said, server.Password) {
		t.Error("the password is shown")
	}
}
