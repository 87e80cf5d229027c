//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"collector/e2e/replay"
)

const (
	starredGists = "/gists/starred"
	giteaStars   = "/api/v1/user/starred"
	drops        = "/rest/v1/raindrops/0"
)

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

	// No identity was recorded of Gitea and Raindrop.io: what refuses to tell one was,
	// so that a given name stands for it.
	for file, c := range map[string]struct {
		items int
		note  string
	}{
		"gitea126-scope_read-user_read-repository": {1, ""},
		"gitea126-users_bob_starred_by_alice":      {2, "recorded for the stars of somebody else: the same objects"},
	} {
		t.Run("gitea: stars, and a page past their end "+file, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "gitea", bin)
			r.server.Rules(
				replay.Rule{Path: "/api/v1/user", Reply: r.reply("gitea126-scope_read-repository", 0, "the refusal of a token without read:user")},
				replay.Rule{Path: giteaStars, Query: map[string]string{"page": "1"}, Reply: r.reply(file, 0, c.note)},
				replay.Rule{Path: giteaStars, Query: map[string]string{"page": "2"}, Reply: r.reply("gitea126-user_starred_empty_page", 0, "in place of the second page")},
			)
			r.program.must(t, "invented-token", "connect", "gitea", "--server", r.server.URL, "--name", "alice", "--token-stdin")
			d := r.program.start(t)
			r.until("the recorded stars", func(s standing) bool { return s.Items == c.items && s.Mode == "normal" && s.Condition == "ok" })
			for _, l := range r.ends(d, c.items) {
				if !strings.HasPrefix(l.Title, "alice/repo") || l.Author.Name != "alice" || l.LikedAtSource == "api" {
					t.Errorf("half mapped, or with a time that nobody told: %+v", l)
				}
			}
		})
	}
	for file, c := range map[string]struct{ fault, says string }{
		"gitea126-user_starred_badtoken":  {"unauthorized", "invalid username"},
		"gitea126-user_starred_anon":      {"unauthorized", "token is required"},
		"gitea126-users_bob_starred_anon": {"unauthorized", "token is required"},
		"gitea126-scope_read-user.json":   {"forbidden", "read:repository"},
	} {
		t.Run("gitea: refused "+file, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "gitea", bin)
			r.server.Rules(
				replay.Rule{Path: "/api/v1/user", Reply: r.reply("gitea126-scope_read-repository", 0, "the refusal of a token without read:user")},
				replay.Rule{Path: giteaStars, Reply: r.reply(file, 0, "")},
			)
			r.program.run(t, "invented-token", "connect", "gitea", "--server", r.server.URL, "--name", "alice", "--token-stdin") // it looks at the list and may refuse
			d := r.program.start(t)
			s := r.until("refused", func(s standing) bool { return s.fault() == c.fault })
			if s.Error == nil || !strings.Contains(s.Error.Text+s.Error.Next, c.says) || s.Items != 0 || s.Mode != "initial" {
				t.Errorf("it does not say %q, or took it for an empty list: %+v", c.says, s)
			}
			r.ends(d, 0)
		})
	}
	t.Run("raindrop: bookmarks", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "raindrop", bin)
		r.server.Rules(
			replay.Rule{Path: "/rest/v1/user", Reply: r.reply("raindrop-client-getFilters_3013220102.decoded", 1, "a recorded 404")},
			replay.Rule{Path: drops, Reply: r.reply("raindrop-client-getRaindrops_4167419981.decoded", 4, "recorded for one collection")},
		)
		r.program.must(t, "invented-token", "connect", "raindrop", "--name", "tove", "--token-stdin")
		d := r.program.start(t)
		r.until("the recorded bookmarks", func(s standing) bool { return s.Items == 3 && s.Mode == "normal" && s.Condition == "ok" })
		for _, l := range r.ends(d, 3) {
			if l.Title != "getRaindrops" || l.URL != "https://raindrop.io" || l.LikedAtSource != "api" {
				t.Errorf("half mapped: %+v", l)
			}
		}
	})
}

// gitlabReplays has recordings of version 3 of the API alone, which ended with GitLab
// 11: a project has no address there, and a star's answer is one project. Neither is
// the list that the connector asks for, and neither may be taken for an empty one.
func gitlabReplays(t *testing.T, lib *library, bin string) {
	begin := func(t *testing.T, file, note string) *rig {
		r := lib.rig(t, "gitlab", bin)
		r.server.Rules(nameless("/api/v4/user"), replay.Rule{Path: "/api/v4/projects", Reply: r.reply(file, 0, note)})
		r.program.run(t, "invented-token", "connect", "gitlab", "--server", r.server.URL, "--name", "alice", "--token-stdin") // it looks at the list and may refuse
		return r
	}
	t.Run("gitlab: a star's answer in place of the list", func(t *testing.T) {
		t.Parallel()
		begin(t, "narkoz-project_star", "the answer to a star given, in place of the list of stars").notUnderstood()
	})
	t.Run("gitlab: projects without an address", func(t *testing.T) {
		t.Parallel()
		r := begin(t, "narkoz-projects", "a list of three projects of version 3, in place of the list of stars")
		d := r.program.start(t)
		s := r.until("set aside", func(s standing) bool { return s.Quarantined > 0 || s.Items > 0 || s.Error != nil })
		if s.Items != 0 || s.Quarantined != 3 {
			t.Errorf("%d items and %d objects set aside, want 0 and 3: %+v", s.Items, s.Quarantined, s)
		}
		r.ends(d, 0)
	})
}
