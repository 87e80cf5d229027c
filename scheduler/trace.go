package scheduler

import (
	"context"
	"time"

	"collector/fault"
	"collector/state"
	"collector/trace"
)

// traced is a context for a run whose steps are remembered, where somebody wants that.
func (s *Scheduler) traced(work context.Context, c state.Claimed) context.Context {
	now := s.Now()
	run := s.Traces.Begin(c.ID, now)
	late := time.Duration(-1)
	if due := c.ScheduledTo; !due.IsZero() && !due.After(now) {
		late = now.Sub(due)
	}
	run.Note(now, trace.Step{Kind: trace.Claimed, By: s.Owner, Late: late})
	return trace.With(work, run)
}

// told ends the trace of a run that was saved, with what it came to and what is planned.
// Where the state has no run of this time, since nothing was sent or the end came before
// its own, there is none to look for either.
func told(work context.Context, p state.Progress, err error, now time.Time) {
	run := trace.Of(work)
	if n := len(p.Runs); run == nil || n == 0 || !p.Runs[n-1].At.Equal(now) {
		return
	}
	switch f := fault.As(err); {
	case err == nil:
	case fault.KindOf(err) == fault.RateLimited:
		run.Note(now, trace.Step{Kind: trace.Limited, Text: f.Reason})
	default:
		run.Note(now, trace.Step{Kind: trace.Failed, Text: p.LastError, Whose: p.Whose, Do: p.NextStep})
	}
	run.Note(now, trace.Step{Kind: trace.Next, Text: p.Reason, Then: p.ScheduledTo})
	run.End(now)
}
