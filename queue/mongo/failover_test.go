//go:build mongo

package mongo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"collector/queue"
	"collector/store/mongo/mongotest"
)

var failovers = flag.Int("queue.failovers", 4, "times that the primary dies or resigns, in turn")

// trial is what jobs went through, as its callers were told.
type trial struct {
	mu    sync.Mutex
	added map[string]bool // true: the caller was told so; false: nobody knows
	begun map[string]int  // claims
	ended map[string]int  // completions that stood
	blind map[string]bool // a completion had no answer
	late  int             // completions that did not stand
	lost  map[string]int  // errors by what was done
	moved time.Time       // when something was completed last
}

func (r *trial) do(fn func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn()
}

const batch = 20

// add adds jobs until it is told to stop. A call without an answer is made again until there is
// one, though its jobs may be done meanwhile, and kept or gone.
func (r *trial) add(ctx context.Context, s *Store, name string, keep time.Duration, stop <-chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-time.After(20 * time.Millisecond):
		}
		var jobs []queue.Job
		for i := range batch {
			jobs = append(jobs, queue.Job{ID: fmt.Sprintf("%s-%05d-%02d", name, n, i), Kind: "work", Keep: keep})
		}
		mark := queue.NewToken()
		for again := true; again && ctx.Err() == nil; {
			_, err := s.Add(ctx, time.Now(), mark, jobs)
			r.do(func() {
				for _, j := range jobs {
					r.added[j.ID] = err == nil
				}
				if err != nil {
					r.lost["adding"]++
				}
			})
			again = err != nil
		}
	}
}

const leased = 5 * time.Second

// work claims and completes until it is told to stop.
func (r *trial) work(ctx context.Context, s *Store, owner string, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(5 * time.Millisecond):
		}
		got, err := s.Claim(ctx, queue.Claim{Queue: queue.DefaultQueue, N: 50, Owner: owner, Now: time.Now(), Until: time.Now().Add(leased)})
		var outcomes []queue.Outcome
		r.do(func() {
			if err != nil {
				r.lost["claiming"]++
			}
			for _, j := range got {
				r.begun[j.ID]++
				outcomes = append(outcomes, queue.Outcome{Ref: j.Ref(), Verb: queue.Complete})
			}
		})
		if len(outcomes) == 0 {
			continue
		}
		stood, err := s.Finish(ctx, time.Now(), outcomes)
		r.do(func() {
			if err != nil {
				r.lost["ending"]++
			}
			for i, o := range outcomes {
				switch {
				case err != nil:
					r.blind[o.ID] = true
				case stood[i]:
					r.ended[o.ID]++
					r.moved = time.Now()
				default:
					r.late++
				}
			}
		})
	}
}

// rescue frees what died with an answer.
func (r *trial) rescue(ctx context.Context, s *Store, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(300 * time.Millisecond):
		}
		if _, err := s.Rescue(ctx, time.Now(), 1000); err != nil {
			r.do(func() { r.lost["rescuing"]++ })
		}
	}
}

// TestFailover has two processes add, claim and complete jobs on three servers while
// the primary is killed or resigns, again and again: no job that was said to be added
// is lost, none is completed twice, and work goes on soon.
func TestFailover(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(*failovers)*time.Minute+3*time.Minute)
	defer cancel()
	program, err := mongotest.Program("../..")
	if err != nil {
		t.Fatal(err)
	}
	set, err := mongotest.Replica(ctx, program, filepath.Join(t.TempDir(), "set"), 3)
	t.Cleanup(func() { set.Stop() })
	if err != nil {
		t.Fatal(err)
	}
	o := options.Client().SetHeartbeatInterval(500 * time.Millisecond).SetConnectTimeout(3 * time.Second).SetTimeout(20 * time.Second)
	a, b := opened(t, connected(t, set, "failover", o)), opened(t, connected(t, set, "failover", o))
	r := &trial{added: map[string]bool{}, begun: map[string]int{}, ended: map[string]int{}, blind: map[string]bool{}, lost: map[string]int{}}
	adding, working := make(chan struct{}), make(chan struct{})
	var adders, workers sync.WaitGroup
	for i, s := range []*Store{a, b} {
		adders.Go(func() { r.add(ctx, s, fmt.Sprint("kept", i), time.Hour, adding) })
		adders.Go(func() { r.add(ctx, s, fmt.Sprint("free", i), 0, adding) })
		for n := range 2 {
			workers.Go(func() { r.work(ctx, s, fmt.Sprint("owner", i, n), working) })
		}
		workers.Go(func() { r.rescue(ctx, s, working) })
	}
	for round := range *failovers {
		if err := r.movedSince(ctx, time.Now()); err != nil {
			t.Fatal(err)
		}
		primary, err := set.Primary(ctx)
		if err != nil {
			t.Fatal(err)
		}
		begun, way := time.Now(), "was killed"
		if round%2 == 0 {
			err = primary.Kill()
		} else {
			way = "resigned"
			err = set.Resign(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set.Primary(ctx); err != nil {
			t.Fatal(err)
		}
		if err := r.movedSince(ctx, time.Now()); err != nil {
			t.Fatalf("round %d: the primary %s: %v", round, way, err)
		}
		t.Logf("round %d: the primary %s; work went on within %v", round, way, time.Since(begun).Round(time.Millisecond))
		if way == "was killed" {
			if err := set.Restart(ctx, primary); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(adding)
	adders.Wait()
	for left := int64(1); left > 0 && ctx.Err() == nil; {
		left, err = a.jobs.CountDocuments(ctx, is("state", is("$ne", queue.Done)))
		if err != nil {
			t.Log(err)
			left = 1
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	close(working)
	workers.Wait()
	r.judge(t)
	if ctx.Err() != nil {
		t.Error("the jobs did not end in time")
	}
}

// movedSince waits until something was completed after a time.
func (r *trial) movedSince(ctx context.Context, since time.Time) error {
	for {
		var moved time.Time
		r.do(func() { moved = r.moved })
		if moved.After(since) {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("nothing was completed since")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// judge holds what happened to what was said.
func (r *trial) judge(t *testing.T) {
	t.Helper()
	said, again, blind := 0, 0, 0
	for id, sure := range r.added {
		if sure {
			said++
		}
		if sure && r.begun[id] == 0 {
			t.Errorf("job %s was said to be added and was never claimed", id)
		}
		if sure && r.ended[id] == 0 && !r.blind[id] {
			t.Errorf("job %s was never completed", id)
		}
		if r.ended[id] > 1 {
			t.Errorf("job %s was completed %d times", id, r.ended[id])
		}
		if r.begun[id] > 1 {
			again++
		}
		if r.blind[id] {
			blind++
		}
	}
	if said < 100 {
		t.Errorf("%d jobs are too few", said)
	}
	t.Logf("%d jobs said to be added of %d, %d claimed more than once, %d completions without an answer, %d too late; errors: %v",
		said, len(r.added), again, blind, r.late, r.lost)
}
