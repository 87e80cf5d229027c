//go:build mongo

package mongo

import (
	"slices"
	"strings"
	"testing"
	"time"

	"collector/queue"
)

// TestALookReadsNoMoreThanItsBound has the server count what each command of a list looks
// at, among many jobs of which few or none match.
func TestALookReadsNoMoreThanItsBound(t *testing.T) {
	sent := &commands{}
	s := opened(t, database(t, replica, sent.monitor()))
	ctx := t.Context()
	added(t, s, 1000, queue.Job{ID: "a", Queue: "many"})
	added(t, s, 1000, queue.Job{ID: "b", Queue: "many", Due: noon.Add(time.Hour)})
	added(t, s, 10, queue.Job{ID: "c", Queue: "few", Keep: time.Hour})
	added(t, s, 10, queue.Job{ID: "d", Queue: "few", Due: noon.Add(time.Hour)})
	added(t, s, 200, queue.Job{ID: "e", Queue: "kept", Keep: time.Hour})
	for _, of := range []struct {
		queue string
		n     int
		verb  queue.Verb
	}{{"many", 200, queue.Bury}, {"kept", 200, queue.Complete}, {"many", 5, ""}} {
		got, err := s.Claim(ctx, queue.Claim{Queue: of.queue, N: of.n, Owner: "a", Now: noon, Until: noon.Add(time.Hour)})
		if err != nil || len(got) != of.n {
			t.Fatal(len(got), err)
		}
		var outcomes []queue.Outcome
		for _, j := range got {
			outcomes = append(outcomes, queue.Outcome{Ref: j.Ref(), Verb: of.verb})
		}
		if of.verb == "" {
			continue
		}
		if _, err := s.Finish(ctx, noon, outcomes); err != nil {
			t.Fatal(err)
		}
	}
	const look = 50
	for _, c := range []struct {
		f    queue.Filter
		look int
		most int // keys and documents of one command
	}{
		{queue.Filter{Kind: "none"}, look, 2*look + 4},
		{queue.Filter{Error: "none"}, look, 2*look + 4},
		{queue.Filter{Queue: "few"}, look, 2*look + 4},
		{queue.Filter{State: queue.Dead, Error: "none"}, look, 2*look + 4},
		{queue.Filter{State: queue.Ready, Queue: "many", Kind: "none"}, look, 2*look + 4},
		{queue.Filter{State: queue.Scheduled, Kind: "none"}, look, 2*look + 4},
		{queue.Filter{State: queue.Done, Queue: "few"}, look, 2*look + 4},
		{queue.Filter{State: queue.Ready, Queue: "few"}, look, 22},
		{queue.Filter{State: queue.Scheduled, Queue: "few"}, look, 22},
		{queue.Filter{State: queue.Running, Kind: "none"}, look, 12},
		{queue.Filter{State: queue.Running}, 0, 12},
	} {
		for _, newest := range []bool{false, true} {
			sent.take()
			_, next, err := s.Jobs(ctx, c.f, queue.Page{Look: c.look, Newest: newest})
			if err != nil {
				t.Fatalf("%+v: %v", c.f, err)
			}
			if (next == "") != (c.most < look) {
				t.Errorf("%+v, newest %v, ends with %q", c.f, newest, next)
			}
			recorded := sent.take()
			if len(recorded) == 0 {
				t.Errorf("%+v asked nothing", c.f)
			}
			for _, command := range recorded {
				for _, one := range explainable(command) {
					stages, looked, err := s.explain(ctx, one)
					if err != nil {
						t.Errorf("%+v: %v: %v", c.f, one, err)
						continue
					}
					if looked > c.most || slices.Contains(stages, "COLLSCAN") {
						t.Errorf("%+v, newest %v: %d keys and documents for %d: %s: %v", c.f, newest, looked, c.most, strings.Join(stages, ", "), one)
					}
				}
			}
		}
	}
}
