package site

import (
	"strings"
	"testing"
	"time"

	"collector/state"
	"collector/trace"
	"collector/web/page"
)

// run remembers a run of a list that began at a time and took two seconds.
func (w *world) run(list string, began time.Time, steps ...trace.Step) time.Time {
	r := w.panel.Traces.Begin(list, began)
	for _, s := range steps {
		r.Note(began.Add(s.At), s)
	}
	ended := began.Add(2 * time.Second)
	r.End(ended)
	return ended
}

// TestARunStepByStep: the last one, an earlier one, one whose steps are with another
// process, and one of which nothing is known.
func TestARunStepByStep(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.panel.Traces = trace.New(trace.MostBytes, func(s string) string { return strings.ReplaceAll(s, "hunter2", "(secret)") })
		ms := time.Millisecond
		first := w.run(annasHub, noon.Add(-2*time.Hour),
			trace.Step{Kind: trace.Claimed, By: "host-a:412", Late: -1},
			trace.Step{Kind: trace.Asked, At: ms, Took: 20 * time.Second, What: "page 1", Method: "GET", Path: "/<b>hunter2"},
			trace.Step{Kind: trace.Failed, At: 20 * time.Second, Text: "GitHub said <script>alert(1)</script> hunter2", Whose: "GitHub", Do: "nothing"},
			trace.Step{Kind: trace.Next, At: 20 * time.Second, Text: "tried again after failure 1 in a row", Then: noon.Add(-time.Hour)},
		)
		last := w.run(annasHub, noon.Add(-time.Minute),
			trace.Step{Kind: trace.Claimed, By: "host-a:412", Late: 600 * ms},
			trace.Step{Kind: trace.Paced, At: ms, Took: time.Second, Rate: 1},
			trace.Step{Kind: trace.Asked, At: 1100 * ms, Took: 214 * ms, What: "page 1", Method: "GET", Path: "/user/starred", Status: 200, Quota: &trace.Quota{Name: "core", Unit: "calls", Before: 2388, After: 2387, Of: 5000}},
			trace.Step{Kind: trace.Read, At: 1200 * ms, Took: 7 * ms, Items: 100, New: 3, Bad: 1},
			trace.Step{Kind: trace.Saved, At: 1300 * ms, Took: 21 * ms, What: "page 1"},
			trace.Step{Kind: trace.Next, At: 2 * time.Second, Text: "as it was planned then"},
		)
		p := due(state.Normal, state.OK)
		elsewhere := noon.Add(-time.Hour)
		p.Runs = []state.Run{{At: first, Kind: "poll", Fault: "temporary"}, {At: elsewhere, Kind: "poll", Pages: 1}, {At: last, Kind: "poll", Pages: 1, Added: 3}}
		p.Oldest, p.Resume = time.Date(2014, 5, 2, 9, 0, 0, 0, time.UTC), "p1@<hunter2>"
		w.config.Clean = func(s string) string { return strings.ReplaceAll(s, "hunter2", "(secret)") }
		w.open()
		w.after(annasHub, p)

		w.run(bobsHub, noon, trace.Step{Kind: trace.Asked, What: secret, Method: "GET", Path: "/" + secret})
		anna := w.as("anna")
		a := anna.get(annasPage).is(200,
			"Last run today 11:59 · 2.0 s · 1 call · 3 new", "Claimed 11:59:00.000 600 ms after its time.", "Paced 1.0 s 11:59:00.001 No more than one call a second is allowed, so this one waited for its turn.",
			"Asked for page 1 214 ms 11:59:01.100 GET /user/starred answered 200. Quota 2,388 → 2,387 of 5,000 calls.",
			"Read 100 items 7 ms 11:59:01.200 3 new, 97 known; 1 could not be understood and is kept aside.", "Saved 21 ms 11:59:01.300 Page 1.",
			"Next run 12:30 , in 30 min Every half hour.", "First like 2 May 2014", "Cursor p1@<(secret)>",
			"!as it was planned then", "!host-a", "!hunter2", "!is kept by the process", "!"+secret)
		led := map[string]bool{}
		for _, link := range under(a.find("ul", "runs")[0], "a") {
			led[value(link, "href")] = true
		}
		earlier := string(runPath(page.Path(annasPage), first))
		if len(led) != 1 || !led[earlier] {
			t.Errorf("the runs whose steps are kept: %v, want %s", led, earlier)
		}
		anna.get(earlier).is(200, "Earlier run today 10:00 · 2.0 s · 1 call · 0 new · temporary", "Claimed 10:00:00.000 Before its time, as somebody asked for it.",
			"Asked for page 1 20.0 s 10:00:00.001 GET /<b>(secret) got no answer.", "Failed 10:00:20.000 GitHub said <script>alert(1)</script> (secret). Whose fault it is: GitHub. What to do: nothing.",
			"Next run 10:00:20.000 Planned for today 11:00 . Tried again after failure 1 in a row.", "!hunter2", "!Every half hour. Next")
		anna.get(string(runPath(page.Path(annasPage), elsewhere))).is(200, "Earlier run today 11:00 · 1 page, 0 new", "What it did step by step is kept by the process that ran it")
		anna.get(string(runPath(page.Path(annasPage), last))).is(200, "Last run today 11:59", "Next run 12:30")
		anna.get(string(runPath(page.Path(annasPage), noon.Add(-24*time.Hour)))).is(404, "Nothing is known of this run any more", "Stars of anna-hub")
		anna.get(annasPage+"?run=yesterday").is(422, "The time of the run cannot be read")
		w.as("").get(annasPage+"?user=anna").is(200, "By host-a:412, 600 ms after its time.")
		w.as("bob").get(bobsPage+"?run="+first.Format(time.RFC3339)).is(404, "!host-a", "!page 1")
	})
}

// TestTheMiddleOfALongRunIsSaidToBeLeftOut where it was.
func TestTheMiddleOfALongRunIsSaidToBeLeftOut(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.panel.Traces = trace.New(trace.MostBytes, strings.TrimSpace)
		var steps []trace.Step
		for i := range 100 {
			steps = append(steps, trace.Step{Kind: trace.Saved, At: time.Duration(i) * time.Millisecond, What: "page"})
		}
		p := due(state.Normal, state.OK)
		p.Runs = []state.Run{{At: w.run(annasHub, noon.Add(-time.Minute), steps...), Kind: "backfill", Pages: 100}}
		w.after(annasHub, p)
		w.as("anna").get(annasPage).is(200, "11:59:00.015 Page. 36 more steps They are in the middle of a long run, and are counted and not kept. Saved 11:59:00.052")
	})
}

// TestFailuresInARow: how many, from when on and when last.
func TestFailuresInARow(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		p := due(state.Normal, state.Failing)
		p.Failures, p.LastError, p.LastErrorAt, p.Fault = 2, "GitHub answered 502", noon.Add(-time.Minute), "temporary"
		p.Runs = []state.Run{
			{At: noon.Add(-5 * time.Hour), Kind: "poll", Fault: "temporary"},
			{At: noon.Add(-4 * time.Hour), Kind: "poll"},
			{At: noon.Add(-3 * time.Hour), Kind: "poll", Fault: "temporary"},
			{At: noon.Add(-2 * time.Hour), Kind: "poll", Fault: "rate limited"},
			{At: noon.Add(-time.Minute), Kind: "poll", Fault: "temporary"},
		}
		w.after(annasHub, p)
		w.as("anna").get(annasPage).is(200, "Failures 2 in a row, the first today 09:00 , the last today 11:59")
		p.Failures = 25
		w.after(annasHub, p)
		w.as("anna").get(annasPage).is(200, "Failures 25 in a row, the last today 11:59")
	})
}

// TestChangesLeadToTheirRuns where these are known.
func TestChangesLeadToTheirRuns(t *testing.T) {
	at := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	n := state.Network{Progress: state.Progress{Runs: []state.Run{{At: at(1)}, {At: at(2)}}}}
	full := state.Network{}
	for i := range mostKept {
		full.Runs = append(full.Runs, state.Run{At: at(i)})
	}
	for name, c := range map[string]struct {
		of      state.Network
		changed time.Time
		kind    string
		want    time.Time
	}{
		"within the first run":                   {n, at(0), "poll", at(1)},
		"at the end of a run":                    {n, at(1), "poll", at(1)},
		"within the last one":                    {n, at(1).Add(time.Second), "fill", at(2)},
		"within one that goes on":                {n, at(3), "poll", time.Time{}},
		"of an import":                           {n, at(0), "import", time.Time{}},
		"of a list that is not known":            {state.Network{}, at(0), "poll", time.Time{}},
		"perhaps before the first that is known": {full, at(-1), "poll", time.Time{}},
		"after it":                               {full, at(0).Add(1), "poll", at(1)},
	} {
		if got, known := runOf(c.of, c.changed, c.kind); !got.Equal(c.want) || known == c.want.IsZero() {
			t.Errorf("%s: %v, %v, want %v", name, got, known, c.want)
		}
	}
	stores(t, func(t *testing.T, w *world) {
		p := due(state.Normal, state.OK)
		p.Runs = []state.Run{{At: noon.Add(time.Second), Kind: "backfill", Pages: 1, Added: 3}}
		w.after(annasHub, p)
		want, led := string(runPath(page.Path(annasPage), noon.Add(time.Second))), false
		for _, a := range w.as("anna").get("/activity").all("a") {
			led = led || value(a, "href") == want
		}
		if !led {
			t.Errorf("no line leads to %s", want)
		}
	})
}
