//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/e2e/recording"
	"collector/e2e/replay"
)

const starred = "/user/starred"

// github connects an account whose identity and stars were recorded, and waits
// until the one recorded star is collected.
func (r *rig) github(edit func(recording.Exchange) recording.Exchange) *daemon {
	r.t.Helper()
	r.githubRules(replay.Rule{Path: starred, Reply: r.reply("github-to-sqlite-starred", 0, "the list of stars"), Edit: edit})
	r.program.must(r.t, "invented-token", "connect", "github", "--token-stdin")
	d := r.program.start(r.t)
	r.until("the recorded star", func(s standing) bool { return s.Items == 1 && s.Mode == "normal" && s.Condition == "ok" })
	return d
}

// githubRules answers the identity and, as given, the list.
func (r *rig) githubRules(list ...replay.Rule) {
	r.t.Helper()
	user := r.reply("github-to-sqlite-user", 0, "recorded for GET /users/{name}, the same object")
	r.server.Rules(append([]replay.Rule{{Path: "/user", Reply: user}}, list...)...)
}

// refusal is one recorded reply that must not cost an item.
type refusal struct {
	name, file string
	number     int
	conditions string           // legal ones, by "|"
	fault      string           // legal kinds of the error shown, by "|"
	wait       [2]time.Duration // how far away the next run may be; zero: any
	recovers   bool             // the wait is short enough to see it recover
	again      bool             // it recovers once the user has signed in again
}

func githubReplays(t *testing.T, lib *library, bin string) {
	const secondary = "hub4j-AbuseLimitHandlerTest.testHandler_Wait_Secondary_Limits"
	const asStars = "in place of the list of stars"
	broken, limited := "failing|needs a person", "rate limited"
	for _, c := range []refusal{
		{name: "secondary limit without a time", file: secondary + ".mapping", conditions: limited, wait: [2]time.Duration{40 * time.Second, 3 * time.Minute}},
		{name: "429 with seconds", file: secondary + "_Too_Many_Requests.mapping", conditions: limited, wait: [2]time.Duration{0, 15 * time.Second}, recovers: true},
		{name: "429 with a date", file: secondary + "_Too_Many_Requests_Date", conditions: limited, wait: [2]time.Duration{0, 15 * time.Second}, recovers: true},
		{name: "429 without a time", file: secondary + "_Too_Many_Requests_No", conditions: limited, wait: [2]time.Duration{40 * time.Second, 3 * time.Minute}},
		{name: "403 rate limit of an address", file: "pygithub-SpecificExceptions.testRateLimitExceeded", number: 1, conditions: limited, wait: [2]time.Duration{30 * time.Second, time.Hour + time.Minute}},
		{name: "401 bad credentials", file: "pygithub-SpecificExceptions.testBadCredentials", conditions: "needs sign-in", fault: "unauthorized", again: true},
		{name: "503 with HTML", file: "pygithub-Exceptions.testNonJsonDataReturnedByGithub", conditions: "failing", fault: "temporary", recovers: true},
		{name: "broken JSON", file: "pygithub-Exceptions.testJSONParseError", conditions: broken, fault: "malformed"},
		{name: "422", file: "octokit-fixtures-errors.normalized", conditions: broken},
		{name: "422 raw", file: "octokit-fixtures-errors.raw", number: 1, conditions: broken},
		{name: "an object, not a list", file: "pygithub-ConditionalRequestUpdate.testDidUpdate", conditions: broken, fault: "malformed"},
		{name: "people, not stars", file: "octokit.rb-Repositories._stargazers", conditions: broken, fault: "malformed"},
		{name: "people of 2012, not stars", file: "pygithub-Repository.testGetStargazers.txt", conditions: broken, fault: "malformed"},
		{name: "people with star times", file: "pygithub-Repository.testGetStargazersWithDates", number: 2, conditions: broken, fault: "malformed"},
		{name: "a person, not a list", file: "pygithub-SpecificExceptions.testRateLimitExceeded", number: 0, conditions: broken, fault: "malformed"},
	} {
		t.Run("github: "+c.name, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "github", bin)
			d := r.github(nil)
			r.githubRules(replay.Rule{Path: starred, Reply: r.reply(c.file, c.number, asStars)})
			r.refused(d, c)
			if c.recovers || c.again {
				r.githubRules(replay.Rule{Path: starred, Reply: r.reply("github-to-sqlite-starred", 0, "the list of stars")})
				if c.again {
					r.program.must(t, "invented-token", "connect", "github", "--token-stdin")
				}
				r.until("ok again", func(s standing) bool { return s.Condition == "ok" && s.fault() == "" })
			}
			r.ends(d, 1)
		})
	}

	for file, what := range map[string]string{
		"github-to-sqlite-starred": "the list of stars",
		"octokit-openapi-starred-repository-items-alternative-response-with-star-creation-timestamps": "the documented example of the list of stars",
	} {
		t.Run("github: "+what, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "github", bin)
			user := r.reply("pygithub-Repository.testGetStargazersWithDates", 0, "recorded for GET /users/{name}, the same object, with its headers of 2015")
			r.server.Rules(replay.Rule{Path: "/user", Reply: user}, replay.Rule{Path: starred, Reply: r.reply(file, 0, what)})
			r.program.must(t, "invented-token", "connect", "github", "--token-stdin")
			d := r.program.start(t)
			r.until("the star", func(s standing) bool { return s.Items == 1 && s.Mode == "normal" && s.Condition == "ok" })
			for _, l := range r.ends(d, 1) {
				if l.LikedAt == nil || l.LikedAtSource != "api" || l.Title == "" || !strings.HasPrefix(l.URL, "https://") || l.Author.Name == "" {
					t.Errorf("half mapped: %+v", l)
				}
			}
		})
	}

	for _, file := range []string{"github-to-sqlite-stargazers", "octokit-openapi-repository-items-default"} {
		t.Run("github: objects without a star "+file, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "github", bin)
			r.githubRules(replay.Rule{Path: starred, Reply: r.reply(file, 0, asStars)})
			r.program.run(t, "invented-token", "connect", "github", "--token-stdin") // it looks at the list and may refuse
			d := r.program.start(t)
			s := r.until("not understood", func(s standing) bool { return s.fault() == "malformed" || s.Items > 0 })
			if s.Items != 0 || s.Mode != "initial" {
				t.Errorf("half mapped, or taken for an empty list: %+v", s)
			}
			r.ends(d, 0)
		})
	}

	t.Run("github: nothing new is a free 304", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "github", bin)
		unchanged := r.reply("pygithub-ConditionalRequestUpdate.testDidNotUpdate", 0, "recorded for a repository: the answer to If-None-Match, with its headers of 2013")
		d := r.github(func(e recording.Exchange) recording.Exchange {
			e.Header.Set("Etag", unchanged.Header.Get("Etag"))
			return e
		})
		r.githubRules(
			replay.Rule{Path: starred, Header: []string{"If-None-Match"}, Reply: unchanged},
			replay.Rule{Path: starred, Reply: r.reply("github-to-sqlite-starred", 0, "the list of stars"), Edit: func(e recording.Exchange) recording.Exchange {
				e.Header.Set("Etag", unchanged.Header.Get("Etag"))
				return e
			}},
		)
		eventually(t, "three polls answered 304", func() string {
			n := 0
			for _, c := range r.server.Calls() {
				if c.Status == http.StatusNotModified {
					n++
				}
			}
			if n >= 3 {
				return ""
			}
			return "too few"
		})
		if s, all := r.program.status(t); s.Condition != "ok" || s.Items != 1 {
			t.Errorf("after polls with nothing new: %s", all)
		}
		r.ends(d, 1)
	})

	t.Run("github: a token that is refused at connect", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "github", bin)
		r.server.Rules(replay.Rule{Path: "/user", Reply: r.reply("pygithub-SpecificExceptions.testBadCredentials", 0, "as recorded")})
		if got := r.program.run(t, "invented-token", "connect", "github", "--token-stdin"); got.code != 4 || strings.Contains(got.talk, "invented-token") {
			t.Errorf("ended with %d, want 4:\n%s", got.code, got.talk)
		}
	})

	for first, name := range map[int]string{14: "raw", 0: "normalized"} {
		t.Run("github: pages of issues "+name, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "github", bin)
			d := r.github(nil)
			for page := range 5 {
				r.githubRules(replay.Rule{Path: starred, Reply: r.reply("octokit-fixtures-paginate-issues."+name, first+page, asStars)})
				r.until("not understood", func(s standing) bool { return s.fault() == "malformed" && s.Items == 1 })
				r.githubRules(replay.Rule{Path: starred, Reply: r.reply("github-to-sqlite-starred", 0, "the list of stars")})
				r.until("ok again", func(s standing) bool { return s.Condition == "ok" && s.fault() == "" && s.Items == 1 })
			}
			r.ends(d, 1)
		})
	}
	for page := 1; page < 3; page++ {
		t.Run(fmt.Sprintf("github: page %d of people of 2012", page+1), func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "github", bin)
			d := r.github(nil)
			r.githubRules(replay.Rule{Path: starred, Reply: r.reply("pygithub-Repository.testGetStargazers.txt", page, asStars)})
			r.refused(d, refusal{conditions: broken, fault: "malformed"})
			r.ends(d, 1)
		})
	}
	for name, c := range map[string]struct {
		file   string
		number int
	}{
		"a repository":         {"github-to-sqlite-repo", 0},
		"a repository of 2015": {"pygithub-Repository.testGetStargazersWithDates", 1},
		"limits":               {"pygithub-RateLimiting.testGetRateLimit", 0},
		"gists of 2012":        {"pygithub-AuthenticatedUser.testGetStarredGists", 0},
		"gists of 2014":        {"octokit.rb-Gists.when_authenticated._starred_gists", 2},
	} {
		t.Run("github: "+name+" in place of the list", func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "github", bin)
			d := r.github(nil)
			r.githubRules(replay.Rule{Path: starred, Reply: r.reply(c.file, c.number, asStars)})
			r.refused(d, refusal{conditions: broken, fault: "malformed"})
			r.ends(d, 1)
		})
	}
}

// refused waits until the recorded refusal shows as it should, with nothing lost.
// The rules in force answer the list with that refusal.
func (r *rig) refused(d *daemon, c refusal) {
	r.t.Helper()
	legal := func(s standing) bool {
		return in(s.Condition, c.conditions) && (c.fault == "" || in(s.fault(), c.fault))
	}
	asked := len(r.server.Calls())
	s := r.until("the condition "+c.conditions, legal)
	if s.Items == 0 {
		r.t.Errorf("items were lost: %+v", s)
	}
	if s.Reason == "" {
		r.t.Errorf("no reason is given for the next run: %+v", s)
	}
	if c.wait[1] > 0 && (s.Next == nil || s.wait() < c.wait[0] || s.wait() > c.wait[1]) {
		r.t.Errorf("the next run is in %s, want %s to %s (%s)", s.wait(), c.wait[0], c.wait[1], s.Reason)
	}
	words := r.program.must(r.t, "", "explain", s.Network)
	if strings.Contains(words, "invented-token") || len(strings.TrimSpace(words)) == 0 {
		r.t.Errorf("explain says:\n%s", words)
	}
	r.led = s.Condition
	if s.wait() >= time.Second {
		r.led += fmt.Sprintf(", next run in %s", s.wait().Round(time.Second))
	}
	r.led += ": " + s.Reason
	if s.Error != nil {
		r.led += " (" + s.Error.Text + ")"
	}
	for _, call := range r.server.Calls()[asked:] {
		if path, _, _ := strings.Cut(call.Address, "?"); call.Reply != "" && slices.Contains([]string{starred, favourites, records, saved, starredMusic, playlist, savedTracks}, path) {
			r.refusal = call.Reply
		}
	}
	if c.wait[1] > 0 && len(r.server.Calls()) > asked+3 {
		r.t.Errorf("%d more calls while waiting", len(r.server.Calls())-asked)
	}
}

func in(s, legal string) bool {
	for l := range strings.SplitSeq(legal, "|") {
		if s == l {
			return true
		}
	}
	return false
}

// ends stops the daemon and returns the export, which must have n items.
func (r *rig) ends(d *daemon, n int) []line {
	r.t.Helper()
	if code := d.stop(r.t); code != 0 {
		r.t.Errorf("the daemon ended with %d", code)
	}
	if strings.Contains(d.text(), "invented-token") {
		r.t.Error("the token stands in the log")
	}
	lines := r.program.export(r.t)
	if len(lines) != n {
		r.t.Errorf("%d items exported, want %d", len(lines), n)
	}
	r.answered()
	return lines
}
