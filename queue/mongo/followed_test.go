//go:build mongo

package mongo

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
)

// TestAChangeIsToldWhateverFollows has others change a job between the update of a call
// and its look at which of several jobs it has changed: the call is told the truth, also
// where the job is done since, removed, or another with its id.
func TestAChangeIsToldWhateverFollows(t *testing.T) {
	complete := func(s *Store, until time.Time, times int) error {
		for range times - 1 {
			got, err := s.Claim(context.Background(), queue.Claim{Queue: queue.DefaultQueue, N: 1, Owner: "eve", Now: noon.Add(time.Minute), Until: until})
			if err != nil || len(got) != 1 {
				return fmt.Errorf("claimed %v, %w", got, err)
			}
			if _, err := s.Finish(context.Background(), noon, []queue.Outcome{{Ref: got[0].Ref(), Verb: queue.Retry, Due: noon}}); err != nil {
				return err
			}
		}
		got, err := s.Claim(context.Background(), queue.Claim{Queue: queue.DefaultQueue, N: 1, Owner: "eve", Now: noon.Add(time.Minute), Until: until})
		if err != nil || len(got) != 1 {
			return fmt.Errorf("claimed %v, %w", got, err)
		}
		ok, err := s.Finish(context.Background(), noon, []queue.Outcome{{Ref: got[0].Ref(), Verb: queue.Complete}})
		if err != nil || !ok[0] {
			return fmt.Errorf("completed %v, %w", ok, err)
		}
		return nil
	}
	again := func(s *Store) error {
		ok, err := s.Add(context.Background(), noon, "", []queue.Job{{ID: "a00000", Kind: "work"}})
		if err != nil || !ok[0] {
			return fmt.Errorf("added again %v, %w", ok, err)
		}
		return nil
	}
	until := noon.Add(time.Hour)
	follows := map[string]func(*Store) error{
		"it is done":            func(s *Store) error { return complete(s, until, 1) },
		"it is done after much": func(s *Store) error { return complete(s, until, 9) },
		"it is done and added": func(s *Store) error {
			if err := complete(s, until, 1); err != nil {
				return err
			}
			return again(s)
		},
		"it is removed": func(s *Store) error {
			n, err := s.Remove(context.Background(), queue.Filter{ID: "a00000"}, 1)
			if err == nil && n != 1 {
				err = fmt.Errorf("removed %d", n)
			}
			return err
		},
		"another's claim lasts": func(s *Store) error {
			_, err := s.Claim(context.Background(), queue.Claim{Queue: queue.DefaultQueue, N: 1, Owner: "eve", Now: noon.Add(time.Minute), Until: until})
			return err
		},
	}
	for _, keep := range []time.Duration{0, time.Hour} {
		for what, follow := range follows {
			t.Run(fmt.Sprint(what, " and kept for ", keep), func(t *testing.T) {
				var updated, looking func()
				monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
					do := &updated
					if e.CommandName == "find" {
						if _, err := e.Command.LookupErr("filter", "changed"); err != nil {
							return
						}
						do = &looking
					} else if e.CommandName != "update" {
						return
					}
					if now := *do; now != nil {
						*do = nil
						now()
					}
				}}
				db := database(t, replica, options.Client())
				other, s := opened(t, db), opened(t, connected(t, replica, db.Name(), options.Client().SetMonitor(monitor)))
				added(t, other, 2, queue.Job{ID: "a", Keep: keep})
				got := claimed(t, other, 2)
				updated = func() { // one of the two leases is not over, so that the rescue has to look which it took
					if ok, err := other.Renew(t.Context(), []queue.Ref{got[1].Ref()}, noon.Add(time.Hour)); err != nil || !ok[0] {
						t.Errorf("renewed %v, %v", ok, err)
					}
				}
				looking = func() {
					if keep > 0 && what == "it is done and added" {
						return // its id stays taken
					}
					if err := follow(other); err != nil {
						t.Error(err)
					}
				}
				rescued, err := s.Rescue(t.Context(), noon.Add(time.Minute), 10)
				if err != nil || looking != nil || len(rescued) != 1 || rescued[0].ID != got[0].ID {
					t.Errorf("rescued are %+v, %v", rescued, err)
				}
				countedRight(t, s)
			})
		}
	}
}

// TestWhatIsDoneAtOnceIsRemovedAtOnce: only of a job that others changed before is the
// document left for them to look at.
func TestWhatIsDoneAtOnceIsRemovedAtOnce(t *testing.T) {
	s := opened(t, database(t, replica, options.Client()))
	ctx := t.Context()
	added(t, s, 2, queue.Job{ID: "a"})
	got := claimed(t, s, 2)
	if _, err := s.Finish(ctx, noon, []queue.Outcome{{Ref: got[0].Ref(), Verb: queue.Complete}, {Ref: got[1].Ref(), Verb: queue.Retry, Due: noon}}); err != nil {
		t.Fatal(err)
	}
	got = claimed(t, s, 1)
	if _, err := s.Finish(ctx, noon, []queue.Outcome{{Ref: got[0].Ref(), Verb: queue.Complete}}); err != nil {
		t.Fatal(err)
	}
	for _, left := range []struct {
		at   time.Time
		want int64
	}{{noon.Add(goneFor - time.Millisecond), 1}, {noon.Add(goneFor), 0}} {
		if _, err := s.Rescue(ctx, left.at, 10); err != nil {
			t.Fatal(err)
		}
		if n, err := s.jobs.CountDocuments(ctx, bson.D{}); err != nil || n != left.want {
			t.Errorf("%d documents, want %d: %v", n, left.want, err)
		}
	}
}

// TestRemovingLooksAgain re-queues a dead job between the look and the update of a
// removal: it is there all the time and runs at none, so it is removed.
func TestRemovingLooksAgain(t *testing.T) {
	var between func()
	monitor := &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if do := between; do != nil && e.CommandName == "update" {
			between = nil
			do()
		}
	}}
	db := database(t, replica, options.Client())
	other, s := opened(t, db), opened(t, connected(t, replica, db.Name(), options.Client().SetMonitor(monitor)))
	added(t, other, 2, queue.Job{ID: "a"})
	for _, j := range claimed(t, other, 2) {
		if _, err := other.Finish(t.Context(), noon, []queue.Outcome{{Ref: j.Ref(), Verb: queue.Bury}}); err != nil {
			t.Fatal(err)
		}
	}
	between = func() {
		if n, err := other.Requeue(t.Context(), noon, noon, queue.Filter{ID: "a00000"}, 1); err != nil || n != 1 {
			t.Errorf("re-queued %d, %v", n, err)
		}
	}
	if n, err := s.Remove(t.Context(), queue.Filter{}, 10); err != nil || n != 2 || between != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	countedRight(t, s)
}
