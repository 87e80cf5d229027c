//go:build mongo

package mongo

import (
	"context"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// TestWhatMatchesNoMoreIsLeft has a dead job die of something else between the look of a
// call that re-queues by the error and its update: it is in the same state, and not one of
// those any more.
func TestWhatMatchesNoMoreIsLeft(t *testing.T) {
	var between func()
	monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if do := between; do != nil && e.CommandName == "update" {
			between = nil
			do()
		}
	}}
	db := database(t, replica, options.Client())
	other, s := opened(t, db), opened(t, connected(t, replica, db.Name(), options.Client().SetMonitor(monitor)))
	dies := func(of string) {
		got, err := other.Claim(context.Background(), asking(1))
		if err != nil || len(got) != 1 {
			t.Errorf("claimed %v, %v", got, err)
			return
		}
		if _, err := other.Finish(context.Background(), noon, []queue.Outcome{{Ref: got[0].Ref(), Verb: queue.Bury, Error: of}}); err != nil {
			t.Error(err)
		}
	}
	added(t, other, 1, queue.Job{ID: "a"})
	dies("no route")
	between = func() {
		if n, err := other.Requeue(context.Background(), noon, noon, queue.Filter{}, 1); err != nil || n != 1 {
			t.Errorf("re-queued %d, %v", n, err)
		}
		dies("no such user")
	}
	if n, err := s.Requeue(t.Context(), noon, noon, queue.Filter{Error: "route"}, 9); err != nil || n != 0 {
		t.Errorf("re-queued %d, %v", n, err)
	}
	if j, err := s.Job(t.Context(), "a00000"); err != nil || j.State != queue.Dead || j.LastError != "no such user" {
		t.Errorf("it is %+v, %v", j, err)
	}
	countedRight(t, s)
}

// TestCountsOfACallThatWasGivenUpAreWrittenAtTheEnd, when no other call comes.
func TestCountsOfACallThatWasGivenUpAreWrittenAtTheEnd(t *testing.T) {
	db := database(t, replica, options.Client())
	s, other := opened(t, db), opened(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	n := counts{}
	n.of("q").Completed = 3
	s.count(ctx, n)
	s.Close()
	if all, err := other.Stats(t.Context()); err != nil || len(all) != 1 || all[0].Completed != 3 {
		t.Errorf("counted are %+v, %v", all, err)
	}
}

// TestWhatIsRemovedLeavesNoData although its document waits for those who have to look for
// their marks: who removes it because somebody is to be forgotten may be the last to run.
func TestWhatIsRemovedLeavesNoData(t *testing.T) {
	s := opened(t, database(t, replica, options.Client()))
	added(t, s, 1, queue.Job{ID: "dead", Data: []byte("anna's letter")})
	got := claimed(t, s, 1)
	added(t, s, 1, queue.Job{ID: "kept", Data: []byte("anna's letter"), Keep: time.Second})
	for range 2 { // of more marks than its end has
		kept := claimed(t, s, 1)
		if _, err := s.Finish(t.Context(), noon, []queue.Outcome{{Ref: kept[0].Ref(), Verb: queue.Retry, Due: noon, Error: "anna"}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Finish(t.Context(), noon, []queue.Outcome{
		{Ref: got[0].Ref(), Verb: queue.Bury, Error: "anna is not there"}, {Ref: claimed(t, s, 1)[0].Ref(), Verb: queue.Complete},
	}); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Remove(t.Context(), queue.Filter{State: queue.Dead}, 9); err != nil || n != 1 {
		t.Fatalf("removed %d, %v", n, err)
	}
	if _, err := s.Rescue(t.Context(), noon.Add(time.Second), 9); err != nil {
		t.Fatal(err)
	}
	c, err := s.jobs.Find(t.Context(), is("state", gone))
	left, err := all[row](t.Context(), c, err)
	if err != nil || len(left) != 2 {
		t.Fatalf("%d documents are left, %v; want both", len(left), err)
	}
	for _, r := range left {
		if len(r.Data) > 0 || r.LastError != "" {
			t.Errorf("of %s is left %q, %q", r.ID, r.Data, r.LastError)
		}
	}
}
