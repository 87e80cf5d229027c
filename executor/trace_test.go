package executor_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors/github"
	"collector/connectors/lastfm"
	"collector/trace"
)

// traced runs once, and tells its steps in a word each.
func (w *wired) traced() (d trace.Done, said string) {
	w.t.Helper()
	k := trace.New(trace.MostBytes, func(s string) string { return s })
	w.trace = k.Begin("n1", time.Now())
	w.run()
	w.trace.End(time.Now())
	d = k.Of("n1")[0]
	for _, s := range d.Steps {
		said += " " + s.Kind.String()
		switch s.Kind {
		case trace.Asked:
			said += fmt.Sprintf("(%s %s %s %d)", s.What, s.Method, s.Path, s.Status)
		case trace.Read:
			said += fmt.Sprintf("(%d, %d new)", s.Items, s.New)
		case trace.Saved:
			said += "(" + s.What + ")"
		}
	}
	return d, strings.TrimSpace(said)
}

// TestTheStepsOfARun of the real client over a simulated service: what was asked and what it
// left of the quota, what was read and what was stored.
func TestTheStepsOfARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, github.New(), 150, "")
		d, said := w.traced()
		if said != "asked(page 1 GET /user/starred 200) read(100, 100 new) saved(page 1) asked(page 2 GET /user/starred 200) read(50, 0 new) saved(page 2) asked(page 3 GET /user/starred 200) read(100, 50 new) saved(page 3)" {
			t.Error(said)
		}
		if d.Calls != 3 {
			t.Errorf("%d calls", d.Calls)
		}
		before := -1
		for _, s := range d.Steps {
			if s.Kind != trace.Asked {
				continue
			}
			q := s.Quota
			if q == nil || q.Of != 5000 || q.Name != "core" {
				t.Fatalf("the quota of a call: %+v", q)
			}
			if before >= 0 && (q.Before != before || q.After != before-1) {
				t.Errorf("%d were left, and then %d → %d", before, q.Before, q.After)
			}
			before = q.After
		}
		w.history()
		w.polled()
		d, said = w.traced()
		if !strings.Contains(said, "304)") {
			t.Errorf("a poll without news: %s", said)
		}
		for _, s := range d.Steps {
			if s.Status == 304 && (s.Quota == nil || s.Quota.Before >= 0 && s.Quota.Before != s.Quota.After) {
				t.Errorf("what a free call left: %+v", s.Quota)
			}
		}
		if n := w.network(); n.Oldest.IsZero() || n.Oldest.After(n.Newest) {
			t.Errorf("the oldest like is of %v, the newest of %v", n.Oldest, n.Newest)
		}
	})
}

// TestACallThatWaitsForItsTurn says so, and how long: the wait is no part of the call.
func TestACallThatWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWired(t, lastfm.New(), 2500, "")
		d, said := w.traced()
		paced := 0
		for _, s := range d.Steps {
			if s.Kind == trace.Paced {
				paced++
				if s.Rate != 4 || s.Took <= 0 || s.Took > time.Second {
					t.Errorf("paced: %+v", s)
				}
			}
			if s.Kind == trace.Asked && strings.ContainsAny(s.Path, "?=&") {
				t.Errorf("the key stands in the query of %q", s.Path)
			}
		}
		if paced == 0 {
			t.Error(said)
		}
	})
}
