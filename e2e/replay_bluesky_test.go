//go:build e2e

package e2e

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"collector/e2e/replay"
)

const (
	tape          = "recorded-pds"
	xrpc          = "/xrpc/"
	records       = xrpc + "com.atproto.repo.listRecords"
	getSession    = xrpc + "com.atproto.server.getSession"
	createSession = xrpc + "com.atproto.server.createSession"
	refreshing    = xrpc + "com.atproto.server.refreshSession"
)

// app is a credential of an account that was recorded; the password is not.
const app = `{"identifier":"alice.test","appPassword":"invented-token"}`

// bluesky answers by the recordings; extra rules come first.
func (r *rig) blueskyRules(extra ...replay.Rule) {
	r.t.Helper()
	rules := append(extra,
		replay.Rule{Method: "POST", Path: createSession, Reply: r.reply(tape, 17, "as recorded")},
		replay.Rule{Method: "POST", Path: refreshing, Reply: r.reply(tape, 14, "as recorded")},
		replay.Rule{Path: getSession, Reply: r.reply(tape, 15, "as recorded; for getSession: recorded for refreshSession, which names the same did and handle")},
		replay.Rule{Path: xrpc + "app.bsky.feed.getPosts", Reply: r.reply(tape, 12, "recorded for getActorLikes: a server behind that cannot be reached")},
	)
	for number := 3; number <= 6; number++ {
		e := r.reply(tape, number, "as recorded")
		cursor := parameter(e.URL, "cursor")
		rules = append(rules, replay.Rule{Path: records, Query: map[string]string{"reverse": "", "cursor": cursor}, Reply: e})
	}
	end := r.reply(tape, 6, "as recorded; for a poll: nothing after the newest like")
	r.server.Rules(append(rules, replay.Rule{Path: records, Query: map[string]string{"reverse": "true"}, Reply: end})...)
}

// imported gives the program an account without asking the server anything.
func (r *rig) imported(token string) {
	r.t.Helper()
	in, err := json.Marshal(map[string]string{"user": "me", "service": "bluesky", "server": r.server.URL, "name": "alice.test", "token": token})
	if err != nil {
		r.t.Fatal(err)
	}
	r.program.must(r.t, string(in)+"\n", "accounts", "import", "-")
}

// subjects reads from the recordings what the export must hold: what was liked,
// and when.
func (r *rig) subjects() map[string]time.Time {
	r.t.Helper()
	out := map[string]time.Time{}
	for number := 3; number <= 5; number++ {
		var page struct {
			Records []struct {
				Value struct {
					Subject   struct{ URI string }
					CreatedAt time.Time
				}
			}
		}
		if err := json.Unmarshal(r.reply(tape, number, "as recorded").Body, &page); err != nil {
			r.t.Fatal(err)
		}
		for _, record := range page.Records {
			out[record.Value.Subject.URI] = record.Value.CreatedAt
		}
	}
	return out
}

func (r *rig) same(lines []line) {
	r.t.Helper()
	want := r.subjects()
	for _, l := range lines {
		if at, there := want[l.ID]; !there || l.LikedAt == nil || !l.LikedAt.Equal(at) {
			r.t.Errorf("exported %+v, recorded is %s", l, at)
		}
		delete(want, l.ID)
	}
	if len(want) > 0 {
		r.t.Errorf("%d recorded likes are not exported", len(want))
	}
}

func blueskyReplays(t *testing.T, lib *library, bin string) {
	all := func(r *rig) func(s standing) bool {
		n := len(r.subjects())
		return func(s standing) bool { return s.Items == n && s.Mode == "normal" && s.Condition == "ok" }
	}

	t.Run("bluesky: the whole list", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "bluesky", bin)
		r.blueskyRules()
		r.program.must(t, app, "connect", "bluesky", "--server", r.server.URL, "--token-stdin")
		d := r.program.start(t)
		r.until("the recorded likes", all(r))
		r.blueskyRules(replay.Rule{
			Path: records, Times: 1, Query: map[string]string{"reverse": "true"},
			Reply: r.reply(tape, 7, "a poll's page of likes that are known: nothing is added twice"),
		})
		eventually(t, "a poll of known likes and one after it", func() string {
			calls := r.server.Calls()
			for i, c := range calls {
				if strings.HasSuffix(c.Reply, "#7") && len(calls) > i+2 {
					return ""
				}
			}
			return "not yet"
		})
		r.same(r.ends(d, len(r.subjects())))
	})

	t.Run("bluesky: a session that is refused, refreshed", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "bluesky", bin)
		r.blueskyRules(replay.Rule{Path: getSession, Times: 1, Reply: r.reply(tape, 11, "as recorded")})
		r.imported(`{"access":"invented-token","refresh":"invented-token-2","identifier":"alice.test","appPassword":"invented-token-3"}`)
		d := r.program.start(t)
		r.until("the recorded likes", all(r))
		r.same(r.ends(d, len(r.subjects())))
		if n := len(calledFor(r, refreshing)); n != 1 {
			t.Errorf("%d refreshes, want 1", n)
		}
	})

	t.Run("bluesky: a refused app password", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "bluesky", bin)
		r.blueskyRules(replay.Rule{Method: "POST", Path: createSession, Reply: r.reply(tape, 18, "as recorded")})
		if got := r.program.run(t, app, "connect", "bluesky", "--server", r.server.URL, "--token-stdin"); got.code != 4 || strings.Contains(got.talk, "invented-token") {
			t.Errorf("connect ended with %d, want 4:\n%s", got.code, got.talk)
		}
		r.imported(app)
		d := r.program.start(t)
		r.until("needs sign-in", func(s standing) bool { return s.Condition == "needs sign-in" && s.NeedsYou })
		r.ends(d, 0)
		if n := len(calledFor(r, createSession)); n > 6 {
			t.Errorf("%d attempts with a password that is refused", n)
		}
	})

	t.Run("bluesky: too many sign-ins", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "bluesky", bin)
		r.blueskyRules(replay.Rule{Method: "POST", Path: createSession, Reply: r.reply(tape, 19, "as recorded")})
		r.imported(app)
		d := r.program.start(t)
		s := r.until("rate limited", func(s standing) bool { return s.Condition == "rate limited" })
		if s.wait() < 200*time.Second || s.wait() > 320*time.Second { // the recorded reset is 284 s after the recorded date
			t.Errorf("the next run is in %s, the recorded limit ends after 284 s (%s)", s.wait(), s.Reason)
		}
		t.Logf("%s: %s", s.Condition, s.Reason)
		r.ends(d, 0)
		if n := len(calledFor(r, createSession)); n != 1 {
			t.Errorf("%d sign-ins, want 1", n)
		}
	})

	for _, c := range []refusal{
		{name: "no such repository", number: 8, conditions: "gone", fault: "gone"},
		{name: "500 for a limit of 101", number: 9, conditions: "failing", fault: "temporary", recovers: true},
		{name: "500 for a wrong name", number: 10, conditions: "failing", fault: "temporary", recovers: true},
		{name: "502", number: 12, conditions: "failing", fault: "temporary", recovers: true},
		{name: "401 without a token", number: 13, conditions: "needs sign-in", fault: "unauthorized"},
	} {
		t.Run("bluesky: "+c.name, func(t *testing.T) {
			t.Parallel()
			r := lib.rig(t, "bluesky", bin)
			r.blueskyRules()
			r.program.must(t, app, "connect", "bluesky", "--server", r.server.URL, "--token-stdin")
			d := r.program.start(t)
			r.until("the recorded likes", all(r))
			r.blueskyRules(replay.Rule{Path: records, Reply: r.reply(tape, c.number, "in place of the list of likes")})
			r.refused(d, c)
			if c.recovers {
				r.blueskyRules()
				r.until("ok again", func(s standing) bool { return s.Condition == "ok" && s.fault() == "" })
			}
			r.same(r.ends(d, len(r.subjects())))
		})
	}

	t.Run("bluesky: stopped in the middle by a 500", func(t *testing.T) {
		t.Parallel()
		r := lib.rig(t, "bluesky", bin)
		third := r.reply(tape, 5, "as recorded")
		r.blueskyRules(replay.Rule{Path: records, Query: map[string]string{"cursor": parameter(third.URL, "cursor")}, Reply: r.reply(tape, 9, "in place of a later page")})
		r.program.must(t, app, "connect", "bluesky", "--server", r.server.URL, "--token-stdin")
		asked := len(calledFor(r, records)) // connect looks at the first page
		d := r.program.start(t)
		s := r.until("failing in the middle", func(s standing) bool { return s.Condition == "failing" })
		if s.Items == 0 || s.Mode != "initial" {
			t.Errorf("in the middle of the backfill: %+v", s)
		}
		r.blueskyRules()
		r.until("the recorded likes", all(r))
		r.same(r.ends(d, len(r.subjects())))
		first := 0
		for _, address := range calledFor(r, records)[asked:] {
			if u, err := url.Parse(address); err == nil && u.Query().Get("cursor") == "" {
				first++
			}
		}
		if first != 1 {
			t.Errorf("the first page was asked for %d times, want once: the walk goes on where it was", first)
		}
	})
}

// calledFor returns the addresses asked for at a path.
func calledFor(r *rig, path string) []string {
	var out []string
	for _, c := range r.server.Calls() {
		if address, _, _ := strings.Cut(c.Address, "?"); address == path {
			out = append(out, c.Address)
		}
	}
	return out
}
