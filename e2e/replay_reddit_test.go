//go:build e2e

package e2e

import (
	"testing"

	"collector/e2e/replay"
)

const saved = "/user/praw/saved"

// reddit answers the identity with the recorded refusal for a missing scope, so
// that the name that the user gave stands, and the list as given.
func (r *rig) reddit(list replay.Rule) {
	r.t.Helper()
	who := r.reply("prawcore-TestSession.test_request__with_insufficient_scope", 1, "recorded for a token without the scope identity")
	r.server.Rules(replay.Rule{Path: "/api/v1/me", Reply: who}, list)
}

func redditReplays(t *testing.T, lib *library, bin string) {
	list := func(r *rig) replay.Rule {
		return replay.Rule{Path: saved, Reply: r.reply("praw-TestRedditorListings.test_saved.json", 1, "")}
	}
	const asList = "in place of the list of what is saved"
	for _, c := range []refusal{
		{name: "saved"},
		{name: "403 without a scope", file: "prawcore-TestSession.test_request__forbidden", number: 1, conditions: "needs scope", fault: "forbidden"},
		{name: "403 without a user", file: "praw-TestRedditorListings.test_saved__in_read_only_mode", number: 1, conditions: "needs scope", fault: "forbidden"},
		{name: "403 of somebody else", file: "praw-TestRedditorListings.test_saved__other_user", number: 1, conditions: "needs scope", fault: "forbidden"},
		{name: "403 of upvotes without a user", file: "praw-TestRedditorListings.test_upvoted__in_read_only_mode", number: 1, conditions: "needs scope", fault: "forbidden"},
		{name: "403 of somebody else's upvotes", file: "praw-TestRedditorListings.test_upvoted__other_user", number: 1, conditions: "needs scope", fault: "forbidden"},
		{name: "401 invalid token", file: "prawcore-TestSession.test_request__with_invalid_access_token.json", number: 1, conditions: "needs sign-in|failing", fault: "unauthorized"},
		{name: "503 without a body", file: "prawcore-TestSession.test_request__service_unavailable", number: 1, conditions: "failing", fault: "temporary", recovers: true},
		{name: "520 without a body", file: "prawcore-TestSession.test_request__cloudflare_unknown_error", number: 1, conditions: "failing", fault: "temporary", recovers: true},
		{name: "broken JSON", file: "prawcore-TestSession.test_request__bad_json", number: 1, conditions: "failing|needs a person", fault: "malformed"},
	} {
		t.Run("reddit: "+c.name, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "reddit", bin)
			r.reddit(list(r))
			r.program.must(t, "invented-token", "connect", "reddit", "--name", "praw", "--token-stdin")
			d := r.program.start(t)
			r.until("the recorded list", func(s standing) bool { return s.Items == 18 && s.Mode == "normal" && s.Condition == "ok" })
			if c.file == "" {
				r.answered()
				return
			}
			r.reddit(replay.Rule{Path: saved, Reply: r.reply(c.file, c.number, asList)})
			r.refused(d, c)
			if c.recovers {
				r.reddit(list(r))
				r.until("ok again", func(s standing) bool { return s.Condition == "ok" && s.fault() == "" })
			}
		})
	}
}
