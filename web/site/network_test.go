package site

import (
	"testing"
	"time"

	"collector/connectors"
	"collector/control"
	"collector/grant"
	"collector/limit"
	"collector/state"
	"collector/web/page"
)

const (
	annasHub  = "anna-github-anna-hub"
	annasPage = "/accounts/github/anna-hub"
	bobsPage  = "/accounts/github/bob-hub"
	bobsHub   = "bob-github-bob-hub"
)

// TestOneList tells of its runs, of the next one and why, and of what is left.
func TestOneList(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.quota("github", "remote-"+annasHub, 5000, 2614)
		p := due(state.Normal, state.OK)
		p.Runs = []state.Run{
			{At: noon.Add(-26 * time.Hour), Kind: "backfill", Pages: 31, Added: 3000},
			{At: noon.Add(-time.Hour), Kind: "poll", Fault: "rate limited"},
			{At: noon, Kind: "poll", Pages: 1, Added: 2},
		}
		p.Swept = &state.Swept{Sweep: 1, At: noon.Add(-24 * time.Hour), Shown: 1, Stored: 3, Unseen: 2, Withheld: true, Walks: 1}
		w.after(annasHub, p)
		a := w.as("anna").get(annasPage).is(200,
			"Stars of anna-hub", "Up to date. 3 likes are here. The last check was just now .", "Next 12:30 in 30 min. Every half hour.",
			"Last run today 12:00 · 1 page, 2 new", "Looked for new likes today 12:00 1 page, 2 new.", "Next run 12:30 , in 30 min Every half hour.",
			"Earlier runs the last 20 are kept", "today 11:00 Looked for new likes: rate limited after 0 pages, 0 new waited", "yesterday 10:00 Read the history: 31 pages, 3,000 new ok",
			"2,386 of 5,000 calls left at 12:00, full again at 13:00.", "Connected today 11:00", "Compared in full yesterday 12:00",
			"Sync now", "Pause", "Read everything again", "did not show 2 likes of 3", "Take them as gone…", "Disconnect…", "!"+secret)
		for _, link := range a.all("a") {
			if value(link, "href") == "#" {
				t.Error("a link leads nowhere")
			}
		}
		w.as("bob").get(bobsPage).is(200, "Stars of bob-hub", "!anna")
	})
}

// TestQuotasAreDrawn by what this process saw of them, each under its name where there are
// several; the past of a rolling one is in the store.
func TestQuotasAreDrawn(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.panel.Past = limit.NewPast(func() time.Time { return w.now })
		seen := w.panel.Past.Store(w.store)
		change := func(fn func(*limit.Row), keys ...string) {
			t.Helper()
			w.must(seen.UpdateQuotas(t.Context(), keys, func(rows []*limit.Row) error {
				for _, r := range rows {
					fn(r)
				}
				return nil
			}))
		}
		for i := range 6 {
			w.now = noon.Add(time.Duration(i*5) * time.Minute)
			change(func(r *limit.Row) {
				r.Epoch, r.End, r.Limit, r.Exact = 1, noon.Add(time.Hour), 5000, true
				r.Used, r.Seen, r.ByClass = 400*(i+1), 400*(i+1), map[limit.Class]int{limit.Poll: i + 1}
			}, "github/core/remote-"+annasHub)
		}
		a := w.as("anna").get(annasPage).is(200,
			"2,600 of 5,000 calls left at 12:25, full again at 13:00. Of the 2,400 used, other programs with the same sign-in used at least 2,394. Drawn as the process that shows this page saw it: nothing of it is kept.", "12:30", "!Core:")
		if len(a.find("figure", "chart")) != 1 {
			t.Errorf("%d charts", len(a.find("figure", "chart")))
		}
		w.as("bob").get(bobsPage).is(200, "!calls left")

		w.now = noon.Add(10 * time.Minute)
		change(func(r *limit.Row) {
			r.Epoch, r.End, r.Limit, r.Used = 1, noon.Add(15*time.Minute), 300, 17
		}, "mastodon/address/social.example")
		change(func(r *limit.Row) {
			r.Epoch, r.End, r.Limit, r.Used, r.Blocked, r.Because = 1, noon.Add(15*time.Minute), 300, 300, noon.Add(20*time.Minute), "429"
		}, "mastodon/account/remote-anna-mastodon-@anna@social.example")
		a = w.as("anna").get("/accounts/mastodon/@anna@social.example").is(200,
			"Address: 283 of 300 calls left at 12:10, full again at 12:15.", "Account: 0 of 300 calls left at 12:10, no call before 12:20.", "!Drawn as")
		if len(a.find("figure", "chart")) != 0 {
			t.Error("two points are drawn")
		}
	})
}

// TestStairsOfARollingQuota, of one that was seen in part, and of money.
func TestStairsOfARollingQuota(t *testing.T) {
	v := &visit{now: noon}
	at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	since, more := at(-10), at(1)
	got := v.stairs([]control.Course{
		{Quota: control.Quota{Name: "calls", Limit: 10, Left: 4, Rolling: true, Resets: &more}, Windows: []control.Window{{Begins: at(-5), Ends: noon, Uses: []control.Use{{At: at(-2), Used: 6}}}}},
		{Quota: control.Quota{Name: "budget", Limit: 5000, Left: 4000, Unit: connectors.Mills}, Windows: []control.Window{{Begins: at(-60), Ends: at(60), Since: &since, Uses: []control.Use{{At: since, Used: 1000}, {At: noon, Used: 6000}}}}},
		{Quota: control.Quota{Name: "unknown"}},
	})
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	if s := got[0]; s.Name != "Calls" || s.Left != 4 || !s.More.Equal(more) || !s.Full.IsZero() || s.Windows[0].Uses[0].Left != 4 || s.Remark != "What is used counts for 5 min." {
		t.Errorf("rolling: %+v", s)
	}
	if s := got[1]; s.Of != 500 || s.Left != 400 || s.Windows[0].Uses[0].Left != 400 || s.Windows[0].Uses[1].Left != 0 || s.Remark != "Drawn as the process that shows this page saw it, since 11:50: nothing of it is kept." {
		t.Errorf("money: %+v", s)
	}
}

// TestAListBeforeItsFirstRun, and one whose name has no account yet.
func TestAListBeforeItsFirstRun(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, name := range []string{"", "new", "u/mosslamp"} {
			id := "fresh" + name
			w.must(w.store.AddAccount(t.Context(), state.Account{ID: "acc" + id, User: "carol", Provider: "github", Name: name, RemoteID: id}))
			w.must(w.store.AddNetworks(t.Context(), []state.Network{{
				ID: id, AccountID: "acc" + id, User: "carol", Service: "github", Account: name, RemoteID: id,
				CreatedAt: noon, Progress: state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: noon},
			}}))
		}
		b := w.as("carol")
		for _, path := range []string{"/accounts/github/", "/accounts/github/new", "/accounts/github/u%2Fmosslamp"} {
			b.get(path).is(200, "Collecting the history. 0 likes are here.", "Next: now", "New: it has not been read yet.", "!No run yet, because", "None yet.")
			b.follow(b.post(path, "do", "sync")).is(200, "is read next.")
		}
		b.get("/accounts").is(200, "0 stars", "no run yet", "Collecting")
	})
}

// TestAFirstReadingIsNotNew: while the first run is under way, and where it was cut off, a
// list says how far it is, and not that it has not been read.
func TestAFirstReadingIsNotNew(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.must(w.store.AddAccount(t.Context(), state.Account{ID: "acc", User: "carol", Provider: "github", Name: "new", RemoteID: "1"}))
		begun := state.Progress{Mode: state.Initial, Condition: state.OK, ScheduledTo: noon.Add(-time.Hour)}
		w.must(w.store.AddNetworks(t.Context(), []state.Network{{
			ID: "new", AccountID: "acc", User: "carol", Service: "github", Account: "new", RemoteID: "1", CreatedAt: noon.Add(-time.Hour), Progress: begun,
		}}))
		lease := w.lease("new")
		begun.Walk = &state.Walk{Kind: "backfill", Number: 1, Pages: 2, Of: 16, Items: 200, Paces: []int{60_000}, LastPage: noon.Add(-time.Minute)}
		_, err := w.store.Commit(t.Context(), lease, state.Page{ID: "new/1/1", Kind: "backfill", Walk: 1, ObservedAt: noon.Add(-time.Minute), After: begun})
		w.must(err)

		w.now = noon.Add(-45 * time.Second) // the lease has not ended
		b := w.as("carol")
		b.get("/accounts").is(200, "2 of 16 pages, all there around 12:13 .", "!has not been read", "!goes on")
		b.get("/accounts/github/new").is(200, "0 likes are here. 2 of 16 pages, all there around 12:13.", "Next run It is being read now.", "!has not been read", "!goes on")

		w.now = noon // it has, and nobody gave it back
		for _, path := range []string{"/accounts", "/accounts/github/new"} {
			b.get(path).is(200, "2 of 16 pages", "The first run goes on where it stopped.", "!It is being read now.", "!has not been read")
		}
	})
}

// TestWhatIsReadNowHasNoPlan: why the run in hand was planned is not told as what is to come.
func TestWhatIsReadNowHasNoPlan(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		p := due(state.Initial, state.OK)
		p.Walk = &state.Walk{Kind: "backfill", Number: 2, Pages: 3, Of: 40, LastPage: noon}
		w.after(annasHub, p)
		b := w.as("anna")
		b.get(annasPage).is(200, "3 of 40 pages", "Every half hour.")
		w.lease(annasHub)
		w.now = noon.Add(-45 * time.Second)
		for _, path := range []string{annasPage, "/accounts"} {
			b.get(path).is(200, "3 of 40 pages", "!Every half hour.")
		}
		b.get(annasPage).is(200, "Next run It is being read now.")
	})
}

// TestAListThatNeedsSomebody says what went wrong, whose fault it is and the next step.
func TestAListThatNeedsSomebody(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		p := due(state.Normal, state.NeedsScope)
		p.LastError, p.LastErrorAt, p.Whose, p.NextStep = "GitHub answered 403", noon, "you", "collector connect github"
		p.Runs = []state.Run{{At: noon, Kind: "poll", Fault: "forbidden"}}
		w.after(annasHub, p)
		w.as("anna").get(annasPage).is(200, "Your sign-in lacks a permission. GitHub answered 403.", "Whose fault it is: you.", "What to do: collector connect github --user anna", "Sign in again", "failed")
		w.as("anna", grant.Read).get(annasPage).is(200, "Your sign-in lacks a permission.", "!Sign in again")
	})
}

// TestAWalk tells how far it is.
func TestAWalk(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		p := due(state.Initial, state.OK)
		p.Walk = &state.Walk{Kind: "backfill", Number: 2, Pages: 3, Items: 2341, Oldest: time.Date(2019, 3, 12, 0, 0, 0, 0, time.UTC), LastPage: noon}
		w.after(annasHub, p)
		a := w.as("anna").get(annasPage).is(200, "Collecting the history.", "2,341 so far, back to 12 Mar 2019 .")
		if len(a.all("progress")) != 0 {
			t.Error("a bar is drawn of a walk whose end is not known")
		}
	})
}

// TestNobodySeesAnothersList, whatever they name in the address.
func TestNobodySeesAnothersList(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		anna := w.as("anna")
		for _, path := range []string{bobsPage, bobsPage + "?user=bob", "/accounts/github/nobody", "/accounts/nothing/x"} {
			anna.get(path).is(404, "There is no such thing", "!"+secret)
		}
		operator := w.as("")
		operator.get(bobsPage+"?user=bob").is(200, "Stars of bob-hub")
		operator.get(annasPage).is(200, "Stars of anna-hub")
		operator.get(annasPage + "?user=bob").is(404)
	})
}

// TestLikesOfAList are found by a search that names it.
func TestLikesOfAList(t *testing.T) {
	for account, want := range map[string]page.Path{
		"anna-hub": "/?q=in%3Agithub+account%3Aanna-hub", "a b (c)": "/?q=in%3Agithub+account%3A%22a+b+%28c%29%22", `a"b`: "/?q=in%3Agithub", "": "/?q=in%3Agithub",
	} {
		if got := likesOf(control.Network{Service: "github", Account: account}); got != want {
			t.Errorf("%q: %s, want %s", account, got, want)
		}
	}
}
