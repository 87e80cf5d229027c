//go:build mongo

package mongo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// commands records what is sent to the server.
type commands struct {
	mu   sync.Mutex
	sent []bson.D
}

func (c *commands) monitor() *options.ClientOptions {
	return options.Client().SetMonitor(&event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		var command bson.D
		if bson.Unmarshal(e.Command, &command) != nil {
			return
		}
		c.mu.Lock()
		c.sent = append(c.sent, command)
		c.mu.Unlock()
	}})
}

// take returns what was sent since the last call.
func (c *commands) take() []bson.D {
	c.mu.Lock()
	defer c.mu.Unlock()
	sent := c.sent
	c.sent = nil
	return sent
}

// TestWhatIsAskedAllDayUsesItsIndex records the commands of each call over many jobs,
// and has the server explain each: no collection is read through, what comes in order
// is not sorted, and nearly nothing is looked at that is not wanted.
func TestWhatIsAskedAllDayUsesItsIndex(t *testing.T) {
	sent := &commands{}
	s := opened(t, database(t, replica, sent.monitor()))
	ctx := t.Context()
	added(t, s, 3000, queue.Job{ID: "ready"})
	added(t, s, 3000, queue.Job{ID: "far", Priority: 9, Due: noon.Add(time.Hour)})
	added(t, s, 1000, queue.Job{ID: "other", Queue: "other"})
	soon := noon.Add(time.Minute)
	added(t, s, 1000, queue.Job{ID: "soon", Queue: "soon", Due: soon}) // which no claim has made ready
	added(t, s, 300, queue.Job{ID: "keep", Queue: "kept", Keep: time.Minute})
	kept, err := s.Claim(ctx, queue.Claim{Queue: "kept", N: 300, Owner: "a", Now: noon, Until: noon.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	ends := func(jobs []queue.Job, verb queue.Verb) func() error {
		return func() error {
			var outcomes []queue.Outcome
			for _, j := range jobs {
				outcomes = append(outcomes, queue.Outcome{Ref: j.Ref(), Verb: verb})
			}
			stood, err := s.Finish(ctx, noon, outcomes)
			if err == nil && slices.Contains(stood, false) {
				err = fmt.Errorf("not all of %d stood", len(jobs))
			}
			return err
		}
	}
	many := []string{queue.DefaultQueue, "other", "soon"}
	for i := range 300 {
		many = append(many, fmt.Sprint("none ", i))
	}
	var jobs []queue.Job
	claims := func(n int) func() error {
		return func() (err error) { jobs, err = s.Claim(ctx, asking(n)); return err }
	}
	for _, c := range []struct {
		what string
		do   func() error
		most int // documents and keys that one command may look at
	}{
		{"a claim of some", claims(100), 210},
		{"renewing", func() error {
			var refs []queue.Ref
			for _, j := range jobs {
				refs = append(refs, j.Ref())
			}
			_, err := s.Renew(ctx, refs, noon.Add(time.Minute))
			return err
		}, 210},
		{"ending", func() error { return ends(jobs, queue.Complete)() }, 210},
		{"a claim of one", claims(1), 5},
		{"burying", func() error { return ends(jobs, queue.Bury)() }, 5},
		{"ending what is kept", ends(kept, queue.Complete), 610},
		{"a rescue of nothing", func() error { _, err := s.Rescue(ctx, noon, 100); return err }, 5},
		{"what was kept goes", func() error { _, err := s.Rescue(ctx, noon.Add(time.Minute), 100); return err }, 220},
		{"the next due", func() error { _, err := s.NextDue(ctx, []string{queue.DefaultQueue, "other", "none"}); return err }, 10},
		{"the next due of many", func() error { _, err := s.NextDue(ctx, many); return err }, 410},
		{"what can be claimed of many", func() error {
			got, err := s.Claimable(ctx, soon, many)
			if err == nil && fmt.Sprint(got) != fmt.Sprint([]string{queue.DefaultQueue, "other", "soon"}) {
				err = fmt.Errorf("of %v", got)
			}
			return err
		}, 320},
		{"re-queueing", func() error { _, err := s.Requeue(ctx, noon, noon, queue.Filter{}, 10); return err }, 15},
		{"the dead", func() error {
			_, _, err := s.Jobs(ctx, queue.Filter{State: queue.Dead}, queue.Page{Limit: 10})
			return err
		}, 5},
		{"a page", func() error { _, _, err := s.Jobs(ctx, queue.Filter{}, queue.Page{Limit: 10}); return err }, 25},
		{"the counts", func() error { _, err := s.Stats(ctx); return err }, 10},
	} {
		sent.take()
		if err := c.do(); err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		recorded := sent.take()
		explained := 0
		for _, command := range recorded {
			for _, one := range explainable(command) {
				explained++
				stages, looked, err := s.explain(ctx, one)
				if err != nil {
					t.Errorf("%s: %v: %v", c.what, one, err)
					continue
				}
				if slices.Contains(stages, "COLLSCAN") && one[0].Value != s.queues.Name() || slices.Contains(stages, "SORT") || looked > c.most {
					t.Errorf("%s: %d keys and documents for %d: %s: %v", c.what, looked, c.most, strings.Join(stages, ", "), one)
				}
			}
		}
		if explained == 0 {
			t.Errorf("%s asked nothing: %v", c.what, recorded)
		}
	}
}

// explainable are the commands that the server explains: of an update, each part of it.
func explainable(command bson.D) (out []bson.D) {
	name, of := command[0].Key, command[0]
	get := func(key string) any {
		for _, e := range command {
			if e.Key == key {
				return e.Value
			}
		}
		return nil
	}
	switch name {
	case "find":
		if get("tailable") == true {
			return nil
		}
		one := bson.D{of}
		for _, key := range []string{"filter", "sort", "projection", "hint", "skip", "limit"} {
			if v := get(key); v != nil {
				one = append(one, bson.E{Key: key, Value: v})
			}
		}
		return []bson.D{one}
	case "findAndModify":
		one := bson.D{of}
		for _, key := range []string{"query", "sort", "update", "hint", "new"} {
			if v := get(key); v != nil {
				one = append(one, bson.E{Key: key, Value: v})
			}
		}
		return []bson.D{one}
	case "distinct":
		return []bson.D{{of, {Key: "key", Value: get("key")}, {Key: "query", Value: get("query")}}}
	case "update", "delete":
		parts, _ := get(name + "s").(bson.A)
		for _, part := range parts {
			out = append(out, bson.D{of, {Key: name + "s", Value: bson.A{part}}})
		}
	}
	return out
}

// explain returns the stages of the plan of a command, and how many keys and documents
// it looks at as things are now.
func (s *Store) explain(ctx context.Context, command bson.D) (stages []string, looked int, err error) {
	var plan bson.D
	err = s.db.RunCommand(ctx, bson.D{{Key: "explain", Value: command}, {Key: "verbosity", Value: "executionStats"}}).Decode(&plan)
	if err != nil {
		return nil, 0, err
	}
	var walk func(v any, in string)
	walk = func(v any, in string) {
		switch v := v.(type) {
		case bson.D:
			for _, e := range v {
				switch {
				case e.Key == "stage":
					stages = append(stages, fmt.Sprint(e.Value))
				case in == "executionStats" && (e.Key == "totalKeysExamined" || e.Key == "totalDocsExamined"):
					n, _ := e.Value.(int32)
					looked += int(n)
				}
				if e.Key != "rejectedPlans" && e.Key != "command" && e.Key != "allPlansExecution" {
					walk(e.Value, e.Key)
				}
			}
		case bson.A:
			for _, part := range v {
				walk(part, in)
			}
		}
	}
	walk(plan, "")
	return stages, looked, nil
}

// TestABatchIsAFewCommands: what a call costs does not grow with the jobs that it is
// about, up to a thousand.
func TestABatchIsAFewCommands(t *testing.T) {
	sent := &commands{}
	s := opened(t, database(t, replica, sent.monitor()))
	for _, n := range []int{10, 1000} {
		added(t, s, n, queue.Job{ID: fmt.Sprint("of", n)})
		sent.take()
		got := claimed(t, s, n)
		if has, want := sent.names(s), "find queues, find jobs, find jobs, update jobs, update queues"; has != want {
			t.Errorf("a claim of %d is\n%s, not\n%s", n, has, want)
		}
		var refs []queue.Ref
		var outcomes []queue.Outcome
		for i, j := range got {
			refs = append(refs, j.Ref())
			outcomes = append(outcomes, queue.Outcome{Ref: j.Ref(), Verb: []queue.Verb{queue.Complete, queue.Snooze}[i%2], Due: noon.Add(time.Hour)})
		}
		if _, err := s.Renew(t.Context(), refs, noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if has, want := sent.names(s), "update jobs"; has != want {
			t.Errorf("renewing %d is\n%s, not\n%s", n, has, want)
		}
		if _, err := s.Finish(t.Context(), noon, outcomes); err != nil {
			t.Fatal(err)
		}
		if has, want := sent.names(s), "update jobs, delete jobs, update queues"; has != want {
			t.Errorf("ending %d is\n%s, not\n%s", n, has, want)
		}
	}
}

// names are the commands that were sent since the last call, but for signals.
func (c *commands) names(s *Store) string {
	var out []string
	for _, command := range c.take() {
		if on, _ := command[0].Value.(string); on != s.signals.Name() && command[0].Key != "getMore" {
			out = append(out, command[0].Key+" "+strings.TrimPrefix(on, "queue_"))
		}
	}
	return strings.Join(out, ", ")
}
