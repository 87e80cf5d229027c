//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"collector/e2e/replay"
)

const (
	likedTweets = "/2/users/ada/liked_tweets" // the given name stands for the id
	bookmarked  = "/2/users/ada/bookmarks"
)

// twitterReplays runs the lists of X over what was recorded of them. Each of the
// recorded pages names a next one, and the end of a list was not recorded of this
// version of the API: what comes in its place is that of the version before.
func twitterReplays(t *testing.T, lib *library, bin string) {
	const (
		likes     = "python-twitter-user_liked_tweets_resp"
		bookmarks = "python-twitter-tweets_by_user_bookmark"
		older     = "tweepy-testgetfavorites"
	)
	for service, c := range map[string]struct{ path, first, second string }{
		"twitter":           {likedTweets, likes, bookmarks},
		"twitter-bookmarks": {bookmarked, bookmarks, likes},
	} {
		t.Run(service+": two pages, and one of another API", func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "twitter", bin, "COLLECTOR_TWITTER_BOOKMARKS_POLL_MIN=1s", "COLLECTOR_TWITTER_BOOKMARKS_POLL_MAX=2s")
			next := map[string]string{likes: "7140dibdnow9c7btw4544b0j3jr0xycd6va83lym0j9yv", bookmarks: "zldjwdz3w6sba13nbs0mbravfipbtqvbiqplg9h0p4k"}
			at := func(file, token, note string) replay.Rule {
				return replay.Rule{Path: c.path, Query: map[string]string{"pagination_token": token}, Reply: r.reply(file, 0, note)}
			}
			r.server.Rules(
				nameless("/2/users/me"),
				at(c.first, "", "the list"),
				at(c.second, next[c.first], "as the second page: the same objects, of the list beside it"),
				at(older, next[c.second], "as the third page: an empty list of version 1.1"),
			)
			r.program.must(t, "invented-token", "connect", service, "--name", "ada", "--token-stdin")
			d := r.program.start(t)
			s := r.until("two pages, and that the third is none", func(s standing) bool { return s.Items == 10 && s.fault() == "malformed" })
			if s.Mode != "initial" {
				t.Errorf("another API's empty list was taken for the end: %+v", s)
			}
			named := 0
			for _, l := range r.ends(d, 10) {
				if l.Text == "" || l.CreatedAt == nil || !strings.HasPrefix(l.URL, "https://x.com/") || l.LikedAtSource == "api" {
					t.Errorf("half mapped, or with a time that nobody told: %+v", l)
				}
				if l.Author.Name != "" {
					named++
				}
			}
			if named != 5 { // the recorded bookmarks came without their authors
				t.Errorf("%d of 10 posts have an author, want 5", named)
			}
		})
	}
	for name, file := range map[string]string{
		"favourites of 2013":        "likeastore-twitter.connector.init",
		"favourites of 2013, later": "likeastore-twitter.connector.normal",
		"favourites of 2013, last":  "likeastore-twitter.connector.second",
		"posts of version 1.1":      "tweepy-testidcursorpages",
		"limits of version 1.1":     "tweepy-testratelimitstatus",
		"people of version 1.1":     "tweepy-testcursorcursorpages",
		"the answer to a like":      "tweepy-test_client_like_and_unlike",
	} {
		t.Run("twitter: "+name, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "twitter", bin)
			r.server.Rules(nameless("/2/users/me"), replay.Rule{Path: likedTweets, Reply: r.reply(file, 0, "in place of the list of likes")})
			r.program.must(t, "invented-token", "connect", "twitter", "--name", "ada", "--token-stdin")
			r.notUnderstood()
		})
	}
}
