package scheduler_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"collector/connectors"
	"collector/fault"
	"collector/fetch"
	"collector/scheduler"
	"collector/trace"
)

// TestARunIsRemembered from the claim to the plan for the next one, under the time of its
// entry in the state; a run without an entry is not.
func TestARunIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.add("list", "reads", "panics", "waits", "busy", "odd")
		answers := map[string]error{
			"waits": &fault.Error{Kind: fault.RateLimited, Status: 429, Until: time.Now().Add(time.Hour), Reason: "the service asked for a pause"},
			"busy":  &fault.Error{Kind: fault.RateLimited, Busy: true, Until: time.Now().Add(time.Hour), Reason: "another call goes first"},
			"odd":   fault.New(fault.Temporary, "the service answered 502"),
		}
		b.answer = func(ctx context.Context, c fetch.Call) (connectors.Reply, error) {
			if trace.Of(ctx) == nil {
				t.Errorf("the calls of %s have no trace", c.Name)
			}
			if err := answers[strings.TrimPrefix(c.Name, "list/")]; err != nil {
				return connectors.Reply{}, err
			}
			return b.do(ctx, c)
		}
		time.Sleep(1500 * time.Millisecond)
		kept := trace.New(trace.MostBytes, func(s string) string { return s })
		s := b.scheduler(func(c *scheduler.Config) { c.Traces, c.Pages = kept, 5 }, "list")
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		if err := s.Run(ctx); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"reads":  "claimed, read, saved, read, saved, read, saved, next",
			"panics": "claimed, failed, next",
			"waits":  "claimed, limited, next",
			"odd":    "claimed, failed, next",
			"busy":   "",
		} {
			n, said := b.network("list-"+name), ""
			done := kept.Of("list-" + name)
			if len(done) != len(n.Runs) || want != "" && len(done) == 0 {
				t.Errorf("%s: %d runs are kept, the state tells of %d", name, len(done), len(n.Runs))
				continue
			}
			if want == "" {
				continue
			}
			first := done[0]
			for _, step := range first.Steps {
				said += ", " + fmt.Sprint(step.Kind)
			}
			if said = strings.TrimPrefix(said, ", "); said != want {
				t.Errorf("%s: %s, want %s", name, said, want)
			}
			if !first.Ended.Equal(n.Runs[0].At) {
				t.Errorf("%s: kept under %v, the state tells of %v", name, first.Ended, n.Runs[0].At)
			}
			if claimed := first.Steps[0]; claimed.By != "me" {
				t.Errorf("%s: %+v", name, claimed)
			}
			last := first.Steps[len(first.Steps)-1]
			if len(done) == 1 && (last.Text != n.Reason || !last.Then.Equal(n.ScheduledTo)) {
				t.Errorf("%s: planned %+v, and the state has %v because %s", name, last, n.ScheduledTo, n.Reason)
			}
			switch step := first.Steps[len(first.Steps)-2]; step.Kind {
			case trace.Failed:
				if step.Text != n.LastError || step.Whose != n.Whose || step.Do != n.NextStep || step.Text == "" {
					t.Errorf("%s: %+v, and the state has %s, %s, %s", name, step, n.LastError, n.Whose, n.NextStep)
				}
			case trace.Limited:
				if step.Text != "the service asked for a pause" {
					t.Errorf("%s: %+v", name, step)
				}
			}
		}
	})
}
