//go:build mongo

package mongo

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
	"collector/store/mongo/mongotest"
)

const shutdown = 91 // ShutdownInProgress

// ways in which a command ends without an answer: it was carried out, or it was not.
var ways = map[string]bson.D{
	"the answer":  {{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: shutdown}, {Key: "errmsg", Value: "going down"}}}},
	"the command": {{Key: "errorCode", Value: shutdown}},
}

// fail has the server fail commands of a name, so often, on a collection.
func fail(t *testing.T, on *mongotest.Servers, c *driver.Collection, command string, times int, how bson.D) {
	t.Helper()
	err := on.Members[0].Command(t.Context(), bson.D{
		{Key: "configureFailPoint", Value: "failCommand"},
		{Key: "mode", Value: is("times", times)},
		{Key: "data", Value: append(bson.D{
			{Key: "failCommands", Value: bson.A{command}}, {Key: "namespace", Value: c.Database().Name() + "." + c.Name()},
		}, how...)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// TestALostAnswerIsReadAgain loses the answer to each call that changes jobs, and the
// command itself: either way the change is made once, and the caller is told so.
func TestALostAnswerIsReadAgain(t *testing.T) {
	for what, how := range ways {
		t.Run(what, func(t *testing.T) {
			s := opened(t, database(t, replica, options.Client()))
			ctx := t.Context()
			done := what == "the answer"

			// The driver repeats an insert once by itself.
			fail(t, replica, s.jobs, "insert", 2, how)
			jobs := []queue.Job{{ID: "a", Kind: "work"}, {ID: "b", Kind: "work"}, {ID: "c", Kind: "work"}, {ID: "d", Kind: "work"}}
			ok, err := s.Add(ctx, noon, "", jobs)
			if done && (err != nil || slices.Contains(ok, false)) || !done && err == nil {
				t.Errorf("adding: %v, %v", ok, err)
			}
			if !done {
				if ok, err = s.Add(ctx, noon, "", jobs); err != nil || slices.Contains(ok, false) {
					t.Errorf("adding again: %v, %v", ok, err)
				}
			}

			fail(t, replica, s.jobs, "update", 1, how)
			got, err := s.Claim(ctx, asking(3))
			if done && (err != nil || len(got) != 3) || !done && err == nil {
				t.Errorf("claiming: %d, %v", len(got), err)
			}
			if !done {
				got = claimed(t, s, 3)
			}
			fail(t, replica, s.jobs, "findAndModify", 2, how)
			one, err := s.Claim(ctx, asking(1))
			if done && (err != nil || len(one) != 1) || !done && err == nil {
				t.Errorf("claiming one: %d, %v", len(one), err)
			}
			if !done {
				one = claimed(t, s, 1)
			}
			got = append(got, one...)
			if len(got) != 4 {
				t.Fatalf("claimed %d of 4", len(got))
			}
			for _, j := range got {
				if j.Attempts != 1 || j.Deliveries != 1 {
					t.Errorf("claimed twice: %+v", j)
				}
			}

			fail(t, replica, s.jobs, "update", 1, how)
			if ok, err := s.Renew(ctx, []queue.Ref{got[0].Ref(), got[1].Ref()}, noon.Add(time.Hour)); err != nil || slices.Contains(ok, false) {
				t.Errorf("renewing: %v, %v", ok, err)
			}
			fail(t, replica, s.jobs, "update", 1, how)
			ok, err = s.Finish(ctx, noon, []queue.Outcome{
				{Ref: got[0].Ref(), Verb: queue.Complete},
				{Ref: got[1].Ref(), Verb: queue.Snooze, Due: noon},
				{Ref: got[2].Ref(), Verb: queue.Bury},
				{Ref: queue.Ref{ID: "d", Token: got[0].Token + "x"}, Verb: queue.Complete},
			})
			if err != nil || fmt.Sprint(ok) != "[true true true false]" {
				t.Errorf("ending: %v, %v", ok, err)
			}
			fail(t, replica, s.jobs, "update", 1, how)
			if rescued, err := s.Rescue(ctx, noon.Add(time.Minute), 10); err != nil || len(rescued) != 1 {
				t.Errorf("rescuing: %v, %v", rescued, err)
			}
			fail(t, replica, s.jobs, "update", 1, how)
			if n, err := s.Requeue(ctx, noon, noon, queue.Filter{}, 10); err != nil || n != 1 {
				t.Errorf("re-queueing: %d, %v", n, err)
			}
			fail(t, replica, s.jobs, "update", 1, how)
			if n, err := s.Remove(ctx, queue.Filter{ID: "b"}, 10); err != nil || n != 1 {
				t.Errorf("removing: %d, %v", n, err)
			}
			if b := claimed(t, s, 9); len(b) != 2 || b[0].ID != "c" || b[1].ID != "d" || b[0].Attempts != 1 || b[1].Attempts != 2 {
				t.Errorf("left are %+v", b)
			}
			stats, err := s.Stats(ctx)
			if err != nil || len(stats) != 1 || stats[0].Added != 4 || stats[0].Completed != 1 || stats[0].Rescued != 1 || stats[0].Requeued != 1 || stats[0].Running != 2 {
				t.Errorf("counted are %+v, %v", stats, err)
			}
			countedRight(t, s)
		})
	}
}

// TestAJobThatIsDoneIsNotAddedAgain loses the answer to a call that adds jobs, and to its
// repetition; before the caller looks another has done the jobs. Made again, it adds none.
func TestAJobThatIsDoneIsNotAddedAgain(t *testing.T) {
	for on, servers := range map[string]*mongotest.Servers{"a replica set": replica, "a server alone": alone} {
		for how, call := range map[string]func(*Store, context.Context, string, []queue.Job) error{
			"ready": func(s *Store, ctx context.Context, mark string, jobs []queue.Job) error {
				_, err := s.Add(ctx, noon, mark, jobs)
				return err
			},
			"held": func(s *Store, ctx context.Context, mark string, jobs []queue.Job) error {
				held := asking(0)
				held.Until = noon.Add(time.Second)
				refs, err := s.AddClaimed(ctx, held, mark, jobs)
				for i, r := range refs {
					if want := (queue.Ref{}); r != want {
						t.Errorf("job %d is held under %v, and was done by another", i, r)
					}
				}
				return err
			},
		} {
			t.Run(on+", "+how, func(t *testing.T) {
				ctx := t.Context()
				var between func()
				monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
					if e.CommandName == "find" && between != nil {
						between()
						between = nil
					}
				}}
				db := database(t, servers, options.Client())
				other, s := opened(t, db), opened(t, connected(t, servers, db.Name(), options.Client().SetMonitor(monitor)))
				jobs := []queue.Job{{ID: "a", Kind: "work"}, {ID: "b", Kind: "work"}}
				late := asking(2)
				late.Now, late.Until = noon.Add(time.Second), noon.Add(2*time.Second)
				done := func() {
					if how == "held" {
						if got, err := other.Rescue(ctx, late.Now, 10); err != nil || len(got) != 2 {
							t.Errorf("rescued %v, %v", got, err)
						}
					}
					got, err := other.Claim(ctx, late)
					if err != nil || len(got) != 2 {
						t.Fatalf("claimed %v, %v", got, err)
					}
					ended, err := other.Finish(ctx, late.Now, []queue.Outcome{{Ref: got[0].Ref(), Verb: queue.Complete}, {Ref: got[1].Ref(), Verb: queue.Complete}})
					if err != nil || slices.Contains(ended, false) {
						t.Fatalf("ended %v, %v", ended, err)
					}
				}
				between = done
				mark := queue.NewToken()
				fail(t, servers, s.jobs, "insert", 2, ways["the answer"])
				err := call(s, ctx, mark, jobs)
				if between != nil {
					t.Fatal("nobody looked")
				}
				if err == nil && on == "a replica set" && how == "ready" {
					t.Error("who looks for jobs that are done and gone knows that they were added")
				}
				if err != nil {
					if err := call(s, ctx, mark, jobs); err != nil {
						t.Errorf("again: %v", err)
					}
				}
				late.Now, late.Until = late.Until, late.Until.Add(time.Minute)
				if got, err := other.Claim(ctx, late); err != nil || len(got) != 0 {
					t.Errorf("added again: %v, %v", got, err)
				}
				if how == "ready" {
					added(t, s, 1, queue.Job{ID: "c"}) // in the session of before
					countedRight(t, s)
				}
			})
		}
	}
}

// TestWhoDiesBeforeRemoving leaves jobs that are gone: nobody sees them, their ids are
// free, and a rescue removes them.
func TestWhoDiesBeforeRemoving(t *testing.T) {
	s := opened(t, database(t, replica, options.Client()))
	ctx := t.Context()
	added(t, s, 3, queue.Job{ID: "a"})
	left := claimed(t, s, 3)
	if _, err := s.jobs.UpdateMany(ctx, bson.D{}, is("$set", bson.D{
		{Key: "state", Value: gone}, {Key: "finished", Value: noon}, {Key: "leaseUntil", Value: noon},
	})); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Job(ctx, left[0].ID); err == nil {
		t.Error("a job that is gone is shown")
	}
	if all, _, err := s.Jobs(ctx, queue.Filter{}, queue.Page{}); err != nil || len(all) != 0 {
		t.Errorf("listed are %v, %v", all, err)
	}
	if ok, err := s.Add(ctx, noon, "", []queue.Job{{ID: left[0].ID, Kind: "work"}}); err != nil || !ok[0] {
		t.Errorf("the id is taken: %v, %v", ok, err)
	}
	count := func(want int64) {
		t.Helper()
		if n, err := s.jobs.CountDocuments(ctx, bson.D{}); err != nil || n != want {
			t.Errorf("%d documents, want %d: %v", n, want, err)
		}
	}
	if _, err := s.Rescue(ctx, noon.Add(goneFor-time.Millisecond), 10); err != nil {
		t.Fatal(err)
	}
	count(3) // whose end is being read again, perhaps
	if _, err := s.Rescue(ctx, noon.Add(goneFor), 10); err != nil {
		t.Fatal(err)
	}
	count(1)
}

// TestARescueLooksAgain renews a lease after the rescue has seen that it is over, and
// before it takes the job.
func TestARescueLooksAgain(t *testing.T) {
	var between func()
	monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if do := between; do != nil && e.CommandName == "update" {
			between = nil
			do()
		}
	}}
	db := database(t, replica, options.Client())
	owner, s := opened(t, db), opened(t, connected(t, replica, db.Name(), options.Client().SetMonitor(monitor)))
	added(t, owner, 2, queue.Job{ID: "a"})
	got := claimed(t, owner, 2)
	renewed := false
	between = func() {
		ok, err := owner.Renew(t.Context(), []queue.Ref{got[0].Ref()}, noon.Add(time.Hour))
		renewed = err == nil && ok[0]
	}
	rescued, err := s.Rescue(t.Context(), noon.Add(time.Minute), 10)
	if err != nil || !renewed || len(rescued) != 1 || rescued[0].ID != got[1].ID {
		t.Errorf("rescued are %+v; renewed %v, %v", rescued, renewed, err)
	}
	if j, err := owner.Job(t.Context(), got[0].ID); err != nil || j.Token != got[0].Token || !j.LeaseUntil.Equal(noon.Add(time.Hour)) {
		t.Errorf("the job whose lease was renewed is %+v, %v", j, err)
	}
}
