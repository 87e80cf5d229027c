// Package queuetest is the kit that every queue.Store passes.
//
// Times are arguments of the store, so the kit needs no clock: noon is when it
// begins, and exact boundaries are tried to the millisecond.
package queuetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"collector/queue"
)

// Backend is a store under test, empty. Whoever opens it closes it, by t.Cleanup.
type Backend struct {
	Store queue.Store
	// Other holds the same jobs through another connection, as another process would;
	// Store itself where there is only one.
	Other queue.Store
	// Lags says that Stats may tell late what Other did.
	Lags bool
	// Histories is how many histories are checked for linearizability; 0 is a few.
	Histories int
}

// promise is one thing that a store has to keep.
type promise struct {
	name string
	test func(k *kit)
}

// Run holds a store to everything. open makes an empty one for each test.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	for _, p := range slices.Concat(adds, handed, claims, finishes, leases, lists, pauses, counts, watches, crowds, linear) {
		t.Run(p.name, func(t *testing.T) {
			b := open(t)
			p.test(&kit{T: t, Backend: b, s: b.Store, ctx: t.Context()})
		})
	}
}

type kit struct {
	*testing.T
	Backend
	s   queue.Store
	ctx context.Context
}

// at is a moment after noon.
func at(d time.Duration) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(d)
}

const ms = time.Millisecond

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// job is one of the kind "work" in the default queue.
func job(id string) queue.Job { return queue.Job{ID: id, Kind: "work", Data: []byte(`"` + id + `"`)} }

// with changes a job.
func with(j queue.Job, change func(j *queue.Job)) queue.Job {
	change(&j)
	return j
}

// add adds jobs, all of which have to be new.
func (k *kit) add(now time.Time, jobs ...queue.Job) {
	k.Helper()
	added, err := k.s.Add(k.ctx, now, "", jobs)
	k.must(err)
	if len(added) != len(jobs) || slices.Contains(added, false) {
		k.Fatalf("added %v of %d jobs", added, len(jobs))
	}
}

// asking is a claim of the default queue.
func asking(n int, now time.Time) queue.Claim {
	return queue.Claim{Queue: queue.DefaultQueue, N: n, Owner: "anna", Now: now, Until: now.Add(time.Minute)}
}

func (k *kit) claim(c queue.Claim) []queue.Job {
	k.Helper()
	got, err := k.s.Claim(k.ctx, c)
	k.must(err)
	return got
}

// one claims exactly one job.
func (k *kit) one(now time.Time) queue.Job {
	k.Helper()
	got := k.claim(asking(1, now))
	if len(got) != 1 {
		k.Fatalf("claimed %d jobs, want one", len(got))
	}
	return got[0]
}

// none wants nothing to be there to claim.
func (k *kit) none(now time.Time) {
	k.Helper()
	if got := k.claim(asking(10, now)); len(got) != 0 {
		k.Fatalf("claimed %q, want none", names(got))
	}
}

// finish ends one claim and returns whether it stood.
func (k *kit) finish(now time.Time, o queue.Outcome) bool {
	k.Helper()
	stood, err := k.s.Finish(k.ctx, now, []queue.Outcome{o})
	k.must(err)
	if len(stood) != 1 {
		k.Fatalf("%d answers to one outcome", len(stood))
	}
	return stood[0]
}

// done completes a claim that has to stand.
func (k *kit) done(now time.Time, j queue.Job) {
	k.Helper()
	if !k.finish(now, queue.Outcome{Ref: j.Ref(), Verb: queue.Complete}) {
		k.Fatalf("the claim of %s does not stand", j.ID)
	}
}

// look reads one job, which has to be there.
func (k *kit) look(id string) queue.Job {
	k.Helper()
	j, err := k.s.Job(k.ctx, id)
	k.must(err)
	return j
}

func (k *kit) gone(id string) {
	k.Helper()
	if j, err := k.s.Job(k.ctx, id); !errors.Is(err, queue.ErrNotFound) {
		k.Fatalf("job %s: %+v, %v; want ErrNotFound", id, j, err)
	}
}

// stats returns the counts of a queue; zero ones where it is not known.
func (k *kit) stats(name string) queue.Stats {
	k.Helper()
	all, err := k.s.Stats(k.ctx)
	k.must(err)
	for _, s := range all {
		if s.Queue == name {
			return s
		}
	}
	return queue.Stats{Queue: name}
}

// counted wants the counts of a queue to be right: at once, or soon where they may
// lag.
func (k *kit) counted(s queue.Store, name string, right func(queue.Stats) bool) {
	k.Helper()
	patience, look := time.NewTimer(time.Minute), time.NewTicker(20*ms)
	defer patience.Stop()
	defer look.Stop()
	for {
		all, err := s.Stats(k.ctx)
		k.must(err)
		i := slices.IndexFunc(all, func(s queue.Stats) bool { return s.Queue == name })
		if i >= 0 && right(all[i]) {
			return
		}
		if !k.Lags {
			k.Errorf("counts %+v", all)
			return
		}
		select {
		case <-look.C:
		case <-patience.C:
			k.Errorf("counts stay %+v", all)
			return
		}
	}
}

func names(jobs []queue.Job) []string {
	out := make([]string, len(jobs))
	for i, j := range jobs {
		out[i] = j.ID
	}
	return out
}

// same compares what is shown in a message.
func same[T any](k *kit, what string, got, want T) {
	k.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		k.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}
