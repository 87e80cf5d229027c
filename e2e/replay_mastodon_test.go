//go:build e2e

package e2e

import (
	"net/url"
	"strings"
	"testing"

	"collector/e2e/recording"
	"collector/e2e/replay"
)

const (
	favourites  = "/api/v1/favourites"
	credentials = "/api/v1/accounts/verify_credentials"
)

// connected answers the identity with the recorded one and connects.
func (r *rig) mastodon(identity string, list ...replay.Rule) *daemon {
	r.t.Helper()
	r.mastodonRules(identity, list...)
	r.program.must(r.t, "invented-token", "connect", "mastodon", "--server", r.server.URL, "--token-stdin")
	return r.program.start(r.t)
}

func (r *rig) mastodonRules(identity string, list ...replay.Rule) {
	r.t.Helper()
	r.server.Rules(append([]replay.Rule{{Path: credentials, Reply: r.reply(identity, 0, "")}}, list...)...)
}

// page answers a page of favourites with a recorded page of an account's own
// posts: the same objects and the same Link header, of a list beside it. at is
// the parameter that leads to the page, "" for the newest one.
func (r *rig) page(file string, number int, at string) replay.Rule {
	r.t.Helper()
	e := r.reply(file, number, "recorded for a page of an account's posts: the same objects and paging")
	rule := replay.Rule{Path: favourites, Link: favourites, Reply: e, Query: map[string]string{"max_id": "", "min_id": "", "since_id": ""}}
	if at != "" {
		rule.Query = map[string]string{at: parameter(e.URL, at)}
	}
	return rule
}

// end answers whatever lies behind the recorded pages with the recorded empty list.
func (r *rig) end() replay.Rule {
	return replay.Rule{Path: favourites, Reply: r.reply("mastodonpy-test_favourites", 0, "the empty list, without a Link header: where the recorded pages end")}
}

func parameter(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Query().Get(name)
}

func mastodonReplays(t *testing.T, lib *library, bin string) {
	const (
		old    = "mastodonpy-old-test_fetch_next_previous"
		pages  = "mastodonpy-test_fetch_next_previous_from_pagination_info"
		single = "mastodonpy-test_get_pagination_info"
	)
	whole := func(t *testing.T, lines []line) {
		t.Helper()
		for _, l := range lines {
			if l.Text == "" || l.CreatedAt == nil || !strings.HasPrefix(l.URL, "http") || l.Author.Name == "" || l.ID == "" || strings.Contains(l.Text, "<p>") {
				t.Errorf("half mapped: %+v", l)
			}
			if l.LikedAtSource == "api" {
				t.Errorf("Mastodon does not say when a post was favourited, the export says it does: %+v", l)
			}
		}
	}
	for name, c := range map[string]struct {
		file  string
		count int
	}{"two pages by max_id": {pages, 10}, "two pages of an older server": {old, 10}, "one page": {single, 5}} {
		t.Run("mastodon: "+name, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "mastodon", bin)
			rules := []replay.Rule{r.page(c.file, 11, "")}
			if c.count > 5 {
				rules = append(rules, r.page(c.file, 12, "max_id"))
			}
			d := r.mastodon(c.file, append(rules, r.end())...)
			r.until("the whole history", func(s standing) bool { return s.Items == c.count && s.Mode == "normal" && s.Condition == "ok" })
			whole(t, r.ends(d, c.count))
		})
	}
	for name, c := range map[string]struct{ file, at string }{"new ones by min_id": {pages, "min_id"}, "new ones by since_id": {old, "since_id"}} {
		t.Run("mastodon: "+name, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "mastodon", bin)
			second := r.page(c.file, 12, "")
			d := r.mastodon(c.file, second, r.end())
			r.until("the older page", func(s standing) bool { return s.Items == 5 && s.Mode == "normal" && s.Condition == "ok" })
			r.mastodonRules(c.file, r.page(c.file, 13, c.at), second, r.end())
			r.until("the page of newer ones", func(s standing) bool { return s.Items == 10 && s.Condition == "ok" })
			whole(t, r.ends(d, 10))
		})
	}

	t.Run("mastodon: the first favourite of an account", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "mastodon", bin)
		d := r.mastodon(single, r.end())
		r.until("an empty history", func(s standing) bool { return s.Items == 0 && s.Mode == "normal" && s.Condition == "ok" })
		one := r.reply("mastodonpy-test_status_fav_unfav", 1, "recorded for POST favourite: the favourited post, put into a list")
		r.mastodonRules(single, replay.Rule{Path: favourites, Reply: one, Edit: func(e recording.Exchange) recording.Exchange {
			e.Body = append(append([]byte("["), e.Body...), ']')
			return e
		}})
		r.until("the favourite", func(s standing) bool { return s.Items == 1 && s.Condition == "ok" })
		whole(t, r.ends(d, 1))
	})

	for number, language := range []string{"one language", "another language"} {
		t.Run("mastodon: 422 in "+language, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "mastodon", bin)
			d := r.mastodon(single, r.page(single, 11, ""), r.end())
			r.until("the history", func(s standing) bool { return s.Items == 5 && s.Mode == "normal" && s.Condition == "ok" })
			r.mastodonRules(single, replay.Rule{Path: favourites, Reply: r.reply("mastodonpy-test_lang_for_errors", number, "recorded for POST statuses: an error in the user's language")})
			r.refused(d, refusal{conditions: "failing|needs a person"})
			r.mastodonRules(single, r.page(single, 11, ""), r.end())
			r.ends(d, 5)
		})
	}
}
