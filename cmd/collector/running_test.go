package main

import (
	"strings"
	"testing"
	"time"

	"collector/control"
	"collector/simulate"
	"collector/state"
)

// TestRunningWaitsForNothing: what a network waited for is not said of one that runs.
func TestRunningWaitsForNothing(t *testing.T) {
	a := newApp(nil, nil, nil, nil)
	n := state.Network{
		User: "me", Service: "github", Account: "octocat", Owner: "host-1", LeaseUntil: noon.Add(time.Minute),
		Progress: state.Progress{Mode: state.Normal, Condition: state.Limited, ScheduledTo: noon.Add(-time.Second), Reason: "waiting: github answered 429"},
	}
	e := (&control.Panel{Connectors: a.offers}).Explanation(n, nil, noon)
	v := statusView{At: stamp(noon), Networks: []networkView{e.Network}}
	v.Summary.Add(e.Network)
	var b strings.Builder
	a.drawStatus(&b, v, 0)
	for what, got := range map[string]string{"status": b.String(), "explain": a.story(e, noon)} {
		if !strings.Contains(got, "running") || strings.Contains(got, "waiting") || strings.Contains(got, "429") {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// TestNewIsNotSignedInAgain: the first sign-in is no second one.
func TestNewIsNotSignedInAgain(t *testing.T) {
	inFolder(t)
	_, acc, env := world(t, simulate.Spec{Service: simulate.GitHub, Name: "octocat", Likes: 3})
	p := program{env: env, stdin: acc[0].Tokens[0]}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	if o := p.run(t, "status").must(t).out; strings.Contains(o, "again") || !strings.Contains(o, "not been read yet") {
		t.Errorf("after the first: %s", o)
	}
	p.run(t, "connect", "github", "--token-stdin").must(t)
	if o := p.run(t, "status").must(t).out; !strings.Contains(o, "signed in again") {
		t.Errorf("after the second: %s", o)
	}
}
