package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/fault"
	"collector/item"
	"collector/limit"
	"collector/state"
	"collector/store"
)

// thing is a liked item of the tests.
func thing(id, title string) item.Item {
	return item.Item{
		ID: id, URL: "https://example.org/" + id, Kind: "repository", Title: title, Text: "about " + title,
		Author: item.Author{Name: "ada", URL: "https://example.org/ada"}, Tags: []string{"go", "databases"}, Language: "Go",
		CreatedAt: noon.Add(-900 * time.Hour), LikedAt: noon.Add(-24 * time.Hour), LikedFrom: item.FromAPI,
	}
}

func things(n int) []item.Item {
	var out []item.Item
	for i := range n {
		out = append(out, thing(fmt.Sprintf("i%03d", i), fmt.Sprintf("thing %d", i)))
	}
	return out
}

func runs(pattern string) []state.Run {
	var out []state.Run
	for i, c := range pattern {
		r := state.Run{At: noon.Add(time.Duration(i-len(pattern)) * time.Hour), Kind: "poll", Pages: 1}
		switch c {
		case 'x':
			r.Fault = fault.Temporary.String()
		case '_':
			r.Fault = fault.RateLimited.String()
		}
		out = append(out, r)
	}
	return out
}

// everyState fills a store with one network in each state.
func everyState(s *seeder) {
	p := func(m state.Mode, c state.Condition, in time.Duration, reason string) state.Progress {
		return state.Progress{Mode: m, Condition: c, ScheduledTo: noon.Add(in), Reason: reason, Walks: 1, LastOKAt: noon.Add(-2 * time.Minute), LastRunAt: noon.Add(-time.Minute)}
	}
	ok := p(state.Normal, state.OK, 13*time.Minute, "one like in 2 days is expected")
	ok.Runs = runs("....................")
	s.network("me", "github", "", "octocat", things(3), ok)

	filling := p(state.Initial, state.OK, -10*time.Second, "the backfill goes on")
	filling.Walk = &state.Walk{Number: 1, Kind: "backfill", PageSize: 100, Pages: 10, Of: 31, Items: 1000, Paces: []int{600, 500, 700}, LastPage: noon.Add(-time.Second)}
	filling.Runs = runs("..")
	s.network("me", "github", "", "hubot", things(2), filling)

	unknown := p(state.Initial, state.OK, time.Second, "the backfill goes on")
	unknown.Walk = &state.Walk{Number: 1, Kind: "backfill", PageSize: 40, Pages: 60, Items: 2341, Oldest: time.Date(2019, 3, 12, 0, 0, 0, 0, time.UTC), Paces: []int{500}, LastPage: noon.Add(-time.Second)}
	s.network("me", "mastodon", "https://social.example", "@a@social.example", nil, unknown)

	waiting := p(state.Normal, state.Limited, 21*time.Minute, "waiting: mastodon answered 429")
	waiting.Runs = runs(".......__")
	s.network("me", "mastodon", "https://hach.example", "@o@hach.example", things(1), waiting)

	refused := p(state.Normal, state.NeedsSignIn, 0, "waiting for you")
	refused.ScheduledTo, refused.LastOKAt = time.Time{}, noon.Add(-72*time.Hour)
	refused.LastError, refused.Fault, refused.Whose, refused.Failures = "the token was refused (401 Bad credentials)", "unauthorized", "you", 2
	refused.LastErrorAt, refused.NextStep = noon.Add(-time.Hour), "collector connect github --name expired"
	refused.Runs = runs("...xx")
	s.network("me", "github", "", "expired", things(1), refused)

	failing := p(state.Normal, state.Failing, 4*time.Minute, "tried again after 3 failures in a row")
	failing.LastError, failing.Fault, failing.Whose, failing.Failures = "bluesky answered 503", "temporary", "bluesky", 3
	failing.Runs = runs("..xxx")
	s.network("me", "bluesky", "https://bsky.social", "ada.example", nil, failing)

	stalled := p(state.Normal, state.Stalled, 6*time.Hour, "tried again daily")
	stalled.StallNote = "the list goes round in a circle after page 7"
	s.network("me", "bluesky", "https://bsky.social", "loop.example", nil, stalled)

	paused := s.network("me", "github", "", "idle", nil, p(state.Normal, state.OK, time.Hour, "x"))
	s.must(s.st.SetPaused(s.t.Context(), paused, true, noon))
	s.network("me", "github", "", "fresh", nil, state.Progress{})
	s.must(s.st.UpdateQuotas(s.t.Context(), []string{"github/core/remote-octocat", "mastodon/account/remote-@o@hach.example"}, func(rows []*limit.Row) error {
		rows[0].Limit, rows[0].Used, rows[0].End, rows[0].Exact = 5000, 48, noon.Add(time.Hour), true
		rows[1].Limit, rows[1].Used, rows[1].End, rows[1].Blocked, rows[1].Because = 300, 300, noon.Add(21*time.Minute), noon.Add(21*time.Minute), "429"
		return nil
	}))
	_, err := s.st.Heartbeat(s.t.Context(), store.Instance{ID: "host-a-412", Host: "host-a", PID: 412, Mode: "both", Version: "1.0.0", Started: noon.Add(-time.Hour), Seen: noon.Add(-4 * time.Second), Running: 1})
	s.must(err)
}

func TestStatus(t *testing.T) {
	dir := here(t)
	inFolder(t)
	seeded(t, everyState)
	p := program{now: atNoon}
	golden(t, dir, "status", p.run(t, "status").must(t).out)
	ascii := program{now: atNoon, env: map[string]string{"LC_ALL": "C"}}
	golden(t, dir, "status-ascii", ascii.run(t, "status", "github/octocat").must(t).out)
	o := p.run(t, "status", "--json").must(t)
	golden(t, dir, "status-json", o.out)
	var v statusView
	if err := json.Unmarshal([]byte(o.out), &v); err != nil || v.Schema != 1 || len(v.Networks) != 9 {
		t.Errorf("the JSON holds %d networks, %v", len(v.Networks), err)
	}
	golden(t, dir, "explain", p.run(t, "explain", "github/expired").must(t).out+p.run(t, "explain", "github/hubot").must(t).out+p.run(t, "explain", "mastodon/@o@hach.example").must(t).out)
	golden(t, dir, "accounts-list", p.run(t, "accounts", "list").must(t).out)
	golden(t, dir, "accounts-list-json", p.run(t, "accounts", "list", "--json").must(t).out)
	golden(t, dir, "explain-json", p.run(t, "explain", "github/expired", "--json").must(t).out)
}

func TestStatusFailOn(t *testing.T) {
	inFolder(t)
	seeded(t, everyState)
	p := program{now: atNoon}
	for _, c := range []struct {
		args string
		want int
	}{
		{"status", exitOK},
		{"status --fail-on=error", exitSignIn},
		{"status --fail-on=error github/octocat", exitOK},
		{"status --fail-on=error github/expired", exitSignIn},
		{"status --fail-on=error bluesky/ada.example", exitTemporary},
		{"status --fail-on=error bluesky/loop.example", exitPermanent},
		{"status --fail-on=error mastodon/@o@hach.example", exitOK},
		{"status --fail-on=waiting mastodon/@o@hach.example", exitTemporary},
		{"status --fail-on=error github/idle", exitOK},
		{"status --fail-on=nothing", exitUsage},
	} {
		if o := p.run(t, strings.Fields(c.args)...); o.code != c.want {
			t.Errorf("%s ends with %d, want %d: %s", c.args, o.code, c.want, o.err)
		}
	}
}

// TestStatusSaysWhy: every network that is not paused has a next run and a
// reason for it, in words.
func TestStatusSaysWhy(t *testing.T) {
	inFolder(t)
	seeded(t, everyState)
	var v statusView
	if err := json.Unmarshal([]byte(program{now: atNoon}.run(t, "status", "--json").must(t).out), &v); err != nil {
		t.Fatal(err)
	}
	for _, n := range v.Networks {
		if n.Reason == "" {
			t.Errorf("%s has no reason for its next run", n.Network)
		}
		if n.NeedsYou && (n.Error == nil || n.Error.Next == "") {
			t.Errorf("%s needs a person and does not say what for", n.Network)
		}
	}
}

func TestEmptyStatusSaysWhatToDo(t *testing.T) {
	inFolder(t)
	seeded(t, func(*seeder) {})
	o := program{now: atNoon}.run(t, "status").must(t)
	if !strings.Contains(o.out, "collector connect github") {
		t.Errorf("an empty status: %s", o.out)
	}
}
