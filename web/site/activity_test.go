package site

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/item"
	"collector/state"
	"collector/store/memory"
)

// wrote has a network save one page more, of n likes that are new.
func (w *world) wrote(id string, page, n int) { w.t.Helper(); w.wroteAt(id, page, n, noon) }

// wroteAt has it seen at a time.
func (w *world) wroteAt(id string, page, n int, at time.Time) {
	w.t.Helper()
	var list []item.Item
	for i := range n {
		list = append(list, item.Item{ID: fmt.Sprintf("w%d-%d", page, i), Kind: "post", Title: "x", URL: "https://x.example/", LikedAt: noon, LikedFrom: item.FromAPI})
	}
	p := state.Progress{Mode: state.Normal, Condition: state.OK, ScheduledTo: noon.Add(time.Hour), Walks: 1}
	ctx := w.t.Context()
	w.must(w.store.WishSync(ctx, id, false, noon))
	got, err := w.store.Claim(ctx, state.Claim{Owner: "test", Now: noon, Until: noon.Add(time.Minute), Network: id})
	w.must(err)
	_, err = w.store.Commit(ctx, got[0].Lease, state.Page{ID: fmt.Sprint(id, "/more/", page), Kind: "poll", Walk: 1, ObservedAt: at, Items: list, After: p})
	w.must(err)
	w.must(w.store.Release(ctx, got[0].Lease, p))
}

// TestActivity shows what happened to whose it is, and narrows it.
func TestActivity(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		fails := state.Progress{Mode: state.Normal, Condition: state.Failing, ScheduledTo: noon.Add(time.Hour), Walks: 1}
		fails.Runs = []state.Run{{At: noon.Add(-time.Minute), Kind: "poll", Fault: "temporary"}, {At: noon, Kind: "poll", Fault: "rate limited"}}
		w.after("anna-github-anna-hub", fails)
		w.after("bob-github-bob-hub", fails)
		anna := w.as("anna")
		anna.get("/activity").is(200, "GitHub stars : 3 new , from the history anna-hub", "GitHub stars came to a limit and waits anna-hub",
			"GitHub stars failed: the service could not be reached", ": 2 new", "Pause updates", "4 events in the last 10 min", "!bob", "!"+secret)
		for _, log := range anna.get("/activity").find("ol", "log") {
			for _, line := range under(log, "li") {
				if said := read(line); strings.Count(said, "anna-hub")+strings.Count(said, "@anna@social.example") != 1 {
					t.Errorf("the account is not named once: %s", said)
				}
			}
		}
		w.as("").get("/activity").is(200, "anna-hub", "bob-hub")
		w.stranger().get("/activity").is(401, "!anna-hub")

		anna.get("/activity?account=github/anna-hub").is(200, ": 3 new", "!: 2 new")
		anna.get("/activity?account=github/bob-hub").is(200, "Nothing like this happened", "!1 new", "!2 new", "!3 new")
		anna.get("/activity?kind=new").is(200, ": 3 new", ": 2 new", "!waits", "!failed:")
		anna.get("/activity?kind=wait").is(200, "waits", "!failed:", "!3 new")
		anna.get("/activity?kind=fail").is(200, "failed:", "!and waits", "!3 new")
		anna.get("/activity").is(200, "Kept for 30 days; waits and failures while they are among the last 20 runs of their list.")
		anna.get("/activity?before=3").is(200, "Kept for 30 days.", "!while they are among")
		anna.get("/activity?kind=new").is(200, "Kept for 30 days.", "!while they are among")
		anna.get("/activity?kind=fail").is(200, "Kept while they are among the last 20 runs of their list.", "!30 days")
		anna.get("/activity?kind=gone").is(200, "Nothing like this happened", "!3 new")
		w.as("carol").get("/activity").is(200, "Nothing has happened yet", "Pause updates")
		anna.get("/activity?kind=nonsense").is(422, "no such kind")
		anna.get("/activity?before=x").is(422, "is none")
		anna.get("/activity?before=0").is(422)
	})
}

// TestTheOperatorIsLedToOneList: where two users have a list of the same name, each line leads
// to that of its user, and who names none is told what can be done on a page.
func TestTheOperatorIsLedToOneList(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for _, user := range []string{"anna", "bob"} {
			n := w.network(user, "github", "shared", likes(user, "github", user, 1)...)
			w.after(n.ID, state.Progress{Mode: state.Normal, Condition: state.Failing, ScheduledTo: noon.Add(time.Hour), Walks: 1, Runs: []state.Run{{At: noon, Kind: "poll", Fault: "temporary"}}})
		}
		all := w.as("")
		led := map[string]int{}
		for _, line := range under(all.get("/activity?account=github/shared").find("ol", "log")[0], "li") {
			to, said := value(under(line, "a")[0], "href"), read(line)
			all.get(to).is(200, "Stars of shared", "User "+said[strings.LastIndexByte(said, ' ')+1:])
			led[to]++
		}
		if run := "&run=2026-11-22T12%3A00%3A00Z"; led["/accounts/github/shared?user=anna"+run] != 2 || led["/accounts/github/shared?user=bob"+run] != 2 {
			t.Errorf("the changes and failures of both lead to %v", led)
		}
		a := all.get("/accounts/github/shared").is(422, "2 users have a network github/shared: anna, bob", "choose one of them on the page Accounts", "!--user")
		if to := value(under(a.find("main", "")[0], "a")[0], "href"); to != "/accounts" {
			t.Errorf("it leads on to %q", to)
		}
		for _, a := range w.as("anna").get("/activity").all("a") { // of everybody else it is never asked
			if strings.Contains(value(a, "href"), "user=") {
				t.Error(value(a, "href"))
			}
		}
	})
}

// TestLiveIsWhatIsShown: a page is said to be live where something may come.
func TestLiveIsWhatIsShown(t *testing.T) {
	w := newWorld(t, memory.New())
	anna := w.as("anna")
	anna.get("/activity?kind=fail").is(200, "Pause updates")
	for i := range control.ActivityRuns + 1 {
		w.network("anna", "github", fmt.Sprint("hub", i))
	}
	for _, kind := range []string{"wait", "fail"} {
		anna.get("/activity?kind="+kind).is(200, "too many accounts to list their failures here", "!Pause updates")
	}
	anna.get("/activity").is(200, "Pause updates")
}

// TestActivityHasPages: going back shows each change once, also one user's among many.
func TestActivityHasPages(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		for i := range 60 {
			w.wrote("anna-github-anna-hub", i, i%3+1)
		}
		anna := w.as("anna")
		first := anna.get("/activity?kind=new").is(200)
		lines := func(r reply) (n int) {
			for _, li := range r.all("li") {
				if value(li, "class") == "o" {
					n++
				}
			}
			return n
		}
		older := ""
		for _, a := range first.all("a") {
			if value(a, "rel") == "next" {
				older = value(a, "href")
			}
		}
		if lines(first) != control.ActivityMost || older == "" {
			t.Fatalf("%d lines, then %q", lines(first), older)
		}
		second := anna.get(older).is(200, "!Older", "!Pause updates", "!bob", "Waits and failures are on the first page", "!what failed")
		if got := lines(second); got != 12 {
			t.Errorf("%d lines, want 12", got)
		}
		anna.get("/activity?before=1").is(200, "Nothing like this happened")
	})
}

// TestActivityOfHostileNames: what a service calls an account is text.
func TestActivityOfHostileNames(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.network("anna", "github", `x<script>alert(1)</script>"'`, likes("anna", "github", "a", 1)...)
		a := w.as("anna").get("/activity").is(200, `x<script>alert(1)</script>"'`)
		for _, s := range a.all("script") {
			if value(s, "src") == "" {
				t.Error("a name became a script")
			}
		}
		a = w.as("anna").get(`/activity?account=%22%3E%3Cscript%3E`).is(200)
		if strings.Contains(a.body, `"><script>`) {
			t.Error("what was asked for became markup")
		}
	})
}
