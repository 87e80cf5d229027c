package site

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/connectors"
	"collector/control"
	"collector/grant"
	"collector/limit"
	"collector/state"
	"collector/store"
	"collector/store/memory"
	"collector/web/page"
)

// deeds are what the buttons of a page do.
func (a reply) deeds() (out []string) {
	for _, b := range a.all("button") {
		if value(b, "name") == "do" {
			out = append(out, value(b, "value"))
		}
	}
	return out
}

// due is the progress of a list that is fine, with one run.
func due(mode state.Mode, c state.Condition) state.Progress {
	return state.Progress{
		Mode: mode, Condition: c, ScheduledTo: noon.Add(30 * time.Minute), Reason: "every half hour", Walks: 1, LastOKAt: noon, LastRunAt: noon,
		Runs: []state.Run{{At: noon, Kind: "poll", Pages: 1}},
	}
}

// TestAccounts says of each list how it does, when it is read next and why.
func TestAccounts(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		_, err := w.store.Heartbeat(t.Context(), store.Instance{ID: "i", Started: noon, Seen: noon})
		w.must(err)
		w.quota("github", "remote-anna-github-anna-hub", 5000, 2614)
		p := due(state.Normal, state.OK)
		p.Runs = []state.Run{{At: noon, Kind: "poll", Fault: "rate limited"}, {At: noon, Kind: "poll", Fault: "temporary"}, {At: noon, Kind: "poll", Pages: 1, Added: 2}}
		w.after("anna-github-anna-hub", p)
		walk := due(state.Initial, state.OK)
		walk.Walk = &state.Walk{Kind: "backfill", Number: 2, Pages: 10, Of: 40, Items: 1000, Paces: []int{60_000}, LastPage: noon}
		w.after("anna-mastodon-@anna@social.example", walk)

		w.as("anna").get("/accounts").is(200,
			"All is looked after", "anna-hub", "3 stars", "Up to date", "1 of the last 3 runs ok, 1 waited, 1 failed", "ok just now",
			"Next 12:30 in 30 min", "Every half hour.", "2,386 of 5,000 calls left · full again 13:00",
			"@anna@social.example", "2 favourites", "Collecting 25 %", "10 of 40 pages, all there around 12:30 .",
			"Connect a service", "!No collector runs", "!bob", "!"+secret)
	})
}

// quota notes what was used of the first quota of a service, in a window that ends at one.
func (w *world) quota(service, remote string, of, used int) {
	w.t.Helper()
	c, _ := w.panel.Offered(service)
	key := limit.Key(c.Info().Provider, c.Info().Quotas[0], remote)
	w.must(w.store.UpdateQuotas(w.t.Context(), []string{key}, func(rows []*limit.Row) error {
		rows[0].Limit, rows[0].Used, rows[0].End = of, used, noon.Add(time.Hour)
		return nil
	}))
}

// TestEachState of a list is told in words, and what needs somebody stands first.
func TestEachState(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		id, b := "anna-mastodon-@anna@social.example", w.as("anna")
		for _, c := range []struct {
			change func(*state.Progress)
			want   []string
		}{
			{func(p *state.Progress) {}, []string{"All is looked after", "Of your lists two are up to date."}},
			{func(p *state.Progress) {
				p.Condition, p.LastError, p.Whose, p.NextStep = state.NeedsSignIn, "Mastodon answered 401: The access token was revoked", "you", "collector connect mastodon"
			}, []string{"One account needs you", "Needs you", "Your sign-in is no longer accepted. Mastodon answered 401: The access token was revoked.", "Whose fault it is: you. What to do: collector connect mastodon", "Sign in again", "1 account needs you"}},
			{func(p *state.Progress) {
				p.Condition, p.LastError = state.Broken, "the reply is no list"
			}, []string{"One account needs you", "It is no longer read. The reply is no list.", "!Sign in again"}},
			{
				func(p *state.Progress) { p.Condition, p.Failures, p.LastError = state.Failing, 2, "it answered 502" },
				[]string{"Trying again", "Next 12:30", "It answered 502. Every half hour."},
			},
			{
				func(p *state.Progress) { p.Condition, p.Reason = state.Limited, "all 300 calls are used" },
				[]string{"Waiting until 12:30 , 30 more minutes. All 300 calls are used."},
			},
			{func(p *state.Progress) {
				p.Sweep = &state.Walk{Kind: "sweep", Number: 3, Pages: 1, Of: 2}
			}, []string{"Comparing 50 %", "1 of 2 pages"}},
			{func(p *state.Progress) { p.Doubt = "a page was empty" }, []string{"Up to date, in part"}},
		} {
			p := due(state.Normal, state.OK)
			c.change(&p)
			w.after(id, p)
			b.get("/accounts").is(200, append(c.want, "!"+secret)...)
		}
		w.must(w.store.SetPaused(t.Context(), id, true, noon))
		b.get("/accounts").is(200, "Paused", "Likes made meanwhile are read when you resume.")
	})
}

// TestNothingConnected leads to where something is.
func TestNothingConnected(t *testing.T) {
	w := newWorld(t, memory.New())
	w.as("carol").get("/accounts").is(200, "Nothing is connected yet", "Connect a service", "!No collector runs")
	for who, want := range map[*browserOf]int{w.as("carol"): 1, w.as("carol", grant.Read): 0} {
		got := 0
		for _, a := range who.get("/accounts").is(200, "Nothing is connected yet").all("a") {
			if value(a, "href") == "/connect" {
				got++
			}
		}
		if got != want {
			t.Errorf("%d links to connect, want %d", got, want)
		}
	}
}

// TestTheOperatorSeesWhose each list is, and everybody else only their own.
func TestTheOperatorSeesWhose(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.network("me", "github", "octocat")
		w.as("").get("/accounts").is(200, "of the user anna", "of the user bob", "octocat", "!of the user me")
		w.as("bob").get("/accounts").is(200, "bob-hub", "!anna", "!octocat")
	})
}

// TestOneUserIsNotNamed where nobody else has a list: that whose it is is said only where it
// tells one from another.
func TestOneUserIsNotNamed(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, id := range []string{"bob-github-bob-hub", "bob-mastodon-@bob@social.example"} {
			_, err := w.store.RemoveNetwork(t.Context(), id, true)
			w.must(err)
		}
		w.as("").get("/accounts").is(200, "anna-hub", "!of the user")
		w.network("me", "github", "octocat")
		w.as("").get("/accounts").is(200, "of the user anna", "octocat")
	})
}

// TestAllAtOnce: what stops all collecting is said on top of every page, and how full which disk is to
// the operator alone.
func TestAllAtOnce(t *testing.T) {
	w := seeded(t, memory.New())
	w.panel.Room = func() error { return &control.Problem{Reason: "the disk of DISKPLACE has 3 MB left"} }
	w.as("anna").get("/accounts").is(200, "Nothing is collected now: the disk of the collector is nearly full.", "No collector runs, so nothing is read.", "!DISKPLACE")
	for _, path := range []string{"/", asks("raft"), "/accounts", "/activity", "/settings", "/connect", "/accounts/github/anna-hub?user=anna"} {
		w.as("anna").get(path).is(200, "Nothing is collected now", "!DISKPLACE")
		w.as("", grant.Read, grant.Write).get(path).is(200, "Nothing is collected now", "!DISKPLACE")
		w.as("").get(path).is(200, "Nothing is collected now: the disk of DISKPLACE has 3 MB left.")
	}
	w.stranger().get("/").is(401, "!Nothing is collected")
	w.panel.Room = func() error { return nil }
	w.as("anna").get("/accounts").is(200, "!Nothing is collected")
}

// TestHostileNames are text, whatever is in them.
func TestHostileNames(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		shown := `"><script>alert(1)</script>/a?b#c%2F&user=bob`
		evil := shown + "\u202e" // which turns text around, and is not drawn
		w.network("anna", "github", evil)
		w.after("anna-github-"+evil, state.Progress{
			Mode: state.Normal, Condition: state.Missing, ScheduledTo: noon, Reason: "<img src=x>", LastError: "<b>x</b>", NextStep: "<i>y</i>", Walks: 1,
			Runs: []state.Run{{At: noon, Kind: "<u>", Fault: "<s>"}},
		})
		b := w.as("anna")
		a := b.get("/accounts").is(200, shown)
		to := ""
		for _, link := range a.all("a") {
			if strings.Contains(value(link, "href"), "script") {
				to = value(link, "href")
			}
		}
		one := b.get(to).is(200, shown)
		for _, a := range []reply{a, one} {
			for _, name := range []string{"img", "b", "i", "u", "s"} {
				for _, n := range a.all(name) {
					if n.FirstChild == nil || len(n.Attr) > 0 || strings.Contains("xy", n.FirstChild.Data) {
						t.Errorf("%s became markup", name)
					}
				}
			}
			if strings.Contains(a.body, "\u202e") {
				t.Error("the text is turned around")
			}
			for _, s := range a.all("script") {
				if value(s, "src") == "" {
					t.Error("a script stands in the page")
				}
			}
		}
		b.follow(b.post(to, "do", "pause")).is(200, shown+" is paused")
	})
}

// TestMoneyIsDrawnInCents, and a quota of an unknown size is not drawn.
func TestMoneyIsDrawnInCents(t *testing.T) {
	q, ok := battery(&control.Quota{Left: 4500, Limit: 5000, Unit: connectors.Mills}, noon)
	if !ok || q.Left != 450 || q.Of != 500 || q.Unit != "US cents" {
		t.Errorf("%+v %v", q, ok)
	}
	if _, ok := battery(&control.Quota{Left: 1}, noon); ok {
		t.Error("a quota without a size is drawn")
	}
}

// TestManyLists: of more than are listed the operator sees those that need somebody, and how
// many others there are.
func TestManyLists(t *testing.T) {
	w := seeded(t, memory.New())
	w.must(w.store.AddAccount(t.Context(), state.Account{ID: "many", User: "carol", Provider: "github", Name: "many", RemoteID: "1"}))
	var lists []state.Network
	for i := range control.StatusMost {
		id := fmt.Sprintf("many-%d", i)
		lists = append(lists, state.Network{
			ID: id, AccountID: "many", User: "carol", Service: "github", Account: "many", RemoteID: "1", Params: map[string]string{"n": id},
			CreatedAt: noon, Progress: state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon},
		})
	}
	w.must(w.store.AddNetworks(t.Context(), lists))
	p := due(state.Normal, state.NeedsSignIn)
	w.after("bob-github-bob-hub", p)
	w.as("").get("/accounts").is(200, "One account needs you", "bob-hub", "1,003 lists are not shown here", "!anna-hub", "!many")
}

// TestInitials: two letters for any title.
func TestInitials(t *testing.T) {
	for title, want := range map[string]string{"GitHub stars": "GH", "Mastodon favourites": "Ma", "X likes": "X", "": "", "é": "é"} {
		if got := initials(title); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
}

// TestMoreListsThanAnybodyReads: as many as fit are shown, and the pages say that there are more.
func TestMoreListsThanAnybodyReads(t *testing.T) {
	w := seeded(t, memory.New())
	acc := state.Account{ID: "many", User: "carol", Provider: "github", Name: "many"}
	w.must(w.store.AddAccount(t.Context(), acc))
	var all []state.Network
	for i := range control.StatusMost + 5 {
		all = append(all, state.Network{
			ID: fmt.Sprintf("many-%d", i), AccountID: acc.ID, User: "carol", Service: "github", Account: "many", Params: map[string]string{"x": strconv.Itoa(i)},
			CreatedAt: noon, Progress: state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon},
		})
	}
	w.must(w.store.AddNetworks(t.Context(), all))
	w.panel.Store = &bounded{Store: w.store, t: t}
	b := w.as("carol")
	a := b.get("/accounts").is(200, "You have more than 1,000 lists, and the others are not shown here.")
	paused := slices.DeleteFunc(a.deeds(), func(do string) bool { return do != string(page.Pause) })
	if len(paused) != control.StatusMost {
		t.Errorf("%d lists are shown", len(paused))
	}
	w.panel.Store = w.store
	w.as("anna").get("/accounts").is(200, "!are not shown here")
}
