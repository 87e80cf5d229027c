//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"collector/e2e/replay"
)

const starredGists = "/gists/starred"

// forgeReplays runs the lists of forges and bookmarks over what was recorded of them.
func forgeReplays(t *testing.T, lib *library, bin string) {
	for _, c := range []struct {
		file   string
		number int
		items  int
	}{
		{"pygithub-AuthenticatedUser.testGetStarredGists", 0, 2},
		{"octokit.rb-Gists.when_authenticated._starred_gists", 2, 13},
	} {
		t.Run("gist: "+c.file, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "github", bin, "COLLECTOR_GIST_POLL_MIN=1s", "COLLECTOR_GIST_POLL_MAX=2s")
			r.githubRules(replay.Rule{Path: starredGists, Reply: r.reply(c.file, c.number, "the list of starred gists")})
			r.program.must(t, "invented-token", "connect", "gist", "--token-stdin")
			d := r.program.start(t)
			r.until("the recorded gists", func(s standing) bool {
				return s.Items == c.items && s.Quarantined == 0 && s.Mode == "normal" && s.Condition == "ok"
			})
			for _, l := range r.ends(d, c.items) {
				if l.Title == "" || !strings.HasPrefix(l.URL, "https://gist.github.com/") || l.LikedAt == nil || time.Since(*l.LikedAt) > time.Hour || l.LikedAtSource == "api" {
					t.Errorf("half mapped, or with a time that nobody told: %+v", l)
				}
			}
		})
	}
}
