//go:build e2e

package e2e

import (
	"encoding/json"
	"testing"

	"collector/e2e/replay"
)

const (
	allMarks  = "/v1/posts/all"
	favorites = "/2.3/me/favorites"
)

// pinboardReplays has recordings in XML alone; the connector asks for JSON. Whatever
// they say, an empty list among them, is nothing that was understood.
func pinboardReplays(t *testing.T, lib *library, bin string) {
	for name, file := range map[string]string{
		"a bookmark":             "ryw-pinboard-single_post",
		"bookmarks":              "ryw-pinboard-multiple_posts",
		"an empty list":          "ryw-pinboard-no_posts",
		"that nothing was found": "ryw-pinboard-not_found",
		"the time of a change":   "ryw-pinboard-post_update",
	} {
		t.Run("pinboard: "+name+" in XML", func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "pinboard", bin)
			r.server.Rules(nameless("/v1/posts/recent"), replay.Rule{Path: allMarks, Reply: r.reply(file, 0, "in place of the list, for which JSON is asked")})
			// connect would look at the list, which may be asked for once in five minutes
			in, err := json.Marshal(map[string]string{"user": "me", "service": "pinboard", "name": "ada", "token": "ada:invented-token"})
			if err != nil {
				t.Fatal(err)
			}
			r.program.must(t, string(in)+"\n", "accounts", "import", "-")
			r.notUnderstood()
		})
	}
}

// stackexchangeReplays has no recorded list of favourites. Who an account is was
// recorded, for somebody else's.
func stackexchangeReplays(t *testing.T, lib *library, bin string) {
	for _, file := range []string{"stackapi-test_stackoverflow_exists", "stackapi-test_users_associated"} {
		t.Run("stackexchange: no favourites, but "+file, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "stackexchange", bin)
			const same = "recorded for GET /users/{ids}/associated, the same objects; in place of the list of favourites it is none"
			list := r.reply(file, 0, "in place of the list of favourites")
			r.server.Rules(
				replay.Rule{Path: "/2.3/me/associated", Reply: r.reply("stackapi-test_users_associated", 0, same)},
				replay.Rule{Path: favorites, Reply: list},
			)
			r.program.must(t, `{"access":"invented-token","clientId":"invented-key"}`, "connect", "stackexchange", "--param", "site=stackoverflow", "--token-stdin")
			if s, all := r.program.status(t); s.Network != "stackexchange/1:stackoverflow" {
				t.Errorf("the recorded account is 1: %s", all)
			}
			r.notUnderstood()
		})
	}
}
