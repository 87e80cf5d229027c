package site

import (
	"strings"
	"testing"
	"time"

	"collector/grant"
	"collector/queue"
	"collector/store"
)

// heart has an instance of this version give a sign of life, and returns what is wished of it.
func (w *world) heart(in store.Instance) store.Wish {
	w.t.Helper()
	if in.Started.IsZero() {
		in.Started = noon.Add(-time.Hour)
	}
	if in.Seen.IsZero() {
		in.Seen = noon
	}
	wish, err := w.store.Heartbeat(w.t.Context(), in)
	w.must(err)
	return wish
}

// cells are those of a row of a table, by their columns.
func cells(a reply, row string) map[string]string {
	for _, tr := range a.all("tr") {
		heads := under(tr, "th")
		if len(heads) == 0 || !strings.HasPrefix(read(heads[0]), row) {
			continue
		}
		out := map[string]string{}
		for _, td := range under(tr, "td") {
			out[value(td, "data-l")] = read(td)
			if value(td, "class") == "acts" {
				out["acts"] = read(td)
			}
		}
		return out
	}
	return nil
}

// figures are the cards, by name.
func figures(a reply) map[string]string {
	out := map[string]string{}
	values := a.all("dd")
	for i, dt := range a.all("dt") {
		if i < len(values) {
			out[read(dt)] = read(values[i])
		}
	}
	return out
}

// TestInstancesTellHowTheyStand: what each tells stands in its row and all of it in the cards;
// who does not tell has nothing there, and who is silent is not counted.
func TestInstancesTellHowTheyStand(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.config.Version = "1.10.0"
		w.open()
		w.heart(store.Instance{ID: "a-1", Host: "a", Mode: "both", Version: "1.10.0", Vitals: &store.Vitals{Busy: 19, Workers: 24, Leases: 21, Calls: 1400, Memory: 88_000_000, Resident: true, Conns: 3, MostConns: 9}})
		w.heart(store.Instance{ID: "b-2", Host: "b", Mode: "normal", Version: "1.9.8", Vitals: &store.Vitals{Busy: 1, Workers: 24, Calls: 80, Memory: 91_000_000, MostConns: 9}})
		b := w.as("")
		a := b.get("/workers").is(200, "Two instances share 4 networks.", "The instances have different versions.")
		for name, want := range map[string]string{"Instances": "2", "Workers busy": "20 of 48", "Calls": "1,480 /min", "DB connections": "3 of 18", "Due now": "0"} {
			if got := figures(a)[name]; got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		w.heart(store.Instance{ID: "c-3", Host: "c", Mode: "both", Version: "2.0.0", Running: 7})
		w.heart(store.Instance{ID: "d-4", Host: "d", Mode: "both", Version: "devel", Seen: noon.Add(-time.Minute), Vitals: &store.Vitals{Busy: 5, Workers: 5, Calls: 5, Conns: 5, MostConns: 5}})
		w.heart(store.Instance{ID: "e-5", Host: "e", Mode: "both", Version: "1.10.0", Seen: noon.Add(-2 * time.Hour)})
		a = b.get("/workers").is(200, "Three instances share", "!e-5")
		for name, want := range map[string]string{"Instances": "3", "Workers busy": "20 of 48, of 2 instances", "Calls": "1,480 /min, of 2 instances", "DB connections": "3 of 18, of 2 instances"} {
			if got := figures(a)[name]; got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		for row, want := range map[string]map[string]string{
			"a-1": {"State": "working", "Workers busy": "19 of 24 21 leases", "Memory": "88 MB", "Mode": "both", "Version": "1.10.0", "acts": "Quiet Stop…"},
			"b-2": {"State": "working", "Workers busy": "1 of 24 0 leases", "Memory": "91 MB of Go", "Version": "1.9.8, older", "acts": "Quiet Stop…"},
			"c-3": {"State": "working", "Workers busy": "0", "Memory": "", "Version": "2.0.0, newer", "acts": ""},
			"d-4": {"State": "silent", "Workers busy": "5 of 5 0 leases", "Version": "devel, another one", "acts": ""},
		} {
			got := cells(a, row)
			for column, text := range want {
				if got[column] != text {
					t.Errorf("%s, %s: %q, want %q", row, column, got[column], text)
				}
			}
		}
	})
}

// TestAnInstanceIsQuietAndWorksAgain, without any cluster, by the operator alone.
func TestAnInstanceIsQuietAndWorksAgain(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		one := store.Instance{ID: "a:1/b", Host: "a", Mode: "both", Vitals: &store.Vitals{Workers: 4}}
		other := store.Instance{ID: "other", Host: "a", Mode: "both", Vitals: &store.Vitals{Workers: 4}}
		w.heart(one)
		w.heart(other)
		b := w.as("")
		at := ""
		for _, f := range b.get("/workers").all("form") {
			if to := value(f, "action"); strings.HasPrefix(to, "/workers/a") {
				at = to
			}
		}
		for _, who := range []*browserOf{w.as("anna"), w.as("", grant.Read)} {
			for _, do := range []string{"quiet", "resume", "stop"} {
				who.post(at, "do", do, "sure", "yes").is(403)
			}
		}
		if wish := w.heart(one); wish != store.Work {
			t.Fatalf("others had it wished %q", wish)
		}
		row := func(want, acts string) {
			t.Helper()
			if got := cells(b.get("/workers"), "a:1/b"); got["State"] != want || got["acts"] != acts {
				t.Errorf("%q, want %q with %q", got, want, acts)
			}
		}
		b.lands(b.post(at, "do", "quiet")).is(200, "a:1/b claims nothing more", "works again when it is started anew")
		row("becoming quiet", "Resume Stop…")
		if wish := w.heart(one); wish != store.Quiet {
			t.Errorf("it was wished %q", wish)
		}
		one.Quiet = true
		w.heart(one)
		row("quiet", "Resume Stop…")
		b.lands(b.post(at, "do", "resume")).is(200, "claims again what is due")
		row("resuming", "Quiet Stop…")
		one.Quiet = false
		if wish := w.heart(one); wish != store.Work {
			t.Errorf("it was wished %q", wish)
		}
		row("working", "Quiet Stop…")

		b.post(at, "do", "stop").is(200, "Stop a:1/b?", "this page is gone with it")
		if wish := w.heart(one); wish != store.Work {
			t.Error("it did not ask")
		}
		b.lands(b.post(at, "do", "stop", "sure", "yes")).is(200, "ends what it has in hand")
		if wish := w.heart(one); wish != store.Stop {
			t.Errorf("it was wished %q", wish)
		}
		row("leaving", "")
		b.post(at, "do", "resume").is(422, "is ending")
		if wish := w.heart(other); wish != store.Work {
			t.Errorf("of the other one %q was wished", wish)
		}
		w.heart(store.Instance{ID: "gone", Seen: noon.Add(-time.Minute), Vitals: &store.Vitals{}})
		b.post("/workers/gone", "do", "quiet").is(404, "no sign of life")
		b.post("/workers/never", "do", "quiet").is(404, "No instance")
	})
}

// TestQueuesHaveARate once the page was looked at before, and jobs that failed and wait are found.
func TestQueuesHaveARate(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		own, _ := w.atWork()
		rate := func() string { return cells(w.as("").get("/workers").is(200), "calls")["Rate"] }
		finish := func(n int, verb queue.Verb) {
			for range n {
				w.add(own, queue.Job{Queue: "calls", Kind: "webhook"})
			}
			list, err := own.Claim(t.Context(), queue.Claim{Queue: "calls", N: n, Owner: "x", Now: noon, Until: noon.Add(time.Minute)})
			w.must(err)
			for _, j := range list {
				_, err := own.Finish(t.Context(), noon, []queue.Outcome{{Ref: j.Ref(), Verb: verb, Due: noon.Add(time.Hour), Error: "x"}})
				w.must(err)
			}
		}
		finish(9, queue.Complete)
		if got := rate(); got != "" {
			t.Errorf("the first look tells a rate of %q", got)
		}
		finish(40, queue.Complete)
		finish(2, queue.Bury)
		finish(3, queue.Retry)
		w.add(own, queue.Job{ID: "planned", Queue: "calls", Kind: "webhook", Due: noon.Add(time.Hour)})
		w.now = noon.Add(2 * time.Minute)
		if got := rate(); got != "21 a min" {
			t.Errorf("42 jobs ended within two minutes, and the rate is %q", got)
		}
		w.as("").get("/workers").is(200, "the rate is of all instances, over the last 2 min")
		w.as("").get("/workers?queue=calls&state=retrying").is(200, "3 match", "!planned")
		w.as("").get("/workers?queue=calls&state=scheduled").is(200, "4 match", "planned")
	})
}
