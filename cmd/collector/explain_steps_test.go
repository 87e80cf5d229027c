package main

import (
	"strings"
	"testing"
	"time"

	"collector/control"
)

// TestStepsOnATerminal are few, begin at one column, and end with what is planned.
func TestStepsOnATerminal(t *testing.T) {
	a := newApp(nil, nil, nil, nil)
	at := noon
	e := control.Explained{LastRan: &control.Ran{Steps: []control.Step{
		{Kind: "claimed", At: &at, Title: "Claimed", Text: "at its time", By: "host-1"},
		{Kind: "asked", At: &at, Title: "Asked for page 1", TookMS: 214, Text: "answered 200", Call: &control.StepCall{Method: "GET", Path: "/x\x1b[31m"}},
	}}}
	for range 20 {
		e.LastRan.Steps = append(e.LastRan.Steps, control.Step{Kind: "saved", At: &at, Title: "Saved", Text: "page"})
	}
	e.LastRan.Steps, e.LastRan.Left = append(e.LastRan.Steps, control.Step{Kind: "next", At: &at, Title: "Next run", Text: "polled"}), 7
	clock := at.Local().Format("15:04:05.000")
	said := a.story(e, noon)
	for _, want := range []string{
		"last run     " + clock + " Claimed: by host-1, at its time\n", clock + " Asked for page 1 (214 ms): GET /x", "… 17 steps more\n", clock + " Next run: polled\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if n := strings.Count(said, clock); n != mostShown+1 || strings.Contains(said, "\x1b") {
		t.Errorf("%d steps in\n%s", n, said)
	}
	e.LastRan = nil
	if strings.Contains(a.story(e, noon.Add(time.Hour)), "last run ") {
		t.Error("a run that nobody knows is told")
	}
}
