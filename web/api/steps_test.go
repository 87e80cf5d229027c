package api_test

import (
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/state"
	"collector/trace"
)

// TestTheStepsOfTheLastRun: whoever may see a list is told what its last run did; which
// instance it was, the operator alone.
func TestTheStepsOfTheLastRun(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		var e control.Explained
		if w.ok("anna", "GET", "/api/explain?network=github/anna-hub", "", &e); e.LastRan != nil {
			t.Errorf("steps of a run of another process: %+v", e.LastRan)
		}
		w.panel.Traces = trace.New(trace.MostBytes, strings.TrimSpace)
		for _, list := range []string{"anna-github", "bob-github"} {
			r := w.panel.Traces.Begin(list, noon.Add(-2*time.Second))
			r.Note(noon.Add(-2*time.Second), trace.Step{Kind: trace.Claimed, By: "host-1", Late: time.Second})
			r.Note(noon.Add(-time.Second), trace.Step{Kind: trace.Asked, What: "page 1", Method: "GET", Path: "/of/" + list, Status: 304, Quota: &trace.Quota{Name: "core", Unit: "calls", Before: -1, After: 4900, Of: 5000}})
			r.End(noon.Add(time.Microsecond))
		}
		got, err := w.store.Claim(t.Context(), state.Claim{Owner: "host-1", Now: noon, Until: noon.Add(time.Minute), Network: "anna-github"})
		w.must(err)
		p := got[0].Progress
		p.Runs = []state.Run{{At: noon, Kind: "poll"}} // the store keeps milliseconds
		p.Oldest, p.Resume = noon.Add(-24*time.Hour), "since-\x1b[31m"
		w.must(w.store.Release(t.Context(), got[0].Lease, p))
		for who, by := range map[string]string{"anna": "", "watcher": "", "operator": "host-1"} {
			e = control.Explained{}
			w.ok(who, "GET", "/api/explain?network=github/anna-hub", "", &e)
			if e.LastRan == nil || len(e.LastRan.Steps) != 2 || e.LastRan.Calls != 1 || e.LastRan.TookMS != 2000 {
				t.Fatalf("as %s: %+v", who, e.LastRan)
			}
			claimed, asked := e.LastRan.Steps[0], e.LastRan.Steps[1]
			if claimed.By != by || claimed.LateMS == nil || *claimed.LateMS != 1000 || claimed.Text != "1.0 s after its time" {
				t.Errorf("as %s: %+v", who, claimed)
			}
			if c := asked.Call; c == nil || c.Path != "/of/anna-github" || c.Status != 304 || c.Quota == nil || c.Quota.Before != nil || c.Quota.After != 4900 ||
				asked.Text != "answered 304: nothing has changed. Quota 4,900 of 5,000 calls" {
				t.Errorf("as %s: %+v, %+v", who, asked, asked.Call)
			}
			if e.Oldest == nil || !e.Oldest.Equal(noon.Add(-24*time.Hour)) || strings.Contains(e.Cursor, "\x1b") || !strings.HasPrefix(e.Cursor, "since-") {
				t.Errorf("as %s: the first like %v, the cursor %q", who, e.Oldest, e.Cursor)
			}
		}
	})
}
