package main

import (
	"context"
	"strings"
	"time"

	"collector/cmd/collector/internal/config"
	"collector/control"
)

// explained is what explain --json prints.
type explained struct {
	networkView
	LastRan *control.Ran `json:"lastRunSteps"` // null where the process that answers did not run it
}

// hintSteps says where the steps of a run are told that this command cannot know.
func (a *app) hintSteps(ctx context.Context, e control.Explained) {
	if e.LastRan == nil && len(e.Runs) > 0 && a.conf.API.API == config.APIAuto && answersAt(ctx, a.socket()) {
		a.say("what the last run did step by step is known to the collector that runs: --api=socket asks it")
	}
}

// mostShown is how many steps of a run a terminal shows; --json has those that are kept.
const mostShown = 12

// steps tells what the last run did, where it is known.
func (a *app) steps(say func(label, format string, args ...any), e control.Explained) {
	r := e.LastRan
	if r == nil {
		return
	}
	label := "last run"
	for i, s := range r.Steps {
		if i == mostShown && len(r.Steps) > mostShown+1 { // the last one says what is planned
			say(label, "… %s more", many(len(r.Steps)-mostShown-1+r.Left, "step", "steps"))
		}
		if i >= mostShown && i < len(r.Steps)-1 {
			continue
		}
		took := ""
		if s.TookMS > 0 {
			took = " (" + control.Lasted(time.Duration(s.TookMS)*time.Millisecond) + ")"
		}
		if s.Call != nil {
			s.Text = s.Call.Method + " " + s.Call.Path + " " + s.Text
		}
		if s.By != "" {
			s.Text = "by " + s.By + ", " + s.Text
		}
		say(label, "%s", strings.TrimSuffix(s.At.Local().Format("15:04:05.000")+" "+s.Title+took+": "+s.Text, ": "))
		label = ""
	}
}
