package site

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"collector/broker"
	brokermemory "collector/broker/memory"
	"collector/broker/stomp"
	"collector/broker/stomp/stomptest"
	"collector/cluster"
	"collector/grant"
	"collector/queue"
	queuememory "collector/queue/memory"
	"collector/state"
	"collector/store"
	"collector/store/memory"
)

// atWork gives a world two stores of jobs, an instance and topics.
func (w *world) atWork() (own, messages queue.Store) {
	w.t.Helper()
	own, messages = queuememory.New(), queuememory.New()
	w.config.Work = Work{
		Jobs: func(_ context.Context, _ bool, fn func([]queue.Store) error) error {
			return fn([]queue.Store{own, messages})
		},
		Topics: func(context.Context) ([]broker.TopicStats, error) {
			return []broker.TopicStats{{Topic: "/topic/<b>items", Messages: 48210, Time: noon.Add(-time.Hour)}}, nil
		},
	}
	w.open()
	_, err := w.store.Heartbeat(w.t.Context(), store.Instance{ID: "host-a:412", Host: "host-a", PID: 412, Mode: "both", Version: "1.2.3", Started: noon.Add(-time.Hour), Seen: noon, Running: 1})
	w.must(err)
	return own, messages
}

func (w *world) add(jobs queue.Store, list ...queue.Job) {
	w.t.Helper()
	_, err := jobs.Add(w.t.Context(), noon, "", list)
	w.must(err)
}

// dies has all jobs of a queue fail for good.
func (w *world) dies(jobs queue.Store, name, why string) {
	w.t.Helper()
	list, err := jobs.Claim(w.t.Context(), queue.Claim{Queue: name, N: 1000, Owner: "host-a:412", Now: noon, Until: noon.Add(time.Minute)})
	w.must(err)
	for _, j := range list {
		_, err := jobs.Finish(w.t.Context(), noon, []queue.Outcome{{Ref: j.Ref(), Verb: queue.Bury, Error: why}})
		w.must(err)
	}
}

func states(t *testing.T, jobs queue.Store) map[string]queue.State {
	t.Helper()
	list, _, err := jobs.Jobs(t.Context(), queue.Filter{}, queue.Page{Limit: queue.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]queue.State{}
	for _, j := range list {
		out[j.ID] = j.State
	}
	return out
}

// lands is follow for an address with a place on its page, which browsers keep to themselves.
func (b *browserOf) lands(a reply) reply {
	b.w.t.Helper()
	a.header.Set("Location", withoutPlace(a.header.Get("Location")))
	return b.follow(a)
}

func withoutPlace(address string) string {
	address, _, _ = strings.Cut(address, "#")
	return address
}

// TestWorkers shows who works on what, to the operator alone.
func TestWorkers(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		own, messages := w.atWork()
		w.add(own, queue.Job{ID: "export-1", Queue: "upkeep", Kind: "export"})
		w.add(messages, queue.Job{ID: "m-1", Queue: "/queue/likes", Kind: "message", Data: []byte(secret)}, queue.Job{ID: "m-2", Queue: "/queue/likes", Kind: "message", Due: noon.Add(time.Hour)})
		_, err := own.Claim(t.Context(), queue.Claim{Queue: "upkeep", N: 1, Owner: "host-a:412", Now: noon, Until: noon.Add(time.Minute)})
		w.must(err)
		all := w.as("")
		all.get("/workers").is(200, "One instance looks after 4 networks.", "host-a:412", "export export-1", "job of upkeep", "/queue/likes",
			"/topic/<b>items", "48,210", "3 match", "Nothing is due", "What jobs hold is hidden", "!"+secret, "!of 0")
		if to := navigation(all.get("/help")); !slices.Contains(to, "/workers") {
			t.Errorf("the operator's navigation leads to %q", to)
		}
		all.get("/workers?data=show").is(200, secret, "!is hidden")
		all.get("/workers?queue=/queue/likes&state=scheduled").is(200, "1 matches", "m-2", "!m-1")
		all.get("/workers?state=nonsense").is(422)
		all.get("/workers?after=x").is(422)
		all.get("/workers?find=m-2").is(200, "1 matches", "m-2", "!m-1")
		all.get("/workers?find=message").is(200, "2 match", "m-2", "m-1")
		all.get("/workers?find=nothing+has+this").is(200, "No job matches.")
		for _, b := range []*browserOf{w.as("anna"), w.as("", grant.Read)} {
			b.get("/workers").is(403, "!host-a", "!m-1")
			if to := navigation(b.get("/help")); len(to) != 4 || slices.Contains(to, "/workers") {
				t.Errorf("the navigation leads to %q", to)
			}
			for _, to := range []string{"/jobs", "/queues/upkeep", "/workers/host-a:412"} {
				b.post(to, "do", "run", "job", "m-2").is(403)
			}
		}
		if got := states(t, messages)["m-2"]; got != queue.Scheduled {
			t.Error(got)
		}
	})
}

// TestWhatIsInHandLeadsToOneList: two users may have one of the same name.
func TestWhatIsInHandLeadsToOneList(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.atWork()
		for _, user := range []string{"anna", "bob"} {
			n := w.network(user, "github", "shared")
			w.must(w.store.WishSync(t.Context(), n.ID, false, noon))
			got, err := w.store.Claim(t.Context(), state.Claim{Owner: "host-a:412", Now: noon, Until: noon.Add(time.Minute), Network: n.ID})
			w.must(err)
			if len(got) != 1 {
				t.Fatalf("claimed %v", got)
			}
		}
		all := w.as("")
		for user, to := range map[string]string{"anna": "/accounts/github/shared?user=anna", "bob": "/accounts/github/shared?user=bob"} {
			if !slices.ContainsFunc(all.get("/workers").all("a"), func(a *html.Node) bool { return value(a, "href") == to }) {
				t.Errorf("nothing leads to %s", to)
			}
			all.get(to).is(200, "Stars of shared", "User "+user)
		}
	})
}

// TestWorkersWithoutAny: what is not there is not made up.
func TestWorkersWithoutAny(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.as("").get("/workers").is(200, "Nothing is collected: no instance runs", "4 networks wait for an instance.", "No instance runs", "No queues yet", "No topics", "!No program is connected")
	})
}

// TestTheWorkInASentence is what the page begins with.
func TestTheWorkInASentence(t *testing.T) {
	due := store.Tally{States: []store.Standing{{Networks: 4}}, Due: 2, Oldest: noon.Add(-4 * time.Second)}
	late := due
	late.Oldest = noon.Add(-5 * time.Minute)
	for _, c := range []struct {
		tally           store.Tally
		instances, dead int
		want            string
	}{
		{due, 1, 0, "All work is on time"},
		{late, 1, 3, "Work is late by 5 min"},
		{due, 0, 0, "Nothing is collected: no instance runs"},
		{due, 2, 1, "1 job failed for good"},
		{store.Tally{}, 1, 0, "Nothing is due"},
		{store.Tally{}, 0, 0, "Nothing is due"},
	} {
		if got := workHeading(c.tally, c.instances, c.dead, noon); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestJobsAreRunNow, one or chosen or all that match, and others stay.
func TestJobsAreRunNow(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		own, messages := w.atWork()
		w.add(own, queue.Job{ID: "a", Queue: "calls", Kind: "webhook"}, queue.Job{ID: "b", Queue: "calls", Kind: "webhook"}, queue.Job{ID: "c", Queue: "calls", Kind: "webhook"})
		w.dies(own, "calls", "old.example: <b>no such host")
		w.add(own, queue.Job{ID: "d", Queue: "upkeep", Kind: "export"})
		w.dies(own, "upkeep", "disk full")
		w.add(messages, queue.Job{ID: "later", Queue: "likes", Kind: "m", Due: noon.Add(time.Hour)})
		b := w.as("")
		b.get("/workers?find=no+such+host").is(200, "4 jobs failed for good", "3 match", "<b>no such host", "!disk full")
		b.lands(b.post("/jobs", "run", "a", "match", "state=dead")).is(200, "1 job is due now")
		b.lands(b.post("/jobs", "run", "later")).is(200, "1 job is due now")
		if got := states(t, own); got["a"] != queue.Ready || got["b"] != queue.Dead {
			t.Error(got)
		}
		if got := states(t, messages)["later"]; got != queue.Ready {
			t.Error(got)
		}
		b.lands(b.post("/jobs", "do", "run", "which", "chosen", "job", "b", "job", "gone")).is(200, "1 job is due now")
		b.lands(b.post("/jobs", "do", "run", "which", "all", "match", "find=no+such+host&as=error&state=dead")).is(200, "1 job is due now")
		if got := states(t, own); got["b"] != queue.Ready || got["c"] != queue.Ready || got["d"] != queue.Dead {
			t.Error(got)
		}
	})
}

// TestJobsAreRemovedOnceAsked, and what runs stays.
func TestJobsAreRemovedOnceAsked(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		own, _ := w.atWork()
		for i := range 60 {
			w.add(own, queue.Job{ID: fmt.Sprintf("w%02d", i), Queue: "calls", Kind: "webhook"})
		}
		w.dies(own, "calls", "x")
		w.add(own, queue.Job{ID: "runs", Queue: "calls", Kind: "webhook"})
		_, err := own.Claim(t.Context(), queue.Claim{Queue: "calls", N: 1, Owner: "o", Now: noon, Until: noon.Add(time.Minute)})
		w.must(err)
		w.add(own, queue.Job{ID: "waits", Queue: "calls", Kind: "webhook"})
		b := w.as("")
		a := b.get("/workers?queue=calls&state=dead").is(200, "60 match", "50 jobs of 60", "w59", "!w09")
		older := ""
		for _, l := range a.all("a") {
			if strings.Contains(value(l, "href"), "after=") {
				older = value(l, "href")
			}
		}
		b.get(withoutPlace(older)).is(200, "10 jobs of 60", "w09", "!w10")

		fields := []string{"do", "delete", "which", "all", "match", "queue=calls&state=dead"}
		b.post("/jobs", fields...).is(200, "Delete 60 jobs?", "is not done", "Leave them")
		if len(states(t, own)) != 62 {
			t.Error("it did not ask")
		}
		asked := ""
		for _, f := range b.post("/jobs", fields...).all("input") {
			if value(f, "name") == "asked" {
				asked = value(f, "value")
			}
		}
		w.now = noon.Add(time.Minute)
		_, err = own.Add(t.Context(), noon.Add(time.Second), "", []queue.Job{{ID: "meanwhile", Queue: "late", Kind: "webhook"}})
		w.must(err)
		w.dies(own, "late", "x")
		b.post("/jobs", "do", "delete", "which", "all", "match", "state=dead", "sure", "yes", "asked", "x").is(422)
		b.lands(b.post("/jobs", "do", "delete", "which", "all", "match", "state=dead", "sure", "yes", "asked", asked)).is(200, "60 jobs are deleted")
		if _, there := states(t, own)["meanwhile"]; !there {
			t.Error("what nobody was asked about is deleted")
		}
		b.lands(b.post("/jobs", "do", "delete", "job", "meanwhile", "sure", "yes")).is(200, "1 job is deleted")
		b.post("/jobs", "cancel", "waits").is(200, "Cancel 1 job?")
		b.lands(b.post("/jobs", "do", "cancel", "job", "waits", "job", "runs", "sure", "yes")).is(200, "1 job is cancelled")
		if got := states(t, own); len(got) != 1 || got["runs"] != queue.Running {
			t.Error(got)
		}
		b.post("/jobs", "do", "delete", "which", "chosen").is(422, "No job was chosen")
		b.post("/jobs", "do", "explode", "job", "runs").is(422)
		b.post("/jobs", "do", "run", "which", "all", "match", "find=x").is(422, "does not say what is looked for")
		b.post("/jobs", "do", "run", "which", "all", "match", "%zz").is(422)
	})
}

// TestJobsHavePages: going on and back shows each page as it was, over several stores.
func TestJobsHavePages(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		own, messages := w.atWork()
		for i := range 70 {
			w.add(own, queue.Job{ID: fmt.Sprintf("own %02d", i), Queue: "calls", Kind: "webhook"})
			w.add(messages, queue.Job{ID: fmt.Sprintf("m %02d", i), Queue: "likes", Kind: "m"})
		}
		b := w.as("")
		listed := func(a reply) (out string) {
			for _, f := range a.all("input") {
				if value(f, "name") == "job" {
					out += value(f, "value") + ","
				}
			}
			return out
		}
		a := b.get("/workers")
		pages := []string{listed(a)}
		for to := a.pageLink("next"); to != ""; to = a.pageLink("next") {
			a = b.get(withoutPlace(to)).is(200)
			pages = append(pages, listed(a))
		}
		if len(pages) != 3 || strings.Count(strings.Join(pages, ""), ",") != 140 {
			t.Fatalf("%d pages: %q", len(pages), pages)
		}
		for i := len(pages) - 2; i >= 0; i-- {
			to := a.pageLink("previous")
			if a = b.get(withoutPlace(to)).is(200); listed(a) != pages[i] {
				t.Errorf("before page %d comes %q", i+2, listed(a))
			}
		}
		if to := a.pageLink("previous"); to != "" {
			t.Errorf("before the first page is %q", to)
		}
	})
}

// TestQueuesArePaused and go on, also one whose name has slashes.
func TestQueuesArePaused(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		_, messages := w.atWork()
		w.add(messages, queue.Job{ID: "m", Queue: "/queue/likes", Kind: "m"})
		b := w.as("")
		to := ""
		for _, f := range b.get("/workers").all("form") {
			if strings.HasPrefix(value(f, "action"), "/queues/") {
				to = value(f, "action")
			}
		}
		paused := func() bool {
			s, err := messages.Stats(t.Context())
			w.must(err)
			return s[0].Paused
		}
		b.lands(b.post(to, "do", "pause")).is(200, "The queue /queue/likes is paused", "Resume")
		if !paused() {
			t.Error("it is not paused")
		}
		b.lands(b.post(to, "do", "resume")).is(200, "goes on", "Pause")
		if paused() {
			t.Error("it is still paused")
		}
		b.post(to, "do", "delete").is(422)
		b.post("/queues/none", "do", "pause").is(404)
	})
}

// TestTheCluster is shown where there is one, and an instance is stopped once asked.
func TestTheCluster(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.atWork()
		picture := cluster.Picture{Leader: "host-a:412", Term: 18, Members: []cluster.Peer{{ID: "host-a:412"}}}
		var failed error
		var drained []string
		w.config.Work.Cluster = func(context.Context) (cluster.Picture, error) { return picture, failed }
		w.config.Work.Drain = func(_ context.Context, id string) error {
			if id != "host-a:412" {
				return cluster.ErrNoMember
			}
			drained = append(drained, id)
			return nil
		}
		w.open()
		b := w.as("")
		b.get("/workers").is(200, "host-a:412 leads, term 18", "leader", "Stop…")
		b.post("/workers/host-a:412", "do", "stop").is(200, "Stop host-a:412?")
		if len(drained) != 0 {
			t.Error("it did not ask")
		}
		b.lands(b.post("/workers/host-a:412", "do", "stop", "sure", "yes")).is(200, "ends what it has in hand")
		b.post("/workers/none", "do", "stop", "sure", "yes").is(404, "No instance")
		b.post("/workers/host-a:412", "do", "quiet").is(422, "is of a version that cannot be asked (1.2.3)")
		b.post("/workers/host-a:412", "do", "delete").is(422, "cannot be done")
		if len(drained) != 1 {
			t.Error(drained)
		}
		picture.Members[0].Draining = true
		b.get("/workers").is(200, "leaving", "!Stop…")
		picture, failed = cluster.Picture{}, errors.New("hunter2")
		b.get("/workers").is(200, "The cluster does not answer", "!hunter2")
	})
}

// navigation is where that of a page leads.
func navigation(a reply) (out []string) {
	for _, nav := range a.find("nav", "nav") {
		for _, link := range under(nav, "a") {
			out = append(out, value(link, "href"))
		}
	}
	return out
}

// TestProgramsThatAreConnected by STOMP are shown to the operator, and nobody else.
func TestProgramsThatAreConnected(t *testing.T) {
	w := seeded(t, memory.New())
	w.as("").get("/workers").is(200, "!STOMP connections")
	b := broker.New(queuememory.New(), brokermemory.New(), broker.Options{Owner: "test"})
	server := stomp.New(b, stomp.Options{Now: func() time.Time { return noon.Add(-time.Hour) }})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, ln) }()
	defer func() {
		stop()
		if err := errors.Join(<-ended, b.Close(context.WithoutCancel(ctx))); err != nil {
			t.Error(err)
		}
	}()
	w.config.Work.Programs = server.Connections
	w.open()
	w.as("").get("/workers").is(200, "STOMP connections", "No program is connected by STOMP.")

	c, err := stomptest.Dial(t.Context(), ln.Addr().String(), "login:<b>notes")
	w.must(err)
	defer c.Close()
	say := "SUBSCRIBE\nid:1\ndestination:/queue/likes\nack:client\n\n^"
	for i := range 12 {
		say += fmt.Sprintf("SUBSCRIBE\nid:t%d\ndestination:/topic/t%02d\n\n^", i, i)
	}
	w.must(c.Say(say, "SEND\ndestination:/queue/likes\n\none^", "SEND\ndestination:/queue/likes\n\ntwo^"))
	for range 2 {
		if f, err := c.Next(); err != nil || f.Command != "MESSAGE" {
			t.Fatalf("%v, %v", f, err)
		}
	}
	a := w.as("").get("/workers").is(200, "<b>notes session-1", "/queue/likes", "/topic/t08", "!/topic/t09", "and 3 more", c.LocalAddr().String(), "11:00", "!No program is connected", "!more are not shown")
	found := false
	for _, cell := range a.all("td") {
		found = found || value(cell, "data-l") == "In hand" && read(cell) == "2"
	}
	if !found {
		t.Error("two messages are in hand, and it is not said")
	}
	w.as("anna").get("/workers").is(403, "!notes")
	w.as("", grant.Read).get("/workers").is(403, "!notes")
}

// TestFiguresCountWhatIsListed where an instance does not tell more than that it lives.
func TestFiguresCountWhatIsListed(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		own, _ := w.atWork() // its heartbeat says that one network is in work
		figures := func() (out string) {
			a := w.as("").get("/workers").is(200)
			for _, dd := range a.all("dd") {
				out += read(dd) + "|"
			}
			for _, td := range a.all("td") {
				if value(td, "data-l") == "Workers busy" {
					out += read(td)
				}
			}
			return out
		}
		w.as("").get("/workers").is(200, "Nothing is in hand now")
		if got := figures(); !strings.HasPrefix(got, "1|0 of 4 networks|") || !strings.HasSuffix(got, "|0") {
			t.Errorf("nothing is in hand, and the figures are %s", got)
		}
		w.add(own, queue.Job{ID: "export-1", Queue: "upkeep", Kind: "export"})
		_, err := own.Claim(t.Context(), queue.Claim{Queue: "upkeep", N: 1, Owner: "host-a:412", Now: noon, Until: noon.Add(time.Minute)})
		w.must(err)
		networks, err := w.store.Networks(t.Context(), store.Filter{})
		w.must(err)
		for _, n := range networks[:2] {
			claimed, err := w.store.Claim(t.Context(), state.Claim{Owner: "host-a:412", Now: noon, Until: noon.Add(time.Minute), Network: n.ID})
			if w.must(err); len(claimed) != 1 {
				t.Fatalf("%d claimed", len(claimed))
			}
		}
		if got := figures(); !strings.HasPrefix(got, "1|2 of 4 networks|") || !strings.HasSuffix(got, "|3") {
			t.Errorf("two networks and a job are in hand, and the figures are %s", got)
		}
	})
}
